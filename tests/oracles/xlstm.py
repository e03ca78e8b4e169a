"""The two memories of the xLSTM (Beck et al., 2405.04517), one row, one head and one unit at a time.

They work with the true sums, exponentials and all, as the paper's main text does, and only turn to the stabilised
state at both ends: what stands in the state is the true sum times exp(-m).
"""

import numpy as np

from oracles.lstm import sigmoid


def slstm(parameters, x, state, heads=1):
    """Equations 8 to 17: scalar memory. The rows of the weights hold input, forget, cell, output gate.

    m: equation 15, but the input gate alone while nothing has been summed.
    """
    W, R, b = (parameters[name] for name in ("weight_ih", "weight_hh", "bias"))
    units = len(b) // 4
    d = units // heads
    full = np.zeros((4 * units, units))
    for gate in range(4):
        for head in range(heads):
            rows = slice(gate * units + head * d, gate * units + (head + 1) * d)
            full[rows, head * d : (head + 1) * d] = R[rows]
    h, c, n, m = state
    c, n = c * np.exp(m), n * np.exp(m)
    outputs = []
    for now in x:
        i, f, z, o = np.split(now @ W.T + h @ full.T + b, 4, axis=-1)
        m = np.where(n == 0, i, np.maximum(np.log(sigmoid(f)) + m, i))
        c = sigmoid(f) * c + np.exp(i) * np.tanh(z)
        n = sigmoid(f) * n + np.exp(i)
        h = sigmoid(o) * (c / n)
        outputs.append(h)
    return np.stack(outputs), (h, c * np.exp(-m), n * np.exp(-m), m)


def mlstm(parameters, x, state):
    """Equations 19 to 27: matrix memory. The rows hold query, key, value and output gate, then the two gates.

    m: equation 15, but never below 0, the logarithm of the 1 in equation 21.
    """
    W, b = parameters["weight_ih"], parameters["bias"]
    C, n, m = (part.copy() for part in state)
    _, heads, d = n.shape
    units = heads * d
    C, n = C * np.exp(m)[..., None, None], n * np.exp(m)[..., None]
    outputs = np.empty((*x.shape[:2], units))
    for t, row in np.ndindex(*x.shape[:2]):
        everything = W @ x[t, row] + b
        for head in range(heads):
            q, k, v, o = (everything[part * units + head * d :][:d] for part in range(4))
            k = k / np.sqrt(d)
            log_i = everything[4 * units + head]
            f = sigmoid(everything[4 * units + heads + head])
            C[row, head] = f * C[row, head] + np.exp(log_i) * np.outer(v, k)
            n[row, head] = f * n[row, head] + np.exp(log_i) * k
            m[row, head] = max(np.log(f) + m[row, head], log_i, 0)
            recalled = C[row, head] @ q / max(abs(n[row, head] @ q), 1)
            outputs[t, row, head * d : (head + 1) * d] = sigmoid(o) * recalled
    return outputs, (C * np.exp(-m)[..., None, None], n * np.exp(-m)[..., None], m)
