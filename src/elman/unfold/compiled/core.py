"""Running the core of a step over a sequence, and its gradient."""

import ctypes
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import Tensor

from elman.unfold.compiled.evaluate import Environment
from elman.unfold.compiled.gradient import InputProduct, Product, Sum, differentiate
from elman.unfold.compiled.graph import Value
from elman.unfold.compiled.machine import Machine, compile_program
from elman.unfold.compiled.plan import Plan
from elman.unfold.compiled.program import Program, Training, forward_program, training_programs
from elman.unfold.compiled.target import host

_WORTH_A_THREAD = 2_000_000  # multiplications that take longer than waking a thread


@dataclass(frozen=True)
class Course:
    """How a batch runs through time, besides its numbers.

    Args:
        time: Time steps.
        batch: Rows.
        reverse: Whether rows are read backwards.
        lengths: Steps of each row, on the CPU; `None` if all have `time`.
        reset: `(time, batch)` bytes, or `None`.
    """

    time: int
    batch: int
    reverse: bool
    lengths: Tensor | None
    reset: Tensor | None

    @cached_property
    def order(self) -> Tensor:
        """Rows, the longest first."""
        if self.lengths is None:
            return _even(self.time, self.batch)[0]
        return torch.argsort(self.lengths, descending=True, stable=True)

    @cached_property
    def counts(self) -> Tensor:
        """Rows that have a step, at each time."""
        if self.lengths is None:
            return _even(self.time, self.batch)[1]
        return (self.lengths > torch.arange(self.time)[:, None]).sum(dim=1)

    @cached_property
    def last(self) -> Tensor:
        """The last time of each row, in `order`."""
        if self.lengths is None:
            return _even(self.time, self.batch)[2]
        return self.lengths[self.order] - 1


@lru_cache(maxsize=64)
def _even(time: int, batch: int) -> tuple[Tensor, Tensor, Tensor]:
    """Order, counts and last times of rows that all have `time` steps."""
    return torch.arange(batch), torch.full((time,), batch), torch.full((batch,), time - 1)


