"""Gated units with fewer gates than a GRU. The rows of the weights hold the gate, then the candidate."""

import numpy as np

from oracles.lstm import sigmoid


def _halves(parameters):
    return [np.split(parameters[name], 2) for name in ("weight_ih", "weight_hh", "bias") if name in parameters]


def mgu_2016(parameters, x, state):
    """Zhou et al., 1603.09420: weights over the concatenation [h, x], one gate that forgets."""
    (W_f, W_h), (U_f, U_h), (b_f, b_h) = _halves(parameters)
    over_f, over_h = np.hstack([U_f, W_f]), np.hstack([U_h, W_h])
    (h,) = state
    outputs = []
    for now in x:
        f = sigmoid(np.hstack([h, now]) @ over_f.T + b_f)
        candidate = np.tanh(np.hstack([f * h, now]) @ over_h.T + b_h)
        h = h - f * h + f * candidate
        outputs.append(h)
    return np.stack(outputs), (h,)


def ligru_2018(parameters, x, state):
    """Ravanelli et al., 1803.10225: update gate and a rectified candidate, no reset gate.

    The batch normalisation of the paper, once its statistics are fixed, is a gain that the weights of the input
    hold, and a shift: the bias.
    """
    (W_z, W_h), (U_z, U_h), (b_z, b_h) = _halves(parameters)
    (h,) = state
    outputs = []
    for now in x:
        z = sigmoid(now @ W_z.T + b_z + h @ U_z.T)
        candidate = np.maximum(0, now @ W_h.T + b_h + h @ U_h.T)
        h = z * h + (1 - z) * candidate
        outputs.append(h)
    return np.stack(outputs), (h,)


def mingru_2024(parameters, x, state):
    """Feng et al., 2410.01201: gate and candidate are linear in the input alone.

    In the closed form of the parallel scan: h_t = a*_t (h_0 + sum_s b_s / a*_s), a* the running product of 1 - z.
    """
    (W_z, W_h), (b_z, b_h) = _halves(parameters)
    z = sigmoid(np.einsum("tbi,hi->tbh", x, W_z) + b_z)
    candidate = np.einsum("tbi,hi->tbh", x, W_h) + b_h
    running = np.cumprod(1 - z, axis=0)
    h = running * (state[0] + np.cumsum(z * candidate / running, axis=0))
    return h, (h[-1],)
