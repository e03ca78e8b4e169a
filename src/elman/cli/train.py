"""`elman train`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from elman.tasks.settings import Settings

if TYPE_CHECKING:
    from elman.tasks.report import Report


def train(
    data: str | None = None,
    *,
    config: Path | None = None,
    out: Path | None = None,
    resume: Annotated[Path | None, Parameter(group="Run")] = None,
    print_config: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008 # pyright: ignore[reportCallIssue]
) -> None:
    """Learn from your own data: choose, train, and hold the model against what one could do without it.

    What is not said is chosen from the data, and printed with the flag that changes it. The model, its settings and
    its history are kept in a folder of their own. Results go to standard output, progress to standard error.

    Parameters
    ----------
    data
        A table (CSV, TSV, Parquet; also .gz, or a folder of Parquet), a text, or the name of an embedded set.
    config
        A TOML file of settings; flags win over it.
    out
        Folder for the run; by default one in runs/ that bears the name of the data. A number is added if it exists.
    resume
        Go on with the run in this folder, from where it was stopped.
    print_config
        Print the settings as TOML, and do nothing.
    as_json
        Print the report as JSON for another program to read.
    """
    from elman.errors import ArgumentError, ElmanError
    from elman.tasks.settings import read_settings, written
    from elman.tasks.settings import settings as checked

    given = settings.given() | ({} if data is None else {"data": data})
    asked = read_settings(config, given) if config is not None else checked(given)
    if print_config:
        print(written(asked), end="")
        return

    from elman.cli.watching import watch
    from elman.tasks.run import begin, discard, go

    if resume is not None:
        if given or config is not None or out is not None:
            raise ArgumentError(f"--resume goes on as {resume / 'config.toml'} says; leave all else out")
        folder = resume
    else:
        folder = begin(asked, out)
    try:
        fitted = go(folder, watch(folder))
    except KeyboardInterrupt:
        print(f"\nelman: stopped. Go on with: elman train --resume {folder}", file=sys.stderr)
        sys.exit(1)
    except ElmanError:
        if resume is None:
            discard(folder)
        raise
    if as_json:
        import json

        print(json.dumps({"folder": str(folder), **fitted.report.to_dict()}, indent=2, ensure_ascii=False))
        return
    print_report(fitted.report)
    use = (
        f"generate {folder} --prompt TEXT" if fitted.task == "generate" else f"predict {folder} {asked.data or 'FILE'}"
    )
    print(f"\nThe model is in {folder}. Use it: elman {use}")


def print_report(report: "Report") -> None:
    """What was learnt, what was taken for granted, and the scores."""
    print(report.title)
    print(f"Split: {report.split}.")
    if report.taken:
        print("Taken for granted:")
        for taken in report.taken:
            print(f"  {taken}")
    print(f"\n{report.table()}\n")
    if report.verdict:
        print(report.verdict)
    for note in report.notes:
        print(f"{note[0].upper()}{note[1:]}.")
