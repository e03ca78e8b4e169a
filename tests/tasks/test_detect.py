import numpy as np
import pytest

import elman
from elman.data import Frame
from elman.errors import ArgumentError, DataError
from elman.models.baselines import precision_recall
from elman.tasks import fit, load
from elman.tasks.detect.rows import Rows
from elman.tasks.detect.scoring import Labelled, Method, scored
from elman.tasks.detect.threshold import threshold
from elman.tasks.detect.truth import anomalous
from elman.tasks.ordered import Ordered

ROWS = 1600
QUICK = {"task": "detect", "epochs": 0, "hidden_size": 4, "history": 24, "threads": 1}


def sensors(seed=0, *, rows=ROWS, faults=True):
    """Two sensors, one that wanders and one with a daily wave; spikes, shifts, missing values and a gap in time."""
    random = np.random.default_rng(seed)
    level = np.zeros(rows)
    for row in range(1, rows):
        level[row] = 0.9 * level[row - 1] + random.normal()
    flow = 5 * np.sin(2 * np.pi * np.arange(rows) / 24) + random.normal(size=rows) * 0.2
    fault = np.zeros(rows)
    if faults:
        for place, start in enumerate(range(60, rows - 40, 40)):
            length = (1, 3, 6)[place % 3]
            fault[start : start + length] = 1
            (level, flow)[place % 2][start : start + length] += (12, 4)[place % 2] * random.choice([-1, 1])
    level[random.choice(np.flatnonzero(fault == 0), rows // 50, replace=False)] = np.nan
    at = np.datetime64("2024-01-01", "us") + np.arange(rows) * np.timedelta64(3600, "s")
    at[rows // 2 :] += np.timedelta64(5 * 3600, "s")
    return Frame("sensors.csv", {"at": at, "level": level, "flow": flow, "fault": fault}, first_row=2)


@pytest.fixture(scope="module")
def detector():
    return fit(sensors(), labels="fault", **QUICK)


@pytest.fixture(scope="module")
def other():
    """Rows that the detector has not seen."""
    return sensors(seed=1)


def test_planted_faults_are_found_and_better_than_by_a_rolling_z_score(detector, other):
    report = detector.evaluate(other)
    names = [metric.name for metric in report.metrics]
    network = dict(zip(names, report.scores[-1].values, strict=True))
    simple = dict(zip(names, report.scores[0].values, strict=True))
    assert network["recall by events"] > 0.9
    assert network["precision by events"] > 0.8
    assert network["recall"] > 0.7
    assert network["F1 by rows"] > simple["F1 by rows"] + 0.3


def test_the_report_says_how_the_rows_were_divided_and_what_was_taken_for_granted(detector):
    assert "is the test part: 321 rows; 1,118 to learn from, 161 to set the threshold" in detector.report.split
    assert [one.flag for one in detector.report.taken] == ["--time", "--ids", "--every", "--target", "--alarms"]
    assert "level, flow" in detector.report.taken[3].text
    assert [score.method for score in detector.report.scores] == ["rolling z-score", "recurrent network (gru)"]


def test_each_row_has_a_score_a_flag_the_channel_to_blame_and_what_was_expected_of_it(detector, other):
    found = detector.predict(other).columns
    assert list(found) == ["at", "score", "flag", "channel", "expected"]
    rows = np.flatnonzero(~np.isnan(found["score"]))
    np.testing.assert_array_equal(found["flag"] == 1, np.nan_to_num(found["score"]) > detector.rule.threshold)
    sizes = dict(zip(detector.reading.plan.targets, detector.rule.scale[0], strict=True))
    gaps = np.isnan(other.columns["level"])
    plain = [row for row in rows if not found["flag"][:row].any() and not gaps[max(0, row - 4) : row].any()]
    assert len(plain) > 20
    for row in plain:
        channel = found["channel"][row]
        error = abs(other.columns[channel][row] - found["expected"][row]) / sizes[channel]
        assert error == pytest.approx(found["score"][row], rel=1e-6)


def test_rows_may_stand_in_any_order(detector, other):
    order = np.random.default_rng(0).permutation(len(other))
    whole, mixed = detector.predict(other).columns, detector.predict(other.take(order)).columns
    np.testing.assert_array_equal(mixed["score"], whole["score"][order])


def test_a_stream_gives_the_numbers_of_the_whole_table(detector, other):
    found = detector.predict(other).columns
    stream, targets = detector.stream(), ("level", "flow")
    for row in range(300):
        values = {name: other.columns[name][row] for name in targets}
        score, flag, expected = stream.update(other.columns["at"][row], values)
        np.testing.assert_allclose(score, found["score"][row], rtol=1e-4, atol=1e-5)
        assert flag == bool(found["flag"][row])
        if found["channel"][row] is not None:
            assert expected[found["channel"][row]] == pytest.approx(found["expected"][row], rel=1e-4, abs=1e-5)
    assert found["flag"][:300].sum() > 5


def test_a_stream_and_a_table_agree_across_a_gap_in_time(detector, other):
    late = other.take(slice(ROWS // 2 - 40, ROWS // 2 + 40))
    found, stream = detector.predict(late).columns, detector.stream()
    for row in range(len(late)):
        values = {name: late.columns[name][row] for name in ("level", "flow")}
        score, flag, _ = stream.update(late.columns["at"][row], values)
        np.testing.assert_allclose(score, found["score"][row], rtol=1e-4, atol=1e-5)
        assert flag == bool(found["flag"][row])


def test_no_later_row_changes_a_score(detector, other):
    whole = detector.predict(other).columns["score"]
    part = detector.predict(other.take(slice(0, 333))).columns["score"]
    np.testing.assert_allclose(part, whole[:333], rtol=1e-4, atol=1e-5)


def test_a_row_without_values_has_no_score_and_no_flag(detector, other):
    empty = {name: np.where(np.arange(ROWS) == 200, np.nan, other.columns[name]) for name in ("level", "flow")}
    found = detector.predict(other.with_columns(empty)).columns
    assert np.isnan(found["score"][200])
    assert found["flag"][200] == 0
    assert found["channel"][200] is None
    assert not np.isnan(found["score"][201])


def test_nothing_is_said_of_the_first_rows(detector, other):
    found = detector.predict(other).columns
    assert np.isnan(found["score"][0])
    assert found["flag"][0] == 0


def test_a_series_that_moves_for_good_is_flagged_and_then_believed(detector):
    frame = sensors(seed=2, faults=False)
    moved = frame.columns["level"] + np.where(np.arange(ROWS) >= 700, 12.0, 0.0)
    moved[699:702] = [0.0, 12.0, 12.0]
    flags = detector.predict(frame.with_columns({"level": moved})).columns["flag"]
    assert flags[700] == 1
    assert flags[700:730].sum() >= 2
    assert flags[730:].mean() < 0.02


def test_rows_that_are_labelled_are_not_learnt_from():
    frame = sensors()
    wild = frame.columns["level"].copy()
    wild[frame.columns["fault"] == 1] = 1e6
    tame = np.where(frame.columns["fault"] == 1, np.nan, wild)
    ours = fit(frame.with_columns({"level": wild}), labels="fault", **QUICK)
    theirs = fit(frame.with_columns({"level": tame}), labels="fault", **QUICK)
    np.testing.assert_array_equal(ours.rule.scale, theirs.rule.scale)
    assert ours.rule.threshold == theirs.rule.threshold
    assert all(
        bool((one == two).all()) for one, two in zip(ours.model.parameters(), theirs.model.parameters(), strict=True)
    )


def test_without_labels_the_share_of_flags_is_about_what_was_asked_for():
    frame = sensors(faults=False, rows=3000)
    frame = Frame(frame.name, {name: values for name, values in frame.columns.items() if name != "fault"})
    for alarms in (10.0, 50.0):
        model = fit(frame, alarms=alarms, **QUICK)
        assert [metric.name for metric in model.report.metrics] == ["flagged"]
        assert alarms / 2.5 < model.report.scores[-1].values[0] < alarms * 2.5


def test_a_saved_detector_finds_the_same(detector, other, tmp_path):
    detector.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    for name, values in detector.predict(other).columns.items():
        np.testing.assert_array_equal(loaded.predict(other).columns[name], values)
    assert loaded.evaluate(other).scores[0].values == detector.evaluate(other).scores[0].values


def test_each_series_is_judged_at_its_own_scale():
    frame = sensors(rows=500)
    big = {name: np.concatenate([frame.columns[name], frame.columns[name] * 1000]) for name in ("level", "flow")}
    both = Frame("both", {
        "at": np.tile(frame.columns["at"], 2),
        "unit": np.repeat(np.array(["a", "b"], dtype=object), 500),
        **big,
        "fault": np.tile(frame.columns["fault"], 2),
    })  # fmt: skip
    model = fit(both, labels="fault", **QUICK)
    found = model.predict(both).columns
    np.testing.assert_allclose(found["score"][:500], found["score"][500:], rtol=1e-3, atol=1e-3)
    stream = model.stream("b")
    for row in range(500, 560):
        score, _, _ = stream.update(both.columns["at"][row], {name: big[name][row] for name in big})
        np.testing.assert_allclose(score, found["score"][row], rtol=1e-4, atol=1e-5)
    with pytest.raises(DataError, match="series 'c' was not there in training"):
        model.stream("c")


def test_rows_without_times_are_steps():
    frame = sensors(rows=500)
    frame = Frame("log", {name: values for name, values in frame.columns.items() if name != "at"})
    model = fit(frame, labels="fault", **QUICK)
    found, stream = model.predict(frame).columns, model.stream()
    assert "at" not in found
    for row in range(100):
        values = {name: frame.columns[name][row] for name in ("level", "flow")}
        np.testing.assert_allclose(stream.update(None, values).score, found["score"][row], rtol=1e-4, atol=1e-5)


def test_a_stream_refuses_what_it_cannot_place(detector):
    stream = detector.stream()
    stream.update("2024-01-01T00:00", {"level": 0.0, "flow": 1.0})
    with pytest.raises(ArgumentError, match="is not after"):
        stream.update("2024-01-01T00:00", {"level": 0.0, "flow": 1.0})
    with pytest.raises(ArgumentError, match="a column 'lvel'; the model reads level, flow"):
        stream.update("2024-01-01T01:00", {"lvel": 0.0})
    with pytest.raises(ArgumentError, match="time of the row is None"):
        stream.update(None, {"level": 0.0})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["normal", "stuck", None, "Normal"], [False, True, False, False]),
        (["no", "yes", "yes", "no"], [False, True, True, False]),
        ([None, "spike", None, None], [False, True, False, False]),
    ],
)
def test_words_are_labels_if_one_of_them_means_no(words, expected):
    assert anomalous(Frame("log", {"fault": np.array(words, dtype=object)}), "fault").tolist() == expected


def test_words_of_which_none_means_no_are_refused():
    with pytest.raises(DataError, match="holds day, night: none of them means that a row is clean"):
        anomalous(Frame("log", {"shift": np.array(["day", "night"], dtype=object)}), "shift")


@pytest.mark.parametrize("shape", [0.0, 0.3])
def test_a_threshold_goes_on_where_the_scores_end(shape):
    random, rate = np.random.default_rng(0), 1e-3
    exact = -np.log(rate) if not shape else (rate**-shape - 1) / shape
    found = []
    for _ in range(200):
        uniform = random.random(500)
        scores = -np.log(uniform) if not shape else (uniform**-shape - 1) / shape
        found.append(threshold(scores, rate))
    assert np.median(found) == pytest.approx(exact, rel=0.12)
    counted = -np.log(random.random(100_000))
    assert threshold(counted, rate) == np.quantile(counted, 1 - rate)


def test_precision_and_recall_count_events_within_each_series():
    truth = [np.array([False, True]), np.array([True, False])]
    flags = [np.array([False, True]), np.array([False, True])]
    hours = np.arange(2).astype("M8[h]")
    series = [
        Labelled(Ordered(name, np.arange(2), hours, one[:, None].astype(float)), wrong)
        for name, one, wrong in zip("ab", flags, truth, strict=True)
    ]
    rows = Rows([Frame("any", {})], lambda part: series)
    found = scored(rows, [Method("any", lambda one: one.values[:, 0] > 0)])
    assert found.scores[0].values == (0.5, 0.5, 0.5, 0.5, 0.5)
    assert (found.rows, found.anomalies) == (4, 2)
    assert (
        precision_recall(np.concatenate(flags), np.concatenate(truth), events=True).recall == 1
    )  # what would be wrong


@pytest.mark.slow
def test_anomalies_planted_in_the_weather_are_found():
    weather, random = elman.data.load("jfk_weather"), np.random.default_rng(0)
    temp, fault = weather.values[:, weather.column("temp")].copy(), np.zeros(len(weather))
    for start in np.linspace(7200, 8600, 30).astype(int):
        length = int(random.choice([1, 3, 6]))
        temp[start : start + length] += 20 * random.choice([-1, 1])
        fault[start : start + length] = 1
    columns = {"time": weather.times.astype("datetime64[us]"), "temp": temp, "fault": fault}
    model = fit(Frame("weather", columns), task="detect", labels="fault", minutes=0.5, threads=1)
    values = dict(zip((one.name for one in model.report.metrics), model.report.scores[-1].values, strict=True))
    assert values["recall by events"] > 0.9
    assert values["precision by events"] > 0.6
    assert values["recall"] > 0.8
    assert model.report.score("recurrent network (gru)") > model.report.score("rolling z-score")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "fualt"}, "did you mean 'fault'"),
        ({"horizon": 2}, "--horizon was given, and detect has no use for it"),
        ({"drop": ("level", "flow", "fault")}, "no column of numbers to watch"),
        ({"duplicates": "mean"}, "choose first or last"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        fit(sensors(), **{**QUICK, **options})


def test_too_few_rows_to_set_a_threshold_by_are_refused():
    with pytest.raises(DataError, match="clean rows"):
        fit(sensors(rows=120), labels="fault", **QUICK)
