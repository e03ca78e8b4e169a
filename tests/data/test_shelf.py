import gc

import numpy as np

from elman.data import Series
from elman.data.scratch import Scratch
from elman.data.shelf import Shelf


def series(name: str, rows: int) -> Series:
    times = np.datetime64("2024-01-01", "s") + np.arange(rows) * np.timedelta64(60, "s")
    return Series(
        name,
        times.astype("M8[us]" if rows % 2 else "M8[s]"),
        np.arange(2.0 * rows).reshape(rows, 2),
        ("x", "y"),
        ("", "m"),
    )


def test_a_series_comes_back_as_it_was():
    shelf, put = Shelf(), [series("b", 5), series("a", 4), series("empty", 0)]
    for one in put:
        shelf.put(one)
    for one, back in zip(put, shelf, strict=True):
        assert (back.name, back.channels, back.units, back.times.dtype) == (
            one.name,
            one.channels,
            one.units,
            one.times.dtype,
        )
        np.testing.assert_array_equal(back.values, one.values)
        np.testing.assert_array_equal(back.times, one.times)


def test_series_can_be_brought_into_an_order():
    shelf = Shelf()
    for name in "bca":
        shelf.put(series(name, 3))
    shelf.arrange({"a": 0, "b": 1, "c": 2})
    assert shelf.ids == ("a", "b", "c")
    assert [one.name for one in shelf[1:]] == ["b", "c"]


def test_a_series_outlives_its_shelf():
    shelf = Shelf()
    shelf.put(series("a", 4))
    one = shelf[0]
    del shelf
    gc.collect()
    np.testing.assert_array_equal(one.values, series("a", 4).values)


def test_arrays_are_read_from_where_they_were_put():
    scratch, random = Scratch(), np.random.default_rng(0)
    put = [random.normal(size=(3, 2)), np.arange(5), np.array(["2024-01-01", "NaT"], "M8[us]"), np.empty((0, 2))]
    places = [scratch.put(values) for values in put]
    for values, place in reversed(list(zip(put, places, strict=True))):
        np.testing.assert_array_equal(scratch.read(place), values)
        np.testing.assert_array_equal(scratch.mapped(place), values)
