"""A folder that only its owner can write, and files in it that are worth trusting.

What lies there is run, so nothing is taken on the word of a path: the folder is opened once, examined through that
handle and reached through it from then on, and no link is followed. Windows gives a user's cache folder to that user
alone and has neither owners nor modes here; there only the kinds of files are examined.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HANDLES = os.name != "nt"
_ADVICE = "or name another folder in ELMAN_CACHE"
# Without O_NONBLOCK, a pipe under the name of an entry would keep us waiting.
_EXTRA = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


class Untrusted(Exception):
    """Others may have written what lies in a folder; the message says what to do."""


class Folder:
    """Files of one folder, by name.

    Args:
        path: Where it is.
        handle: The open folder; `None` where a system has no such thing.
    """

    def __init__(self, path: Path, handle: int | None) -> None:
        self.path, self.handle = path, handle

    def names(self) -> list[str]:
        return os.listdir(self.path if self.handle is None else self.handle)

    def status(self, name: str) -> os.stat_result:
        return os.stat(self._at(name), dir_fd=self.handle, follow_symlinks=False)

    def read(self, name: str, largest: int) -> bytes:
        """The bytes of a regular file that only its owner, this user, can write.

        Raises:
            OSError: If it is not that, or has more than `largest` bytes.
        """
        with open(os.open(self._at(name), os.O_RDONLY | _EXTRA, dir_fd=self.handle), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_size > largest or _others_write(about):
                raise PermissionError(f"{self.path / name} is not a file of this user alone")
            return file.read(largest)

    def write(self, name: str, data: bytes) -> None:
        """A new file."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _EXTRA
        with open(os.open(self._at(name), flags, 0o600, dir_fd=self.handle), "wb") as file:
            file.write(data)

    def rename(self, name: str, to: str) -> None:
        """In one step, in place of what may be there."""
        os.replace(self._at(name), self._at(to), src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def touch(self, name: str) -> None:
        os.utime(self._at(name), dir_fd=self.handle)

    def remove(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self.handle)

    def _at(self, name: str) -> str:
        return str(self.path / name) if self.handle is None else name


@contextmanager
def open_folder(path: Path, *, create: bool) -> Iterator[Folder]:
    """The folder at `path`, if only this user can write in it.

    Raises:
        Untrusted: If it belongs to another user, or others can write in it, or it is a link.
        OSError: If it is not there or cannot be opened.
    """
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink():
        raise Untrusted(f"{path} is a link. Name the folder that it leads to in ELMAN_CACHE")
    if not _HANDLES:
        os.listdir(path)
        yield Folder(path, None)
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _EXTRA)
    try:
        about = os.fstat(handle)
        if about.st_uid != os.geteuid():
            raise Untrusted(
                f"{path} belongs to user {about.st_uid}, not to you (user {os.geteuid()}). "
                "Name a folder of your own in ELMAN_CACHE"
            )
        if _others_write(about):
            mode = stat.S_IMODE(about.st_mode)
            raise Untrusted(f"others can write in {path} (mode {mode:o}). Run: chmod go-w '{path}', {_ADVICE}")
        yield Folder(path, handle)
    finally:
        os.close(handle)


def _others_write(about: os.stat_result) -> bool:
    return _HANDLES and (about.st_uid != os.geteuid() or bool(about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)))
