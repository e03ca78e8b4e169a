"""Whether the rows of a table look like sequences rather than time steps."""

from dataclasses import dataclass

from elman.data.frame import Frame
from elman.data.labels import as_labels
from elman.data.wide import looks_wide, step_columns
from elman.errors import ArgumentError, DataError

USUAL_TARGETS = ("label", "class", "target", "y")


@dataclass(frozen=True)
class RowSequences:
    """Rows that each look like a sequence.

    Args:
        first: The column of the first time step.
        last: The column of the last one.
        steps: How many time steps there are.
        target: The column that looks like the labels; empty if none does.
        task: `"classify"` or `"regress"`, as the labels say; empty if they do not.
    """

    first: str
    last: str
    steps: int
    target: str = ""
    task: str = ""


def look_at_rows(frame: Frame) -> RowSequences | None:
    """What the rows of a table are as sequences; `None` if they do not look like any.

    Args:
        frame: The table, or the beginning of a large one.

    Example:
        >>> import numpy as np
        >>> columns = {f"p{step}": np.array([0.5, 1.5]) for step in range(8)}
        >>> look_at_rows(Frame("shapes", {"label": np.array(["a", "b"], dtype=object), **columns}))
        RowSequences(first='p0', last='p7', steps=8, target='label', task='classify')
    """
    target = next((name for name in frame.columns if name.lower() in USUAL_TARGETS), None)
    if not looks_wide(frame, target):
        return None
    steps = step_columns(frame, (target,))
    if target is None or frame.missing(target).all():
        return RowSequences(steps[0], steps[-1], len(steps))
    try:
        labels = as_labels(frame.columns[target][~frame.missing(target)])
        task = "classify" if labels.classes else "regress"
    except (ArgumentError, DataError):  # the labels have a fault, which is told where they are read to learn
        task = ""
    return RowSequences(steps[0], steps[-1], len(steps), target, task)
