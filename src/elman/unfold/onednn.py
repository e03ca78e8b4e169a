"""PyTorch's own LSTM, which is oneDNN's on most processors: one kind of cell, and one case in which it is faster."""

from typing import Any

import torch
from torch import Tensor

from elman.cells import LSTM, Cell
from elman.unfold.request import Refused, Request, Unfolded
from elman.unfold.transforms import transform_at_work

# It shares out the columns of a product between threads, the compiled engine the rows of the batch: of one row there
# is nothing to share. Below these widths, without gradients and with them, the columns are too few for that to pay.
_WORTH_SHARING = {False: 256, True: 512}


def onednn(request: Request) -> Unfolded:
    """Unfold with PyTorch's LSTM: the numbers are those of `loop`, to rounding.

    Raises:
        Refused: If the cell is no plain LSTM in float32 on the processor, if lengths, resets, the states of every
            step, or a gradient with `memory="recompute"` are asked for, or within a transform of PyTorch's.
    """
    reason = _why_not(request)
    if reason is not None:
        raise Refused(f"it runs PyTorch's own LSTM, and {reason}")
    cell: Any = request.cell
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    weights = [one for one in (getattr(cell, name) for name in names) if one is not None]
    input = request.input.flip(0) if request.reverse else request.input
    state = [part.contiguous()[None] for part in request.state]
    output, h, c = torch.lstm(input, state, weights, len(weights) == 4, 1, 0.0, False, False, False)
    return Unfolded(output.flip(0) if request.reverse else output, (h[0], c[0]), None)


def onednn_is_faster(request: Request) -> bool:
    """Whether `auto` hands this request to PyTorch's LSTM: a single wide row, and more than one thread."""
    return (
        type(request.cell) is LSTM
        and request.input.shape[1] == 1
        and request.cell.hidden_size >= _WORTH_SHARING[_with_gradient(request)]
        and torch.get_num_threads() > 1
        and torch.backends.mkldnn.is_available()
        and _why_not(request) is None
    )


def in_one_case(cell: Cell) -> dict[str, str]:
    """For `elman.why`: when `auto` takes this engine for a cell, if ever."""
    if type(cell) is not LSTM or cell.proj_size or cell.hidden_size < _WORTH_SHARING[False]:
        return {}
    when = "" if cell.hidden_size >= _WORTH_SHARING[True] else " without gradients"
    return {"but": f"one row on several threads{when}: PyTorch's own LSTM, which shares out the columns"}


def _with_gradient(request: Request) -> bool:
    tensors = (request.input, *request.state, *request.cell.parameters())
    return torch.is_grad_enabled() and any(one.requires_grad for one in tensors)


def _why_not(request: Request) -> str | None:
    """What PyTorch's LSTM cannot do of a request."""
    cell, input = request.cell, request.input
    if type(cell) is not LSTM or cell.proj_size:
        return f"this is a {type(cell).__name__}" + (" with a projection" if type(cell) is LSTM else "")
    if (cell.bias_ih is None) != (cell.bias_hh is None):
        return "it has one bias of two"
    tensors: list[Tensor] = [input, *request.state, *cell.parameters()]
    if any(one.device.type != "cpu" or one.dtype != torch.float32 for one in tensors):
        return "not all is float32 on the CPU"
    if request.memory == "recompute" and _with_gradient(request):
        return "it keeps what a gradient needs: it does not recompute"
    if torch.is_autocast_enabled("cpu"):
        return "autocast would have it compute in another dtype"
    if request.lengths is not None or request.reset is not None or request.return_states:
        return "it knows no lengths, resets or states of every step"
    return "there is no step to take" if 0 in input.shape[:2] else transform_at_work()
