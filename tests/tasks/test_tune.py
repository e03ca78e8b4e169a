"""A search tries settings, learns from its trials, shares them, and never looks at the test part."""

import math
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from elman.data import Frame, Text
from elman.errors import ArgumentError, DataError, ElmanError
from elman.tasks.settings import settings
from elman.tasks.start import validated
from elman.tasks.tune import again, pulse, search, tune
from elman.tasks.tune.journal import opened
from elman.training.history import Record

REGULARISING = {"zoneout", "recurrent_dropout", "weight_drop"}


@pytest.fixture
def asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.sin(np.arange(80) / 3)
    (tmp_path / "river.csv").write_text("\n".join(["level", *map(str, values)]) + "\n", encoding="utf-8")
    return {"data": "river.csv", "horizon": 2, "minutes": 60}


def loss_of(asked) -> float:
    """What the trials of these tests are judged by: it is least at a learning rate of 0.005."""
    rate = 0.02 if asked.learning_rate is None else asked.learning_rate
    return abs(math.log(rate / 0.005))


@pytest.fixture
def pretended(monkeypatch):
    """Trials that train nothing; the settings with which they were run."""
    ran = []

    def instead(data, asked, *, watch):
        ran.append(asked)
        return loss_of(asked)

    monkeypatch.setattr(search, "validated", instead)
    return ran


def go(asked, name="a.journal", **options):
    """A search; what it found, and the outcome of each of its trials."""
    outcomes = []
    return tune(settings(asked), Path(name), tell=outcomes.append, **options), outcomes


def test_the_best_of_all_trials_is_found_and_the_first_runs_the_settings_as_they_are(asked, pretended):
    found, outcomes = go(asked, trials=12)
    assert [outcome.number for outcome in outcomes] == list(range(12))
    assert outcomes[0].tried == {}
    assert found.given == outcomes[0].loss == loss_of(settings(asked))
    best = min(outcomes, key=lambda outcome: outcome.loss)
    assert found.loss == best.loss < found.given
    assert found.settings == settings({name: one for name, one in {**asked, **best.tried}.items() if name != "minutes"})
    assert {name for outcome in outcomes for name in outcome.tried} - REGULARISING == {
        *("cell", "hidden_size", "num_layers", "learning_rate", "dropout", "weight_decay", "history")
    }


def test_what_is_said_stays_and_is_not_tried(asked, pretended):
    said = {"cell": "rhn", "hidden_size": 9, "dropout": 0.25, "history": 7}
    _, outcomes = go({**asked, **said}, trials=5)
    assert all({name: getattr(ran, name) for name in said} == said for ran in pretended)
    tried = [outcome.tried.keys() - REGULARISING for outcome in outcomes[1:]]
    assert all(names == {"num_layers", "learning_rate", "weight_decay"} for names in tried)


def test_at_most_one_way_to_regularise_the_recurrence_is_tried_at_a_time_and_none_where_one_was_said(asked, pretended):
    _, outcomes = go(asked, trials=16)
    tried = [outcome.tried.keys() & REGULARISING for outcome in outcomes]
    assert {len(names) for names in tried} == {0, 1}
    assert len({name for names in tried for name in names}) >= 2
    _, outcomes = go({**asked, "zoneout": 0.1}, "b.journal", trials=6)
    assert not any(outcome.tried.keys() & REGULARISING for outcome in outcomes)
    assert {ran.zoneout for ran in pretended[-6:]} == {0.1}


def test_a_cell_whose_arguments_are_said_stays(asked, pretended):
    go({**asked, "cell_argument": "reset_after=no"}, trials=4)
    assert {ran.cell for ran in pretended} == {"gru"}


@pytest.mark.parametrize(("steps", "frames"), [(40, {1, 2, 4}), (9, {None})])
def test_frames_are_tried_where_sequences_are_long(asked, pretended, steps, frames):
    values = np.random.default_rng(0).normal(size=(12, steps, 1))
    np.savez("waves.npz", x=values, y=np.arange(12) % 2)
    go({"data": "waves.npz", "task": "classify", "input": "x", "labels": "y", "minutes": 60}, trials=12)
    assert {ran.frame for ran in pretended[1:]} == frames
    pretended.clear()
    said = {"data": "waves.npz", "task": "classify", "input": "x", "labels": "y", "minutes": 60, "frame": 3}
    go(said, "b.journal", trials=3)
    assert {ran.frame for ran in pretended} == {3}


