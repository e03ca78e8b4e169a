"""What a cell draws while it is unfolded, drawn once more: for a gradient that is found by a second run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

_ON_CPU, _ON_CUDA = torch.Generator().get_state().numel(), 16


def before(input: Tensor) -> list[Tensor]:
    """The state of the generator of a tensor's device, if it is known how to bring that back."""
    if input.device.type == "cuda":
        return [torch.cuda.get_rng_state(input.device)]
    return [torch.get_rng_state()] if input.device.type == "cpu" else []


def blank(input: Tensor) -> list[Tensor]:
    """Tensors like those of `before`, without values."""
    size = {"cpu": _ON_CPU, "cuda": _ON_CUDA}.get(input.device.type)
    return [] if size is None else [torch.empty(size, dtype=torch.uint8, device="cpu")]


def divided(kept: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The tensors that are kept for a gradient, and what `before` gave, which stands last."""
    values = [one for one in kept if one.dtype != torch.uint8]
    return values, list(kept[len(values) :])


@contextmanager
def again(drawn: Sequence[Tensor], input: Tensor) -> Iterator[None]:
    """Draw within as after `before`, and leave the generators as they are."""
    if not drawn:
        yield
        return
    on_cuda = input.device.type == "cuda"
    with torch.random.fork_rng(devices=[input.device] if on_cuda else []):
        if on_cuda:
            torch.cuda.set_rng_state(drawn[0], input.device)
        else:
            torch.set_rng_state(drawn[0])
        yield
