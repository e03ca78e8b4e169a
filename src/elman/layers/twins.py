"""The recurrent layers of `torch.nn`, run by Elman."""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman.cells import GRU as GRUCell
from elman.cells import LSTM as LSTMCell
from elman.cells import Cell, State
from elman.cells import Elman as ElmanCell
from elman.layers.bind import bind
from elman.layers.packed import pack_like, unpack
from elman.layers.stack import Stack
from elman.unfold.opaque import Reference, add_kind


class RNN(nn.RNN):
    """`torch.nn.RNN`, unfolded by Elman: the same arguments, parameters, state-dict keys, shapes and numbers.

    `engine` and `memory` on the module choose how it unfolds, as in `elman.unfold`. CUDA tensors go to cuDNN through
    `torch.nn.RNN` itself.

    Example:
        >>> import torch, elman
        >>> ours, theirs = elman.nn.RNN(3, 5), torch.nn.RNN(3, 5)
        >>> ours.load_state_dict(theirs.state_dict())
        <All keys matched successfully>
        >>> x = torch.randn(7, 2, 3)
        >>> torch.allclose(ours(x)[0], theirs(x)[0], atol=1e-6)
        True
    """

    engine: str = "auto"
    memory: str = "save"

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(input, hx) if _on_cuda(input) else _forward(self, input, hx)


class LSTM(nn.LSTM):
    """`torch.nn.LSTM`, unfolded by Elman: the same arguments, parameters, state-dict keys, shapes and numbers.

    `engine` and `memory` on the module choose how it unfolds, as in `elman.unfold`. CUDA tensors go to cuDNN through
    `torch.nn.LSTM` itself.

    Example:
        >>> import torch, elman
        >>> output, (h_n, c_n) = elman.nn.LSTM(3, 5, num_layers=2, bidirectional=True)(torch.randn(7, 2, 3))
        >>> output.shape, h_n.shape
        (torch.Size([7, 2, 10]), torch.Size([4, 2, 5]))
    """

    engine: str = "auto"
    memory: str = "save"

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(input, hx) if _on_cuda(input) else _forward(self, input, hx)


class GRU(nn.GRU):
    """`torch.nn.GRU`, unfolded by Elman: the same arguments, parameters, state-dict keys, shapes and numbers.

    `engine` and `memory` on the module choose how it unfolds, as in `elman.unfold`. CUDA tensors go to cuDNN through
    `torch.nn.GRU` itself.

    Example:
        >>> import torch, elman
        >>> output, h_n = elman.nn.GRU(3, 5, batch_first=True)(torch.randn(2, 7, 3))
        >>> output.shape, h_n.shape
        (torch.Size([2, 7, 5]), torch.Size([1, 2, 5]))
    """

    engine: str = "auto"
    memory: str = "save"

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(input, hx) if _on_cuda(input) else _forward(self, input, hx)


Twin = RNN | LSTM | GRU


def _on_cuda(input: Any) -> bool:
    return (input.data if isinstance(input, PackedSequence) else input).is_cuda


def _forward(module: Twin, input: Any, hx: Any) -> Any:
    """`forward` of `torch.nn`, shapes and errors included, over a stack of Elman's cells."""
    if isinstance(input, PackedSequence):
        padded, lengths = unpack(input)
        module.check_input(input.data, input.batch_sizes)
        output, last = _run(module, padded, _states(module, hx, padded, batched=True), lengths)
        return pack_like(output, lengths, input), last

    if input.dim() not in (2, 3):
        raise ValueError(f"{type(module).__name__}: Expected input to be 2D or 3D, got {input.dim()}D instead")
    batched = input.dim() == 3
    if not batched:
        input = input.unsqueeze(1)
    elif module.batch_first:
        input = input.transpose(0, 1)
    module.check_input(input, None)
    if input.shape[0] == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    output, last = _run(module, input, _states(module, hx, input, batched), None)
    if not batched:
        one = tuple(part.squeeze(1) for part in last) if isinstance(module, LSTM) else last.squeeze(1)
        return output.squeeze(1), one
    return output.transpose(0, 1) if module.batch_first else output, last


