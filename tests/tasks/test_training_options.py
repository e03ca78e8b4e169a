"""What a setting of the network or of its training says arrives where it acts, and nowhere else."""

import re
from typing import get_args

import numpy as np
import pytest
import torch

from elman.cells import CELLS
from elman.data import Frame
from elman.errors import ArgumentError
from elman.tasks import Settings, fit
from elman.tasks.cell_arguments import cell_arguments
from elman.tasks.settings import Task, read_settings, settings, written
from elman.tasks.training_options import training_options

QUICK = {"epochs": 1, "hidden_size": 4, "threads": 1}
TASKS = get_args(Task)


def table(rows=150) -> Frame:
    random = np.random.default_rng(0)
    level = np.sin(np.arange(rows) / 4) + 0.1 * random.normal(size=rows)
    state = np.where(random.random(rows) < 0.2, "high", "low").astype(object)
    return Frame("river.csv", {"level": level, "state": state})


def sequences(task):
    """Twenty sequences of two channels, each with its class or its number."""
    random = np.random.default_rng(0)
    answers = {"classify": ["rare"] * 5 + ["usual"] * 15, "regress": random.normal(size=20).tolist()}[task]
    return random.normal(size=(20, 6, 2)), answers


def brought(task, book):
    """Data and target of a task."""
    if task in ("classify", "regress"):
        return sequences(task), None
    return {
        "forecast": (table(), "level"),
        "detect": (table(), "level"),
        "tag": (table(), "state"),
        "generate": (book, None),
    }[task]


@pytest.fixture
def asked_of_fit(monkeypatch):
    """The arguments with which a task calls `elman.training.fit`, by name; nothing is trained."""
    calls = []

    class Enough(Exception):
        """What ends a task when it is about to train."""

    def instead(*parts, **arguments):
        calls.append(arguments)
        raise Enough

    def ask(data, target=None, **options):
        with pytest.raises(Enough):
            fit(data, target, **QUICK, **options)
        return calls.pop()

    for home in ("forecast.course", "tag.learning", "generate.learning", "label.trainer"):
        monkeypatch.setattr(f"elman.tasks.{home}.fit", instead)
    return ask


@pytest.fixture
def book(tmp_path):
    (tmp_path / "book.txt").write_text("to be or not to be, that is the question. " * 60, encoding="utf-8")
    return tmp_path / "book.txt"


@pytest.mark.parametrize("task", TASKS)
def test_every_task_hands_the_options_of_a_training_on(task, asked_of_fit, book):
    said = {
        "learning_rate": 0.5,
        "weight_decay": 0.25,
        "clip": 3.0,
        "warm_up": 0.125,
        "average": 0.75,
        "autocast": True,
        "parallel": "fsdp",
        "seed": 3,
    }
    where = brought(task, book)
    arrived = asked_of_fit(*where, task=task, **said)
    names = {"warm_up": "warm", "parallel": "strategy"}
    assert {name: arrived[names.get(name, name)] for name in said} == said


def test_what_is_not_said_stays_the_choice_of_the_task():
    options = training_options(Settings(), learning_rate=0.3, weight_decay=0.1, warm=0.4)
    assert (options["learning_rate"], options["weight_decay"], options["warm"]) == (0.3, 0.1, 0.4)
    assert training_options(Settings(), learning_rate=0.3)["weight_decay"] == Settings().weight_decay
    assert training_options(Settings(weight_decay=0.01), learning_rate=0.3, weight_decay=0.1)["weight_decay"] == 0.01


def test_an_argument_of_the_cell_reaches_every_cell_of_every_task(book):
    for data, options in (
        (table(), {"target": "level", "horizon": 2, "history": 8}),
        (table(), {"task": "tag", "target": "state"}),
        (book, {"task": "generate"}),
    ):
        said = {**QUICK, "epochs": 0, "cell": "lstm", "cell_argument": {"forget_bias": 7}, **options}
        weights = fit(data, **said).model.state_dict()
        biases = [value for name, value in weights.items() if name.endswith("bias_ih")]
        assert biases, data
        assert all(torch.equal(bias[4:8], torch.full((4,), 7.0)) for bias in biases)


def test_arguments_of_the_cell_are_checked_before_anything_is_read():
    with pytest.raises(ArgumentError, match="the cell gru has no 'forget_bias'; it takes: bias, reset_after"):
        fit("nowhere.csv", cell_argument="forget_bias=5")


