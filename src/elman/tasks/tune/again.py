"""Trials whose process was killed or stopped are tried again, by whoever searches next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elman.tasks.tune.pulse import Pulse

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

PROCESS, PLAIN = "process", "plain"
"""What is noted of a trial: whose it is, and whether it runs the settings as they were given."""
_KILLED = "killed"
_OFTEN = 2  # processes that a trial may take with it, such as by the memory that it needs, before it is left alone


def begun(study: Study, pulse: Pulse) -> Trial:
    """The next trial: one that was not brought to its end, if there is one, else a new one."""
    _revive(study, pulse)
    trial = study.ask()
    trial.set_user_attr(PROCESS, pulse.name)
    trial.set_user_attr(PLAIN, trial.number == 0 or trial.user_attrs.get(PLAIN, False))
    return trial


def try_again(study: Study, number: int, *, killed: bool) -> None:
    """Have the settings of a trial, which counts as failed from now on, tried anew.

    Args:
        study: The search.
        number: That of the trial.
        killed: Whether it may have been the trial that ended its process; after two of them it is not tried again.
    """
    trial = _failed(study, number)
    if trial is None:
        return
    count = trial.user_attrs.get(_KILLED, 0) + killed
    if count <= _OFTEN:
        study.enqueue_trial(trial.params, user_attrs={_KILLED: count, PLAIN: trial.user_attrs.get(PLAIN, False)})


def _revive(study: Study, pulse: Pulse) -> None:
    """Have the trials of dead processes tried again."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        owner = trial.user_attrs.get(PROCESS)
        if owner is not None and pulse.is_dead(owner):
            try_again(study, trial.number, killed=True)


def _failed(study: Study, number: int) -> FrozenTrial | None:
    """Mark a trial as failed; `None` if it is at its end already, as when another process was faster."""
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    try:
        study.tell(number, state=TrialState.FAIL)
    except (ValueError, UpdateFinishedTrialError):
        return None
    return study.get_trials(deepcopy=False)[number]
