"""What `fit` asks of a model and of examples: a few methods, and no base class."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeGuard

import numpy as np
import torch
from torch import Tensor, nn


class Model(Protocol):
    """A module that says how wrong it is. For stateful examples, `loss` takes `state` too and returns it anew.

    A model may have a method `weight(*batch) -> float` as well: how many things its loss is the mean of. The loss
    of an epoch, and that of a step which several processes share, are means with this weight. Without it, rows
    weigh alike, and in a stream the elements of the last tensor of a batch.

    The state of a stateful model is made of tensors in tuples, lists and dictionaries; the first axis of each
    tensor is the row. It begins as `None` in every epoch and is detached between chunks.
    """

    @property
    def loss(self) -> Any:
        """The mean loss of a batch, a scalar; for stateful examples a pair: the loss and the state."""
        ...


class Examples(Protocol):
    """Examples in no order: for some of them, by index, the arguments of the model's `loss`.

    They may have `lengths`, the time steps of each; a batch then holds examples that are about equally long.
    """

    def __len__(self) -> int: ...

    def batch(self, index: np.ndarray, /) -> Sequence[Tensor]: ...


class Stream(Protocol):
    """Rows of long series or of text, read side by side from left to right, one chunk of time after the other.

    `stateful` is true, `rows` says how many rows there are, and the length is the number of chunks.
    """

    @property
    def stateful(self) -> bool: ...

    @property
    def rows(self) -> int: ...

    def __len__(self) -> int: ...

    def batch(self, chunk: int, /) -> Sequence[Tensor]:
        """All rows of one chunk: the arguments of the model's `loss`, but for the state."""
        ...

    def shard(self, rank: int, world: int, /) -> "Stream":
        """Every `world`-th row, from row `rank` on."""
        ...


def is_stream(examples: Examples | Stream) -> TypeGuard[Stream]:
    """Whether the model's state is carried from one batch of these examples to the next."""
    return bool(getattr(examples, "stateful", False))


class Loss(nn.Module):
    """The loss of a model as a forward pass, which is what PyTorch's distributed engines wrap.

    Args:
        model: The model.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, batch: Sequence[Tensor] | None, state: Any, stateful: bool) -> tuple[Tensor, Any]:
        """The loss and the state; for no batch a zero whose gradient is zero, and the state as it was."""
        if batch is None:
            sums = [weight.sum() for weight in self.model.parameters() if weight.requires_grad]
            return 0.0 * torch.stack(sums).sum(), state
        if stateful:
            return self.model.loss(*batch, state=state)
        return self.model.loss(*batch), None