@pytest.mark.parametrize(
    ("cell", "said", "message"),
    [
        ("mgu", "depth=2", "it takes: none"),
        ("rhn", "depth=2.5", "'2.5' does not fit depth of rhn: .*integer"),
        ("lstm", "forget_bias", "expected name=value"),
        ("lstm", "input_size=3", "has no 'input_size'"),
        ("nothing", "", "'nothing' is not a cell"),
    ],
)
def test_an_argument_that_does_not_fit_is_refused_by_name(cell, said, message):
    with pytest.raises(ArgumentError, match=message):
        cell_arguments(Settings(cell=cell, cell_argument=(said,)))


def test_an_argument_given_twice_is_refused():
    with pytest.raises(ArgumentError, match="forget_bias was given twice"):
        cell_arguments(Settings(cell="lstm", cell_argument=("forget_bias=1", "forget_bias=2")))


@pytest.mark.parametrize("cell", CELLS)
def test_the_defaults_of_every_cell_can_be_said(cell):
    """Each argument has a type that text is read as: a cell whose annotations are lost would fail here."""
    import inspect

    parameters = list(inspect.signature(CELLS[cell]).parameters.values())[2:]
    said = tuple(f"{one.name}={one.default}" for one in parameters)
    assert cell_arguments(Settings(cell=cell, cell_argument=said)) == {one.name: one.default for one in parameters}


def test_a_table_of_arguments_in_toml_is_read_and_written(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text('cell = "lstm"\n[cell_argument]\nforget_bias = 5\nbias = false\n', encoding="utf-8")
    asked = read_settings(file)
    assert cell_arguments(asked) == {"forget_bias": 5.0, "bias": False}
    file.write_text(written(asked), encoding="utf-8")
    assert read_settings(file) == asked == settings({"cell": "lstm", "cell_argument": ["forget_bias=5", "bias=False"]})


@pytest.mark.parametrize(("name", "value"), [("class_weights", "balanced"), ("label_smoothing", 0.1)])
def test_settings_of_classes_are_refused_where_there_are_none(name, value, book):
    flag = "--" + name.replace("_", "-")
    for task in ("forecast", "detect", "generate"):
        with pytest.raises(ArgumentError, match=f"{flag} was given, and {task} has no use for it"):
            fit(*brought(task, book), task=task, **{name: value})
    with pytest.raises(ArgumentError, match=f"{name} is for classes, and the tags are numbers"):
        fit(table(), "level", task="tag", **{name: value})
    with pytest.raises(ArgumentError, match=f"{flag} is for classes; the labels of .* are numbers"):
        fit(sequences("regress"), task="regress", **{name: value})


@pytest.mark.parametrize("task", TASKS)
def test_a_setting_that_names_its_tasks_is_refused_by_the_others(task, book):
    """The sentence of a setting ends with the tasks that it is for, such as [tag, classify]."""
    given = {"tags": "classes", "tbptt": 9, "frame": 2, "noise": 0.5, "drift": 0.5, "bidirectional": False}
    given |= {"horizon": 2, "history": 5, "strategy": "recursive", "alarms": 2.0, "steps": 2}
    refused = 0
    for name, value in given.items():
        named = re.findall(r"\[([a-z, ]+)\]", Settings.model_fields[name].description or "")
        assert named, name
        if task not in ", ".join(named).split(", "):
            with pytest.raises(ArgumentError, match=f"{name.replace('_', '-')} was given, and {task} has no use for"):
                fit(*brought(task, book), task=task, **{name: value})
            refused += 1
    assert 0 < refused < len(given)


def test_class_weights_and_smoothing_reach_the_classifier():
    asked = {**QUICK, "frame": 1, "noise": 0.0, "drift": 0.0, "dropout": 0.0}
    model = fit(sequences("classify"), task="classify", class_weights="balanced", label_smoothing=0.25, **asked)
    classifier = model.model
    rare, usual = classifier.class_weights.tolist()  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
    assert classifier.classes == ("rare", "usual")
    assert rare > 1 > usual
    assert classifier.label_smoothing == 0.25


def test_class_weights_and_smoothing_reach_the_tagger():
    tagger = fit(table(), "state", task="tag", class_weights="balanced", label_smoothing=0.25, **QUICK).model
    rare, usual = tagger.class_weights.tolist()  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
    assert tagger.classes == ("high", "low")
    assert rare > 1 > usual
    assert tagger.label_smoothing == 0.25
