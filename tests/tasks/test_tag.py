import numpy as np
import pytest

from elman.data import Frame
from elman.errors import ArgumentError, DataError
from elman.tasks import Settings, fit, load
from elman.tasks.tag.plan import fitted_on, plan
from elman.tasks.tag.split import split
from elman.tasks.tag.stretches import CONTEXT, LONGEST, Part, examples, stretches, tagged

WHERE = np.datetime64("2024-01-01T00:00", "us")
QUICK = {"task": "tag", "epochs": 1, "hidden_size": 4, "threads": 1}
LEARNING = {**QUICK, "epochs": 50, "hidden_size": 8, "learning_rate": 0.03, "batch_size": 16}


def machines(count=12, length=20, *, tags="words"):
    """Machines that heat up after their switch was on in the row before; rows of all of them are mixed by time."""
    random = np.random.default_rng(0)
    on = random.integers(0, 2, (count, length)).astype(float)
    heat = np.concatenate([np.zeros((count, 1)), on[:, :-1]], axis=1)
    state = {
        "words": np.where(heat == 1, "warm", "cold").astype(object),
        "numbers": 20 + 5.5 * heat + random.normal(size=heat.shape) * 0.01,
        "codes": heat,
    }[tags]
    columns = {
        "machine": np.repeat(np.array([f"m{i}" for i in range(count)], dtype=object), length),
        "at": np.tile(WHERE + np.arange(length) * np.timedelta64(60, "s"), count),
        "switch": on.ravel(),
        "room": np.array(random.choice(["hall", "yard"], count * length), dtype=object),
        "state": state.ravel(),
    }
    order = np.argsort(columns["at"], kind="stable")
    return Frame("machines.csv", {name: values[order] for name, values in columns.items()}, first_row=2)


@pytest.fixture(scope="module")
def warm():
    """A model of the words, trained until it knows the rule."""
    return fit(machines(40), "state", **LEARNING)


def test_a_tag_that_hangs_on_the_row_before_is_learnt_better_than_the_majority(warm):
    assert warm.report.score("recurrent network (gru)") > 0.97
    assert warm.report.score("majority class") < 0.7
    assert [metric.name for metric in warm.report.metrics] == ["accuracy", "macro F1"]
    assert "28 whole sequences to learn from, 4 to choose on, 8 to test on" in warm.report.split


def test_each_row_of_a_table_gets_its_tag_in_the_order_of_the_table(warm):
    frame = machines(3, 15)
    shuffled = frame.take(np.random.default_rng(0).permutation(len(frame)))
    found = warm.predict(shuffled)
    assert list(found.columns) == ["machine", "at", "state", "probability"]
    np.testing.assert_array_equal(found.columns["at"], shuffled.columns["at"])
    right = found.columns["state"] == shuffled.columns["state"]
    assert right.mean() > 0.95
    assert np.all((found.columns["probability"] > 0.5) & (found.columns["probability"] <= 1))


def test_a_saved_model_tags_as_before(warm, tmp_path):
    warm.save(tmp_path / "model")
    loaded, frame = load(tmp_path / "model"), machines(3)
    for name, values in warm.predict(frame).columns.items():
        np.testing.assert_array_equal(loaded.predict(frame).columns[name], values)
    assert loaded.report.table() == warm.report.table()
    assert loaded.report.taken == warm.report.taken


def test_new_data_are_scored_and_a_class_that_is_new_counts_as_missed(warm):
    frame = machines(3)
    whole = warm.evaluate(frame)
    assert whole.score("recurrent network (gru)") > 0.95
    words = frame.columns["state"].copy()
    words[:30] = "broken"
    report = warm.evaluate(frame.with_columns({"state": words}))
    assert report.score("recurrent network (gru)") <= 0.5
    assert report.notes == ("30 rows have a class that was not there in training, and count as missed",)


def test_numbers_are_learnt_as_numbers_and_in_their_unit():
    model = fit(machines(tags="numbers"), "state", **LEARNING)
    assert model.report.metrics[0].unit == "state"
    assert model.report.score("recurrent network (gru)") < 1.0 < model.report.score("mean")
    found = model.predict(machines(2, tags="numbers")).columns
    assert "probability" not in found
    np.testing.assert_allclose(found["state"], machines(2, tags="numbers").columns["state"], atol=3)


def test_few_whole_numbers_are_classes_unless_they_are_said_to_be_numbers():
    frame = machines(tags="codes")
    made, taken, _ = plan(frame, Settings(target=("state",)))
    assert made.classes == ("0", "1")
    assert "--tags numbers" in [one.flag for one in taken]
    assert plan(frame, Settings(target=("state",), tags="numbers"))[0].classes == ()
    assert made.tags(frame).tolist() == frame.columns["state"].astype(int).tolist()


def test_words_of_the_test_part_are_not_seen_by_the_encoder():
    frame = machines()
    rooms = frame.columns["room"].copy()
    rooms[-1] = "cellar"
    frame = frame.with_columns({"room": rooms})
    made, _ = fitted_on(plan(frame, Settings(target=("state",)))[0], frame.take(slice(0, 100)))
    assert made.encoder.columns["room"] == ("hall", "yard")


