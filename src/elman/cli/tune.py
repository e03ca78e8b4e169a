"""`elman tune`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from elman.tasks.settings import Settings

if TYPE_CHECKING:
    from elman.tasks.tune import Outcome


def tune(
    data: str | None = None,
    *,
    trials: int | None = None,
    journal: Path | None = None,
    config: Path | None = None,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008 # pyright: ignore[reportCallIssue]
) -> None:
    """Look for the network and the training that err least on the validation part of your data.

    What is said stays; cell, sizes, rates and regularisation that are not said are tried, until --minutes are over.
    The test part is never looked at. The best is printed as TOML to standard output, for `elman train --config`:
    elman tune DATA > best.toml

    Parameters
    ----------
    data
        As for `elman train`.
    trials
        How many trials there are to be, over all processes; by default as many as the time allows.
    journal
        The file of trials; processes that share one search together, and one that exists is gone on with. By default
        a new one in runs/.
    config
        A TOML file of settings; flags win over it.
    """
    from elman.tasks.settings import read_settings, written
    from elman.tasks.settings import settings as checked

    given = settings.given() | ({} if data is None else {"data": data})
    asked = read_settings(config, given) if config is not None else checked(given)

    import shlex

    from elman.errors import ElmanError
    from elman.tasks.run import discard, new_folder, stem
    from elman.tasks.tune import tune as search

    heard = 0

    def tell(outcome: "Outcome") -> None:
        nonlocal heard
        heard += 1
        print(_line(outcome), file=sys.stderr)

    file = journal or new_folder(Path("runs") / f"{stem(asked)}-tune") / "trials.journal"
    again = f"--journal {shlex.quote(str(file))}"
    print(f"Trials are in {file}; the same command with {again} goes on, or helps at the same time", file=sys.stderr)
    try:
        found = search(asked, file, trials=trials, tell=tell)
    except KeyboardInterrupt:
        print(f"\nelman: stopped. Go on with the same command and {again}", file=sys.stderr)
        sys.exit(1)
    except ElmanError:
        if journal is None and not heard:
            discard(file.parent)
        raise
    before = "" if found.given is None else f"; the settings as they were given: {found.given:.4g}"
    print(f"The best of {found.trials} trials has a validation loss of {found.loss:.4g}{before}", file=sys.stderr)
    print(written(found.settings), end="")


def _line(outcome: "Outcome") -> str:
    """What a trial tried, and what came of it."""
    tried = ", ".join(f"{name} {value}" for name, value in outcome.tried.items()) or "the settings as they were given"
    came = f"validation loss {outcome.loss:.4g}" if outcome.loss is not None else f"{outcome.ending}: {outcome.why}"
    return f"trial {outcome.number}: {tried}: {came} ({outcome.seconds:.1f} s)"
