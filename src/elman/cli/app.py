"""The commands, and what becomes of an error."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from elman._version import __version__
from elman.errors import ArgumentError, ElmanError

# Commands are named, not imported: torch is loaded by the one that needs it, and `elman --help` answers at once.
app = App(
    name="elman",
    help="Recurrent neural networks from one time step: unfold, train and look at them.",
    version=__version__,
    help_format="plaintext",
)
app.command(
    "elman.cli.demo:demo",
    name="demo",
    help="Watch recurrent networks learn from real data: two time instances, weather, voices, images.",
)
app.command(
    "elman.cli.look:look",
    name="look",
    help="Look at data before learning from it: what it holds, what is wrong with it, and the command to go on.",
)
app.command(
    "elman.cli.train:train",
    name="train",
    help="Learn from your own data, and see whether it is better than what you had.",
)
app.command(
    "elman.cli.tune:tune",
    name="tune",
    help="Look for the network and the training that suit your data best.",
)
app.command("elman.cli.predict:predict", name="predict", help="What a trained model says of data.")
app.command("elman.cli.evaluate:evaluate", name="evaluate", help="Score a trained model on data that hold the answers.")
app.command(
    "elman.cli.backtest:backtest",
    name="backtest",
    help="Score a forecaster from several origins in the past, trained anew at each.",
)
app.command(
    "elman.cli.generate:generate", name="generate", help="Write a text on, with a model that was trained on one."
)
app.command("elman.cli.show:show", name="show", help="Show what a trained model is, and its scores.")
app.command(
    "elman.cli.explain:explain",
    name="explain",
    help="Show a trained model at work, instant by instant, as a page for the browser.",
)
app.command(
    "elman.cli.diagnose:diagnose",
    name="diagnose",
    help="Why a trained network does not learn more: gates, units, memory, gradients, and what to try.",
)
app.command("elman.cli.cells:cells", name="cells", help="List the cells: what each is, its size and its paper.")
app.command("elman.cli.data:data", name="data", help="List the embedded data sets, with source and licence.")
app.command(
    "elman.cli.bench:bench",
    name="bench",
    help="Measure speed against torch.nn, a Python loop, torch.compile and JAX.",
)
app.command("elman.cli.cache:cache", name="cache", help="Show the compiled code that is kept on disk, or clear it.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0, 1 if the work failed, 2 if it was asked wrongly."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except CycloptsError as error:
        print(f"elman: {_plainly(error)}", file=sys.stderr)
        sys.exit(2)
    except ElmanError as error:
        print(f"elman: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ArgumentError) else 1)
    except KeyboardInterrupt:
        print("elman: stopped", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does; the flush at exit would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plainly(error: CycloptsError) -> str:
    """What was wrong with the flags, in one sentence; of a setting, what came and what was expected."""
    faults = getattr(error.__cause__, "errors", None)
    if faults is None:
        return str(error)
    first = faults()[0]
    flag = "--" + "-".join(str(part).replace("_", "-") for part in first["loc"])
    return f"{flag} is {first['input']!r}: {first['msg'][:1].lower()}{first['msg'][1:]}"
