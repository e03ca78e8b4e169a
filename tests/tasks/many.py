"""`elman train` on several gloo processes, as a program: `python many.py FOLDER` leaves the folders of the runs there.

The processes are forked from this one, so that PyTorch is imported once. What each run is to show stands beside it;
the test reads the folders.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))

import elman.cli.train  # imported once, for all processes that are forked
import elman.tasks.run
from elman.cli import main, watching
from training.killing import ended, fork
from training.ranks import as_torchrun

SAME = ["--epochs", "4", "--dropout", "0", "--hidden-size", "5"]
FORECAST = ["river.csv", "--horizon", "2", "--history", "6", "--drop", "state", *SAME]
TASKS = {
    "forecast": FORECAST,
    "tag": ["river.csv", "--task", "tag", "--target", "state", "--class-weights", "balanced", *SAME],
    "classify": ["waves.npz", "--frame", "1", "--noise", "0", "--drift", "0", *SAME],
    "recursive": ["river.csv", "--strategy", "recursive", "--horizon", "2", "--history", "6", "--drop", "state", *SAME],
    "detect": [
        "rivers.csv",
        "--task",
        "detect",
        "--history",
        "4",
        "--validation",
        "0.4",
        "--alarms",
        "100",
        "--labels",
        "flood",
        *SAME,
    ],
    "generate": ["book.txt", "--batch-size", "3", "--tbptt", "16", *SAME],
}


def write_data() -> None:
    level = np.sin(np.arange(230) / 4) + 0.1 * np.random.default_rng(0).normal(size=230)
    rows = [f"{value:.3f},{'high' if value > 0.5 else 'low'}" for value in level]
    Path("river.csv").write_text("\n".join(["level,state", *rows]) + "\n", encoding="utf-8")
    several = [
        f"{name},{value:.3f},{int(value > 1.1)}"
        for name, scale in zip("abc", (1, 2, 9), strict=True)
        for value in scale * level[:90]
    ]
    Path("rivers.csv").write_text("\n".join(["unique_id,level,flood", *several]) + "\n", encoding="utf-8")
    waves = np.sin(np.arange(9) * np.array([0.3, 0.9] * 20)[:, None])
    np.savez("waves.npz", X=waves, y=np.array(["slow", "fast"] * 20))
    Path("book.txt").write_text("to be or not to be, that is the question: " * 60, encoding="utf-8")


def elman(*arguments: str, at: int = 0, press: bool = False) -> None:
    """One command; a process that shows progress is ended in step `at` of a training: killed, or by Ctrl-C."""

    def break_off(self, step, steps):
        nonlocal at
        at -= 1
        if not at:
            if press:
                signal.raise_signal(signal.SIGINT)
            else:
                os.kill(os.getpid(), signal.SIGKILL)

    watching.ShowProgress.on_step = break_off
    try:
        main(arguments)
    except SystemExit as stop:
        os._exit(int(stop.code or 0))


def run(size: int, *arguments: str, **options) -> list[int]:
    if size == 1:
        return [ended(fork(lambda: elman(*arguments, **options)))]
    return as_torchrun(size, lambda rank: elman(*arguments, **options))


def every_task() -> None:
    for task, flags in TASKS.items():
        for size in (1, 2):
            assert set(run(size, "train", *flags, "--out", f"{task}-{size}")) == {0}, task


def divided() -> None:
    assert run(2, "train", *FORECAST, "--parallel", "fsdp", "--out", "divided") == [0, 0]


def broken_off() -> None:
    """Two processes by Ctrl-C, three by the death of one; a single one goes on to the end."""
    assert run(2, "train", *FORECAST, "--out", "resumed", at=14, press=True) == [1, 1]
    assert run(3, "train", "--resume", "resumed", at=17) == [-signal.SIGKILL, 1, 1]
    assert run(1, "train", "--resume", "resumed") == [0]


def refused() -> None:
    """One question that is not clear; all processes end, and leave no folder."""
    assert run(2, "train", "river.csv", "--target", "leval", "--out", "refused") == [2, 2]


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    os.chdir(sys.argv[1])
    write_data()
    for scenario in (every_task, divided, broken_off, refused):
        scenario()
