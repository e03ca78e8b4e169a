"""What a search tries: for each setting, the values that it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from elman.tasks.cell_arguments import RATES
from elman.tasks.settings import Settings

if TYPE_CHECKING:
    from optuna.trial import Trial

# Cells that are fast in every engine and that differ in their gates; one of each family.
CELLS = ("gru", "lstm", "mgu", "ligru", "slstm", "layer_norm_lstm")
_WIDEST = {"generate": 512}
_SPACE: dict[str, Callable[[Trial, str], Any]] = {
    "cell": lambda trial, task: trial.suggest_categorical("cell", CELLS),
    "hidden_size": lambda trial, task: trial.suggest_int("hidden_size", 8, _WIDEST.get(task, 128), log=True),
    "num_layers": lambda trial, task: trial.suggest_int("num_layers", 1, 2),
    "learning_rate": lambda trial, task: _short(trial.suggest_float("learning_rate", 5e-4, 2e-2, log=True)),
    "dropout": lambda trial, task: _short(trial.suggest_float("dropout", 0.0, 0.5)),
    "weight_decay": lambda trial, task: _short(trial.suggest_float("weight_decay", 1e-4, 0.3, log=True)),
}
_OF_SEQUENCES: dict[str, Callable[[Trial, str], Any]] = {
    "noise": lambda trial, task: _short(trial.suggest_float("noise", 0.0, 0.5)),
    "drift": lambda trial, task: _short(trial.suggest_float("drift", 0.0, 0.5)),
}
_OWN: dict[str, dict[str, Callable[[Trial, str], Any]]] = {
    "forecast": {"history": lambda trial, task: trial.suggest_int("history", 4, 512, log=True)},
    "detect": {"history": lambda trial, task: trial.suggest_int("history", 4, 128, log=True)},
    "classify": _OF_SEQUENCES,
    "regress": _OF_SEQUENCES,
}


def suggested(trial: Trial, asked: Settings, task: str) -> dict[str, Any]:
    """What a trial suggests for the settings that were not said.

    Args:
        trial: A trial of Optuna.
        asked: What was said stays as it is; so does the cell where arguments of it were said.
        task: What is learnt.
    """
    said = asked.model_fields_set | ({"cell"} if asked.cell_argument else set())
    space = {**_SPACE, **_OWN.get(task, {})}
    found = {name: suggest(trial, task) for name, suggest in space.items() if name not in said}
    return found if said & {*RATES} else found | _of_the_recurrence(trial)


def _of_the_recurrence(trial: Trial) -> dict[str, float]:
    """One way to regularise what is carried on from step to step, or none: two at once are seldom better than one."""
    name = trial.suggest_categorical("recurrence", ("none", *RATES))
    return {} if name == "none" else {name: _short(trial.suggest_float("recurrence_rate", 0.05, 0.5))}


def _short(value: float) -> float:
    """A number of three digits, as a person would write it; it is what the trial is run with, too."""
    return float(f"{value:.3g}")
