"""A search for the settings whose network errs least on the validation part, by trials that learn from each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from elman.errors import ArgumentError, ElmanError
from elman.tasks.label.reading import reading
from elman.tasks.label.recipe import FEWEST
from elman.tasks.run import fingerprint, stem
from elman.tasks.settings import Settings
from elman.tasks.settings import settings as checked
from elman.tasks.start import bring, validated
from elman.tasks.tune.again import PLAIN, begun, try_again
from elman.tasks.tune.following import Following
from elman.tasks.tune.journal import opened
from elman.tasks.tune.pulse import Pulse
from elman.tasks.tune.space import suggested

if TYPE_CHECKING:
    from optuna import Study

_TRIALS = 10  # among which the time is divided, where nobody says how many there are to be
_FREE = ("minutes", "threads", "data")  # may differ between processes that search together


@dataclass(frozen=True)
class Outcome:
    """One trial.

    Args:
        number: Counted from 0 over all processes.
        tried: The settings that it suggested; none in the first, which runs the settings as they were given.
        ending: `"finished"`; `"given up"` early, because it fell behind or the time was over; or `"refused"`, because
            the settings do not fit the data or the training failed.
        loss: The validation loss; `None` unless it is finished.
        seconds: How long it took.
        why: Why it did not finish.
    """

    number: int
    tried: dict[str, Any]
    ending: Literal["finished", "given up", "refused"]
    loss: float | None
    seconds: float
    why: str = ""


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Args:
        settings: The best, ready for `elman.tasks.fit` or `elman train --config`.
        loss: Their validation loss.
        given: That of the settings as they were given; `None` if they were not finished.
        trials: Trials that are finished or were given up, by all processes.
    """

    settings: Settings
    loss: float
    given: float | None
    trials: int


def tune(
    asked: Settings, journal: Path, *, trials: int | None = None, tell: Callable[[Outcome], None] = lambda outcome: None
) -> Tuned:
    """Try settings until the time is over; what was said stays, the rest of the network and its training is tried.

    The first trial runs the settings as they are. Each is scored by the loss on the validation part; the test part is
    never looked at. Any number of processes may search together, at once or one after the other, with one journal. A
    trial whose process was stopped is tried again by the next one; one that was killed, once it is silent for a minute.

    Args:
        asked: What is known already, `data` among it. `minutes` is the time of the whole search in this process.
        journal: The file of trials; a new one begins a search, one that exists is gone on with.
        trials: How many there are to be over all processes; by default as many as the time allows.
        tell: Told of each trial of this process.

    Raises:
        ArgumentError: Optuna is not installed, the settings do not fit, or the journal is of another search.
        DataError: The data cannot be used, or the journal cannot be read.
        ElmanError: No trial was finished.
    """
    stem(asked)
    if trials is not None and trials < 1:
        raise ArgumentError(f"trials is {trials}; expected at least 1")
    task, data = bring(asked.data, asked)
    study = opened(journal, _question(asked))
    deadline = time.monotonic() + 60 * asked.minutes
    frames = _frames(task, data, asked)
    fixed = {name: value for name, value in asked.given().items() if name != "minutes"}
    share = asked.minutes / (trials or _TRIALS)
    with Pulse(journal) as pulse:
        while time.monotonic() < deadline and (trials is None or _behind(study) < trials):
            tell(_one(study, pulse, task, frames, data, checked({**fixed, "minutes": share}), deadline))
    return _found(study, fixed)


def _frames(task: str, data: Any, asked: Settings) -> tuple[int, ...]:
    """The time steps that a network of sequences may read as one: 1, 2, 4, ..., as far as eight of them are left."""
    if task not in ("classify", "regress") or asked.frame is not None:
        return ()
    longest = int(reading(data, asked)[1].sequences.lengths.max())
    return tuple(2**power for power in range(max(1, longest // FEWEST).bit_length()))


def _question(asked: Settings) -> dict[str, Any]:
    """What processes that search together must have in common, in plain values."""
    given = {name: value for name, value in asked.given().items() if name not in _FREE}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    assert asked.data is not None
    return {**plain, "the digest of the data": fingerprint(asked.data, asked.labels)}


def _one(
    study: Study, pulse: Pulse, task: str, frames: tuple[int, ...], data: Any, asked: Settings, deadline: float
) -> Outcome:
    """Run one trial and write down what came of it."""
    from optuna import TrialPruned
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState

    started = time.monotonic()
    trial = begun(study, pulse)
    # By its number, so that processes that began with the same seed do not try the same.
    seed = np.random.SeedSequence([asked.seed, trial.number]).generate_state(1)[0]
    study.sampler = TPESampler(seed=int(seed), n_startup_trials=6)
    plain = trial.user_attrs[PLAIN]
    tried = {} if plain else suggested(trial, asked, task)
    if not plain and len(frames) > 1:
        tried["frame"] = trial.suggest_categorical("frame", frames)
    following = Following(trial, lambda: time.monotonic() > deadline and _any_finished(study))

    def over(ending: Literal["finished", "given up", "refused"], loss: float | None, why: str = "") -> Outcome:
        return Outcome(trial.number, tried, ending, loss, time.monotonic() - started, why)

    try:
        loss = validated(data, checked({**asked.given(), **tried}), watch=following.watch)
        trial.set_user_attr("tried", tried)
        study.tell(trial, loss)
    except UpdateFinishedTrialError:
        return over("given up", None, "another process took this one for dead and tries the same again")
    except TrialPruned as reason:
        study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
        return over("given up", None, str(reason))
    except ElmanError as error:
        if plain:
            study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
            raise
        study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
        return over("refused", None, str(error))
    except BaseException as fault:
        try_again(study, trial.number, killed=not isinstance(fault, KeyboardInterrupt))
        raise
    return over("finished", loss)


def _behind(study: Study) -> int:
    """How many trials are finished or given up."""
    from optuna.trial import TrialState

    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _any_finished(study: Study) -> bool:
    from optuna.trial import TrialState

    return bool(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def _found(study: Study, fixed: dict[str, Any]) -> Tuned:
    if not _any_finished(study):
        raise ElmanError("no trial was finished within the time; give more --minutes")
    best = study.best_trial
    assert best.value is not None
    given = [trial.value for trial in study.get_trials(deepcopy=False) if trial.user_attrs.get("tried") == {}]
    settings = checked({**fixed, **best.user_attrs["tried"]})
    return Tuned(settings, best.value, given[0] if given else None, _behind(study))
