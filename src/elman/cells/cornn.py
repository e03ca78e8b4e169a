"""The coupled oscillatory network."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.cells.base import Cell, State, Step
from elman.cells.starts import start_gates, start_recurrent
from elman.cells.tap import tap
from elman.errors import ArgumentError


@final
class CoRNN(Cell):
    r"""Coupled oscillatory network: damped oscillators that the input and one another drive.

    $$
    \begin{aligned}
    a_t &= \tanh(W y_{t-1} + \mathcal W z_{t-1} + V x_t + b) \\
    z_t &= z_{t-1} + \Delta t \, (a_t - \gamma y_{t-1} - \varepsilon z_{t-1}) \\
    y_t &= y_{t-1} + \Delta t \, z_t
    \end{aligned}
    $$

    $y$ are the oscillators' positions and $z$ their velocities: one step of $y'' = \tanh(W y + \mathcal W y' + V
    x + b) - \gamma y - \varepsilon y'$. `weight_ih` holds $V$, `weight_yh` $W$, `weight_zh` $\mathcal W$, `bias`
    $b$.

    Args:
        input_size: Features of the input at one time instance.
        hidden_size: Oscillators.
        dt: $\Delta t$, the time between two time instances, in the unit in which the oscillators live.
        gamma: $\gamma$, the square of their angular frequency, per squared unit of time.
        epsilon: $\varepsilon$, their damping, per unit of time.

    State:
        y: `(batch, hidden_size)`, also the output.
        z: `(batch, hidden_size)`.

    Start:
        Input weights uniform in ±1/√hidden_size, both recurrent weights orthogonal, bias zero. `dt`, `gamma` and
        `epsilon` are those of the paper's sequential MNIST; they matter as much as a learning rate, so tune
        them.

    Differs:
        The paper takes the damping at the old or at the new velocity; here it is the old, as in the authors'
        code.

    Raises:
        ArgumentError: If `dt` is not positive, or `gamma` or `epsilon` is negative.

    Reference:
        Rusch, Mishra. Coupled Oscillatory Recurrent Neural Network (coRNN): An accurate and (gradient) stable
        architecture for learning long time dependencies. 2020. https://arxiv.org/abs/2010.00951
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        dt: float = 0.042,
        gamma: float = 2.7,
        epsilon: float = 4.7,
    ) -> None:
        super().__init__(input_size, hidden_size)
        if not dt > 0:
            raise ArgumentError(f"dt is {dt}; expected a time between two instances that is more than zero")
        if not (gamma >= 0 and epsilon >= 0):
            raise ArgumentError(f"gamma is {gamma} and epsilon {epsilon}; expected neither below zero")
        self.dt, self.gamma, self.epsilon = dt, gamma, epsilon
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.weight_yh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.weight_zh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        start_gates(self.weight_ih, self.weight_yh, hidden_size)
        start_recurrent(self.weight_zh, hidden_size)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"y": (self.hidden_size,), "z": (self.hidden_size,)}

    def step(self, x: Float[Tensor, "batch input"], state: State) -> Step:
        y, z = state
        Vx = F.linear(x, self.weight_ih, self.bias)
        force = tap("force", torch.tanh(F.linear(y, self.weight_yh) + F.linear(z, self.weight_zh) + Vx))
        z = tap("velocity", z + self.dt * (force - self.gamma * y - self.epsilon * z))
        y = tap("y", y + self.dt * z)
        return y, (y, z)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, dt={self.dt}, gamma={self.gamma}, epsilon={self.epsilon}"
