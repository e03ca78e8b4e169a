import numpy as np

from oracles.lstm import sigmoid


def gru_reset_after(parameters, x, state):
    """cuDNN's form: the reset gate multiplies what the recurrent weights (and their bias) made of the state."""
    return _gru(parameters, x, state, lambda r, h, U, b: r * (h @ U.T + b))


def gru_2014(parameters, x, state):
    """Cho et al., 1406.1078: the reset gate multiplies the state before the recurrent weights see it.

    The paper has no biases; here a bias of the input side, of the recurrent side, or both are added.
    """
    return _gru(parameters, x, state, lambda r, h, U, b: (r * h) @ U.T + b)


def _gru(parameters, x, state, recurrent_part_of_candidate):
    """The rows of the weights hold reset gate, update gate, candidate, in this order."""
    W_r, W_z, W_n = np.split(parameters["weight_ih"], 3)
    U_r, U_z, U_n = np.split(parameters["weight_hh"], 3)
    nothing = np.zeros(len(parameters["weight_ih"]))
    b_r, b_z, b_n = np.split(parameters.get("bias_ih", nothing), 3)
    d_r, d_z, d_n = np.split(parameters.get("bias_hh", nothing), 3)
    (h,) = state
    outputs = []
    for now in x:
        r = sigmoid(now @ W_r.T + b_r + h @ U_r.T + d_r)
        z = sigmoid(now @ W_z.T + b_z + h @ U_z.T + d_z)
        n = np.tanh(now @ W_n.T + b_n + recurrent_part_of_candidate(r, h, U_n, d_n))
        h = z * h + (1 - z) * n
        outputs.append(h)
    return np.stack(outputs), (h,)