def _run(module: Twin, input: Tensor, states: list[State] | None, lengths: Tensor | None) -> tuple[Tensor, Any]:
    stack = Stack(layers_of(module), dropout=module.dropout, engine=module.engine, memory=module.memory)
    output, last = stack(input, states, lengths=lengths, training=module.training)
    parts = tuple(part[0][None] if len(part) == 1 else torch.stack(part) for part in zip(*last, strict=True))
    return output, parts if isinstance(module, LSTM) else parts[0]


def _states(module: Twin, hx: Any, input: Tensor, batched: bool) -> list[State] | None:
    """`hx` as a state for each cell; refused with the exceptions of `torch.nn` if its shape is another."""
    if hx is None:
        return None
    parts = hx if isinstance(module, LSTM) else (hx,)
    axes = 3 if batched else 2
    if any(part.dim() != axes for part in parts):
        got = ", ".join(f"{part.dim()}-D" for part in parts)
        kind = "batched 3-D" if batched else "unbatched 2-D"
        raise RuntimeError(f"For {kind} input, the hidden state should also be {axes}-D but got {got}")
    if any(part.dtype != input.dtype for part in parts) and not torch.is_autocast_enabled(input.device.type):
        raise RuntimeError(
            f"the hidden state is {parts[0].dtype} and the input {input.dtype}; use hx.to({input.dtype})"
        )
    if not batched:
        parts = [part.unsqueeze(1) for part in parts]
    cells, batch = module.num_layers * (2 if module.bidirectional else 1), input.shape[1]
    sizes = [module.proj_size or module.hidden_size, module.hidden_size]
    for part, size in zip(parts, sizes, strict=False):
        module.check_hidden_size(part, (cells, batch, size))
    return list(zip(*parts, strict=True))


def layers_of(module: Twin) -> list[list[Any]]:
    """The cells, around the parameters that the module has right now: `load_state_dict(assign=True)`,
    parametrisations and `functional_call` put others in their place."""
    directions = ("", "_reverse") if module.bidirectional else ("",)
    layers: list[list[Cell | Reference]] = []
    width = module.input_size
    for depth in range(module.num_layers):
        kind = (module.mode, width, module.hidden_size, module.bias, module.proj_size)
        if torch.compiler.is_compiling():
            layers.append([_reference(module, kind, f"_l{depth}{way}") for way in directions])
            width = (module.proj_size or module.hidden_size) * len(directions)
            continue
        pattern, names = _pattern(*kind)
        layers.append(
            [bind(pattern, {name: getattr(module, f"{name}_l{depth}{way}") for name in names}) for way in directions]
        )
        width = pattern.output_size * len(directions)
    return layers


def _reference(module: Twin, kind: tuple[Any, ...], suffix: str) -> Reference:
    """What stands for a cell while a program is compiled; the tensors in the order of the cell's parameters."""
    names = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * module.bias + ["weight_hr"] * (module.proj_size > 0)
    words = " ".join([str(word) for word in kind])
    return Reference(f"twin {words}", [getattr(module, name + suffix) for name in names], 1 + (module.mode == "LSTM"))


def _named_pattern(mode: str, input_size: str, hidden_size: str, bias: str, proj_size: str) -> Cell:
    return _pattern(mode, int(input_size), int(hidden_size), bias == "True", int(proj_size))[0]


add_kind("twin", _named_pattern)


@lru_cache(maxsize=256)
def _pattern(mode: str, input_size: int, hidden_size: int, bias: bool, proj_size: int) -> tuple[Cell, tuple[str, ...]]:
    """A cell of the right sizes without values, to be bound to parameters, and their names."""
    with torch.device("meta"):
        if mode == "LSTM":
            cell = LSTMCell(input_size, hidden_size, bias, proj_size=proj_size)
        elif mode == "GRU":
            cell = GRUCell(input_size, hidden_size, bias)
        else:
            cell = ElmanCell(input_size, hidden_size, mode.removeprefix("RNN_").lower(), bias)
    return cell, tuple(name for name, _ in cell.named_parameters())
