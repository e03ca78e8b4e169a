"""What a trace found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from elman.errors import ArgumentError
from elman.explain.calling import Call
from elman.explain.names import Named, resolve
from elman.explain.record import Record, norm
from elman.explain.selection import Selection


@dataclass(eq=False)
class Trace:
    """What happened inside a network at every time instance; `elman.trace` makes one.

    `trace["layer1.forward.forget_gate"]` is a value over `(time, batch, ...)`; any abbreviation will do that means
    only one. `layer2.backward` is the backward direction of the second layer; a second call of the same layer has
    `call2` before it; where a module has several stacks, the path of each comes first. A cell by itself has no layer
    before its names. Where a tap has the name of a part of the state, the name means the state, whose rows keep
    their last value after their end; the tap, zero there, is in `taps`.

    Args:
        kind: The class of the module.
        inputs: What it read, `(time, batch, ...)`.
        outputs: What it gave: `(time, batch, ...)`, or `(batch, ...)` if it says something of the whole sequence.
        lengths: Time steps of each kept row.
        times: The kept steps.
        rows: The kept rows.
        records: What happened in each cell, in the order of the calls.
        state: The state that the module returned, of all rows; `None` if it returned none.
        loss: The loss; `None` if none was asked for.
        input_gradient: Its gradient with respect to `inputs`, of the same shape.
        call: The module and how it was called; `None` in a trace that was loaded.

    Example:
        >>> import torch, elman
        >>> elman.trace(elman.MGU(3, 5), torch.randn(7, 2, 3))
        Trace of MGU: 7 time steps, 2 rows
          input         (7, 2, 3)
          output        (7, 2, 5)
          forget_gate   (7, 2, 5)
          candidate     (7, 2, 5)
          h             (7, 2, 5)
    """

    kind: str
    inputs: Tensor
    outputs: Any
    lengths: Tensor
    times: Tensor
    rows: Tensor
    records: list[Record] = field(repr=False)
    state: Any = None
    loss: float | None = None
    input_gradient: Tensor | None = None
    call: Call | None = None

    @classmethod
    def of(
        cls,
        call: Call,
        records: list[Record],
        keep: Selection,
        output: Any,
        state: Any,
        *,
        loss: float | None = None,
        of_input: Tensor | None = None,
    ) -> Trace:
        """A trace of what a recorder saw."""
        sequence, lengths = call.sequence()
        time, batch = sequence.shape[:2]
        rows = keep.of_batch(batch)
        lengths = torch.full((batch,), time) if lengths is None else lengths
        outputs = call.laid_out(output)
        if isinstance(outputs, Tensor):
            over_time = call.over_time(output) if isinstance(output, Tensor) else True
            known = len(outputs) == batch if outputs.ndim else False
            outputs = keep.cut(outputs) if over_time else outputs.detach()[rows] if known else outputs.detach()
        if of_input is not None:
            of_input = keep.cut(replace(call, inputs=(of_input,)).sequence()[0])
        return cls(
            kind=type(call.module).__name__,
            inputs=keep.cut(sequence),
            outputs=outputs,
            lengths=lengths[rows],
            times=keep.times(time),
            rows=rows,
            records=records,
            state=_detached(state),
            loss=loss,
            input_gradient=of_input,
            call=call,
        )

    @property
    def states(self) -> Named[Tensor]:
        """Every part of every state after every step, by name."""
        return Named({name: part for one in self.records for name, part in one.named(one.states).items()})

    @property
    def taps(self) -> Named[Tensor]:
        """Every tapped value, by name; zero where a row has no step."""
        return Named({name: value for one in self.records for name, value in one.named(one.taps).items()})

    @property
    def gradients(self) -> Named[Tensor]:
        """The norm of the gradient of the loss at every state, input and output of every cell, `(time, batch)`.

        That of a state is with respect to the state as it is handed on to the next step, each part for itself; where
        the output is a part of the state, what comes by the output is in it. `"inputs"` is the module's own input.

        Raises:
            ArgumentError: The trace was made without a loss.
        """
        if self.loss is None:
            raise ArgumentError("the trace has no gradients; make it with loss=, or with targets= for a model")
        found = {name: norm(value) for one in self.records for name, value in one.named(one.gradients).items()}
        return Named(found if self.input_gradient is None else {"inputs": norm(self.input_gradient), **found})

    def names(self) -> list[str]:
        """The names of all values, cell by cell: its input, its output, its taps and its states."""
        return list(self._values())

    def __getitem__(self, name: str) -> Tensor:
        """A value by its name or an abbreviation that means only one.

        Raises:
            ArgumentError: It means none, or several.
        """
        return self._values()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def record(self, name: str) -> Record:
        """The record in which a value stands, by the name of the value."""
        owners = self._owners()
        return owners[resolve(name, owners)]

    def to_frame(self, native: str = "pandas", *, names: list[str] | None = None) -> Any:
        """The values as a long table: a line for each number, with `row`, `time`, `name`, `unit` and `value`.

        A line for each number suits values of any width and layers of any length, and goes into a plotting or
        grouping library as it is. Steps after the end of a row are left out. `unit` counts the numbers of a value at
        one instant, from 0; those of a matrix row by row.

        Args:
            native: The library of the table: `"pandas"`, `"polars"` or `"pyarrow"`.
            names: Only these values, by name or abbreviation; by default all, which may be a long table.

        Raises:
            ArgumentError: The library is not installed, or a name is unknown.
        """
        from elman.explain.frame import to_frame

        return to_frame(self, native, names)

    def save(self, file: str | Path) -> None:
        """Write the trace into one file, safetensors with its names as JSON inside; `Trace.load` brings it back.

        The file is written aside and then renamed. The module is not saved, nor a state that it returned.
        """
        from elman.explain.keeping import save

        save(self, Path(file))

    @staticmethod
    def load(file: str | Path) -> Trace:
        """The trace that `save` wrote.

        Raises:
            DataError: The file is not there, or is none.
        """
        from elman.explain.keeping import load

        return load(Path(file))

    def plot(self, what: str = "states", *, rows: int | list[int] | None = None, units: int = 64) -> Any:
        """A figure for a paper, drawn by matplotlib (extra `plot`).

        Args:
            what: `"states"`, `"gates"`, `"gradients"`, or the name of a value.
            rows: Which of the kept rows, by their index in the batch; by default the first.
            units: At most so many units of a value, evenly chosen.

        Returns:
            A `matplotlib.figure.Figure`; in a notebook it shows itself, else `figure.savefig("trace.pdf")`.

        Raises:
            ArgumentError: There is nothing of that to draw, or matplotlib is not installed.
        """
        from elman.explain.plotting import plot

        return plot(self, what, rows=rows, units=units)

    def _repr_html_(self) -> str | None:
        """In a notebook, the player: the network unfolds, and every box opens to its numbers."""
        from elman.explain.notebook import player

        page = player(self)
        return None if page is None else page._repr_html_()

    def _values(self) -> Named[Tensor]:
        return Named({name: value for one in self.records for name, value in one.named(one.values()).items()})

    def _owners(self) -> dict[str, Record]:
        return {name: one for one in self.records for name in one.named(one.values())}

    def __repr__(self) -> str:
        sizes = {name: tuple(value.shape) for name, value in self._values().items()}
        width = max(map(len, sizes), default=0) + 2
        every = "" if self._whole() else f", {len(self.times):,} of them kept"
        time = self.records[0].length if self.records else len(self.times)
        lines = [f"Trace of {self.kind}: {time:,} time steps{every}, {len(self.rows):,} rows"]
        lines += [f"  {name:{width}} {size}" for name, size in sizes.items()]
        if self.loss is not None:
            lines.append(f"  loss {self.loss:.4g}; gradients of {', '.join(self.gradients)}")
        return "\n".join(lines)

    def _whole(self) -> bool:
        return all(one.whole for one in self.records)


def _detached(state: Any) -> Any:
    if isinstance(state, Tensor):
        return state.detach()
    if isinstance(state, tuple | list):
        return type(state)(_detached(part) for part in state)
    if isinstance(state, Mapping):
        return {name: _detached(part) for name, part in state.items()}
    return state
