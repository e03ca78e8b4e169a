"""Small tables to forecast, and settings with which a training takes a moment."""

import numpy as np

from elman.data import Frame

SMALL = {"hidden_size": 4, "epochs": 1, "horizon": 3, "history": 8, "threads": 1}
START = np.datetime64("2024-01-01T00:00:00", "us")


def wave(rows: int = 240, *, level: float = 20.0, seed: int = 0) -> np.ndarray:
    """A day's swing around a level, and noise."""
    random = np.random.default_rng(seed)
    return level * (1 + 0.3 * np.sin(2 * np.pi * np.arange(rows) / 24) + 0.02 * random.normal(size=rows))


def hours(rows: int = 240) -> np.ndarray:
    """One time an hour."""
    return START + np.arange(rows) * np.timedelta64(1, "h")


def readings(rows: int = 240) -> Frame:
    """Two channels of one series."""
    return Frame("readings", {"time": hours(rows), "temp": wave(rows), "wind": wave(rows, level=3, seed=1)})
