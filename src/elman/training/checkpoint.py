"""The state of a training on disk: one file, from which it goes on as if it had never stopped."""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from elman.errors import ArgumentError, DataError, ElmanError

VERSION = 1
_FORMAT = "elman training state"
_FILE, _ASIDE = "state.pt", "state.pt.new"


def write_state(folder: Path, fingerprint: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Write the state of a training; whenever the process dies, the file is the old one or the new one.

    Args:
        folder: Where to; it is made.
        fingerprint: Plain settings and sizes; a training of others does not go on from the state.
        state: Tensors, numbers and names in dictionaries, lists and tuples.

    Raises:
        ElmanError: The disk is full, or refuses to be written to. The state that was there stays.
    """
    memory = io.BytesIO()
    torch.save({"format": _FORMAT, "version": VERSION, "fingerprint": dict(fingerprint), **state}, memory)
    aside = folder / _ASIDE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(memory.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, folder / _FILE)
        _settle(folder)
    except OSError as error:
        aside_gone = _remove(aside)
        raise ElmanError(
            f"{folder}: the state of the training cannot be written ({error.strerror}; "
            f"{memory.getbuffer().nbytes:,} bytes were to go there). The last state that was written is whole"
            f"{'' if aside_gone else f', and {aside.name} may be removed'}. Make room, and start the same training "
            f"with the same folder again: it goes on from there"
        ) from error


def read_state(folder: Path, fingerprint: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state that a training of the same settings wrote; `None` if there is none.

    Args:
        folder: Where it was written to.
        fingerprint: As for `write_state`.

    Raises:
        DataError: The file cannot be read, or was written by a later version.
        ArgumentError: It is the state of other settings or data; the message says what differs.
    """
    file = folder / _FILE
    if not file.exists():
        return None
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file makes the reader raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{file}: cannot be read ({reason}); remove it to begin anew") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise DataError(f"{file}: is not the state of a training; choose another folder")
    if state["version"] > VERSION:
        raise DataError(
            f"{file}: has format version {state['version']}; this elman reads up to {VERSION}. Install a later one"
        )
    written = state["fingerprint"]
    differs = [
        f"{name} is {fingerprint.get(name)}, there it was {written.get(name)}"
        for name in {**written, **fingerprint}
        if fingerprint.get(name) != written.get(name)
    ]
    if differs:
        raise ArgumentError(
            f"{file} is the state of another training: {'; '.join(differs)}. Give the same settings to go on, or "
            f"another folder to begin anew"
        )
    return state


def _settle(folder: Path) -> None:
    """Have the new name of the file outlive a loss of power; where a folder cannot be opened, the system sees to it."""
    if os.name == "nt":
        return
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def _remove(file: Path) -> bool:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return False
    return True
