"""What is never negative is never forecast to be; other bounds are for people to say."""

import numpy as np
import pytest

from elman.data import Frame
from elman.errors import ArgumentError
from elman.tasks import fit, load
from elman.tasks.settings import settings
from tasks.forecasting import SMALL, hours, wave

ROWS = 207
QUICK = {**SMALL, "epochs": 0, "target": "sold"}


def sales(*, away: float = 0.0) -> Frame:
    """Sales by day and none by night; the table ends at night."""
    swing = 10 * np.sin(2 * np.pi * np.arange(ROWS) / 24) + np.random.default_rng(0).normal(size=ROWS)
    return Frame("sales", {"time": hours(ROWS), "sold": np.maximum(swing, 0) + away})


def numbers(table: Frame) -> np.ndarray:
    return np.stack([table.numbers(name) for name in ("sold", "sold_0.1", "sold_0.9")])


def said(model) -> list[str]:
    return [str(one) for one in model.report.taken if "--lowest" in str(one)]


@pytest.fixture(scope="module")
def fitted():
    return fit(sales(), **QUICK)


@pytest.fixture(scope="module")
def free():
    return fit(sales(), **QUICK, lowest="none")


def test_counts_are_not_forecast_to_be_negative_and_that_is_said(fitted, free):
    without = numbers(free.predict(sales()))
    assert (without < 0).any()
    np.testing.assert_array_equal(numbers(fitted.predict(sales())), np.maximum(without, 0))
    assert said(fitted) == ["no forecast of sold is below 0, for no value ever was (--lowest none)"]
    assert not said(free)


def test_every_method_is_scored_within_the_bounds(fitted, free):
    """So that none is held against a rival that says what cannot be."""
    ours, others = ({one.method: one.values[0] for one in model.report.scores} for model in (fitted, free))
    assert ours["ridge regression"] <= others["ridge regression"]
    assert ours["recurrent network (gru)"] < others["recurrent network (gru)"]


def test_a_saved_model_keeps_its_bounds_and_so_does_its_backtest(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    kept = load(tmp_path / "model")
    np.testing.assert_array_equal(numbers(kept.predict(sales())), numbers(fitted.predict(sales())))
    assert (numbers(kept.backtest(sales(), folds=2).forecasts) >= 0).all()


def test_bounds_that_are_said_hold_for_all_quantiles():
    model = fit(sales(), **{**QUICK, "quantiles": (0.01, 0.99)}, lowest=-0.25, highest=40)
    values = np.concatenate([model.predict(sales()).numbers(name) for name in ("sold_0.01", "sold", "sold_0.99")])
    assert values.min() == -0.25
    assert values.max() <= 40


@pytest.mark.parametrize("frame", [sales(away=-1), sales(away=900)], ids=["negative", "far from 0"])
def test_what_was_negative_or_never_came_near_0_has_no_bound(frame):
    model = fit(frame, **QUICK)
    assert model.reading.plan.bounds == ((None, None),)
    assert not said(model)


def test_only_what_is_learnt_from_says_what_is_never_negative():
    values = sales().numbers("sold")
    values[190] = -7
    assert fit(sales().with_columns({"sold": values}), **QUICK).reading.plan.bounds == ((0.0, None),)
    values[20] = -7
    assert fit(sales().with_columns({"sold": values}), **QUICK).reading.plan.bounds == ((None, None),)


def test_each_of_several_targets_has_its_own_bound():
    frame = sales().with_columns({"level": wave(ROWS) - 30})
    model = fit(frame, **{**QUICK, "target": ("sold", "level")})
    assert model.reading.plan.bounds == ((0.0, None), (None, None))
    assert (model.predict(frame).numbers("level") < 0).any()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"lowest": 1}, '--lowest is 1, and "sold" comes down to 0'),
        ({"highest": 5}, '--highest is 5, and "sold" comes up to'),
        ({"task": "tag", "lowest": 0}, "tag has no use for it"),
    ],
)
def test_bounds_that_do_not_fit_are_refused(more, message):
    with pytest.raises(ArgumentError, match=message):
        fit(sales(), **{"task": "forecast", "target": "sold", "horizon": 3 if "task" not in more else None, **more})


def test_bounds_are_read_from_words_as_a_file_has_them():
    assert settings({"lowest": "none"}).lowest == "none"
    assert settings({"lowest": 0}).lowest == 0.0
    with pytest.raises(ArgumentError, match="lowest"):
        settings({"lowest": "nothing"})
