"""The cells of `torch.nn`, one step at a time, through Elman's equations."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from elman.cells import GRU, LSTM, Cell, Elman, State
from elman.layers.bind import bind

_DTYPES = (torch.float32, torch.float64)


class RNNCell(nn.RNNCell):
    """`torch.nn.RNNCell` by the equations of `elman.Elman`: the same arguments, state-dict keys and numbers.

    A single step has nothing to unfold, so nothing is gained in speed: to be fast, give the whole sequence to
    `elman.nn.RNN`. What Elman's step does not take (CUDA, half precision, a wrong shape) goes to `torch.nn`.

    Example:
        >>> import torch, elman
        >>> elman.nn.RNNCell(3, 5)(torch.randn(2, 3)).shape
        torch.Size([2, 5])
    """

    def forward(self, input: Any, hx: Any = None) -> Any:
        # torch.nn refuses another nonlinearity when it is called, and so it can be set to one.
        known = self.nonlinearity in ("tanh", "relu")
        if not (known and _takes(self, input, () if hx is None else (hx,))):
            return super().forward(input, hx)
        pattern = _pattern(Elman, self.input_size, self.hidden_size, self.nonlinearity, self.bias_ih is not None)
        return _step(self, pattern, input, None if hx is None else (hx,))[0]


class LSTMCell(nn.LSTMCell):
    """`torch.nn.LSTMCell` by the equations of `elman.LSTM`: the same arguments, state-dict keys and numbers.

    A single step has nothing to unfold, so nothing is gained in speed: to be fast, give the whole sequence to
    `elman.nn.LSTM`. What Elman's step does not take (CUDA, half precision, a wrong shape) goes to `torch.nn`.

    Example:
        >>> import torch, elman
        >>> h, c = elman.nn.LSTMCell(3, 5)(torch.randn(2, 3))
        >>> h.shape, c.shape
        (torch.Size([2, 5]), torch.Size([2, 5]))
    """

    def forward(self, input: Any, hx: Any = None) -> Any:
        if not (hx is None or len(hx) == 2) or not _takes(self, input, hx or ()):
            return super().forward(input, hx)
        pattern = _pattern(LSTM, self.input_size, self.hidden_size, self.bias_ih is not None)
        return _step(self, pattern, input, hx)


class GRUCell(nn.GRUCell):
    """`torch.nn.GRUCell` by the equations of `elman.GRU`: the same arguments, state-dict keys and numbers.

    A single step has nothing to unfold, so nothing is gained in speed: to be fast, give the whole sequence to
    `elman.nn.GRU`. What Elman's step does not take (CUDA, half precision, a wrong shape) goes to `torch.nn`.

    Example:
        >>> import torch, elman
        >>> elman.nn.GRUCell(3, 5)(torch.randn(2, 3)).shape
        torch.Size([2, 5])
    """

    def forward(self, input: Any, hx: Any = None) -> Any:
        if not _takes(self, input, () if hx is None else (hx,)):
            return super().forward(input, hx)
        pattern = _pattern(GRU, self.input_size, self.hidden_size, self.bias_ih is not None)
        return _step(self, pattern, input, None if hx is None else (hx,))[0]


def _takes(module: nn.RNNCellBase, input: Tensor, state: Sequence[Tensor]) -> bool:
    """Whether Elman's step computes this; `torch.nn` refuses the rest in its own words, or runs it."""
    rows = input.shape[:-1]
    return (
        input.dim() in (1, 2)
        and input.shape[-1] == module.input_size
        and all(part.shape == (*rows, module.hidden_size) for part in state)
        and input.dtype in _DTYPES
        and all(
            tensor.dtype == input.dtype and tensor.device.type == "cpu"
            for tensor in (input, *state, module.weight_ih, module.weight_hh)
        )
    )


def _step(module: nn.RNNCellBase, pattern: Cell, input: Tensor, state: Sequence[Tensor] | None) -> State:
    cell = bind(pattern, {name: getattr(module, name) for name, _ in pattern.named_parameters()})
    batched = input.dim() == 2
    if state is None:
        zeros = input.new_zeros(*input.shape[:-1], module.hidden_size)
        state = tuple(zeros for _ in cell.state_shapes)
    if batched:
        return cell.step(input, tuple(state))[1]
    _, last = cell.step(input.unsqueeze(0), tuple(part.unsqueeze(0) for part in state))
    return tuple(part.squeeze(0) for part in last)


@lru_cache(maxsize=256)
def _pattern(kind: type[Cell], *arguments: Any) -> Cell:
    """A cell of the right sizes without values, to be bound to parameters."""
    with torch.device("meta"):
        return kind(*arguments)