def test_a_search_with_the_same_seed_tries_the_same_and_later_trials_are_nearer_to_the_best(asked, pretended):
    first, again = (go(asked, name, trials=30)[1] for name in ("a.journal", "b.journal"))
    assert [one.tried for one in first] == [one.tried for one in again]
    assert np.mean([one.loss for one in first[20:]]) < np.mean([one.loss for one in first[1:7]])
    other = go({**asked, "seed": 1}, "c.journal", trials=2)[1]
    assert other[1].tried != first[1].tried


def test_a_journal_is_gone_on_with_and_trials_count_over_all(asked, pretended):
    go(asked, trials=3)
    found, outcomes = go({**asked, "minutes": 5, "threads": 1}, trials=5)
    assert [outcome.number for outcome in outcomes] == [3, 4]
    assert found.trials == 5
    assert found.given == loss_of(settings(asked))
    assert go(asked, trials=5)[1] == []


def test_the_journal_of_another_search_is_refused_with_what_differs(asked, pretended):
    go(asked, trials=1)
    with pytest.raises(ArgumentError, match="journal of another search: horizon is 3, there it is 2"):
        go({**asked, "horizon": 3}, trials=2)
    with open("river.csv", "a") as file:
        file.write("1.0\n")
    with pytest.raises(ArgumentError, match="the digest of the data is"):
        go(asked, trials=2)


def test_a_file_that_is_no_journal_is_refused(asked, pretended):
    with pytest.raises(DataError, match=r"river\.csv: cannot be used as a journal of trials"):
        go(asked, "river.csv", trials=1)


def test_processes_that_search_at_once_share_their_trials_and_try_nothing_twice(asked, pretended):
    go(asked, trials=1)
    children = []
    for _ in range(2):
        child = os.fork()
        if not child:
            code = 1
            try:
                go(asked, trials=15)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    found, outcomes = go(asked, trials=1)
    assert outcomes == []
    # Each may be within a trial when the last one that was asked for ends.
    assert 15 <= found.trials <= 16
    trials = opened(Path("a.journal"), search._question(settings(asked))).get_trials()
    assert [trial.number for trial in trials] == list(range(found.trials))
    rates = [trial.params["learning_rate"] for trial in trials[1:]]
    assert len(set(rates)) == len(rates)
    assert found.loss == min(trial.value for trial in trials)


def test_a_process_that_dies_within_a_trial_leaves_the_others_their_search(asked, pretended, monkeypatch):
    def deadly(data, asked, *, watch):
        if asked.learning_rate is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return loss_of(asked)

    child = os.fork()
    if not child:
        monkeypatch.setattr(search, "validated", deadly)
        go(asked, trials=5)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    found, outcomes = go(asked, trials=5)
    assert [outcome.number for outcome in outcomes] == [2, 3, 4, 5]
    assert found.given == loss_of(settings(asked))


def killed_within(trial: int, name="a.journal", *, asked, monkeypatch) -> None:
    """A process of its own that searches, and is killed within the trial of this number."""

    def deadly(data, asked, *, watch):
        if trial == ran.pop(0):
            os.kill(os.getpid(), signal.SIGKILL)
        return loss_of(asked)

    ran = list(range(trial + 1))
    child = os.fork()
    if not child:
        try:
            monkeypatch.setattr(search, "validated", deadly)
            go(asked, name, trials=9)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def tried_by(name="a.journal", *, asked) -> list[dict]:
    """What each trial of a journal tried, as Optuna has it."""
    return [trial.params for trial in opened(Path(name), search._question(settings(asked))).get_trials()]


