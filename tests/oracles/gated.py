"""Gated units beside the GRU. The rows of the weights hold the gates, then the candidate."""

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


def grud_2018(parameters, x, state):
    """Che et al., 1606.01865, feature by feature: the mask, the interval and the last value come from the input.

    The empirical mean, towards which an input decays, is zero.
    """
    (W_r, W_z, W), (U_r, U_z, U), (V_r, V_z, V), (b_r, b_z, b) = (
        np.split(parameters[name], 3) for name in ("weight_ih", "weight_hh", "weight_mh", "bias")
    )
    h, last, interval = (part.copy() for part in state)
    outputs = []
    for now in x:
        seen = ~np.isnan(now)
        imputed = np.empty_like(now)
        for row, feature in np.ndindex(now.shape):
            rate = parameters["decay_x"][feature] * interval[row, feature] + parameters["decay_x_bias"][feature]
            decayed = np.exp(-max(0.0, rate)) * last[row, feature]
            imputed[row, feature] = now[row, feature] if seen[row, feature] else decayed
        h = np.exp(-np.maximum(0, interval @ parameters["decay_h"].T + parameters["decay_h_bias"])) * h
        r = sigmoid(imputed @ W_r.T + h @ U_r.T + seen @ V_r.T + b_r)
        z = sigmoid(imputed @ W_z.T + h @ U_z.T + seen @ V_z.T + b_z)
        candidate = np.tanh(imputed @ W.T + (r * h) @ U.T + seen @ V.T + b)
        h = (1 - z) * h + z * candidate
        outputs.append(h)
        last = np.where(seen, now, last)
        interval = np.where(seen, 1.0, 1.0 + interval)
    return np.stack(outputs), (h, last, interval)
