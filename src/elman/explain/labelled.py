"""The sequences of data that a model of labels reads, with their labels where there are any."""

from __future__ import annotations

from typing import Any

import numpy as np

from elman.data.records import Sequences
from elman.errors import ArgumentError, DataError
from elman.tasks.label import LabelModel


def labelled_sequences(fitted: LabelModel, data: Any) -> tuple[Sequences, np.ndarray | None]:
    """The sequences, of a published test part those alone, and the answers; `None` where labels are missing.

    Args:
        fitted: The model.
        data: As for its `predict`.

    Raises:
        ArgumentError: The data are not of the form that was learnt from.
        DataError: They do not fit.
    """
    try:
        found = fitted.reading.read(data)
        answers = fitted.reading.answers(found)
    except (ArgumentError, DataError):  # labels may be missing; what else is wrong is raised here
        found, answers = fitted.reading.read(data, labelled=False), None
    if found.split is None:
        return found, answers
    part = np.asarray(found.split["test"])
    return found.take(part), None if answers is None else answers[part]
