"""Compiled objects on disk, so that a program is compiled once for all processes of a user.

One file an object, named by its key. A file is written aside and renamed, so that a reader finds all of it or none;
it begins with a digest, so that damage is seen and the object made anew. A digest says nothing about who wrote: that
nobody but the user can write in the folder is what makes its files fit to be run (`private.py`).

The cache never stops a computation: where it cannot be used, everything is compiled.
"""

import hashlib
import os
import re
import secrets
import struct
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from elman.errors import ElmanError
from elman.unfold.compiled.private import Folder, Untrusted, open_folder

LIMIT = 256 * 2**20  # bytes; beyond that, what was not used for the longest time goes
_ABANDONED = 3600  # seconds after which a file written aside has nobody to rename it

_MAGIC = b"ELMANOBJ"
_VERSION = 1
_HEADER = struct.Struct("<8sI32sQ")  # magic, version, key, bytes of payload
_DIGEST = hashlib.sha256().digest_size
_ENTRY = re.compile(r"[0-9a-f]{64}\.object")
_ASIDE = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{16}\.part")

_warned: set[Path] = set()


def location() -> Path | None:
    """The folder: `ELMAN_CACHE`, or else the user's cache folder; `None` if turned off or if there is no home."""
    named = os.environ.get("ELMAN_CACHE")
    if named is not None and named.strip().lower() in ("", "off"):
        return None
    try:
        path = platformdirs.user_cache_path("elman", appauthor=False) if named is None else Path(named).expanduser()
    except RuntimeError:  # there is no home
        return None
    return None if path.parts[0] == "~" else path.absolute()  # a tilde that an older platformdirs could not expand


def read(key: str) -> bytes | None:
    """The payload stored under a key; `None` if there is none, or none that is whole and the user's own.

    Args:
        key: A sha256 in hexadecimal digits.
    """
    path = location()
    if path is None:
        return None
    try:
        with open_folder(path, create=False) as folder:
            payload = _unwrap(key, folder.read(_name(key), LIMIT))
            if payload is not None:
                _touch(folder, key)
            return payload
    except Untrusted as error:
        _warn(path, error)
    except OSError:
        pass  # not there, or not to be read: it is compiled
    return None


def write(key: str, payload: bytes) -> None:
    """Store a payload under a key, if that is possible."""
    path = location()
    data = _wrap(key, payload)
    if path is None or len(data) > LIMIT:
        return
    try:
        with open_folder(path, create=True) as folder:
            _put(folder, key, data)
            _evict(folder)
    except Untrusted as error:
        _warn(path, error)
    except OSError:
        pass  # a full disk, a folder that cannot be written: what was compiled runs all the same


def _wrap(key: str, payload: bytes) -> bytes:
    header = _HEADER.pack(_MAGIC, _VERSION, bytes.fromhex(key), len(payload))
    return header + hashlib.sha256(header + payload).digest() + payload


def _unwrap(key: str, data: bytes) -> bytes | None:
    """The payload, if this is a whole file of this key."""
    payload = data[_HEADER.size + _DIGEST :]
    return payload if data == _wrap(key, payload) else None


def _name(key: str) -> str:
    return f"{key}.object"


def _touch(folder: Folder, key: str) -> None:
    try:
        folder.touch(_name(key))
    except OSError:
        return  # a read-only folder is of use all the same


def _put(folder: Folder, key: str, data: bytes) -> None:
    aside = f"{key}.{secrets.token_hex(8)}.part"
    try:
        folder.write(aside, data)
        folder.rename(aside, _name(key))
    except OSError:
        _remove(folder, aside)
        raise


def _remove(folder: Folder, name: str) -> bool:
    """Whether it was there to be removed: another process may have been quicker."""
    try:
        folder.remove(name)
    except OSError:
        return False
    return True


def _evict(folder: Folder) -> None:
    """Bring the folder below its limit, the least recently used first."""
    entries = sorted(_entries(folder), key=lambda entry: entry[1])
    size = sum(bytes for _, _, bytes in entries)
    for name, _, bytes in entries:
        if size <= LIMIT:
            break
        _remove(folder, name)
        size -= bytes
    for name, changed, _ in _entries(folder, _ASIDE):
        if changed < time.time() - _ABANDONED:
            _remove(folder, name)


def _entries(folder: Folder, pattern: re.Pattern[str] = _ENTRY) -> list[tuple[str, float, int]]:
    """Name, time of the last use and bytes of each file of Elman's own."""
    found = []
    for name in folder.names():
        if pattern.fullmatch(name):
            try:
                about = folder.status(name)
            except OSError:
                continue  # another process removed it
            found.append((name, about.st_mtime, about.st_size))
    return found


def _warn(path: Path, error: Untrusted) -> None:
    if path not in _warned:
        _warned.add(path)
        warnings.warn(f"the cache of compiled code is not used: {error}", RuntimeWarning, stacklevel=4)


@dataclass(frozen=True)
class Contents:
    """What the cache holds.

    Args:
        folder: Where it is; `None` if it is off.
        state: `"off"`, `"missing"` (made when something is compiled), `"trusted"`, `"read-only"`, `"unreadable"` or
            `"refused"`.
        why: Where it is unreadable or refused, the reason and what to do.
        entries: How many objects.
        bytes: Their size on disk.
        limit: The size at which the least recently used go.
    """

    folder: str | None
    state: str
    why: str | None = None
    entries: int = 0
    bytes: int = 0
    limit: int = LIMIT


def contents() -> Contents:
    """What the cache holds, and whether it is trusted."""
    path = location()
    if path is None:
        return Contents(None, "off")
    try:
        with open_folder(path, create=False) as folder:
            sizes = [bytes for _, _, bytes in _entries(folder)]
    except FileNotFoundError:
        return Contents(str(path), "missing")
    except Untrusted as error:
        return Contents(str(path), "refused", str(error))
    except OSError as error:
        return Contents(str(path), "unreadable", str(error))
    state = "trusted" if os.access(path, os.W_OK) else "read-only"
    return Contents(str(path), state, None, len(sizes), sum(sizes))


def clear() -> int:
    """Remove what Elman has stored, and nothing else; returns how many objects.

    Raises:
        ElmanError: If the folder is not trusted, or something in it cannot be removed.
    """
    path = location()
    if path is None:
        return 0
    try:
        with open_folder(path, create=False) as folder:
            removed = [_remove(folder, name) for name, _, _ in _entries(folder)]
            for name, _, _ in _entries(folder, _ASIDE):
                _remove(folder, name)
            left = len(_entries(folder))
    except FileNotFoundError:
        return 0
    except (Untrusted, OSError) as error:
        raise ElmanError(f"the cache of compiled code was left as it is: {error}") from None
    if left:
        raise ElmanError(f"{left} entries in {path} cannot be deleted; see its permissions")
    return sum(removed)
