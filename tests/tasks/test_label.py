"""Classes and numbers of whole sequences, from every form in which they come."""

from dataclasses import replace

import numpy as np
import pytest

from elman.data import Frame, sequences_of
from elman.errors import ArgumentError, DataError
from elman.tasks import Settings, fit, load
from elman.tasks.label import search
from elman.tasks.label.reading import reading
from elman.tasks.label.split import split
from elman.tasks.label.trainer import Trainer
from elman.tasks.settings import settings
from elman.tasks.start import learn, validated

WHERE = np.datetime64("2024-01-01", "us")
QUICK = {"epochs": 1, "hidden_size": 4, "threads": 1, "frame": 1, "noise": 0.0, "drift": 0.0, "dropout": 0.0}
LEARNING = {**QUICK, "epochs": 25, "hidden_size": 12, "learning_rate": 0.02, "batch_size": 16}


def pulses(count=60, *, seed=0):
    """Sequences of unequal length with one pulse, early or late; the class is which, the number its height."""
    random = np.random.default_rng(seed)
    found, when, height = [], [], []
    for index in range(count):
        length = int(random.integers(16, 24))
        values = random.normal(size=(length, 2)) * 0.1 + [50.0, -3.0]
        at = int(random.integers(1, 5)) if index % 2 else int(random.integers(length - 5, length - 1))
        size = float(random.uniform(1, 3))
        values[at, 0] += size
        found.append(values)
        when.append("early" if index % 2 else "late")
        height.append(size)
    return found, np.array(when, dtype=object), np.array(height)


def long_table(count=60, *, seed=0, target="when", shuffle=True):
    """The same as a table with a row for each time step, the rows of all sequences mixed."""
    values, when, height = pulses(count, seed=seed)
    lengths = [len(one) for one in values]
    label = {"when": when, "height": height}[target]
    columns = {
        "pulse": np.repeat(np.array([f"p{at}" for at in range(count)], dtype=object), lengths),
        "at": np.concatenate([WHERE + np.arange(length) * np.timedelta64(60, "s") for length in lengths]),
        "a": np.concatenate([one[:, 0] for one in values]),
        "b": np.concatenate([one[:, 1] for one in values]),
        target: np.repeat(label, lengths),
    }
    order = np.random.default_rng(seed).permutation(sum(lengths)) if shuffle else np.arange(sum(lengths))
    return Frame("pulses.csv", {name: column[order] for name, column in columns.items()}, first_row=2)


def wide_table(count=40, steps=12):
    """Rows that are sequences: a rise or a fall."""
    random = np.random.default_rng(0)
    up = random.integers(0, 2, count)
    values = np.where(up[:, None], 1, -1) * np.linspace(0, 2, steps) + random.normal(size=(count, steps)) * 0.3
    columns = {f"t{at}": values[:, at] for at in range(steps)}
    person = np.array([f"w{at // 4}" for at in range(count)], dtype=object)
    part = np.array(["test" if at % 5 == 0 else "Train" for at in range(count)], dtype=object)
    label = np.array(["up" if one else "down" for one in up], dtype=object)
    return Frame("moves.csv", {"label": label, "person": person, "part": part, **columns}, first_row=2)


@pytest.fixture(scope="module")
def told():
    """A model of the long table, trained until it knows early from late."""
    return fit(long_table(), "when", **LEARNING)


def test_a_label_that_is_the_same_in_all_rows_of_a_sequence_makes_it_a_task_of_whole_sequences(told):
    assert told.task == "classify"
    assert told.report.score("recurrent network (gru)") > 0.9
    assert told.report.score("majority class") <= 0.6
    assert "48 sequences to learn from, 12 to test on" in told.report.split
    methods = [score.method for score in told.report.scores]
    assert methods[:4] == ["majority class", "nearest neighbour", "random kernels", "convolutional network"]
    assert 'the sequences are told apart by "pulse" (--ids)' in [str(one) for one in told.report.taken]


def test_each_sequence_gets_its_class_under_its_name(told):
    found = told.predict(long_table(20, seed=1))
    assert list(found.columns) == ["pulse", "when", "probability"]
    truth = dict(zip([f"p{at}" for at in range(20)], pulses(20, seed=1)[1], strict=True))
    right = [truth[name] == when for name, when in zip(found.columns["pulse"], found.columns["when"], strict=True)]
    assert np.mean(right) > 0.85


