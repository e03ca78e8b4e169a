import copy
import gzip
import math
import os
import shutil
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

import elman
from elman.data import Text
from elman.errors import ArgumentError, DataError
from elman.models.baselines import NGrams
from elman.models.language import LanguageModel
from elman.models.text import Vocabulary
from elman.tasks import fit, load
from elman.tasks.generate import TextModel, holds_text, texts
from elman.tasks.generate import plan as planning
from elman.tasks.generate.surprise import CHUNK, adapted_surprise, surprise, together, weight_of
from elman.tasks.generate.texts import parts
from elman.tasks.run import begin, go
from elman.tasks.settings import settings
from elman.training import Callback

WORDS = [
    "she",
    "sells",
    "sea",
    "shells",
    "by",
    "the",
    "sea",
    "shore",
    "and",
    "surely",
    "shells",
    "she",
    "sells",
    "are",
    "seashells",
]
SMALL = {"hidden_size": 16, "epochs": 3, "batch_size": 4, "tbptt": 32, "threads": 1, "learning_rate": 2e-2}


def tale(words: int = 700, seed: int = 0) -> str:
    """Words in an order of chance, so that no part of it repeats another."""
    chance = np.random.default_rng(seed)
    return " ".join(chance.choice(WORDS, words)) + "."


@pytest.fixture(scope="module")
def learnt() -> TextModel:
    model = fit(Text("tale", tale()), **SMALL)
    assert isinstance(model, TextModel)
    return model


def of(model: TextModel, method: str) -> float:
    return next(row.values[0] for row in model.report.scores if method == row.method) or 0.0


def test_the_same_seed_gives_the_same_text(learnt):
    first, again, other = (learnt.generate("she ", 80, seed=seed) for seed in (0, 0, 1))
    assert first == again != other
    assert len(first) == 80
    assert "".join(learnt.stream("she ", 80, seed=0)) == first


def test_it_learns_more_than_how_often_each_character_comes(learnt):
    assert of(learnt, "recurrent network (gru)") < of(learnt, "characters by frequency") - 0.3


def test_the_state_is_carried_through_a_whole_text(learnt):
    text = tale(200, seed=1)
    assert len(text) > 1000
    state, found = None, []
    with torch.no_grad():
        for now, then in pairwise(text):
            code = torch.as_tensor(learnt.model.vocabulary.encode(now))[:, None]
            logits, state = learnt.model(code, state)
            found.append(-logits[0, 0].log_softmax(0)[learnt.model.vocabulary.encode(then)[0]].item())
    np.testing.assert_allclose(surprise(learnt.model, text), found, rtol=1e-4, atol=1e-5)


def test_prediction_and_evaluation_agree_and_the_first_character_is_not_scored(learnt):
    text = Text("more", tale(50, seed=2))
    frame, report = learnt.predict(text), learnt.evaluate(text)
    assert "".join(frame.columns["character"]) == text.text
    assert np.isnan(frame.columns["nats"][0])
    nats, bits = report.scores[0].values
    assert nats == pytest.approx(np.nanmean(frame.columns["nats"]))
    assert nats == pytest.approx(learnt.model.nats(text.text), rel=1e-5)
    assert bits == pytest.approx(nats / math.log(2))


def test_the_baselines_are_counts_of_all_but_the_test_part(learnt):
    text = tale()
    cut = round(0.9 * len(text))
    for name, order in (("characters by frequency", 1), ("7-grams", 7)):
        counted = NGrams.fit(text[:cut], order=order).log_probabilities(text)[cut:]
        assert of(learnt, name) == pytest.approx(-counted.mean())


def test_the_network_is_scored_on_the_test_part_with_the_text_before_it_read(learnt):
    text = tale()
    cut = round(0.9 * len(text))
    expected = surprise(learnt.model, text[cut - 1000 :])[-(len(text) - cut) :].mean()
    assert of(learnt, "recurrent network (gru)") == pytest.approx(expected)


def test_nothing_is_learnt_or_chosen_from_the_test_part(learnt):
    text = tale()
    cut = round(0.9 * len(text))
    other = fit(Text("tale", text[:cut] + text[cut:][::-1]), **SMALL)
    assert isinstance(other, TextModel)
    assert other.rate == learnt.rate
    for name, value in other.model.state_dict().items():
        torch.testing.assert_close(value, learnt.model.state_dict()[name], rtol=0, atol=0)


