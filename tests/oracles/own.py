"""The cells that the zoo itself defines, once more in NumPy."""

import numpy as np


def two_memories(parameters, x, state):
    h, slow = state
    outputs = []
    for now in x:
        slow = 0.8 * slow + 0.2 * np.sin(now + parameters["shift"])
        h = np.tanh(now @ parameters["W"] + h @ parameters["U"] + slow @ parameters["V"])
        outputs.append(np.concatenate([h, slow], axis=-1))
    return np.stack(outputs), (h, slow)


def fast_weights(parameters, x, state):
    h, A = state
    outputs = []
    for now in x:
        z = np.einsum("bi,ih->bh", now, parameters["W"]) + np.einsum("bh,hk->bk", h, parameters["U"])
        h = np.tanh(z + np.einsum("bhk,bk->bh", A, h))
        A = 0.9 * A + 0.3 * np.einsum("bh,bk->bhk", h, h)
        outputs.append(h)
    return np.stack(outputs), (h, A)
