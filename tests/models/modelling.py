"""Small models and data for the tests of this folder and of training."""

import numpy as np

from elman.data import Sequences, windows
from elman.models import Classifier, Forecaster, SequenceExamples, WindowExamples

CHANNELS, HISTORY, HORIZON, ROWS = 3, 7, 2, 120
CLASSES = ("low", "high", "flat")


def series(rows: int = ROWS) -> np.ndarray:
    """Three channels, one of them a wave, of scales that differ, with gaps."""
    random = np.random.default_rng(0)
    values = random.normal(size=(rows, CHANNELS)) * [1.0, 5.0, 0.1] + [0.0, 100.0, -3.0]
    values[:, 1] += 20 * np.sin(np.arange(rows) / 3)
    values[random.random(values.shape) < 0.05] = np.nan
    return values


def window_examples(part: slice = slice(0, 80), *, values: np.ndarray | None = None) -> WindowExamples:
    values = series() if values is None else values
    known = np.stack([np.sin(np.arange(len(values))), np.cos(np.arange(len(values)))], axis=1)
    return WindowExamples(windows(values, HISTORY, HORIZON, targets=[1, 0]).within(part), known)


def forecaster(**options) -> Forecaster:
    given = {"targets": [1, 0], "known": 2, "cell": "gru", "hidden_size": 5, **options}
    return Forecaster(CHANNELS, HISTORY, HORIZON, **given)


def sequences(count: int = 24) -> Sequences:
    """Ramps up, ramps down and neither, of unequal lengths, with gaps."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % 3
    slopes = np.array([-1.0, 1.0, 0.0])[labels]
    made = []
    for slope, length in zip(slopes, random.integers(3, 10, count), strict=True):
        values = random.normal(size=(length, CHANNELS)) * 0.1 + 50
        values[:, 0] += slope * np.arange(length)
        values[random.random(values.shape) < 0.05] = np.nan
        made.append(values)
    return Sequences("ramps", made, labels, CLASSES, ("a", "b", "c"), ("", "", ""))


def sequence_examples(count: int = 24) -> SequenceExamples:
    return SequenceExamples(sequences(count))


def classifier(**options) -> Classifier:
    return Classifier(CHANNELS, CLASSES, **{"cell": "gru", "hidden_size": 5, **options})
