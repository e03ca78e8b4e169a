"""A network as the page sees it: cells in layers, what the lowest one reads, and what is made of the output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from elman.cells import Cell
from elman.errors import ArgumentError
from elman.explain.packing import Plain
from elman.layers import Recurrent
from elman.layers.twins import layers_of
from elman.models.pooling import pooled

Stack = Cell | Recurrent | nn.RNN | nn.LSTM | nn.GRU


@dataclass(frozen=True, eq=False, kw_only=True)
class Head:
    """What is made of the output of the last layer.

    Args:
        reads: `"step"`: one time instance; `"end"`: all of them, pooled.
        run: `(rows, read)` to `(rows, said)`; what it reads is laid out as `read` does.
        outputs: The numbers it says.
        pools: Of `"end"`: the ways to pool, as in `elman.models.pooling`.
        features: Whether it also reads what the lowest layer reads.
        softmax: Whether its numbers become probabilities.
    """

    reads: Literal["step", "end"]
    run: Callable[[Tensor], Tensor]
    outputs: list[Plain]
    pools: tuple[str, ...] = ()
    features: bool = False
    softmax: bool = False

    def read(self, output: Tensor, features: Tensor) -> Tensor:
        """What `run` is given: `(time·batch, …)` of a head that reads steps, else `(batch, …)`."""
        if self.reads == "step":
            both = torch.cat([output, features], dim=-1) if self.features else output
            return both.flatten(0, 1)
        summary = pooled(output, None, self.pools)
        return torch.cat([summary, features.transpose(0, 1).flatten(1)], dim=-1) if self.features else summary

    def __call__(self, output: Tensor, features: Tensor) -> Tensor:
        """What the network says: `(time, batch, said)`, or `(batch, said)`."""
        said = self.run(self.read(output, features))
        return said.unflatten(0, output.shape[:2]) if self.reads == "step" else said


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """How the page sees a network.

    Args:
        stack: What unfolds: a cell, a `Recurrent`, or a twin of `torch.nn`.
        layers: Its cells, bottom first, forward before backward.
        inputs: What the lowest layer reads at a time instance.
        features: From the network's arguments to that: `(time, batch, features)`.
        head: What is made of its output; `None` where that is all.
        frame: Time steps of the data that are one time instance.
        embedding: The characters, and what stands for each: `(characters, features)`.
        residual: Whether a layer adds its input to its output where the two have the same width.
        level: From the network's arguments to what was subtracted from each feature, `(batch, features)`; `None` for
            nothing.
        predicted: The feature that each number of the head is about, where it is about one.
    """

    stack: Stack
    layers: list[list[Cell]]
    inputs: list[Plain]
    features: Callable[..., Tensor]
    head: Head | None = None
    frame: int = 1
    embedding: tuple[list[str], Tensor] | None = None
    residual: bool = False
    level: Callable[..., Tensor] | None = None
    predicted: list[int] | None = None


def cells_of(stack: Stack) -> list[list[Cell]]:
    """The cells of a layer: bottom first, forward before backward."""
    if isinstance(stack, Cell):
        return [[stack]]
    if isinstance(stack, Recurrent):
        cells: list[Any] = list(stack.cells)
        return [cells[at : at + stack.num_directions] for at in range(0, len(cells), stack.num_directions)]
    return layers_of(stack)  # pyright: ignore[reportArgumentType]  # `view` has made twins of all of them


def named(names: Sequence[str] | None, size: int) -> list[str]:
    """What to call so many channels.

    Raises:
        ArgumentError: There are more or fewer names than channels.
    """
    if names is None:
        return ["x"] if size == 1 else [f"x{at}" for at in range(size)]
    if len(names) != size:
        raise ArgumentError(f"there are {len(names)} names, {list(names)}; expected {size}, one for each channel")
    return list(names)
