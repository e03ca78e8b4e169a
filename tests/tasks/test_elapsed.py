"""A run counts the time of all processes that worked on it."""

import os
import signal
import time

import numpy as np
import pytest

from elman.errors import DataError
from elman.tasks.elapsed import Elapsed
from elman.tasks.run import begin, go
from elman.tasks.settings import settings
from elman.training.callbacks import Callback


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand: `clock[0]`, in seconds."""
    now = [1000.0]
    monkeypatch.setattr("elman.tasks.elapsed.time.perf_counter", lambda: now[0])
    return now


def test_a_clock_goes_on_where_an_earlier_one_was_written_down(tmp_path, clock):
    first = Elapsed(tmp_path / "elapsed.json")
    clock[0] += 30
    first.keep()
    clock[0] += 500  # nobody works
    second = Elapsed(tmp_path / "elapsed.json")
    clock[0] += 12
    assert second.seconds == pytest.approx(42)


def test_a_step_writes_the_time_down_now_and_then_and_an_epoch_always(tmp_path, clock):
    elapsed = Elapsed(tmp_path / "elapsed.json")
    callback = elapsed.beside(lambda method: Callback())("network")
    for seconds, expected in ((4, 0), (2, 6), (4, 6), (2, 12)):
        clock[0] += seconds
        callback.on_step(1, 9)
        assert Elapsed(tmp_path / "elapsed.json").seconds == pytest.approx(expected)
    clock[0] += 1
    callback.on_epoch(None)  # pyright: ignore[reportArgumentType]
    assert Elapsed(tmp_path / "elapsed.json").seconds == pytest.approx(13)


def test_a_damaged_file_is_refused_by_name(tmp_path):
    (tmp_path / "elapsed.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"elapsed\.json: cannot be read .* remove it"):
        Elapsed(tmp_path / "elapsed.json")


class Deadly(Callback):
    """Makes the first epoch long, and kills the process after the third."""

    slept = False

    def on_step(self, step, steps):
        if not self.slept:
            self.slept = True
            time.sleep(0.5)

    def on_epoch(self, record):
        if record.epoch == 3:
            os.kill(os.getpid(), signal.SIGKILL)


def test_the_report_of_a_run_that_was_killed_counts_what_was_before(tmp_path):
    level = np.sin(np.arange(150) / 4)
    (tmp_path / "river.csv").write_text("\n".join(["level", *map(str, level)]) + "\n", encoding="utf-8")
    asked = {"data": str(tmp_path / "river.csv"), "horizon": 2, "history": 6, "epochs": 4, "hidden_size": 4}
    folder = begin(settings(asked), tmp_path / "run")
    child = os.fork()
    if not child:
        go(folder, lambda method: Deadly())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    before = Elapsed(folder / "resume" / "elapsed.json").seconds
    started = time.perf_counter()
    fitted = go(folder)
    here = time.perf_counter() - started
    assert before > 0.5
    assert before < fitted.report.seconds < before + here
    network = next(score for score in fitted.report.scores if score.method == "recurrent network (gru)")
    assert network.seconds > 0.5, "the epochs of the first process count too"