def test_the_order_of_the_rows_does_not_matter(told):
    mixed, sorted_ = (told.predict(long_table(8, seed=2, shuffle=shuffle)) for shuffle in (True, False))
    by_name = [dict(zip(one.columns["pulse"], one.columns["probability"], strict=True)) for one in (mixed, sorted_)]
    assert by_name[0] == pytest.approx(by_name[1], abs=1e-6)


def test_a_saved_model_tells_the_same(told, tmp_path):
    told.save(tmp_path / "model")
    loaded, frame = load(tmp_path / "model"), long_table(8, seed=3)
    for name, values in told.predict(frame).columns.items():
        np.testing.assert_array_equal(loaded.predict(frame).columns[name], values)
    assert loaded.task == "classify"
    assert loaded.report.table() == told.report.table()


def test_new_data_are_scored_and_a_new_class_counts_as_missed(told):
    frame = long_table(20, seed=4)
    assert told.evaluate(frame).score("recurrent network (gru)") > 0.85
    when = frame.columns["when"].copy()
    when[frame.columns["pulse"] == "p0"] = "never"
    report = told.evaluate(frame.with_columns({"when": when}))
    assert report.notes == ("1 sequences have a class that was not there in training, and count as missed",)
    assert report.score("recurrent network (gru)") <= 0.95


def test_numbers_are_regressed_in_their_unit():
    model = fit(long_table(80, target="height"), "height", **LEARNING)
    assert model.task == "regress"
    assert [metric.name for metric in model.report.metrics] == ["root mean squared error", "mean absolute error", "r²"]
    assert model.report.metrics[0].unit == "height"
    assert model.report.score("recurrent network (gru)") < 0.8 * model.report.score("mean")
    assert "probability" not in model.predict(long_table(5, target="height")).columns


