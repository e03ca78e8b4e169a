"""Models on disk: weights as safetensors, all else as JSON. Nothing is unpickled."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from elman._version import __version__
from elman.cells import CELLS, Cell
from elman.errors import ArgumentError, DataError
from elman.models.classifier import Classifier
from elman.models.forecaster import Forecaster
from elman.models.language import LanguageModel
from elman.models.regressor import Regressor
from elman.models.tagger import Tagger

VERSION = 2
_READABLE = (1, 2)  # version 2 may hold a task beside the model; its own keys are those of version 1
MODELS: dict[str, type[Forecaster | Classifier | Regressor | Tagger | LanguageModel]] = {
    "Forecaster": Forecaster,
    "Classifier": Classifier,
    "Regressor": Regressor,
    "Tagger": Tagger,
    "LanguageModel": LanguageModel,
}
_CONFIG, _WEIGHTS = "config.json", "model.safetensors"


def save(
    model: nn.Module, folder: str | Path, *, overwrite: bool = False, more: Mapping[str, Any] | None = None
) -> None:
    """Write a model into a folder of its own: `model.safetensors` and `config.json`.

    The folder is written aside and then renamed, so that nobody finds it half-written.

    Args:
        model: A `Forecaster`, `Classifier`, `Regressor` or `Tagger` over recurrent cells.
        folder: Where to; folders above it are made.
        overwrite: Replace a model that is already there. A folder with anything else in it is never replaced.
        more: What else to write into `config.json`, by names that `save` does not use itself.

    Raises:
        ArgumentError: The model cannot be made anew from names and numbers, or the folder is taken.
    """
    folder = Path(folder)
    config = _config(model, more)
    if folder.exists():
        _check_replaceable(folder, overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        new, old = aside / "new", aside / "old"
        new.mkdir()
        _write(model, config, new)
        if folder.exists():
            os.replace(folder, old)
        try:
            os.replace(new, folder)
        except OSError:
            if old.exists():
                os.replace(old, folder)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def save_into(model: nn.Module, folder: str | Path, *, more: Mapping[str, Any] | None = None) -> None:
    """Write a model beside what a folder holds already; each file is written aside, then renamed, the weights first.

    Args:
        model: As for `save`.
        folder: It exists. A model that is in it is replaced.
        more: As for `save`.

    Raises:
        ArgumentError: The model cannot be made anew from names and numbers.
    """
    config = _config(model, more)
    with tempfile.TemporaryDirectory(prefix=".model.", dir=folder) as aside:
        _write(model, config, Path(aside))
        for name in (_WEIGHTS, _CONFIG):
            os.replace(Path(aside) / name, Path(folder) / name)


def load(
    folder: str | Path, *, cells: Mapping[str, type[Cell]] | None = None
) -> Forecaster | Classifier | Regressor | Tagger | LanguageModel:
    """The model that `save` wrote, ready to predict.

    Args:
        folder: Where it was written to.
        cells: The classes of cells that are not Elman's own, by the name of the class.

    Raises:
        DataError: A file is not there, cannot be read, or does not fit; the message names it and the fault.
        ArgumentError: The model has a cell that is not known.
    """
    folder = Path(folder)
    config = read_config(folder)
    arguments = dict(config["arguments"])
    arguments["cell"] = _cells(arguments["cell"], {**CELLS, **(cells or {})})
    with torch.random.fork_rng(devices=[]):
        try:
            model = MODELS[config["model"]](**arguments)
        except (TypeError, ArgumentError) as error:
            raise DataError(f"{folder / _CONFIG}: its arguments do not make a model: {error}") from error
    _load_weights(model, folder / _WEIGHTS)
    return model.eval()


def _config(model: nn.Module, more: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "format": "elman model",
        "version": VERSION,
        "written_by": f"elman {__version__}",
        "model": _name(model),
        "arguments": _plain(model.arguments),  # pyright: ignore[reportArgumentType]
        **(more or {}),
    }


def _write(model: nn.Module, config: Mapping[str, Any], folder: Path) -> None:
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(tensors, folder / _WEIGHTS)
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (folder / _CONFIG).write_text(text + "\n", encoding="utf-8")


def _name(model: nn.Module) -> str:
    for name, kind in MODELS.items():
        if type(model) is kind:
            return name
    raise ArgumentError(f"model is of type {type(model).__name__}; expected one of {', '.join(MODELS)}")


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    if "body" in arguments:
        raise ArgumentError(
            "the model has a body of its own, which cannot be made anew from a name; "
            "save its state_dict, or use a model over cells"
        )
    cell = arguments["cell"]
    plain = dict(arguments, cell=_cell_name(cell) if _is_one(cell) else [_cell_name(one) for one in cell])
    try:
        return json.loads(json.dumps(plain))
    except TypeError as error:
        raise ArgumentError(
            f"the arguments of the model cannot be written as JSON ({error}); give numbers, names and lists only"
        ) from error


def _is_one(cell: Any) -> bool:
    return isinstance(cell, str | type)


def _cell_name(cell: str | type[Cell]) -> str:
    if isinstance(cell, str):
        return cell
    return next((name for name, kind in CELLS.items() if kind is cell), cell.__name__)


def _cells(names: str | list[str], known: Mapping[str, type[Cell]]) -> type[Cell] | list[type[Cell]]:
    for name in [names] if isinstance(names, str) else names:
        if name not in known:
            raise ArgumentError(
                f"the model has cells of type {name!r}, which are not Elman's; "
                f'give their class: load(folder, cells={{"{name}": ...}})'
            )
    return known[names] if isinstance(names, str) else [known[name] for name in names]


def _check_replaceable(folder: Path, overwrite: bool) -> None:
    if not overwrite:
        raise ArgumentError(f"{folder} exists; choose another folder, or overwrite=True to replace the model in it")
    others = (
        sorted({path.name for path in folder.iterdir()} - {_CONFIG, _WEIGHTS}) if folder.is_dir() else [folder.name]
    )
    if others:
        raise ArgumentError(f"{folder} holds more than a model ({', '.join(others[:3])}); choose another folder")


def read_config(folder: str | Path) -> dict[str, Any]:
    """What `config.json` of a folder says, once it is known to be a model's.

    Raises:
        DataError: It is not there, cannot be read, or is of another format.
    """
    file = Path(folder) / _CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); expected a folder that save wrote") from error
    except ValueError as error:
        raise DataError(f"{file}: is not JSON ({error}); the model has to be saved again") from error
    if not isinstance(config, dict) or config.get("format") != "elman model":
        raise DataError(f'{file}: does not say "format": "elman model"; expected a folder that save wrote')
    if config.get("version") not in _READABLE:
        raise DataError(
            f"{file}: has format version {config.get('version')}; this elman ({__version__}) reads versions "
            f"{' and '.join(map(str, _READABLE))}. It was written by {config.get('written_by')}: install that one"
        )
    if config.get("model") not in MODELS:
        raise DataError(f"{file}: has a model {config.get('model')!r}; known are {', '.join(MODELS)}")
    if not isinstance(config.get("arguments"), dict) or "cell" not in config["arguments"]:
        raise DataError(f"{file}: has no arguments to make a model of; the model has to be saved again")
    return config


def _load_weights(model: nn.Module, file: Path) -> None:
    try:
        tensors = load_file(file)
    except FileNotFoundError as error:
        raise DataError(f"{file}: is not there; expected the weights beside {_CONFIG}") from error
    except (SafetensorError, OSError) as error:
        raise DataError(f"{file}: cannot be read as safetensors ({error})") from error
    expected = model.state_dict()
    faults = [f"tensor {name} is missing" for name in expected if name not in tensors]
    faults += [f"tensor {name} is not part of the model" for name in tensors if name not in expected]
    faults += [
        f"tensor {name} has shape {tuple(value.shape)}, expected {tuple(expected[name].shape)}"
        for name, value in tensors.items()
        if name in expected and value.shape != expected[name].shape
    ]
    if faults:
        more = f", and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise DataError(f"{file}: does not fit {file.with_name(_CONFIG).name}: {'; '.join(faults[:3])}{more}")
    model.load_state_dict(tensors, assign=True)
