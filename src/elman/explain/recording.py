"""The watcher of a trace: it unfolds what is asked for, and keeps what is wanted of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from elman.cells import Cell, State
from elman.cells.contract import checked_step
from elman.explain.names import meant, resolve
from elman.explain.nudged import Leads, Nudged, at_the_states
from elman.explain.record import Record, norm
from elman.explain.selection import Selection
from elman.explain.taps import read_taps, states_before
from elman.layers.start import LearnedStart
from elman.unfold import Unfolded, unfold
from elman.unfold.border import make_request
from elman.unfold.watching import watched_by

_SHORT = 200  # time steps over which a loop is done before a cell with places for gradients would be compiled


class Recorder:
    """Sees every unfolding inside a module.

    Args:
        module: The module that will be called.
        keep: What is kept of it.
        with_gradients: Whether a loss will follow.
    """

    def __init__(self, module: nn.Module, keep: Selection, *, with_gradients: bool) -> None:
        self._alone = isinstance(module, Cell)  # then its names stand without a layer before them
        self.keep = keep
        self.records: list[Record] = []
        self.shapes: list[tuple[int, int]] = []  # the time steps and rows of each record
        self.output: Any = None  # what the module returned, also where its loss was called
        self._with_gradients = with_gradients
        self._module = module
        self._paths = {id(part): path for path, part in module.named_modules()}
        self._inside: list[str] = []
        self._place: tuple[int, bool] | None = None
        self._seen: Counter[tuple[str, str]] = Counter()
        self._labels: list[tuple[str, int, str]] = []
        self._known: list[list[str]] = []
        self._leads: list[tuple[Leads, Tensor, Tensor | None]] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Watch inside the `with` block, and know at every moment which module is being called."""
        with ExitStack() as stack:
            for path, part in self._module.named_modules():
                before = part.register_forward_pre_hook(lambda *_, path=path: self._inside.append(path))
                stack.callback(before.remove)
                after = part.register_forward_hook(self._left, always_call=True)
                stack.callback(after.remove)
            stack.enter_context(watched_by(self))
            yield

    def _left(self, part: nn.Module, _: Any, output: Any) -> None:
        self._inside.pop()
        if part is self._module:
            self.output = output

    def place(self, depth: int, *, reverse: bool) -> None:
        self._place = (depth, reverse)

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
        """Unfold as `elman.unfold` does, with every state, and keep a record."""
        path, where = self._where(cell, reverse)
        self._labels.append((path, self._seen[path, where], where))
        self._seen[path, where] += 1
        with watched_by(None):
            request = make_request(cell, input, state, lengths, reset, reverse, True, memory)
            self.shapes.append((input.shape[0], input.shape[1]))
            how: dict[str, Any] = {"lengths": request.lengths, "reset": request.reset, "reverse": reverse}
            how |= {"return_states": True, "engine": engine, "memory": memory}
            steps = torch.full((input.shape[1],), len(input)) if request.lengths is None else request.lengths
            if self._with_gradients:
                leads, found = _nudged(cell, request.input, request.state, how)
                self._leads.append((leads, steps, request.reset))
            else:
                found = unfold(cell, request.input, request.state, **how)
            assert found.states is not None
            self._keep(cell, request.input, found, request.state, request.initial, steps, request.reset, reverse)
        return found if return_states else Unfolded(found.output, found.state, None)

    def _where(self, cell: Cell, reverse: bool) -> tuple[str, str]:
        """The path of the stack or cell inside the module, and the layer and direction."""
        place, self._place = self._place, None
        depth, reverse = (0, reverse) if place is None else place
        path = self._inside[-1] if self._inside else ""
        if place is None:
            path = self._paths.get(id(cell), path)
        return path, f"layer{depth + 1}.{'backward' if reverse else 'forward'}"

    def _keep(
        self,
        cell: Cell,
        input: Tensor,
        found: Unfolded,
        first: State,
        fresh: State,
        lengths: Tensor,
        reset: Tensor | None,
        reverse: bool,
    ) -> None:
        keep, time = self.keep, len(input)
        times, rows = keep.times(time), keep.of_batch(input.shape[1])
        record = Record(
            label=self._label(self._labels[-1], several=True),
            kind=type(cell.cell if isinstance(cell, LearnedStart) else cell).__name__,
            reverse=reverse,
            length=time,
            times=times,
            steps=times[:, None] < lengths[rows],
            input=keep.cut(input),
            output=keep.cut(found.output),
            first=tuple(part.detach()[rows] for part in first),
            reset=None if reset is None else keep.cut(reset),
            cell=cell,
        )
        assert found.states is not None
        record.states = {name: keep.cut(part) for name, part in zip(cell.state_shapes, found.states, strict=True)}
        self.records.append(record)
        before = states_before(record, found.states, first, fresh, keep)
        assert record.input is not None
        self._known.append(read_taps(cell, record, record.input, before, keep))

    def gradients(self, loss: Tensor, input: Tensor | None) -> Tensor | None:
        """Write the gradients into the records; that of the module's own input is returned."""
        wanted = [tensor for leads, *_ in self._leads for tensor in leads.tensors()]
        wanted += [] if input is None else [input]
        found = list(torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True))
        of_input = found.pop() if input is not None else None
        for record, (leads, lengths, reset) in zip(self.records, self._leads, strict=True):
            mine = [found.pop(0) for _ in leads.tensors()]
            whole = at_the_states(leads, mine, lengths, reset, record.reverse)
            record.gradients = {
                name: self.keep.cut(value if name == "input" else norm(value)) for name, value in whole.items()
            }
        self._leads.clear()
        return None if of_input is None else of_input.detach()

    def name_records(self) -> None:
        """Give every record its label: now it is known whether there are several stacks.

        Raises:
            ArgumentError: A name that was asked for is in none of them.
        """
        several = len({path for path, _, _ in self._labels}) > 1
        for record, label in zip(self.records, self._labels, strict=True):
            record.label = self._label(label, several=several)
        known = [record.full(name) for record, short in zip(self.records, self._known, strict=True) for name in short]
        for name in self.keep.names or ():
            if not meant(name, known):
                resolve(name, known)

    def _label(self, label: tuple[str, int, str], *, several: bool) -> str:
        path, call, where = label
        parts = [path] * (several and bool(path)) + [f"call{call + 1}"] * (call > 0)
        return "" if self._alone else ".".join([*parts, where])


