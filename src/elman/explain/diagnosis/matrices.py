"""The recurrent matrices of a cell and their largest eigenvalues."""

from typing import Any

import torch
from torch import Tensor, nn

from elman.cells import Cell
from elman.explain.record import Record


def recurrent_matrices(cell: Cell) -> dict[str, Tensor]:
    """The parameters that multiply the state and nothing else, by name.

    They are told by what they do: with a state of zeros the step does not depend on them, with another it does, and
    with an input of zeros too. Each `(units, units)`; several side by side, as the gates of an LSTM have them, are
    taken apart: `"weight_hh[0]"`. A vector that multiplies the state, as in IndRNN, is its diagonal.
    """
    named: dict[str, Tensor] = {
        name: part for name, part in cell.named_parameters() if part.is_floating_point() and part.ndim in (1, 2)
    }
    if not named:
        return {}
    like = next(iter(named.values()))
    generator = torch.Generator().manual_seed(0)
    draw = lambda shape: torch.randn(shape, generator=generator, dtype=torch.float64).to(like)  # noqa: E731
    something = tuple(draw((1, *shape)) for shape in cell.state_shapes.values())
    nothing = tuple(torch.zeros_like(part) for part in something)
    x = draw((1, cell.input_size))
    with_state = _depends(cell, named, torch.zeros_like(x), something)
    without = _depends(cell, named, x, nothing)
    found = {}
    for name in with_state - without:
        value = named[name].detach()
        found.update(_squares(name, torch.diag(value) if value.ndim == 1 else value))
    return {name: found[name] for name in sorted(found)}


def _depends(cell: Cell, named: dict[str, Tensor], x: Tensor, state: tuple[Tensor, ...]) -> set[str]:
    """The parameters on which a step from here depends."""
    values = {name: part.detach().requires_grad_() for name, part in named.items()}
    with torch.enable_grad():
        output, after = torch.func.functional_call(
            _Stepped(cell), {f"cell.{n}": v for n, v in values.items()}, (x, state)
        )
        floating = [part for part in (output, *after) if part.requires_grad]
        if not floating:
            return set()
        weights = torch.linspace(0.5, 1.5, sum(part.numel() for part in floating)).to(x)
        total = (torch.cat([part.flatten() for part in floating]) * weights).sum()
        found = torch.autograd.grad(total, list(values.values()), allow_unused=True)
    return {name for name, one in zip(values, found, strict=True) if one is not None and bool((one != 0).any())}


class _Stepped(nn.Module):
    """A cell whose call is its bare step."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> Any:
        return self.cell.step(x, state)


def _squares(name: str, value: Tensor) -> dict[str, Tensor]:
    size, long = min(value.shape), max(value.shape)
    if long % size:
        return {}
    if size == long:
        return {name: value}
    parts = value.split(size, dim=0 if value.shape[0] == long else 1)
    return {f"{name}[{index}]": part for index, part in enumerate(parts)}


def spectral_radii(record: Record) -> dict[str, float]:
    """The largest absolute eigenvalue of each recurrent matrix, by the name of the parameter.

    Around zero, where tanh is a straight line, a plain network forgets if it is below 1, and holds on or explodes if
    it is above. Gates change the matrix at every step, so of gated cells `exponents` says more.

    Reference:
        Jaeger. The "echo state" approach to analysing and training recurrent neural networks. 2001.
        https://www.ai.rug.nl/minds/uploads/EchoStatesTechRep.pdf
    """
    if record.cell is None:
        return {}
    matrices = recurrent_matrices(record.cell)
    return {name: float(torch.linalg.eigvals(value.double()).abs().max()) for name, value in matrices.items()}
