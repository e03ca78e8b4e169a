"""How each kind of module is called, and which axes its input and output have."""

import copy
import inspect
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman.cells import Cell
from elman.errors import ArgumentError
from elman.layers import Recurrent, accelerate
from elman.layers.packed import unpack
from elman.layers.twins import GRU, LSTM, RNN
from elman.models import Classifier, Forecaster, LanguageModel, Regressor, Tagger
from elman.unfold import unfold

OVER_TIME = (Cell, Recurrent, RNN, LSTM, GRU, Tagger, LanguageModel)
OF_A_WHOLE = (Classifier, Regressor, Forecaster)
_MODELS = (*OF_A_WHOLE, Tagger, LanguageModel)


@dataclass(frozen=True)
class Call:
    """A module and what it is called with.

    Args:
        module: The module; its recurrent layers unfold by Elman.
        inputs: The positional arguments, the sequence first.
        state: The state before the first step.
        more: Lengths, resets and the direction, those that were given.
        swapped: Whether the sequence is `(batch, time, ...)`; what a module of another's making takes shows only when
            its first cell is unfolded.
    """

    module: nn.Module
    inputs: tuple[Any, ...]
    state: Any = None
    more: dict[str, Any] = field(default_factory=dict)
    swapped: bool = False

    def seen(self, time: int, batch: int) -> "Call":
        """The same, now that its first cell was unfolded over so many steps and rows."""
        first = self.inputs[0]
        if isinstance(self.module, (*OVER_TIME, *OF_A_WHOLE)) or not isinstance(first, Tensor) or first.ndim < 2:
            return self
        square = time == batch and any(getattr(part, "batch_first", False) for part in self.module.modules())
        return replace(self, swapped=square or (time != batch and first.shape[:2] == (batch, time)))

    @property
    def batch_first(self) -> bool:
        own = isinstance(self.module, Recurrent | nn.RNNBase) and self.module.batch_first
        return self.swapped or (own and not isinstance(self.inputs[0], PackedSequence))

    def __call__(self, input: Any = None) -> Any:
        """What the module returns; of another sequence, if one is given."""
        first = self.inputs[0] if input is None else input
        if isinstance(self.module, Cell):
            output, last, _ = unfold(self.module, first, self.state, **self.more)
            return output, last
        state = () if self.state is None else (self.state,)
        return self.module(first, *self.inputs[1:], *state, **self.more)

    def loss(self, input: Any, targets: Any) -> Tensor:
        """The module's own loss.

        Raises:
            ArgumentError: It has none.
        """
        own = getattr(self.module, "loss", None)
        if not isinstance(self.module, _MODELS) or own is None:
            raise ArgumentError(
                f"targets came without a loss, and {type(self.module).__name__} has none of its own; give a function, "
                f"such as loss=torch.nn.functional.mse_loss"
            )
        first = self.inputs[0] if input is None else input
        if isinstance(self.module, LanguageModel):
            return self.module.loss(first, targets, self.state)[0]
        if isinstance(self.module, Forecaster):
            known = self.inputs[1] if len(self.inputs) > 1 else first.new_empty(first.shape[1], 0)
            return self.module.loss(first, known, targets)
        lengths = self.more.get("lengths")
        lengths = torch.full((first.shape[1],), len(first)) if lengths is None else torch.as_tensor(lengths)
        return self.module.loss(first, lengths, targets)

    def sequence(self) -> tuple[Tensor, Tensor | None]:
        """The sequence as `(time, batch, ...)` and the steps of each row, `None` if all have all."""
        first, lengths = self.inputs[0], self.more.get("lengths")
        if isinstance(first, PackedSequence):
            return unpack(first)
        if isinstance(self.module, nn.RNNBase) and first.ndim == 2:
            return first[:, None], None
        if self.batch_first and first.ndim > 1:
            first = first.transpose(0, 1)
        return first, None if lengths is None else torch.as_tensor(lengths, device="cpu").long()

    def laid_out(self, output: Any) -> Any:
        """What the module returned, a sequence as `(time, batch, ...)`."""
        if isinstance(output, PackedSequence):
            return unpack(output)[0]
        if not isinstance(output, Tensor):
            return None
        if isinstance(self.module, nn.RNNBase) and output.ndim == 2:
            return output[:, None]
        return output.transpose(0, 1) if self.batch_first and output.ndim > 1 and self.over_time(output) else output

    def over_time(self, output: Tensor) -> bool:
        """Whether an output has a value for every time step."""
        if isinstance(self.module, (*OVER_TIME, nn.RNNBase)):
            return True
        if isinstance(self.module, OF_A_WHOLE) or output.ndim < 2:
            return False
        sequence, _ = self.sequence()
        time, batch = sequence.shape[:2]
        return output.shape[:2] == ((batch, time) if self.batch_first else (time, batch))


def make_call(
    module: Any, input: Any, state: Any, *, lengths: Any = None, reset: Any = None, reverse: bool = False
) -> Call:
    """The call of a module as its `forward` is called.

    Raises:
        ArgumentError: It is no module, or its forward does not take what was given.
    """
    if not isinstance(module, nn.Module):
        raise ArgumentError(
            f"module is a {type(module).__name__}; expected a cell, a layer or a model (of a fitted model, its .model)"
        )
    module = _by_elman(module)
    inputs = input if type(input) is tuple else (input,)
    if not inputs:
        raise ArgumentError("input is an empty tuple; expected what forward takes, the sequence first")
    given = {"lengths": lengths, "reset": reset, "reverse": reverse or None}
    more = {name: value for name, value in given.items() if value is not None}
    takes = inspect.signature(unfold if isinstance(module, Cell) else module.forward).parameters
    anything = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes.values())
    for name in more:
        if name not in takes and not anything:
            raise ArgumentError(
                f"{name} was given, but {type(module).__name__}.forward takes {', '.join(takes)}; leave it out"
            )
    return Call(module, inputs, state, more)


def _by_elman(module: nn.Module) -> nn.Module:
    """The module, or a copy of it whose layers of `torch.nn` are Elman's twins."""
    theirs = [part for part in module.modules() if isinstance(part, nn.RNNBase)]
    if all(isinstance(part, RNN | LSTM | GRU) for part in theirs):
        return module
    module = copy.deepcopy(module)
    accelerate(module)
    return module