class Core:
    """The core of one plan, compiled when it is first needed.

    Args:
        plan: The parts of a step.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._machines: dict[tuple[str, int], Machine] = {}

    @cached_property
    def inference(self) -> Program:
        return forward_program(self.plan)

    @cached_property
    def training(self) -> Training:
        return training_programs(self.plan, differentiate(self.plan))

    def machine(self, which: str, dtype: torch.dtype) -> Machine:
        """The machine code of a program: `"inference"`, `"forward"` or `"backward"`."""
        bits = 32 if dtype == torch.float32 else 64
        key = (which, bits)
        if key not in self._machines:
            program = self.inference if which == "inference" else getattr(self.training, which)
            self._machines[key] = compile_program(program, host(), bits)
        return self._machines[key]


def run_machine(
    machine: Machine,
    course: Course,
    edges: Sequence[Tensor | None],
    arrays: Sequence[Tensor],
    rings: Sequence[int],
    parameters: dict[int, Tensor],
    like: Tensor,
) -> None:
    """Run a kernel over all rows, on as many threads as PyTorch uses and the work is worth.

    Args:
        machine: The kernel.
        course: How the batch runs through time.
        edges: The arrays of the tables, and those that collect, in the signature's order.
        arrays: The time arrays.
        rings: A mask for the time index of each.
        parameters: The tensor of each parameter, by the identity of its value.
        like: Gives the dtype.
    """
    program = machine.program
    shared = [parameters[id(value)].contiguous() for value in program.shared]
    packed = [_pack(machine, parameters[id(value)], transposed) for value, transposed in program.schedule.weights]
    order, counts, last = course.order, course.counts, course.last
    tensors = [order, counts, last, course.reset, *edges, *arrays, *shared, *packed]
    pointers = (ctypes.c_void_p * len(tensors))(*[None if t is None else t.data_ptr() for t in tensors])
    masks = (ctypes.c_int64 * max(len(rings), 1))(*rings)
    work = course.time * course.batch * max(machine.scratch, sum(p.numel() for p in packed), 1)
    threads = max(1, min(torch.get_num_threads(), course.batch, work // _WORTH_A_THREAD))
    bounds = [course.batch * i // threads for i in range(threads + 1)]
    tables = max(len(program.signature.tables), 1)

    def part(i: int) -> None:
        rows = bounds[i + 1] - bounds[i]
        table = torch.empty(tables * rows, dtype=torch.int64)
        scratch = torch.empty(rows * machine.scratch + 16, dtype=like.dtype)
        machine.run(
            bounds[i], bounds[i + 1], course.time, course.batch, int(course.reverse),
            pointers, masks, table.data_ptr(), scratch.data_ptr(),
        )  # fmt: skip

    if threads == 1:
        part(0)
    else:
        list(_pool(os.getpid(), threads).map(part, range(threads)))


@lru_cache(maxsize=4)
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    """Threads of this process: after a fork the child makes its own."""
    return ThreadPoolExecutor(threads, thread_name_prefix="elman")


def _pack(machine: Machine, weight: Tensor, transposed: bool) -> Tensor:
    """A matrix in panels."""
    if transposed:
        weight = weight.T
    k, n = weight.shape
    panels = -(-n // machine.width)
    packed = torch.empty(panels * k * machine.width, dtype=weight.dtype)
    machine.pack(packed.data_ptr(), weight.data_ptr(), k, n, weight.stride(0), weight.stride(1))
    return packed


@dataclass
class Result:
    """What a run of the core leaves.

    Args:
        exports: Each export, `(time, batch, *shape)`.
        last: The state after the last step of each row.
        states: The state after each step, `(time, batch, *shape)`.
        saved: What was kept of every step.
    """

    exports: list[Tensor]
    last: list[Tensor]
    states: list[Tensor]
    saved: list[Tensor]


def forward(
    core: Core, which: str, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor],
    initial: Sequence[Tensor], parameters: Sequence[Tensor], whole_states: bool,
) -> Result:  # fmt: skip
    """Run the core over a sequence, without autograd."""
    plan = core.plan
    like = sequences[0] if sequences else state[0]
    machine = core.machine(which, like.dtype)
    program = machine.program
    known = {id(value): tensor for value, tensor in zip(plan.sequences, sequences, strict=True)}
    exported = {id(value) for value in plan.exports}
    slots = {table.index: i for i, table in enumerate(program.signature.tables)}
    arrays, rings = [], []
    for i, value in enumerate(program.times):
        if id(value) in known:
            arrays.append(known[id(value)])
            rings.append(-1)
            continue
        ring = i in slots and not whole_states and id(value) not in exported
        shape = (2 if ring else course.time, course.batch, *value.shape)
        make = torch.empty if course.lengths is None or ring else torch.zeros
        arrays.append(make(shape, dtype=like.dtype))
        rings.append(1 if ring else -1)
    edges = [tensor.contiguous() for pair in zip(state, initial, strict=True) for tensor in pair]
    run_machine(machine, course, edges, arrays, rings, _by_value(plan, parameters), like)

    places = {id(value): i for i, value in enumerate(program.times)}
    states = [arrays[table.index] for table in program.signature.tables]
    last = [
        _last(course, arrays[table.index], rings[table.index], before)
        for table, before in zip(program.signature.tables, state, strict=True)
    ]
    exports = []
    for value in plan.exports:
        index = places.get(id(value))
        if index is None:
            index = next(i for i, one in enumerate(program.times) if one.op == "slot" and one.inputs[0] is value)
        exports.append(arrays[index])
    saved = [arrays[places[id(value)]] for value in core.training.saved] if which == "forward" else []
    return Result(exports, last, states, saved)


def _by_value(plan: Plan, parameters: Sequence[Tensor]) -> dict[int, Tensor]:
    return {id(value): tensor for value, tensor in zip(plan.parameters, parameters, strict=True)}


def _last(course: Course, states: Tensor, ring: int, before: Tensor) -> Tensor:
    """The state after the last step of each row."""
    if course.lengths is None:
        return states[0 if course.reverse else (course.time - 1) & ring].clone()
    final = torch.zeros_like(course.lengths) if course.reverse else (course.lengths - 1).clamp(min=0)
    found = states[final & ring, torch.arange(course.batch)]
    empty = (course.lengths == 0).view(-1, *[1] * (found.ndim - 1))
    return torch.where(empty, before, found)


def before_each_step(course: Course, states: Tensor, state: Tensor, initial: Tensor) -> Tensor:
    """The state that each step began with, `(time, batch, ...)`, from those that steps left."""
    if course.reverse:
        previous = torch.cat([states[1:], state[None]])
        if course.lengths is not None:
            rows = torch.arange(course.batch)[course.lengths > 0]
            previous[course.lengths[rows] - 1, rows] = state[rows]
    else:
        previous = torch.cat([state[None], states[:-1]])
    if course.reset is not None:
        marks = course.reset.bool().view(course.time, course.batch, *[1] * (state.ndim - 1))
        previous = torch.where(marks, initial, previous)
    return previous


def backward(
    core: Core, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor], initial: Sequence[Tensor],
    parameters: Sequence[Tensor], result: Result, of_exports: Sequence[Tensor], of_last: Sequence[Tensor],
    needed: tuple[Sequence[bool], Sequence[bool]],
) -> tuple[list[Tensor | None], list[Tensor], list[Tensor | None], list[Tensor | None]]:  # fmt: skip
    """The gradients of sequences, state, initial state and parameters; `needed` says of which sequences
    and parameters."""
    plan, training = core.plan, core.training
    gradient = training.gradient
    like = sequences[0] if sequences else state[0]
    machine = core.machine("backward", like.dtype)
    program = machine.program
    known: dict[int, Any] = {}
    for value, tensor in zip((*plan.sequences, *training.saved), (*sequences, *result.saved), strict=True):
        known[id(value)] = tensor
    for value, tensor in zip(gradient.of_exports, of_exports, strict=True):
        known[id(value)] = tensor.contiguous()
    states_at = {table.index: i for i, table in enumerate(program.signature.tables) if table.kind == "state"}
    arrays = []
    for i, value in enumerate(program.times):
        if i in states_at:
            arrays.append(result.states[states_at[i]])
        elif id(value) in known:
            arrays.append(known[id(value)])
        else:
            make = torch.empty if course.lengths is None else torch.zeros
            arrays.append(make((course.time, course.batch, *value.shape), dtype=like.dtype))
            known[id(value)] = arrays[-1]
    edges: list[Tensor | None] = [tensor.contiguous() for pair in zip(state, initial, strict=True) for tensor in pair]
    of_state = [torch.zeros(tensor.shape, dtype=like.dtype) for tensor in state]
    resets = course.reset is not None  # without them no row goes back to the initial state
    of_initial = [torch.zeros_like(tensor) if resets else None for tensor in of_state]
    for given in of_last:
        edges += [given.contiguous(), torch.zeros_like(given) if resets else None]
    edges += [tensor for pair in zip(of_state, of_initial, strict=True) for tensor in pair]
    by_value = _by_value(plan, parameters)
    run_machine(machine, course, edges, arrays, [-1] * len(arrays), by_value, like)
    if course.lengths is not None:  # a row without a step hands its gradient on
        empty = course.lengths == 0
        for tensor, given in zip(of_state, of_last, strict=True):
            tensor[empty] = given[empty]

    for value, states, first, anew in zip(plan.captured.states, result.states, state, initial, strict=True):
        known[id(value)] = _Lazy(course, states, first, anew)
    for value, states in zip(plan.captured.new_states, result.states, strict=True):
        known.setdefault(id(value), states)
    shares: dict[Any, Tensor] = {}
    of_parameters = [
        _of_parameter(tensor, parts, known, shares) if wanted else None
        for tensor, parts, wanted in zip(parameters, gradient.parameters, needed[1], strict=True)
    ]
    of_sequences = [
        _of_sequence(value, None if g is None else known[id(g)], gradient.products, known, by_value) if wanted else None
        for value, g, wanted in zip(plan.sequences, gradient.sequences, needed[0], strict=True)
    ]
    return of_sequences, of_state, of_initial, of_parameters


def _of_sequence(
    sequence: Value, direct: Tensor | None, products: Sequence[InputProduct], known: dict[int, Any], weights: dict
) -> Tensor | None:
    total = direct
    for product in products:
        if product.sequence is sequence:
            weight = weights[id(product.weight)]
            share = known[id(product.gradient)] @ (weight if product.transposed else weight.T)
            total = share if total is None else total + share
    return total


class _Lazy:
    """The states before each step, put together only if a product needs them."""

    def __init__(self, *arguments) -> None:
        self.arguments = arguments

    @cached_property
    def tensor(self) -> Tensor:
        return before_each_step(*self.arguments)


def _of_parameter(
    parameter: Tensor, parts: Sequence[Product | Sum], known: dict[int, Any], shares: dict[Any, Tensor]
) -> Tensor:
    """The gradient of a parameter; what another has a share of too, as two biases that are added, is computed once."""
    total: Tensor | None = None
    for part in parts:
        key = (id(part.left), id(part.right), part.transposed) if isinstance(part, Product) else id(part.value)
        if key not in shares:
            shares[key] = _share(part, known)
        total = shares[key] if total is None else total + shares[key]
    return torch.zeros_like(parameter) if total is None else total


def _share(part: Product | Sum, known: dict[int, Any]) -> Tensor:
    if not isinstance(part, Product):
        return known[id(part.value)].sum(dim=(0, 1))
    left = known[id(part.left)]
    left = left.tensor if isinstance(left, _Lazy) else left
    left, right = left.flatten(0, -2), known[id(part.right)].flatten(0, -2)
    return right.T @ left if part.transposed else left.T @ right


def reference(
    plan: Plan, course: Course, sequences: Sequence[Tensor], state: Sequence[Tensor], initial: Sequence[Tensor],
    parameters: Sequence[Tensor],
) -> tuple[list[Tensor], list[Tensor]]:  # fmt: skip
    """The core as a loop in PyTorch, differentiable any number of times: exports and last state."""
    steps = reversed(range(course.time)) if course.reverse else range(course.time)
    rows = torch.arange(course.batch)
    exports: dict[int, list[Tensor]] = {}
    for t in steps:
        if course.lengths is not None:
            rows = (course.lengths > t).nonzero()[:, 0]
        before = [part[rows] for part in state]
        if course.reset is not None:
            marks = course.reset[t, rows].bool()
            before = [
                torch.where(marks.view(-1, *[1] * (old.ndim - 1)), new[rows], old)
                for new, old in zip(initial, before, strict=True)
            ]
        known = Environment(state[0])
        leaves: list[tuple[Value, Tensor]] = [
            *zip(plan.parameters, parameters, strict=True),
            *((value, tensor[t, rows]) for value, tensor in zip(plan.sequences, sequences, strict=True)),
            *zip(plan.captured.states, before, strict=True),
        ]
        for value, tensor in leaves:
            known.set(value, tensor)
        values = known.get_all([*plan.captured.new_states, *plan.exports])
        after, made = values[: len(state)], values[len(state) :]
        state = [old.index_copy(0, rows, new) for old, new in zip(state, after, strict=True)]
        exports[t] = [one.new_zeros(course.batch, *one.shape[1:]).index_copy(0, rows, one) for one in made]
    return [torch.stack([exports[t][i] for t in range(course.time)]) for i in range(len(plan.exports))], list(state)