def test_a_wide_table_is_read_row_by_row():
    model = fit(wide_table(), "label", drop=("person", "part"), **LEARNING)
    assert model.report.score("recurrent network (gru)") == 1.0
    assert model.model.inputs.channels == 1
    assert model.predict(wide_table(6)).columns["sequence"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_steps_read_a_row_as_fewer_and_wider_time_steps():
    made, material, _ = reading(wide_table(), Settings(target=("label",), steps=4))
    assert made.form == "wide"
    assert material.sequences.sequences[0].shape == (4, 3)
    row = [wide_table().columns[f"t{at}"][0] for at in range(12)]
    assert material.sequences.sequences[0].ravel().tolist() == row


def test_a_published_part_is_kept_and_a_group_is_not_divided():
    made, material, _ = reading(wide_table(), Settings(target=("label",), part="part", drop=("person",)))
    cut = split(material, made.answers(material.sequences), Settings(part="part"))
    assert cut.test.tolist() == list(range(0, 40, 5))
    asked = Settings(target=("label",), group="person", drop=("part",), test=0.3)
    made, material, _ = reading(wide_table(), asked)
    cut = split(material, made.answers(material.sequences), asked)
    persons = material.groups
    assert persons is not None
    assert not set(persons[cut.learnt]) & set(persons[cut.test])
    for kept, held_out in cut.cuts:
        assert not set(persons[kept]) & set(persons[held_out])
        assert set(kept) | set(held_out) == set(cut.learnt)


def test_arrays_lists_and_sets_of_sequences_are_learnt_from():
    values, when, _ = pulses(30)
    array = np.random.default_rng(0).normal(size=(30, 9, 2))
    for data in ((values, when), sequences_of(values, when), (array, when)):
        model = fit(data, **QUICK)
        assert model.task == "classify"
        assert len(model.predict(data)) == 30
    flipped = fit((array.transpose(0, 2, 1), when), axes="series,channels,time", **QUICK)
    assert flipped.model.inputs.channels == 2


def test_a_training_part_finds_its_published_test_part(tmp_path):
    values, when, _ = pulses(24)
    for name, part in (("TRAIN", slice(0, 16)), ("TEST", slice(16, 24))):
        lines = ["@problemName Pulses", "@timeStamps false", "@univariate true", "@classLabel true early late", "@data"]
        lines += [
            f"{','.join(f'{value:.5f}' for value in one[:, 0])}:{label}"
            for one, label in zip(values[part], when[part], strict=True)
        ]
        (tmp_path / f"Pulses_{name}.ts").write_text("\n".join(lines) + "\n")
    model = fit(tmp_path / "Pulses_TRAIN.ts", **QUICK)
    assert model.report.split.startswith("as published: 16 sequences to learn from, 8 to test on")
    assert "Pulses_TEST.ts is the test part" in [str(one) for one in model.report.taken]
    assert len(model.predict(tmp_path / "Pulses_TEST.ts")) == 8
    assert "8 sequences" in model.evaluate(tmp_path / "Pulses_TEST.ts").split


def test_words_that_only_the_test_part_holds_are_not_seen_by_the_encoder():
    frame = long_table(20)
    rooms = np.full(len(frame), "hall", dtype=object)
    rooms[::2] = "yard"
    asked = Settings(target=("when",))
    made, material, _ = reading(frame, asked)
    tested = split(material, made.answers(material.sequences), asked).test
    names = np.array(material.sequences.ids)[tested]
    rooms[np.isin(frame.columns["pulse"], names)] = "cellar"
    model = fit(frame.with_columns({"room": rooms}), "when", **QUICK)
    assert model.reading.encoder.columns["room"] == ("hall", "yard")


def test_a_column_that_gives_the_label_away_is_reported():
    frame = long_table(20)
    code = np.where(frame.columns["when"] == "early", 7.0, 9.0)
    model = fit(frame.with_columns({"code": code}), "when", **QUICK)
    assert any('column "code" alone tells "when"' in note for note in model.report.notes)
    assert not any("alone tells" in note for note in fit(frame, "when", **QUICK).report.notes)


def test_a_number_of_its_own_for_each_sequence_gives_nothing_away():
    frame = long_table(30)
    names = frame.columns["pulse"]
    age = np.random.default_rng(0).permutation(30).astype(float)[[int(name[1:]) for name in names]]
    model = fit(frame.with_columns({"age": age}), "when", **QUICK)
    assert not any("alone tells" in note for note in model.report.notes)


def test_numbers_have_no_weights_of_classes():
    with pytest.raises(ArgumentError, match="--class-weights is for classes"):
        fit(long_table(20, target="height"), "height", class_weights="balanced", **QUICK)


@pytest.mark.parametrize("task", [None, "classify"])
def test_a_row_without_an_id_is_named(task):
    frame = long_table(10)
    names = frame.columns["pulse"].copy()
    names[3] = None
    with pytest.raises(DataError, match=r'row 5, column "pulse": nothing'):
        fit(frame.with_columns({"pulse": names}), "when", task=task, ids="pulse", **QUICK)


def test_labels_may_be_missing_when_predicting(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "known.npz", X=random.normal(size=(20, 6, 2)), kind=np.array(["a", "b"] * 10))
    np.savez(tmp_path / "new.npz", X=random.normal(size=(7, 6, 2)))
    model = fit(tmp_path / "known.npz", labels="kind", **QUICK)
    assert len(model.predict(tmp_path / "new.npz")) == 7


def test_channels_in_another_order_are_refused():
    values, when, _ = pulses(12)
    model = fit(sequences_of(values, when, channels=["p", "q"]), **QUICK)
    with pytest.raises(ArgumentError, match="learnt from 2, p, q"):
        model.predict(sequences_of(values, channels=["q", "p"]))


def test_the_time_since_the_last_row_is_read_where_times_are_irregular():
    frame = long_table(10)
    late = frame.columns["at"] >= WHERE + np.timedelta64(600, "s")
    times = frame.columns["at"] + np.where(late, 540, 0) * np.timedelta64(1, "s")
    made, material, _ = reading(frame.with_columns({"at": times}), Settings(target=("when",)))
    assert made.channels == ("a", "b", "time since the last row")
    for sequence in material.sequences.sequences:
        expected = np.where(np.arange(len(sequence)) == 10, np.log(10.0), 0.0)
        np.testing.assert_allclose(sequence[:, 2], expected, atol=1e-12)


def test_rare_classes_weigh_more_where_that_is_asked_for():
    frame = wide_table()
    label = np.where(np.arange(40) % 4 == 0, "rare", "usual").astype(object)
    asked = {**QUICK, "drop": ("person", "part"), "class_weights": "balanced"}
    model = fit(frame.with_columns({"label": label}), "label", **asked)
    rare, usual = model.model.class_weights.tolist()
    assert rare == pytest.approx(3 * usual)


def test_the_search_chooses_without_the_test_part_and_once(monkeypatch, tmp_path):
    tried = []

    def loss(trainer, make, sequences, cuts, recipe, *, steps):
        tried.append(recipe)
        return -recipe.noise - recipe.frame

    monkeypatch.setattr(search, "_loss", loss)
    monkeypatch.setattr(search, "FEWEST", 0)
    asked = settings({"hidden_size": 4, "epochs": 1, "threads": 1, "minutes": 0.2})
    for _ in range(2):
        model = learn(
            sequences_of(np.random.default_rng(0).normal(size=(40, 40)), ["a", "b"] * 20), asked, folder=tmp_path
        )
    assert len(tried) == len(set(tried)) == 4
    assert (model.report.settings["noise"], model.report.settings["frame"]) == (0.3, 4)


@pytest.mark.parametrize(("better", "noise"), [("usual", 0.3), ("searched", 0.0)])
def test_the_convolutional_network_gets_the_better_of_the_usual_and_the_searched_recipe(better, noise, monkeypatch):
    made = []

    def loss(trainer, make, sequences, cuts, recipe, *, steps):
        recurrent = make == trainer.network
        return -recipe.noise if not recurrent and better == "usual" else recipe.noise

    real = Trainer.convolutional
    monkeypatch.setattr(search, "_loss", loss)
    monkeypatch.setattr(search, "FEWEST", 0)
    monkeypatch.setattr(
        Trainer, "convolutional", lambda self, recipe, *rest: made.append(recipe) or real(self, recipe, *rest)
    )
    given = sequences_of(np.random.default_rng(0).normal(size=(40, 12)), ["a", "b"] * 20)
    report = fit(given, hidden_size=4, epochs=1, threads=1, minutes=0.2).report
    assert report.settings["noise"] == 0.0
    assert [one.noise for one in made] == [noise]
    told = "the convolutional network has noise 0.3, drift 0.3, dropout 0.3: of the usual and the searched, the better"
    assert any(told in note for note in report.notes) == (better == "usual")


def test_a_rival_that_had_less_time_is_said_to_have_had_less(monkeypatch):
    epochs = iter([2, 3])
    monkeypatch.setattr(Trainer, "epochs_within", lambda *_: next(epochs))
    given = sequences_of(np.random.default_rng(0).normal(size=(20, 6)), ["a", "b"] * 10)
    notes = fit(given, **{**QUICK, "epochs": None}).report.notes
    assert "the convolutional network had time for 2 epochs, the recurrent one for 3" in notes


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (long_table(5), {"target": "a"}, "it is not clear|both of sequence|Give all rows"),
        (wide_table(), {"steps": 5, "drop": ("person", "part")}, "do not make 5 time steps"),
        (wide_table(), {"part": "person", "drop": ("part",)}, "expected train or test"),
        (long_table(5), {"steps": 4, "ids": "pulse"}, "give one of them"),
        (long_table(5), {"target": ("a", "b")}, "a sequence gets one label"),
        (wide_table(), {"horizon": 3}, "--horizon was given, and classify has no use for it"),
    ],
)
def test_what_does_not_fit_is_refused(frame, options, message):
    target = options.pop("target", "when" if "when" in frame.columns else "label")
    with pytest.raises((ArgumentError, DataError), match=message):
        fit(frame, target, **{**QUICK, "task": "classify", **options})


