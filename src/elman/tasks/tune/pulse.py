"""Signs of life of the processes that search together: by them one knows which of the trials nobody works on."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

_BEAT = 10.0  # seconds from one sign of life to the next
_SILENT = 60.0  # seconds without one, after which a process counts as dead


class Pulse:
    """A sign of life every few seconds, from entering it until leaving it: a file that is touched again.

    The clock is that of the disk on which all processes have their files, so that none on another machine is thought
    dead because clocks differ.

    Args:
        journal: The journal of the search; the files lie in a folder beside it.
    """

    def __init__(self, journal: Path) -> None:
        self.name = uuid.uuid4().hex
        self._folder = journal.with_name(f"{journal.name}.alive")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Pulse:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._beat()
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._over.set()
        self._thread.join()
        (self._folder / self.name).unlink(missing_ok=True)

    def is_dead(self, name: str) -> bool:
        """Whether another process has ended, or gave no sign of life for a minute."""
        try:
            last = (self._folder / name).stat().st_mtime
        except OSError:
            return True
        return self._beat() - last > _SILENT

    def _go_on(self) -> None:
        while not self._over.wait(_BEAT):
            self._beat()

    def _beat(self) -> float:
        """Touch the file; what time it is by the clock of the disk."""
        file = self._folder / self.name
        file.touch()
        return file.stat().st_mtime