@pytest.mark.parametrize("trial", [0, 2])
def test_a_trial_whose_process_was_killed_is_tried_again(asked, pretended, monkeypatch, trial):
    monkeypatch.setattr(pulse, "_SILENT", -1.0)
    killed_within(trial, asked=asked, monkeypatch=monkeypatch)
    found, outcomes = go(asked, trials=4)
    params = tried_by(asked=asked)
    assert params[trial] == params[trial + 1]
    assert [one.number for one in outcomes] == list(range(trial + 1, 5))
    assert found.trials == 4
    assert found.given == loss_of(settings(asked))


def test_a_trial_that_kills_its_process_again_and_again_is_left_alone(asked, pretended, monkeypatch):
    monkeypatch.setattr(pulse, "_SILENT", -1.0)
    go(asked, trials=1)
    for _ in range(3):
        killed_within(0, asked=asked, monkeypatch=monkeypatch)
    _, outcomes = go(asked, trials=2)
    params = tried_by(asked=asked)
    assert params[1] == params[2] == params[3]
    assert [one.number for one in outcomes] == [4]
    assert params[4] != params[3]


def test_a_trial_of_a_process_that_lives_is_not_tried_again(asked, pretended):
    with pulse.Pulse(Path("a.journal")) as other:
        study = opened(Path("a.journal"), search._question(settings(asked)))
        again.begun(study, other)
        _, outcomes = go(asked, trials=2)
        assert [one.number for one in outcomes] == [1, 2]
    assert go(asked, trials=3)[1][0].tried == {}  # it has ended, with its trial left behind


def test_what_ctrl_c_stopped_is_tried_again_at_once_however_often(asked, pretended, monkeypatch):
    go(asked, trials=1)

    def pressed(data, asked, *, watch):
        raise KeyboardInterrupt

    for _ in range(4):
        with monkeypatch.context() as patch:
            patch.setattr(search, "validated", pressed)
            with pytest.raises(KeyboardInterrupt):
                go(asked, trials=2)
    go(asked, trials=2)
    params = tried_by(asked=asked)
    assert len(params) == 6
    assert all(one == params[1] for one in params[1:])


def test_a_process_that_was_thought_dead_gives_its_trial_up(asked, monkeypatch):
    def slow(data, asked, *, watch):
        if not ran:
            ran.append(asked)
            again.try_again(opened(Path("a.journal"), question), 0, killed=True)
        return loss_of(asked)

    ran, question = [], search._question(settings(asked))
    monkeypatch.setattr(search, "validated", slow)
    found, outcomes = go(asked, trials=2)
    assert [(one.number, one.ending) for one in outcomes] == [(0, "given up"), (1, "finished"), (2, "finished")]
    assert "took this one for dead" in outcomes[0].why
    assert found.given == loss_of(settings(asked))


def told(watch, losses, epochs=20) -> None:
    """A training with these validation losses, as `fit` tells of it."""
    callback = watch("network")
    callback.on_start(epochs)
    for epoch, loss in enumerate(losses):
        callback.on_epoch(Record(epoch, None, loss, None, None, 0.0, kept=True))


def test_a_trial_that_falls_behind_is_given_up_early(asked, monkeypatch):
    heard = []

    def falling(data, asked, *, watch):
        level = 1.0 if len(heard) < 5 else 9.0
        heard.append(0)

        def losses():
            for epoch in range(21):
                heard[-1] = epoch
                yield level - epoch / 100

        told(watch, losses())
        return level

    monkeypatch.setattr(search, "validated", falling)
    found, outcomes = go(asked, trials=8)
    assert [outcome.ending for outcome in outcomes] == ["finished"] * 5 + ["given up"] * 3
    assert all(last <= 4 for last in heard[5:])
    assert found.loss == 1.0


def test_trials_of_unlike_length_are_held_against_each_other_at_the_same_share(asked, monkeypatch):
    """A short training is far at its third epoch, a long one is not, and yet no worse."""
    lengths = [10, 10, 10, 10, 10, 100]

    def trained(data, asked, *, watch):
        epochs = lengths.pop(0)
        told(watch, (1 - epoch / epochs for epoch in range(epochs + 1)), epochs)
        return 0.0

    monkeypatch.setattr(search, "validated", trained)
    _, outcomes = go(asked, trials=6)
    assert {outcome.ending for outcome in outcomes} == {"finished"}


