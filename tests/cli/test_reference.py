from pathlib import Path

from elman.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_of_commands_is_what_the_commands_say():
    assert PAGE.read_text(encoding="utf-8") == reference(), "run `make reference`"


def test_every_command_and_setting_is_on_the_page():
    from elman.cli.app import app
    from elman.tasks import Settings

    page = reference()
    for command in app:
        assert command.startswith("-") or f"## elman {command}" in page
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')}" in page
