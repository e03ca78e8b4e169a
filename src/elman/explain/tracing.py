"""The function `elman.trace`."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from elman.errors import ArgumentError
from elman.explain.calling import Call, make_call
from elman.explain.recording import Recorder
from elman.explain.selection import Selection
from elman.explain.trace_of import Trace
from elman.models.evaluating import evaluating

Loss = Callable[[Any, Any], Tensor]


def trace(
    module: Any,
    input: Any,
    state: Any = None,
    *,
    lengths: Tensor | Sequence[int] | None = None,
    reset: Tensor | None = None,
    reverse: bool = False,
    targets: Any = None,
    loss: Loss | None = None,
    names: Sequence[str] | None = None,
    every: int | None = None,
    rows: Sequence[int] | int | None = None,
) -> Trace:
    """See what happens inside a network: every state and every tapped value at every time instance.

    The sequence runs through the fast engine as ever; then each cell's `step` is called once more, with all time
    instances as one batch beside the states that they began with, and its taps are read. The module is in evaluation
    mode meanwhile. A cell that draws random numbers inside `step` draws others there.

    Args:
        module: A cell; a `Recurrent`, one of `elman.nn` or `torch.nn` (of which a copy is traced, with Elman's twins);
            a model; or any module that has such inside. Of a cell that a module steps in a loop of its own nothing is
            seen: unfold it by `elman.unfold`.
        input: What the module's `forward` takes; a tuple for several positional arguments, the sequence first.
        state: The state before the first step, if the module takes one.
        lengths: Steps of each row, if the module takes them.
        reset: `(time, batch)` booleans: where a row starts anew, if the module takes them.
        reverse: Read backwards; for a cell.
        targets: What the output should be.
        loss: A function of the output and the targets that returns one number; by default the model's own loss.
            With it the trace has the gradients of that loss.
        names: Keep only these of the values, by name or abbreviation.
        every: Keep each so-manieth time step only.
        rows: Keep only these rows of the batch. Nothing is computed for the others but the unfolding.

    Returns:
        A `Trace`.

    Raises:
        ArgumentError: An argument does not fit, or nothing was unfolded inside the module.

    Example:
        >>> import torch, elman
        >>> seen = elman.trace(elman.GRU(3, 5), torch.randn(7, 2, 3))
        >>> list(seen.taps), seen["reset"].shape
        (['reset_gate', 'candidate', 'update_gate', 'h'], torch.Size([7, 2, 5]))
        >>> layer = elman.Recurrent("lstm", 3, 5, num_layers=2)
        >>> seen = elman.trace(layer, torch.randn(7, 2, 3), loss=lambda output, _: output[-1].square().sum())
        >>> seen["layer2.forward.forget_gate"].shape, seen.gradients["layer1.forward.c"].shape
        (torch.Size([7, 2, 5]), torch.Size([7, 2]))
    """
    keep = Selection.of(names, every, rows)
    call = make_call(module, input, state, lengths=lengths, reset=reset, reverse=reverse)
    asked = loss is not None or targets is not None
    recorder = Recorder(call.module, keep, with_gradients=asked)
    with evaluating(call.module), torch.set_grad_enabled(asked):
        return _with_gradients(call, recorder, keep, loss, targets) if asked else _plain(call, recorder, keep)


def _plain(call: Call, recorder: Recorder, keep: Selection) -> Trace:
    with recorder.at_work():
        returned = call()
    return Trace.of(_seen(call, recorder), recorder.records, keep, *_parted(returned))


def _with_gradients(call: Call, recorder: Recorder, keep: Selection, loss: Loss | None, targets: Any) -> Trace:
    first = call.inputs[0]
    leaf = isinstance(first, Tensor) and first.is_floating_point()
    read = first.detach().clone().requires_grad_() if leaf else first
    with recorder.at_work():
        value = None if loss is not None else call.loss(read, targets)
        returned = call(read) if value is None else recorder.output
    output, last = _parted(returned)
    call = _seen(call, recorder)
    if value is None:
        assert loss is not None
        value = loss(output, targets)
    if not isinstance(value, Tensor) or value.numel() != 1:
        came = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
        raise ArgumentError(f"the loss returned {came}; expected a tensor of one number, as .mean() gives")
    if not value.requires_grad:
        raise ArgumentError("the loss does not depend on the output of the module; compute it from its first argument")
    of_input = recorder.gradients(value.sum(), read if leaf else None)
    return Trace.of(call, recorder.records, keep, output, last, loss=float(value.detach()), of_input=of_input)


def _parted(returned: Any) -> tuple[Any, Any]:
    """The output and the state that a module returned."""
    if type(returned) is tuple and len(returned) == 2:
        return returned
    return returned, None


def _seen(call: Call, recorder: Recorder) -> Call:
    if not recorder.records:
        raise ArgumentError(
            f"nothing was unfolded inside {type(call.module).__name__}: it has no recurrent layer, or steps a cell "
            f"in a loop of its own, or is on CUDA, where torch.nn computes. Use elman.unfold, on the CPU"
        )
    recorder.name_records()
    return call.seen(*recorder.shapes[0])
