import numpy as np
import pytest

from elman.data.frame import Frame
from elman.data.look import look
from elman.data.look_rows import look_at_rows

STEPS = {f"t{step}": np.arange(4.0) + step for step in range(8)}


@pytest.mark.parametrize(
    ("labels", "task"),
    [(np.array(list("abab"), dtype=object), "classify"), (np.array([0.5, 1.5, 2.5, 0.25]), "regress")],
)
def test_the_labels_say_the_task(labels, task):
    found = look_at_rows(Frame("t", {**STEPS, "Target": labels}))
    assert found is not None
    assert (found.first, found.last, found.steps) == ("t0", "t7", 8)
    assert (found.target, found.task) == ("Target", task)


@pytest.mark.parametrize(("label", "target"), [(np.inf, "label"), (np.nan, "")])
def test_labels_that_cannot_be_read_leave_the_task_open(label, target):
    found = look_at_rows(Frame("t", {**STEPS, "label": np.full(4, label)}))
    assert found is not None
    assert (found.target, found.task) == (target, "")


def test_without_labels_the_column_is_not_guessed():
    found = look_at_rows(Frame("t", STEPS))
    assert found is not None
    assert (found.target, found.task) == ("", "")


def test_rows_with_times_or_named_series_are_time_steps():
    times = np.arange(4).astype("datetime64[D]").astype("datetime64[us]")
    assert look_at_rows(Frame("t", {"day": times, **STEPS})) is None
    assert look({"day": times, **STEPS}).rows_are is None
    assert look(STEPS).rows_are is not None
    assert look({"id": np.array(list("wxyz"), dtype=object), **STEPS}, ids="id").rows_are is None
