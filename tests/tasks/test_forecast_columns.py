"""Columns with one value for each series, and values that are missing: told to the network, and said."""

import numpy as np
import pytest

from elman.data import Frame
from elman.errors import ArgumentError
from elman.tasks import fit, load
from tasks.forecasting import SMALL, START, wave

ROWS = 90
SHOPS = ("a", "b", "c", "d")


def shops(rows: int = ROWS, **columns: dict[str, object]) -> Frame:
    """Four shops; each further column is given by its value in each of them."""
    days = START + np.arange(rows) * np.timedelta64(1, "D")
    made: dict[str, np.ndarray] = {
        "day": np.tile(days, len(SHOPS)),
        "shop": np.repeat(np.array(SHOPS, dtype=object), rows),
        "sold": np.concatenate([wave(rows, seed=seed) for seed in range(len(SHOPS))]),
    }
    for name, of in columns.items():
        values = [of[shop] for shop in SHOPS]
        kind = object if isinstance(values[0], str) else np.float64
        made[name] = np.repeat(np.array(values, dtype=kind), rows)
    return Frame("shops", made)


KIND = {"a": "small", "b": "large", "c": "small", "d": "large"}
AREA = {"a": 10.0, "b": 90.0, "c": 12.0, "d": 80.0}


@pytest.fixture(scope="module")
def fitted():
    return fit(shops(kind=KIND, area=AREA), target="sold", **SMALL)


def test_a_column_with_one_value_for_each_series_is_recognised_and_said(fitted):
    assert fitted.reading.plan.static == ("kind", "area")
    said = {str(one) for one in fitted.report.taken}
    assert '"kind" has one value for each series, which is known ahead as well (--drop)' in said


def test_a_column_that_changes_within_a_series_is_not_static():
    frame = shops(kind=KIND, area=AREA)
    area = frame.columns["area"].copy()
    area[3] = 11.0
    assert fit(frame.with_columns({"area": area}), target="sold", **SMALL).reading.plan.static == ("kind",)


def test_the_network_is_told_and_needs_no_rows_ahead_for_it(fitted):
    frame = shops(kind=KIND, area=AREA)
    found = fitted.predict(frame).numbers("sold")
    other = fitted.predict(shops(kind={**KIND, "a": "large"}, area=AREA)).numbers("sold")
    assert len(found) == len(SHOPS) * SMALL["horizon"]
    assert (other[:3] != found[:3]).all()
    np.testing.assert_array_equal(other[3:], found[3:])


def test_a_value_that_is_missing_in_some_rows_is_that_of_its_series(fitted):
    frame = shops(kind=KIND, area=AREA)
    area, kind = frame.columns["area"].copy(), frame.columns["kind"].copy()
    area[:50] = np.nan
    kind[ROWS - 5 : ROWS] = None
    holey = fitted.predict(frame.with_columns({"area": area, "kind": kind}))
    np.testing.assert_allclose(holey.numbers("sold"), fitted.predict(frame).numbers("sold"), rtol=1e-6)


def test_static_columns_are_saved_and_go_with_recursive_forecasts_and_backtests(tmp_path):
    frame = shops(kind=KIND)
    model = fit(frame, target="sold", strategy="recursive", **SMALL)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    found = again.predict(frame, horizon=7).numbers("sold")
    np.testing.assert_array_equal(found, model.predict(frame, horizon=7).numbers("sold"))
    assert again.backtest(frame, folds=1).folds[0].forecasts == len(SHOPS)


def test_a_detector_has_no_static_columns():
    frame = shops(400, kind=KIND)
    model = fit(frame, task="detect", epochs=1, hidden_size=4, threads=1)
    assert model.reading.plan.static == ()
    assert len(model.predict(frame)) == len(frame)


@pytest.mark.parametrize("options", [{"gaps": "since"}, {"gaps": "decay", "cell": "grud"}, {"cell": "grud"}])
def test_missing_values_are_shown_as_was_asked(options):
    frame = shops()
    sold = frame.columns["sold"].copy()
    sold[np.random.default_rng(0).random(len(sold)) < 0.3] = np.nan
    frame = frame.with_columns({"sold": sold})
    model = fit(frame, target="sold", **options, **SMALL)
    assert (model.model.inputs.since, model.model.inputs.unfilled) == (
        options.get("gaps") == "since",
        options.get("cell") == "grud",
    )
    assert np.isfinite(model.predict(frame).numbers("sold")).all()
    assert np.isfinite(model.report.network.values[0])


@pytest.mark.parametrize("options", [{"gaps": "decay"}, {"gaps": "mask", "cell": "grud"}])
def test_a_way_to_show_gaps_that_the_cell_cannot_read_is_refused(options):
    with pytest.raises(ArgumentError, match=r"Take --gaps decay --cell grud, or neither"):
        fit(shops(), target="sold", **options, **SMALL)
