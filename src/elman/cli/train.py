"""`elman train`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from elman.tasks.settings import Settings

# Seconds that a process of torchrun waits for another: the first one runs the simpler methods while the others wait.
_PATIENCE = 4 * 3600.0


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

    On many processes or machines: torchrun --nproc-per-node 2 -m elman train DATA ... Each takes a part of every batch.

    Parameters
    ----------
    data
        A table (CSV, TSV, Parquet; also .gz, or a folder of Parquet), sequences (.ts, .npz, .npy, a folder of images),
        a text, or the name of an embedded set.
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

    import shlex

    from elman.cli.watching import watch
    from elman.tasks.run import begin, discard, go
    from elman.training.distributed import joined
    from elman.training.faults import explained
    from elman.training.watch import nobody_watches

    if resume is not None and (given or config is not None or out is not None):
        raise ArgumentError(f"--resume goes on as {resume / 'config.toml'} says; leave all else out")
    with joined(timeout=_PATIENCE) as world:
        folder = resume or world.on_first(lambda: begin(asked, out))
        go_on = f"Go on with: elman train --resume {shlex.quote(str(folder))}"
        try:
            with explained(go_on, world.size):
                fitted = go(folder, nobody_watches if world.rank else watch(folder))
        except KeyboardInterrupt:
            if not world.rank:
                print(f"\nelman: stopped. {go_on}", file=sys.stderr)
            sys.exit(1)
        except ElmanError:
            if resume is None and not world.rank:
                discard(folder)
            raise
    if world.rank:
        return
    if as_json:
        import json

        print(json.dumps({"folder": str(folder), **fitted.report.to_dict()}, indent=2, ensure_ascii=False))
        return
    print(fitted.report)
    told = read_settings(folder / "config.toml")
    verb, more = (
        ("generate", "--prompt TEXT") if fitted.task == "generate" else ("predict", shlex.quote(str(told.data)))
    )
    print(f"\nThe model is in {folder}. Use it: elman {verb} {shlex.quote(str(folder))} {more}")
    if told.known:
        print(f"with rows after the last one that say what is known ahead: {', '.join(told.known)}.")
