"""`unfold` as one operation of PyTorch's own, for `torch.compile` and `torch.export`.

Neither can look into machine code, and neither has to: what they see is `elman::unfold`, from the input, the state and
the parameters to the output, the last state and what its gradient needs, and `elman::unfold_backward` behind it.

An operation takes tensors and plain values, but no cell. A cell goes by a name that finds it again in this process.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from elman.cells import Cell, State
from elman.cells.number import numbered
from elman.errors import EngineError
from elman.unfold import draws
from elman.unfold.border import make_request
from elman.unfold.engines import run
from elman.unfold.request import Refused, Request, Unfolded
from elman.unfold.transforms import transform_at_work
from elman.unfold.twin import twin


class Reference(NamedTuple):
    """What stands for a cell while a program is compiled.

    Args:
        name: `"cell NUMBER"`, or a kind given to `add_kind` and its arguments.
        tensors: The cell's parameters and buffers, in their order.
        parts: The number of parts of its state.
    """

    name: str
    tensors: list[Tensor]
    parts: int


_kinds: dict[str, Callable[..., Cell]] = {}


def add_kind(kind: str, find: Callable[..., Cell]) -> None:
    """Let names that begin with `kind` stand for the cell that `find` gives for the words behind it."""
    _kinds[kind] = find


def has_to_be_looked_into(cell: Cell | Reference) -> bool:
    """Whether a single operation will not do: a transform of PyTorch's in the program looks into each operation."""
    return isinstance(cell, Cell) and transform_at_work() is not None


def unfold(
    cell: Cell | Reference,
    input: Tensor,
    state: State | None,
    lengths: Tensor | Sequence[int] | None,
    reset: Tensor | None,
    reverse: bool,
    return_states: bool,
    memory: str,
    engine: str,
) -> Unfolded:
    """`elman.unfold` as a single operation.

    Raises:
        EngineError: Within a transform of PyTorch's.
    """
    transform = transform_at_work()
    if transform is not None:
        raise EngineError(f"within torch.compile, elman.unfold is one operation, and {transform}")
    if isinstance(cell, Cell):
        tensors = [*cell.parameters(), *cell.buffers()]
        cell = Reference(f"cell {cell._number}", tensors, len(cell.state_shapes))
    if lengths is not None and not isinstance(lengths, Tensor):
        lengths = torch.tensor(lengths)
    first = [] if state is None else list(state)
    keeps = torch.is_grad_enabled() and any(one.requires_grad for one in (input, *cell.tensors, *first))
    found = _unfold(
        cell.name, input, cell.tensors, first, lengths, reset, reverse, return_states, memory, engine, keeps
    )
    states = tuple(found[1 + cell.parts : 1 + 2 * cell.parts]) if return_states else None
    return Unfolded(found[0], tuple(found[1 : 1 + cell.parts]), states)


@torch.library.custom_op("elman::unfold", mutates_args=())
def _unfold(
    name: str,
    input: Tensor,
    tensors: Sequence[Tensor],
    state: Sequence[Tensor],
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool,
    return_states: bool,
    memory: str,
    engine: str,
    keeps: bool,
) -> list[Tensor]:
    """Output, last state, states if asked for, and what the gradient needs."""
    drawn = draws.before(input) if keeps and _find(name).training else []
    request = _request(name, input, tensors, state, lengths, reset, reverse, return_states, memory)
    kept: list[Tensor] = []
    try:
        if engine == "loop" or not keeps:
            raise Refused
        from elman.unfold.compiled.engine import keeping

        found, kept = keeping(request)
    except Refused:
        with torch.no_grad():
            found = run(engine, request)
    taken = {one.untyped_storage().data_ptr() for one in (input, *tensors, *state)}
    parts = []
    for one in (found.output, *found.state, *(found.states or ())):  # no two may share memory, nor with what came in
        storage = one.untyped_storage().data_ptr()
        parts.append(one.clone() if storage in taken else one)
        taken.add(storage)
    return parts + kept + drawn


@_unfold.register_fake
def _(
    name, input, tensors, state, lengths, reset, reverse, return_states, memory, engine, keeps
):  # fmt: skip
    cell = _find(name)
    time, batch = input.shape[:2]
    own = [*cell.parameters(), *cell.buffers()]
    sizes = [(one.shape, one.dtype, one.device) for one in tensors]

    def look() -> tuple[list[torch.dtype], list[tuple[int, ...]]]:
        """The dtypes of the state, and the shapes of what is kept for two steps of three rows."""
        x = torch.zeros(time if isinstance(time, int) else 2, batch if isinstance(batch, int) else 3, cell.input_size,
                        dtype=input.dtype, device=input.device)  # fmt: skip
        new = {
            id(one): torch.zeros(n, dtype=t, device=d) for one, (n, t, d) in zip(own, sizes, strict=True) if one.is_meta
        }
        request = make_request(twin(cell, new), x, None, None, None, reverse, return_states, memory)
        dtypes = [part.dtype for part in request.initial]
        if not keeps:
            return dtypes, []
        from elman.unfold.compiled.engine import shapes_kept

        try:
            return dtypes, shapes_kept(request)
        except Refused:
            return dtypes, []

    dtypes, kept = _in_a_thread_of_its_own(look)
    output = [input.new_empty(time, batch, cell.output_size)]
    for_each = list(zip(cell.state_shapes.values(), dtypes, strict=True))
    last = [input.new_empty(batch, *shape, dtype=dtype) for shape, dtype in for_each]
    states = [input.new_empty(time, batch, *shape, dtype=dtype) for shape, dtype in for_each if return_states]
    steps = [time if memory == "save" or i < len(kept) - len(last) else shape[0] for i, shape in enumerate(kept)]
    between = [input.new_empty(n, batch, *shape[2:]) for n, shape in zip(steps, kept, strict=True)]
    return output + last + states + between + (draws.blank(input) if keeps and cell.training else [])