def test_when_the_time_is_over_a_trial_is_given_up_but_never_the_only_one(asked, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(search.time, "monotonic", lambda: clock[0])

    def slow(data, asked, *, watch):
        def losses():
            for epoch in range(3):
                clock[0] += 100
                yield 1.0 - epoch / 10

        told(watch, losses())
        return 0.8

    monkeypatch.setattr(search, "validated", slow)
    found, outcomes = go({**asked, "minutes": 1})
    assert [(one.ending, one.why) for one in outcomes] == [("finished", "")]
    assert found.loss == 0.8
    clock[0] = 0.0
    _, outcomes = go({**asked, "minutes": 1})
    assert [(one.ending, one.why) for one in outcomes] == [("given up", "the time is over")]


def test_settings_that_do_not_fit_are_passed_over_unless_they_were_given(asked, monkeypatch):
    def picky(data, asked, *, watch):
        if asked.history is not None:
            raise DataError("the history is too long")
        return 1.0

    monkeypatch.setattr(search, "validated", picky)
    _, outcomes = go(asked, trials=3)
    assert [one.ending for one in outcomes] == ["finished", "refused", "refused"]
    assert outcomes[1].why == "the history is too long"
    with pytest.raises(DataError, match="the history is too long"):
        go({**asked, "history": 50}, "b.journal", trials=3)


def test_the_time_is_divided_among_the_trials(asked, pretended):
    go({**asked, "minutes": 20}, trials=5)
    assert {ran.minutes for ran in pretended} == {4.0}


def test_what_cannot_be_searched_for_is_refused(asked, pretended):
    with pytest.raises(ArgumentError, match="trials is 0; expected at least 1"):
        go(asked, trials=0)
    with pytest.raises(ArgumentError, match="there is nothing to learn from"):
        go({})


def test_without_optuna_the_error_names_the_extra(asked, pretended, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ArgumentError, match=r"pip install 'elman\[tune\]'"):
        go(asked, trials=1)


def test_a_search_of_which_no_trial_is_finished_says_so(asked, monkeypatch):
    clock = iter(range(0, 10**6, 10**5))
    monkeypatch.setattr(search.time, "monotonic", lambda: next(clock))
    with pytest.raises(ElmanError, match="no trial was finished within the time; give more --minutes"):
        go({**asked, "minutes": 0.1})


QUICK = {"epochs": 2, "hidden_size": 4, "threads": 1}


@pytest.mark.parametrize(
    "given",
    [
        {"task": "forecast", "target": "level", "horizon": 2, "history": 6},
        {"task": "forecast", "target": "level", "horizon": 2, "minutes": 1e-4, "epochs": None},
        {"task": "tag", "target": "state"},
        {"task": "detect", "target": "level", "history": 6},
    ],
)
def test_the_test_part_of_a_table_changes_nothing(given):
    """Its numbers and the order of its classes are others; what is known of the learnt part stays."""
    random = np.random.default_rng(0)
    level = np.sin(np.arange(300) / 4) + 0.1 * random.normal(size=300)
    state = np.where(level > 0, "high", "low").astype(object)
    frame = Frame("river.csv", {"level": level, "state": state})
    rows = np.arange(300) >= 240
    other = frame.with_columns(
        {
            "level": np.where(rows, random.normal(size=300), level),
            "state": np.where(rows, random.permutation(state), state).astype(object),
        }
    )
    asked = settings({**QUICK, **given})
    assert validated(frame, asked) == validated(other, asked)
    early = frame.with_columns({"level": np.where(np.arange(300) == 200, 5.0, level)})
    assert validated(frame, asked) != validated(early, asked)


def test_the_test_part_of_a_text_changes_nothing():
    words = "to be or not to be, that is the question. " * 60
    asked = settings({**QUICK, "batch_size": 4, "tbptt": 16})
    end = int(0.9 * len(words))
    assert validated(Text("a", words), asked) == validated(Text("b", words[:end] + words[end:][::-1]), asked)
