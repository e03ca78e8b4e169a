"""Lyapunov exponents of systems where they are known."""

import pytest
import torch
from torch.nn import Parameter

import elman
from elman.explain import lyapunov, recurrent_matrices
from zoo import sequence

pytestmark = pytest.mark.usefixtures("by_the_loop")


class System(elman.Cell):
    """A dynamical system as a cell; what it reads does not matter."""

    size = 2

    def __init__(self):
        super().__init__(1, self.size)
        self.dtype_of = Parameter(torch.zeros(1, dtype=torch.float64))

    def step(self, x, state):
        (s,) = state
        s = self.after(s)
        return s, (s,)


class Henon(System):
    def after(self, s):
        x, y = s.unbind(-1)
        return torch.stack([1 - 1.4 * x * x + y, 0.3 * x], dim=-1)


class Lorenz(System):
    """By the classical Runge-Kutta method."""

    size = 3
    dt = 0.02

    def after(self, s):
        slope = lambda s: torch.stack(  # noqa: E731
            [
                10 * (s[..., 1] - s[..., 0]),
                s[..., 0] * (28 - s[..., 2]) - s[..., 1],
                s[..., 0] * s[..., 1] - 8 / 3 * s[..., 2],
            ],
            dim=-1,
        )
        a = slope(s)
        b = slope(s + self.dt / 2 * a)
        c = slope(s + self.dt / 2 * b)
        d = slope(s + self.dt * c)
        return s + self.dt / 6 * (a + 2 * b + 2 * c + d)


def on_the_attractor(cell, rows, steps, spread):
    start = spread * torch.rand(rows, cell.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return elman.unfold(cell, torch.zeros(steps, rows, 1, dtype=torch.float64), (start,)).state


def test_the_exponents_of_henon():
    cell = Henon()
    start = on_the_attractor(cell, 300, 100, 0.1)
    found = lyapunov(cell, torch.zeros(300, 300, 1, dtype=torch.float64), start, warm=50)
    torch.testing.assert_close(found, torch.tensor([0.419, -1.623], dtype=torch.float64), rtol=0, atol=0.005)


def test_the_exponents_of_lorenz():
    cell = Lorenz()
    start = on_the_attractor(cell, 300, 1000, 20.0)
    found = lyapunov(cell, torch.zeros(500, 300, 1, dtype=torch.float64), start, warm=200) / cell.dt
    torch.testing.assert_close(found, torch.tensor([0.906, 0.0, -14.572], dtype=torch.float64), rtol=0, atol=0.02)


def test_the_exponents_of_a_straight_line_are_those_of_its_matrix():
    cell = elman.Elman(3, 4, nonlinearity=lambda a: a).double()
    values = torch.tensor([1.2, 0.9, 0.5, 0.1], dtype=torch.float64)
    base = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64)).Q
    with torch.no_grad():
        cell.weight_hh.copy_(base @ torch.diag(values) @ base.T)
    found = lyapunov(cell, torch.randn(200, 2, 3, dtype=torch.float64), warm=100)
    torch.testing.assert_close(found, values.log(), rtol=0, atol=1e-6)


def test_every_cell_has_exponents(cell):
    found = lyapunov(cell, sequence(cell), count=2)
    assert found.shape == (2,)
    assert found.isfinite().all()


RECURRENT = {
    elman.SingleRNN: {"Wy"},
    elman.Elman: {"weight_hh"},
    elman.LSTM: {f"weight_hh[{gate}]" for gate in range(4)},
    elman.GRU: {f"weight_hh[{gate}]" for gate in range(3)},
    elman.IndRNN: {"weight_hh"},
}


@pytest.mark.parametrize("kind", RECURRENT, ids=lambda kind: kind.__name__)
def test_the_recurrent_matrices_are_told_by_what_they_do(kind):
    assert set(recurrent_matrices(kind(3, 5))) == RECURRENT[kind]
