"""The main job: two time instances by hand, then three networks that learn from real data."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elman.training.jobs import JobResult


def demo(
    *, out: Path = Path("runs/demo"), seed: int = 0, cell: str = "gru", quick: bool = False, video: bool = False
) -> None:
    """Watch recurrent networks learn from real data: two time instances, weather, voices, images.

    Results go to standard output and into a folder, progress to standard error.

    Parameters
    ----------
    out
        Folder for scores, models and histories; if it exists, a number is added to its name.
    seed
        Seed of every random number.
    cell
        Cells of the recurrent networks, by name: see `elman cells`.
    quick
        Learn from a part of the data, for a few seconds: to see it run, not to see it do well.
    video
        Make a film of the two time instances instead, in the folder: .mp4, or .gif where PyAV is not installed.
    """
    if video:
        make_film(out, seed)
        return

    from elman.cells import find
    from elman.cli.demo.folder import RunFolder
    from elman.cli.demo.lesson import print_lesson
    from elman.training import jobs

    find(cell)
    started = time.perf_counter()
    folder = RunFolder(out, {"seed": seed, "cell": cell, "quick": quick})
    print_lesson(seed)
    try:
        for number, (name, job) in enumerate(
            [("weather", jobs.forecast_weather), ("voices", jobs.tell_voices), ("images", jobs.read_digits)],
            start=2,
        ):
            result = job(cell, seed, quick=quick, watch=folder.watch(name))
            print(f"\n{number}. {result.title}\n   Split: {result.split}.\n")
            print_scores(result)
            folder.keep(name, result)
    except KeyboardInterrupt:
        print(f"\nelman: stopped; {folder.kept()}", file=sys.stderr)
        sys.exit(1)
    print(f"\n{time.perf_counter() - started:.0f} s in all. Scores, models and histories are in {folder.path}")


def make_film(out: Path, seed: int) -> None:
    """The film of the tutorial's network."""
    from importlib.util import find_spec

    from elman.cli.rendering import render
    from elman.explain.video import check_video, single_film
    from elman.tasks.run import new_folder

    name = "single_rnn.mp4" if find_spec("av") else "single_rnn.gif"
    check_video(Path(name), overwrite=True)
    render(single_film(5, seed=seed), new_folder(out) / name)


def print_scores(result: "JobResult") -> None:
    """The table of one job, with a verdict on the recurrent network."""
    width = max(len(score.method) for score in result.scores)
    head = f"{result.metric}, {result.unit or 'share'}"
    print(f"   {'':{width}}  {head}   parameters   seconds")
    for score in result.scores:
        count = f"{score.parameters:,}" if score.parameters else "-"
        value = f"{score.value:.3f}" if result.unit else f"{score.value:.4f}"
        print(f"   {score.method:{width}}  {value:>{len(head)}}   {count:>10}   {score.seconds:7.1f}")
    *others, ours = result.scores
    sign = 1 if result.lower_is_better else -1
    best = min(others, key=lambda score: sign * score.value)
    better = sign * ours.value < sign * best.value
    verdict = "best of all" if better else f"no better than the {best.method}"
    print(f"\n   The {ours.method} is {verdict}.")
