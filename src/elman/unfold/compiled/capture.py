"""From a cell's `step` to a graph: PyTorch traces it once, with a batch whose size is a symbol."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.experimental.proxy_tensor import make_fx

from elman.cells import Cell, State, reading_taps
from elman.unfold.compiled.aten.call import NotCapturable
from elman.unfold.compiled.graph import Graph, Value
from elman.unfold.compiled.outside import ROWS
from elman.unfold.compiled.translate import Translation


@dataclass(frozen=True)
class Captured:
    """A step as a graph.

    Args:
        graph: Where all the values were made.
        tensors: Name, within the cell, and value of each parameter and buffer that the step reads.
        constants: Tensors that the step carries in itself, and their values.
        input: The input of one time instance.
        states: The parts of the state before the step.
        output: The output of the step.
        new_states: The parts of the state after the step.
        taps: Name and value of each tap, where they were asked for.
    """

    graph: Graph
    tensors: tuple[tuple[str, Value], ...]
    constants: tuple[tuple[Tensor, Value], ...]
    input: Value
    states: tuple[Value, ...]
    output: Value
    new_states: tuple[Value, ...]
    taps: tuple[tuple[str, Value], ...] = ()


def capture(cell: Cell, x: Tensor, state: State, *, taps: bool = False) -> Captured:
    """Read `cell.step` once.

    Args:
        cell: The cell; it may be without values, on the meta device.
        x: An example of an input, `(batch, input_size)`, of the dtype and the device that it will have.
        state: An example of a state.
        taps: Whether the values that the step taps are wanted too.

    Raises:
        NotCapturable: If `step` depends on the values or the size of the batch, or PyTorch cannot trace it.
    """
    names: dict[int, str] = {}
    tapped: list[str] | None = [] if taps else None
    traced = _trace(_aside(cell, names), x, state, tapped)
    names |= {id(tensor): name for name, tensor in (*cell.named_parameters(), *cell.named_buffers())}
    return _translate(traced, names, len(state), tapped or [])


def _trace(cell: Cell, x: Tensor, state: State, tapped: list[str] | None) -> fx.GraphModule:
    """The operations of a step, of which the first make what it is given, input and state.

    The batch size is the size of `rows`; input and state are made of it inside, so that it is the only symbol. They
    are returned too, so that they are there even if the step does not read them. So are the taps, whose names are put
    into `tapped`, if they are wanted.
    """

    def step(rows: Tensor) -> tuple[Tensor, ...]:
        batch = rows.shape[0]
        given = [rows.new_empty((batch, *part.shape[1:]), dtype=part.dtype) for part in (x, *state)]
        if tapped is None:
            output, new = cell.step(given[0], tuple(given[1:]))
            return (output, *new, *given)
        with reading_taps() as found:
            output, new = cell.step(given[0], tuple(given[1:]))
        tapped[:] = found
        return (output, *new, *found.values(), *given)

    try:
        with _by_itself(x.device.type):
            traced = make_fx(step, tracing_mode="symbolic", pre_dispatch=True, _allow_non_fake_inputs=True)(
                x.new_empty(x.shape[0])
            )
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise NotCapturable(
            f"PyTorch cannot trace the step ({type(error).__name__}: {reason[0] if reason else ''}). A step computes "
            "with tensors alone: no branch on a value, no .item(), no use of the batch size as a number"
        ) from error
    if traced.shape_env.guards:  # pyright: ignore
        raise NotCapturable("the step does one thing for some batch sizes and another for others")
    return traced


@contextmanager
def _by_itself(device: str) -> Iterator[None]:
    """Trace as if nothing were around: no autocast, no mode without gradients. What is logged where the trace fails is
    in the exception too, and the loop takes over."""
    from torch._dynamo import config  # a second of imports, which the trace needs too

    loggers = [logging.getLogger(f"torch.{name}") for name in ("fx.experimental.symbolic_shapes", "_subclasses")]
    levels = [logger.level for logger in loggers]
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(torch.autocast(device, enabled=False))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        if hasattr(config, "fake_tensor_cache_enabled"):  # for what is traced once, remembering costs a third of it
            stack.enter_context(config.patch(fake_tensor_cache_enabled=False))
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.setLevel(logging.CRITICAL)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _aside(module: Any, names: dict[int, str], prefix: str = "") -> Any:
    """The module with tensors of its own, on the same memory, and their `names`, by `id`: so that two names of one
    tensor are told apart, which need not be one in another cell of the same program."""
    twin = object.__new__(type(module))
    twin.__dict__.update(module.__dict__)
    for group in ("_parameters", "_buffers"):
        own = twin.__dict__[group] = dict(module.__dict__[group])
        for name, tensor in own.items():
            if tensor is not None:
                own[name] = nn.Parameter(tensor.detach(), requires_grad=False)
                names[id(own[name])] = prefix + name
    within = module.__dict__["_modules"]
    twin.__dict__["_modules"] = {
        name: None if one is None else _aside(one, names, f"{prefix}{name}.") for name, one in within.items()
    }
    return twin


def _translate(traced: fx.GraphModule, names: dict[int, str], parts: int, tapped: Sequence[str]) -> Captured:
    graph = Graph()
    rows, *operations, end = traced.graph.nodes
    returned: Any = end.args[0]
    results = returned[: parts + 1 + len(tapped)]
    given = [node for node in operations if node.target is torch.ops.aten.new_empty.default][: parts + 1]
    shapes = [tuple(int(n) for n in node.meta["val"].shape[1:]) for node in given]
    leaves = [
        graph.make("state" if i else "input", (), shape, batched=True, attributes=(i,))
        for i, shape in enumerate(shapes)
    ]
    walk = Translation(graph, leaves[0], given[0].meta["val"])
    walk.known |= dict(zip(given, leaves, strict=True)) | {rows: ROWS}
    tensors: list[tuple[str, Value]] = []
    constants: list[tuple[Tensor, Value]] = []
    for node in operations:
        if node.op == "get_attr":
            tensor = getattr(traced, str(node.target))
            name = names.get(id(tensor))
            value = walk.leaf(node, f"constant {node.target}" if name is None else name)
            if name is None:
                constants.append((tensor, value))
            else:
                tensors.append((name, value))
        elif node.op == "call_function" and node not in given:
            walk.translate(node)
    output, *new = (walk.result(node) for node in results)
    return Captured(
        graph,
        tuple(tensors),
        tuple(constants),
        leaves[0],
        tuple(leaves[1:]),
        output,
        tuple(new[:parts]),
        tuple(zip(tapped, new[parts:], strict=True)),
    )
