import numpy as np

from oracles.lstm import sigmoid


def rhn_2016(parameters, x, state):
    """Zilly et al., 1607.03474, equations 6 to 9, with the carry gate coupled: c = 1 - t.

    The rows of the weights hold, for each layer, what makes h and then what makes t; the input enters at layer 1.
    """
    W_H, W_T = np.split(parameters["weight_ih"], 2)
    units = len(W_H)
    depth = len(parameters["bias"]) // (2 * units)
    R = parameters["weight_hh"].reshape(depth, 2, units, units)
    b = parameters["bias"].reshape(depth, 2, units)
    (s,) = state
    outputs = []
    for now in x:
        for layer in range(depth):
            first = 1 if layer == 0 else 0
            h = np.tanh(first * now @ W_H.T + s @ R[layer, 0].T + b[layer, 0])
            t = sigmoid(first * now @ W_T.T + s @ R[layer, 1].T + b[layer, 1])
            carry = 1 - t
            s = h * t + s * carry
        outputs.append(s)
    return np.stack(outputs), (s,)
