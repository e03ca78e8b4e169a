"""Models on the command line."""

from pathlib import Path

from elman.errors import ArgumentError
from elman.tasks.fitted import Fitted
from elman.tasks.settings import read_settings
from elman.tasks.start import load


def fitted(folder: Path) -> Fitted:
    """The model of a folder, with its task.

    Raises:
        ArgumentError: The folder holds a bare network, which does not know what data it is for.
        DataError: It holds no model, or one that cannot be read.
    """
    if (folder / "config.toml").exists() and not (folder / "config.json").exists():
        raise ArgumentError(f"{folder}: its training is not finished; go on with: elman train --resume {folder}")
    model = load(folder)
    if not isinstance(model, Fitted):
        raise ArgumentError(
            f"{folder}: a bare {type(model).__name__}, which does not know what data it is for. Use it from Python: "
            f"elman.load({str(folder)!r}).predict(...)"
        )
    return model


def learnt_from(folder: Path, command: str) -> str:
    """The data that the run in a folder learnt from.

    Args:
        folder: That of the run.
        command: What is typed to name other data.

    Raises:
        ArgumentError: The folder does not say.
    """
    config = folder / "config.toml"
    data = read_settings(config).data if config.is_file() else None
    if data is None:
        raise ArgumentError(f"{folder} does not say what it learnt from; name the data: elman {command} {folder} DATA")
    return data
