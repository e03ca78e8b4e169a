"""The file in which all processes of a search write down their trials, and read those of the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from optuna import Study

_NAME = "elman tune"


def opened(file: Path, question: dict[str, Any]) -> Study:
    """The search that a file holds, or a new one in a new file.

    Args:
        file: The journal; processes on several machines may share one on a common disk.
        question: What is searched for, in plain values. A journal of another question is refused.

    Raises:
        ArgumentError: Optuna is not installed, or the journal is of another question.
        DataError: The file is no journal, or cannot be read or written.
    """
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError as error:
        raise ArgumentError(
            f"Optuna cannot be imported ({error}); install it with: pip install 'elman[tune]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(file))),
            study_name=_NAME,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
            load_if_exists=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{file}: cannot be used as a journal of trials ({error}); choose another file") from error
    written = study.user_attrs.get("question")
    if written is None:
        study.set_user_attr("question", question)
        return study
    differs = [
        f"{name} is {question.get(name)}, there it is {written.get(name)}"
        for name in sorted({*written, *question})
        if question.get(name) != written.get(name)
    ]
    if differs:
        raise ArgumentError(
            f"{file} is the journal of another search: {'; '.join(differs)}. Give the same settings to take part in "
            f"it, or another file"
        )
    return study