def _nudged(cell: Cell, input: Tensor, state: State, how: dict[str, Any]) -> tuple[Leads, Unfolded]:
    """The cell unfolded with a place for a gradient at every state."""
    read = input.view_as(input) if input.requires_grad else input.detach().requires_grad_()
    carried = _carried(cell, input)
    nudged = Nudged(cell)
    time, batch = input.shape[:2]
    if how["engine"] in ("auto", "onednn"):
        how = {**how, "engine": "loop" if time <= _SHORT else "auto"}
    zeros = {
        name: input.new_zeros(time, batch, width, requires_grad=True)
        for name, width in zip(nudged.parts, nudged.widths, strict=True)
    }
    found = unfold(nudged, torch.cat([read, *zeros.values()], dim=-1), state, **how)
    assert found.states is not None
    # Aliases: in the loop the last state is the very tensor that became an output, whose gradient is another.
    alias = Unfolded(found.output.view_as(found.output), _aliases(found.state), _aliases(found.states))
    assert alias.states is not None
    last = {name: part for name, part in zip(cell.state_shapes, alias.state, strict=True) if name in zeros}
    every = {name: part for name, part in zip(cell.state_shapes, alias.states, strict=True) if name in zeros}
    return Leads(read, alias.output, last, every, zeros, carried), alias


def _aliases(parts: State) -> State:
    return tuple(part.view_as(part) for part in parts)


@torch.no_grad()
def _carried(cell: Cell, input: Tensor) -> str | None:
    """The part of the state that the output of a step is, if it is one."""
    output, new = checked_step(cell, input.new_zeros(1, cell.input_size), cell.initial_state(1))
    same = (name for name, part in zip(cell.state_shapes, new, strict=True) if part is output)
    return next(same, None)