def test_dynamic_evaluation_scores_a_stretch_before_it_learns_from_it(learnt):
    text = tale(60, seed=3)
    before = copy.deepcopy(learnt.model.state_dict())
    plain, adapted = surprise(learnt.model, text), adapted_surprise(learnt.model, text, 0.5)
    np.testing.assert_allclose(adapted[:CHUNK], plain[:CHUNK], rtol=1e-5)
    assert not np.allclose(adapted[CHUNK:], plain[CHUNK:], rtol=1e-3)
    changed = text[: 2 * CHUNK + 1] + "s" * (len(text) - 2 * CHUNK - 1)
    np.testing.assert_array_equal(adapted_surprise(learnt.model, changed, 0.5)[: 2 * CHUNK], adapted[: 2 * CHUNK])
    for name, value in learnt.model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_dynamic_evaluation_is_gradient_descent_step_by_step():
    torch.manual_seed(0)
    text = tale(40, seed=4)
    model = LanguageModel(Vocabulary.of(text), hidden_size=7, dropout=0.5)
    by_hand, state, found = copy.deepcopy(model).eval(), None, []
    codes = torch.as_tensor(model.vocabulary.encode(text))[:, None]
    for start in range(0, len(text) - 1, CHUNK):
        target = codes[start + 1 : start + 1 + CHUNK]
        loss, state = by_hand.loss(codes[start : start + len(target)], target, elman.detach(state))
        found.append((loss.item(), len(target)))
        gradients = torch.autograd.grad(loss, list(by_hand.parameters()))
        with torch.no_grad():
            for weight, gradient in zip(by_hand.parameters(), gradients, strict=True):
                weight -= 0.3 * gradient
    each = adapted_surprise(model, text, 0.3)
    assert len(found) > 2
    for at, (loss, count) in enumerate(found):
        assert each[at * CHUNK : at * CHUNK + count].mean() == pytest.approx(loss, rel=1e-4)


def test_two_methods_together_are_the_mean_of_their_probabilities():
    first, second = np.array([0.1, 0.5, 0.9]), np.array([0.4, 0.5, 0.2])
    mixed = together(-np.log(first), -np.log(second), 0.25)
    np.testing.assert_allclose(np.exp(-mixed), 0.25 * first + 0.75 * second)


def test_the_better_method_weighs_more():
    good, bad = np.full(100, 0.5), np.full(100, 3.0)
    assert weight_of(good, bad) == 0.95
    assert weight_of(bad, good) == 0.05
    assert weight_of(np.tile([0.1, 3.0], 50), np.tile([3.0, 0.1], 50)) == 0.5


def test_a_saved_model_writes_and_scores_as_before(learnt, tmp_path):
    learnt.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert isinstance(again, TextModel)
    assert again.report.to_dict() == learnt.report.to_dict()
    assert again.generate("shells ", 60) == learnt.generate("shells ", 60)
    text = Text("more", tale(50, seed=5))
    assert [row.values for row in again.evaluate(text).scores] == [row.values for row in learnt.evaluate(text).scores]


def test_a_text_file_is_learnt_as_a_text_unless_another_task_is_asked_for(tmp_path):
    path = tmp_path / "tale.txt.gz"
    path.write_bytes(gzip.compress(tale(150).encode()))
    assert holds_text(path)
    assert holds_text("shakespeare")
    assert not holds_text("jfk_weather")
    assert isinstance(fit(path, **{**SMALL, "epochs": 1}), TextModel)
    with pytest.raises((ArgumentError, DataError)):
        fit(path, task="forecast")


def test_the_parts_are_the_text_in_its_order():
    text = Text("tale", tale())
    cut = parts(text, settings({"test": 0.3, "validation": 0.2}))
    assert "".join(cut) == text.text
    assert cut.learnt == cut.train + cut.validation
    assert len(cut.test) == pytest.approx(0.3 * len(text), abs=1)
    assert len(cut.validation) == pytest.approx(0.2 * len(text), abs=1)


