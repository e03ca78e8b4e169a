"""Somebody who sees every unfolding and answers in its place: how a trace looks into a model that it did not write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from elman.cells import Cell, State
from elman.unfold.request import Unfolded


@runtime_checkable
class Watcher(Protocol):
    """What `watched_by` takes."""

    def place(self, depth: int, *, reverse: bool) -> None:
        """The next unfolding is of this layer of a stack, counted from zero, in this direction."""
        ...

    def unfold(
        self,
        cell: Cell,
        input: Tensor,
        state: State | None,
        *,
        lengths: Tensor | Sequence[int] | None,
        reset: Tensor | None,
        reverse: bool,
        return_states: bool,
        engine: str,
        memory: str,
    ) -> Unfolded:
        """What `elman.unfold` answers; the watcher is not at work while it computes this."""
        ...


_watcher: ContextVar[Watcher | None] = ContextVar("elman_watcher", default=None)


def watcher_at_work() -> Watcher | None:
    """Who watches, if anybody does."""
    return _watcher.get()


def place(depth: int, *, reverse: bool) -> None:
    """Tell the watcher, if there is one, which layer of a stack is unfolded next; not in a compiled program."""
    if not torch.compiler.is_compiling() and (watcher := _watcher.get()) is not None:
        watcher.place(depth, reverse=reverse)


@contextmanager
def watched_by(watcher: Watcher | None) -> Iterator[None]:
    """Let `watcher` answer every `elman.unfold` inside the `with` block; `None` sends the one at work away."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