@torch.library.custom_op("elman::unfold_backward", mutates_args=())
def _backward(
    name: str,
    input: Tensor,
    tensors: Sequence[Tensor],
    state: Sequence[Tensor],
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool,
    return_states: bool,
    memory: str,
    engine: str,
    kept: Sequence[Tensor],
    gradients: Sequence[Tensor | None],
    needed: Sequence[bool],
) -> list[Tensor]:
    """The gradient of each of input, tensors and state that is needed."""

    values, drawn = draws.divided(kept)

    def run_back() -> list[Tensor]:
        leaves = [
            one.detach().requires_grad_(want) for one, want in zip((input, *tensors, *state), needed, strict=True)
        ]
        x, own, first = leaves[0], leaves[1 : 1 + len(tensors)], leaves[1 + len(tensors) :]
        with draws.again(drawn, input):
            request = _request(name, x, own, first, lengths, reset, reverse, return_states, memory)
            if values:
                from elman.unfold.compiled.engine import replayed

                found = replayed(request, values)
            else:
                found = run(engine, request)
        outputs = (found.output, *found.state, *(found.states or ()))
        pairs = [(y, g) for y, g in zip(outputs, gradients, strict=True) if g is not None and y.requires_grad]
        wanted = [one for one in leaves if one.requires_grad]
        results = torch.autograd.grad(
            [y for y, _ in pairs], wanted, [g for _, g in pairs], allow_unused=True, materialize_grads=True
        )
        return [one.clone() for one in results]

    return _in_a_thread_of_its_own(run_back)


@_backward.register_fake
def _(
    name, input, tensors, state, lengths, reset, reverse, return_states, memory, engine, kept, gradients, needed
):  # fmt: skip
    return [torch.empty_like(one) for one, want in zip((input, *tensors, *state), needed, strict=True) if want]


def _remember(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    name, input, tensors, state, lengths, reset, reverse, return_states, memory, engine, _ = inputs
    parts = len(_find(name).state_shapes)
    outputs = 1 + parts * (2 if return_states else 1)
    optional = [one for one in (lengths, reset) if one is not None]
    ctx.save_for_backward(input, *tensors, *state, *output[outputs:], *optional)
    ctx.counts = (len(tensors), len(state), len(output) - outputs, outputs)
    ctx.optional = (lengths is not None, reset is not None)
    ctx.rest = (name, reverse, return_states, memory, engine)
    ctx.needed = [one.requires_grad for one in (input, *tensors, *state)]


def _differentiate(ctx: Any, gradients: list[Tensor | None]) -> tuple[Any, ...]:
    name, reverse, return_states, memory, engine = ctx.rest
    tensors, state, kept, outputs = ctx.counts
    saved = iter(ctx.saved_tensors)
    input, *rest = (next(saved) for _ in range(1 + tensors + state))
    values = [next(saved) for _ in range(kept)]
    lengths, reset = (next(saved) if there else None for there in ctx.optional)
    found = iter(
        _backward(
            name, input, rest[:tensors], rest[tensors:], lengths, reset, reverse, return_states, memory, engine,
            values, list(gradients[:outputs]), ctx.needed,
        )
    )  # fmt: skip
    each = [next(found) if want else None for want in ctx.needed]
    return None, each[0], each[1 : 1 + tensors], each[1 + tensors :], *[None] * 7


_unfold.register_autograd(_differentiate, setup_context=_remember)


def _request(name: str, input: Tensor, tensors: Sequence[Tensor], state: Sequence[Tensor], *rest: Any) -> Request:
    cell = _find(name)
    originals = [*cell.parameters(), *cell.buffers()]
    if len(originals) != len(tensors):
        raise EngineError(
            f"the {type(cell).__name__} had {len(tensors)} parameters and buffers when the program was compiled, and "
            f"has {len(originals)}; compile it again"
        )
    bound = twin(cell, {id(one): new for one, new in zip(originals, tensors, strict=True)})
    return make_request(bound, input, tuple(state) or None, *rest)


def _find(name: str) -> Cell:
    kind, *words = name.split()
    cell = numbered(int(words[0])) if kind == "cell" else _kinds[kind](*words)
    if cell is None:
        raise EngineError(
            "the cell that this program was compiled with is gone: keep the model as long as the program, and compile "
            "or export it again in a new process"
        )
    return cell


def _in_a_thread_of_its_own(function: Callable[[], Any]) -> Any:
    """What `function` returns, away from this thread's autograd and tracing, which an operation runs below."""
    return _pool(os.getpid()).submit(function).result()


@lru_cache(maxsize=2)
def _pool(process: int) -> ThreadPoolExecutor:
    """Threads of this process: after a fork the child makes its own."""
    return ThreadPoolExecutor(8, thread_name_prefix="elman-operation")