def test_what_does_not_fit_is_refused_with_what_to_do(learnt, tmp_path):
    with pytest.raises(DataError, match=r"brief: of its 80 characters 8 are left to choose on.*Give a longer text"):
        fit(Text("brief", tale()[:80]))
    with pytest.raises(ArgumentError, match=r"--horizon was given, and generate has no use for it"):
        fit(Text("tale", tale()), horizon=3)
    with pytest.raises(ArgumentError, match=r"characters that the model never learnt: 'Q'"):
        learnt.stream("Q", 3)
    with pytest.raises(DataError, match=r"a has 1 characters; expected at least 2"):
        learnt.evaluate(Text("a", "a"))
    with pytest.raises(ArgumentError, match=r"data are a int; expected the path of a text"):
        learnt.predict(3)
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"empty\.txt is empty"):
        fit(tmp_path / "empty.txt")


def test_what_was_said_is_not_chosen_again(learnt):
    chosen = learnt.report.settings
    assert (chosen["hidden_size"], chosen["rows"], chosen["chunk"], chosen["threads"]) == (16, 4, 32, 1)
    flags = {taken.flag for taken in learnt.report.taken}
    assert {"--cell", "--dropout"} <= flags
    assert not {"--hidden-size", "--tbptt", "--batch-size", "--epochs"} & flags


def test_a_longer_time_is_used_for_more_epochs_and_units(monkeypatch):
    monkeypatch.setattr(planning, "_fastest", lambda trial, text, asked: (1, 50e-6))
    text = tale(18_000)
    short, long = (planning.plan(text, settings({}), 60 * minutes) for minutes in (0.5, 30))
    assert short.epochs < long.epochs
    assert short.hidden_size < long.hidden_size
    assert long.epochs * len(text) * 50e-6 <= planning.SEARCH * 30 * 60


class _Deadly(Callback):
    """Kills its own process in the third epoch of the training of the model that is kept."""

    def __init__(self, method: str) -> None:
        self.armed = "seed" in method
        self.epochs = 0

    def on_epoch(self, record) -> None:
        self.epochs = record.epoch

    def on_step(self, step: int, steps: int) -> None:
        if self.armed and self.epochs == 2 and step == 2:
            os.kill(os.getpid(), signal.SIGKILL)


class _Resumed(Callback):
    """Notes how many epochs of which training were done already."""

    done: dict[str, int] = {}  # noqa: RUF012

    def __init__(self, method: str) -> None:
        self.method = method

    def on_resume(self, history) -> None:
        self.done[self.method] = history.epochs


def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_was_not(tmp_path):
    path = tmp_path / "tale.txt"
    path.write_text(tale(400), encoding="utf-8")
    asked = settings({**SMALL, "data": str(path), "epochs": None, "minutes": 0.01, "threads": None})
    folder = begin(asked, tmp_path / "killed")
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]); "
        "import test_generate as this; this.go(Path(sys.argv[1]), this._Deadly)"
    )
    command = [sys.executable, "-c", program, str(folder), str(Path(__file__).parent)]
    (folder / "resume").mkdir()
    (folder / "resume" / "choices.json").write_text('{"epochs": 4}', encoding="utf-8")
    assert subprocess.run(command, timeout=300, check=False).returncode == -signal.SIGKILL
    assert not (folder / "config.json").exists()

    # The clock chose the plan, so the run that is not disturbed has to be told of the same.
    whole = begin(asked, tmp_path / "whole")
    (whole / "resume").mkdir()
    shutil.copy(folder / "resume" / "choices.json", whole / "resume")
    resumed, undisturbed = go(folder, _Resumed), go(whole)
    assert _Resumed.done["recurrent network (gru), seed 0"] == 2
    assert resumed.histories["seed 0"].epochs == 4
    for name, value in resumed.model.state_dict().items():
        torch.testing.assert_close(value, undisturbed.model.state_dict()[name], rtol=0, atol=0)
    assert [row.values for row in resumed.report.scores] == [row.values for row in undisturbed.report.scores]


def test_a_text_that_does_not_fit_into_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "long.txt"
    path.write_text("one two three " * 1000)
    with pytest.raises(ArgumentError, match=r"long.txt has about .* --memory that it may take more"):
        fit(path, memory=0.001)
    monkeypatch.setattr(texts, "usable_memory", lambda: 1000.0)
    with pytest.raises(ArgumentError, match="to read it takes about"):
        texts.text_of(path)
    assert len(texts.text_of(path, learnt=True, memory=1.0)) == 14_000
