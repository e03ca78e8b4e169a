"""One training from its first step, or from its state on disk, to its end."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from elman.errors import ElmanError
from elman.training.callbacks import Callback
from elman.training.checkpoint import read_state, write_state
from elman.training.faults import EXPLODED, ROLLBACKS, StepFault
from elman.training.feed import Feed
from elman.training.history import Ending, History, Record, Rollback
from elman.training.interrupt import Interrupt
from elman.training.learner import Learner


class Folder:
    """Where the state of a training is kept, and when it is due.

    Args:
        path: The folder; `None` to keep nothing.
        fingerprint: As for `write_state`.
        seconds: How old a state may become before the next one is due.
    """

    def __init__(self, path: Path | None, fingerprint: Mapping[str, Any], seconds: float) -> None:
        self.path = path
        self._fingerprint = fingerprint
        self._seconds = seconds
        self._written = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to write the state."""
        return self.path is not None and time.monotonic() - self._written >= self._seconds

    def read(self) -> dict[str, Any] | None:
        """See `read_state`."""
        return None if self.path is None else read_state(self.path, self._fingerprint)

    def write(self, state: Mapping[str, Any]) -> None:
        """See `write_state`."""
        assert self.path is not None
        write_state(self.path, self._fingerprint, state)
        self._written = time.monotonic()


class Run:
    """A training that can be left and gone on with.

    Args:
        learner: What learns.
        validation: Examples to measure on after each epoch.
        folder: Where the state goes.
        callbacks: Told of every step and epoch.
        interrupt: Notes a Ctrl-C.
    """

    def __init__(
        self,
        learner: Learner,
        validation: Feed | None,
        folder: Folder,
        callbacks: Sequence[Callback],
        interrupt: Interrupt,
    ) -> None:
        self.learner = learner
        self.validation = validation
        self.folder = folder
        self.callbacks = callbacks
        self.interrupt = interrupt
        self.history = History()
        self.kept = learner.state_dict()
        self._good: dict[str, Any] | None = None  # where a fault goes back to: the start of the epoch
        self._started = time.perf_counter()

    def resume(self) -> None:
        """Go on from the state in the folder, if there is one."""
        state = self.learner.world.on_first(self.folder.read)
        if state is None:
            return
        self.learner.restore(state["now"])
        self.kept, self._good = state["kept"], state["good"]
        self.history = History.from_dict(state["history"])
        self.learner.slower = 0.5 ** len(self.history.rollbacks)
        self._started = time.perf_counter() - state["seconds"]
        for callback in self.callbacks:
            callback.on_resume(self.history)

    def go(self) -> None:
        """Learn until the end.

        Raises:
            ElmanError: A loss or gradient went wrong too often, or the state cannot be written.
            KeyboardInterrupt: Ctrl-C was pressed; the state is written.
        """
        if self.validation is not None and not self.history.records:
            started = time.perf_counter()
            loss = self.learner.measure(self.validation)
            self._keep(Record(0, None, loss, None, None, time.perf_counter() - started, kept=True))
        self.history.ending = self._ending()
        while self.history.ending == "running":
            self._learn()
            self._finish_epoch()
            self._heed()

    def _learn(self) -> None:
        learner = self.learner
        if not learner.course.step:
            self._started = time.perf_counter()
        if self._good is None:
            self._good = learner.snapshot()
        order = learner.feed.order(learner.course.epoch)
        while learner.course.step < len(order):
            step = order[learner.course.step]
            try:
                learner.step(step)
            except StepFault as fault:
                self._go_back(fault, learner.feed.describe(step))
                continue
            for callback in self.callbacks:
                callback.on_step(learner.course.step, len(order))
            self._heed()

    def _go_back(self, fault: StepFault, where: str) -> None:
        learner, rollbacks = self.learner, self.history.rollbacks
        rollback = Rollback(learner.course.epoch, learner.course.step + 1, fault.what, fault.value)
        if len(rollbacks) == ROLLBACKS:
            raise ElmanError(
                f"the {fault.what} is {fault.value:.3g} at step {rollback.step} of epoch {rollback.epoch}, with a "
                f"learning rate of {learner.rate:.2g}; expected a finite number, and a loss of at most "
                f"{EXPLODED:g} times the highest of the epochs before. It was {where}. Training went back to the "
                f"start of an epoch {ROLLBACKS} times, each time with half the learning rate. Look for huge values "
                f"in those examples, or lower the learning rate. The model has the best weights that it had before"
            )
        rollbacks.append(rollback)
        assert self._good is not None
        learner.restore(self._good)
        learner.slower = 0.5 ** len(rollbacks)
        for callback in self.callbacks:
            callback.on_rollback(rollback)

    def _finish_epoch(self) -> None:
        learner, course = self.learner, self.learner.course
        loss = None if self.validation is None else learner.measure(self.validation)
        record = Record(
            course.epoch,
            course.loss / course.weight if course.weight else 0.0,
            loss,
            learner.optimizer.param_groups[0]["lr"],
            course.norm,
            seconds=time.perf_counter() - self._started,
            kept=loss is None or loss < self.history.lowest,
            rollbacks=sum(rollback.epoch == course.epoch for rollback in self.history.rollbacks),
        )
        learner.begin_epoch()
        self._good = None
        self._keep(record)

    def _keep(self, record: Record) -> None:
        """Add an epoch to the history; the state is written before anybody is told."""
        if record.kept:
            self.kept = self.learner.state_dict()
        self.history.records.append(record)
        self.history.ending = self._ending()
        if self.folder.path is not None:
            self._write()
        for callback in self.callbacks:
            callback.on_epoch(record)

    def _write(self) -> None:
        state = {
            "now": self.learner.snapshot(),
            "good": self._good,
            "kept": self.kept,
            "history": self.history.to_dict(),
            "seconds": time.perf_counter() - self._started,
        }
        self.learner.world.on_first(lambda: self.folder.write(state))

    def _heed(self) -> None:
        """Write the state if it is time, or if Ctrl-C was pressed at any process; then stop."""
        due, asked = self.learner.world.any(self.folder.due, self.interrupt.asked)
        if self.folder.path is not None and (due or asked):
            self._write()
        if asked:
            raise KeyboardInterrupt

    def _ending(self) -> Ending:
        history, settings = self.history, self.learner.settings
        last = history.records[-1].epoch if history.records else 0
        if settings.patience is not None and last - history.kept_epoch >= settings.patience:
            return "patience"
        return "epochs" if last >= settings.epochs else "running"