def test_the_time_since_the_last_row_is_read_where_times_are_irregular():
    frame = machines(1, 30)
    assert plan(frame, Settings(target=("state",)))[0].step is None
    times = frame.columns["at"].copy()
    times[20:] += np.timedelta64(540, "s")
    made, *_ = plan(frame.with_columns({"at": times}), Settings(target=("state",)))
    gaps = made.rows(frame.with_columns({"at": times}))[0][0].values[:, -1]
    assert made.step == 60
    np.testing.assert_allclose(gaps, np.log(np.where(np.arange(30) == 20, 10.0, 1.0)), atol=1e-12)


def test_many_sequences_are_split_whole_and_few_by_time():
    whole = split([30] * 20, Settings(seed=3))
    parts = [{part.sequence for part in one} for one in (whole.train, whole.validation, whole.test)]
    assert [len(one) for one in parts] == [14, 2, 4]
    assert set.union(*parts) == set(range(20))
    assert split([30] * 20, Settings(seed=4)).test != whole.test
    few = split([100, 50], Settings())
    assert few.test == [Part(0, 80, 100, 100), Part(1, 40, 50, 50)]
    assert few.train == [Part(0, 0, 70, 70), Part(1, 0, 35, 35)]


@pytest.mark.parametrize("both_ways", [False, True])
def test_stretches_tag_every_row_once_and_read_nothing_beyond_their_limit(both_ways):
    parts = [Part(0, 0, 1500, 1600), Part(1, 700, 1300, 1300), Part(2, 10, 30, 40)]
    cut = stretches(parts, both_ways=both_ways, size=400)
    for part in parts:
        rows = np.concatenate([np.arange(one.begin, one.end) for one in cut if one.sequence == part.sequence])
        np.testing.assert_array_equal(rows, np.arange(part.begin, part.end))
    for one in cut:
        limit = parts[one.sequence].limit
        assert 0 <= one.first <= one.begin < one.end <= one.last <= limit
        assert one.first == 0 or one.begin - one.first == CONTEXT
        assert one.last == (min(one.end + CONTEXT, limit) if both_ways and limit > LONGEST else one.last)
        assert both_ways or one.last == one.end


def test_rows_that_are_read_before_a_stretch_are_not_learnt_from():
    values, tags = np.arange(1200.0)[:, None], np.arange(1200) % 2
    made = examples(stretches([Part(0, 0, 1200, 1200)], both_ways=False, size=300), [values], [tags])
    learnt = np.concatenate([one[:, 0][tag >= 0] for one, tag in zip(made.sequences, made.tags, strict=True)])
    np.testing.assert_array_equal(learnt, np.arange(1200))
    assert made.tags[1][:CONTEXT].tolist() == [-1] * CONTEXT


def test_a_long_series_is_tagged_as_if_read_at_once_as_far_as_the_context_reaches(warm):
    random = np.random.default_rng(0)
    series = random.normal(size=(1300, warm.plan.channels))
    parts = tagged(warm.model, stretches([Part(0, 0, 1300, 1300)], both_ways=False), [series])
    np.testing.assert_allclose(np.concatenate(parts), warm.model.predict_proba([series])[0], atol=1e-3)


def test_rows_without_a_tag_are_neither_learnt_nor_scored_but_get_one():
    frame = machines()
    words = frame.columns["state"].copy()
    words[::3] = None
    holey = frame.with_columns({"state": words})
    model = fit(holey, "state", **QUICK)
    assert None not in model.predict(holey).columns["state"].tolist()
    assert model.evaluate(holey).split == "all of machines.csv: 160 tagged rows"


def test_a_copied_symbol_is_remembered_over_a_delay_of_ten_steps():
    model = fit(copies(200), "out", ids="sequence", cell="indrnn", **{**LEARNING, "hidden_size": 16})
    frame = copies(50, seed=1)
    found, true = model.predict(frame).columns["out"], frame.columns["out"]
    recalled = true != "_"
    assert (found[recalled] == true[recalled]).mean() > 0.95


def copies(count, *, delay=10, seed=0):
    """Sequences that begin with a letter; after the delay comes `?`, and then the letter has to be told."""
    letters = np.random.default_rng(seed).choice(list("abcd"), count)
    rows = [[letter, *"." * (delay - 1), "?"] for letter in letters]
    told = [[*"_" * delay, letter] for letter in letters]
    columns = {"sequence": np.repeat([f"s{i}" for i in range(count)], delay + 1), "in": rows, "out": told}
    return Frame("copies", {name: np.array(values, dtype=object).ravel() for name, values in columns.items()})


def test_the_same_seed_gives_the_same_model_and_repeats_are_told_apart():
    one, other = (fit(machines(), "state", **QUICK, repeats=2) for _ in range(2))
    np.testing.assert_array_equal(
        one.predict(machines()).columns["probability"], other.predict(machines()).columns["probability"]
    )
    assert sorted(one.histories) == ["seed 0", "seed 1"]
    assert one.report.notes[0].startswith("over 2 seeds: accuracy ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "which column of machines.csv holds the tags"),
        ({"target": "stat"}, "did you mean 'state'"),
        ({"target": ("state", "room")}, "a row has one tag"),
        ({"target": "state", "horizon": 3}, "--horizon was given, and tag has no use for it"),
        ({"target": "state", "duplicates": "mean"}, "choose first or last"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_choices(options, message):
    with pytest.raises(ArgumentError, match=message):
        fit(machines(), **{**QUICK, **options})


def test_a_target_that_never_changes_is_refused():
    frame = machines()
    with pytest.raises(DataError, match='column "state" is always "cold"'):
        fit(frame.with_columns({"state": np.full(len(frame), "cold", dtype=object)}), "state", **QUICK)
