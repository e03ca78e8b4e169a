"""A run whose process is killed, and that is resumed, ends as if nothing had happened."""

import os
import signal

import numpy as np
import pytest
import torch
import torch._dynamo  # AdamW imports it: here once, for all processes that are forked

from elman.data import Frame
from elman.data.writing import write_frame
from elman.tasks.run import begin, go
from elman.tasks.settings import settings
from elman.training.callbacks import Callback

SMALL = {"epochs": 3, "hidden_size": 4, "batch_size": 8, "threads": 1, "average": 0.5, "dropout": 0.2}
WHOLE = {"noise": 0.1, "drift": 0.0, "frame": 1}  # of sequences: nothing is left to search for
ASKED = {
    "classify": {"target": "way", "ids": "walk", "drop": ("height", "high"), **WHOLE},
    "regress": {"target": "height", "ids": "walk", "drop": ("way", "high"), **WHOLE},
    "tag": {"target": "high", "ids": "walk", "drop": ("way", "height")},
    "detect": {"labels": "high", "history": 4, "drop": ("walk", "way", "height"), "validation": 0.3},
}


def walks() -> Frame:
    """Forty walks of six rows: up or down, with their height, and which rows are high."""
    random = np.random.default_rng(0)
    up = np.arange(40) % 2
    values = np.where(up, 1.0, -1.0)[:, None] * np.arange(6) + random.normal(size=(40, 6))
    columns = {
        "walk": np.repeat(np.array([f"w{at}" for at in range(40)], dtype=object), 6),
        "level": values.ravel(),
        "other": random.normal(size=240),
        "way": np.repeat(np.where(up, "up", "down").astype(object), 6),
        "height": np.repeat(values.max(axis=1), 6),
        "high": (values > 4).astype(float).ravel(),
    }
    return Frame("walks.csv", columns)


class Deadly(Callback):
    """Kills its own process in the second epoch of the training of the model that is kept."""

    def __init__(self, method: str) -> None:
        self.armed = method.startswith("recurrent network") and "seed" in method
        self.epochs = 0

    def on_epoch(self, record) -> None:
        self.epochs = record.epoch

    def on_step(self, step, steps) -> None:
        if self.armed and self.epochs == 1:
            os.kill(os.getpid(), signal.SIGKILL)


class Resumed(Callback):
    """Notes how many epochs of which training were done already."""

    done: dict[str, int] = {}  # noqa: RUF012

    def __init__(self, method: str) -> None:
        self.method = method

    def on_resume(self, history) -> None:
        self.done[self.method] = history.epochs


@pytest.mark.parametrize("task", ASKED)
def test_a_run_that_was_killed_ends_with_the_weights_and_scores_of_one_that_was_not(task, tmp_path):
    write_frame(walks(), tmp_path / "walks.csv")
    asked = settings({**SMALL, **ASKED[task], "task": task, "data": str(tmp_path / "walks.csv")})
    folder = begin(asked, tmp_path / "killed")
    child = os.fork()
    if not child:
        go(folder, Deadly)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert not (folder / "config.json").exists()

    Resumed.done.clear()
    resumed, whole = go(folder, Resumed), go(begin(asked, tmp_path / "whole"))
    assert Resumed.done["recurrent network (gru), seed 0"] == 1
    for name, weight in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], weight, rtol=0, atol=0)
    assert [row.values for row in resumed.report.scores] == [row.values for row in whole.report.scores]