def test_a_flag_that_has_no_meaning_for_the_form_of_the_data_is_refused():
    values, when, _ = pulses(12)
    with pytest.raises(ArgumentError, match="--zone was given, and sequences is a set of sequences, and no table"):
        fit((values, when), zone="Europe/Berlin", **QUICK)
    with pytest.raises(ArgumentError, match=r"--axes was given, and pulses.csv is a table"):
        fit(long_table(12), "when", axes="series,time,channels", **QUICK)


def test_a_model_of_tables_refuses_sequences_and_the_other_way_round(told):
    with pytest.raises(ArgumentError, match="learnt from a table, and was given sequences"):
        told.predict(pulses(3)[0])
    values, when, _ = pulses(12)
    with pytest.raises(ArgumentError, match="learnt from sequences, and was given a table"):
        fit((values, when), **QUICK).predict(long_table(3))


def test_settings_are_tried_without_the_test_part():
    values, when, _ = pulses(40)
    parts = {"train": np.arange(30), "test": np.arange(30, 40)}
    published = replace(sequences_of(values, when), split=parts)
    asked = settings({**QUICK, "epochs": 3})
    loss = validated(published, asked)
    for index in range(30, 40):
        values[index] = values[index] * 7 + 3
    scrambled = replace(sequences_of(values, np.concatenate([when[:30], when[30:][::-1]])), split=parts)
    assert validated(scrambled, asked) == loss
    assert validated(published, settings({**QUICK, "epochs": 3, "noise": 1.0})) != loss
