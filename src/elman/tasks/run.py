"""The folder of one training: what it was told, how it went, the model, and what it takes to go on."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

from elman.data.sequence_files import published_test
from elman.errors import ArgumentError, DataError
from elman.models.saving import save_into
from elman.tasks.choices import Choices
from elman.tasks.elapsed import Elapsed
from elman.tasks.fitted import Fitted
from elman.tasks.settings import Settings, read_settings, written
from elman.tasks.sources import located
from elman.tasks.start import learn, load
from elman.training.distributed import world
from elman.training.watch import Watch, nobody_watches

_CONFIG, _RESUME, _MODEL = "config.toml", "resume", "config.json"


def begin(asked: Settings, path: Path | None = None) -> Path:
    """Make the folder of a new run, with its settings in `config.toml`.

    Args:
        asked: The settings; `data` among them.
        path: Where to; by default `runs/` and the name of the data. A number is added if it exists.

    Raises:
        ArgumentError: The settings do not say what to learn from.
        DataError: The folder cannot be made.
    """
    folder = new_folder(path or Path("runs") / stem(asked))
    aside = folder / f".{_CONFIG}"
    aside.write_text(written(asked), encoding="utf-8")
    os.replace(aside, folder / _CONFIG)
    return folder


def stem(asked: Settings) -> str:
    """What a run is called: the name of its data without what follows the first dot.

    Raises:
        ArgumentError: The settings do not say what to learn from.
    """
    if asked.data is None:
        raise ArgumentError("there is nothing to learn from; name a file, a folder or an embedded set")
    return Path(asked.data).resolve().name.split(".")[0]


def discard(folder: Path) -> None:
    """Remove the folder of a run in which nothing was learnt yet, such as one whose question was not clear."""
    if not (folder / _MODEL).exists() and not (folder / "history.jsonl").exists():
        shutil.rmtree(folder)


def go(folder: Path, watch: Watch = nobody_watches) -> Fitted:
    """Run the training of a folder to its end, from where it stands; finished, its model is simply loaded.

    Processes that train together (`elman.training.distributed`) all call it; the first one reads and writes.

    Args:
        folder: A folder that `begin` made.
        watch: Told of each method before its work begins.

    Raises:
        ArgumentError: It is no such folder.
        DataError: The data are not what they were when the run began, or a file cannot be read.
    """
    asked = world().on_first(lambda: _unfinished(folder))
    if asked is None:
        done = load(folder)
        assert isinstance(done, Fitted)
        return done
    assert asked.data is not None
    print_of = fingerprint(asked.data, asked.labels)
    if Choices(folder / _RESUME / "choices.json").once("data", lambda: print_of) != print_of:
        raise DataError(
            f"{asked.data} has changed since the run in {folder} began; resuming would mix two trainings. Put the "
            f"file back, or begin a new run"
        )
    elapsed = Elapsed(folder / _RESUME / "elapsed.json")
    watched = watch if world().rank else elapsed.beside(watch)
    fitted = learn(asked.data, asked, folder=folder / _RESUME, watch=watched)
    fitted.report = replace(fitted.report, seconds=elapsed.seconds)
    more = {"task": fitted.task, "data": fitted.to_dict(), "report": fitted.report.to_dict()}
    world().on_first(lambda: save_into(fitted.model, folder, more=more))
    return fitted


def _unfinished(folder: Path) -> Settings | None:
    """The settings of a run that is not at its end; `None` if it is."""
    if not (folder / _CONFIG).is_file():
        raise ArgumentError(f"{folder}: has no {_CONFIG}; expected the folder of a run that `elman train` began")
    if (folder / _MODEL).exists():
        return None
    (folder / _RESUME).mkdir(exist_ok=True)
    return read_settings(folder / _CONFIG)


def learnt_from(folder: Path, data: str) -> bool:
    """Whether the run in a folder learnt from a part of just these data.

    Args:
        folder: That of a model; one that `save` wrote does not tell.
        data: A file, a folder, or the name of an embedded set.
    """
    file = folder / _RESUME / "choices.json"
    return file.exists() and Choices(file).made.get("data") == fingerprint(data)


def fingerprint(data: str, labels: str | None = None) -> str:
    """A digest of a file, of what belongs to it, or of all files in a folder: their names, and what is in them.

    Args:
        data: The file or folder, or the name of an embedded set. A published test part beside it belongs to it.
        labels: The file of the labels, if they are in one of their own.
    """
    path = located(data)
    digest = hashlib.sha256()
    beside = [file for file in (published_test(path), None if labels is None else Path(labels)) if file is not None]
    for file in (
        [path, *(one for one in beside if one.is_file())]
        if path.is_file()
        else sorted(one for one in path.rglob("*") if one.is_file())
    ):
        digest.update(os.path.relpath(file, path.parent).encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def new_folder(path: Path) -> Path:
    """`path`, or `path-2`, `path-3`, …: the first that is not there, and is made.

    Raises:
        DataError: It cannot be made.
    """
    if path.is_file():
        raise DataError(f"{path} is a file; a run needs a folder of its own. Choose another with --out")
    number = 1
    while True:
        candidate = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise DataError(f"{candidate}: cannot be made ({error.strerror}); choose another with --out") from error
        else:
            return candidate
