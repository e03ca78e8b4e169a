"""LSTMs with more in them. The rows of the weights hold input gate, forget gate, cell input, output gate."""

import numpy as np

from oracles.lstm import sigmoid


def peephole_lstm(parameters, x, state):
    """Gers, Schraudolph, Schmidhuber, 2002, with the tanh of Graves, 1308.0850, equations 7 to 11.

    The paper writes a diagonal matrix from the cell to each gate: from the old cell into input and forget gate,
    from the new one into the output gate.
    """
    W_i, W_f, W_c, W_o = np.split(parameters["weight_ih"], 4)
    H_i, H_f, H_c, H_o = np.split(parameters["weight_hh"], 4)
    C_i, C_f, C_o = (np.diag(peephole) for peephole in np.split(parameters["weight_ch"], 3))
    b_i, b_f, b_c, b_o = np.split(parameters["bias"], 4)
    h, c = state
    outputs = []
    for now in x:
        old = c
        i = sigmoid(now @ W_i.T + h @ H_i.T + old @ C_i + b_i)
        f = sigmoid(now @ W_f.T + h @ H_f.T + old @ C_f + b_f)
        c = f * old + i * np.tanh(now @ W_c.T + h @ H_c.T + b_c)
        o = sigmoid(now @ W_o.T + h @ H_o.T + c @ C_o + b_o)
        h = o * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs), (h, c)


def layer_norm_lstm(parameters, x, state):
    """Ba, Kiros, Hinton, 1607.06450, equations 20 to 22: three normalisations, two of them over all four gates."""

    def LN(z, name):
        centred = z - z.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
        return parameters[f"{name}.weight"] * centred / deviation + parameters[f"{name}.bias"]

    h, c = state
    outputs = []
    for now in x:
        product_h, product_x = h @ parameters["weight_hh"].T, now @ parameters["weight_ih"].T
        gates = LN(product_h, "norm_hh") + LN(product_x, "norm_ih") + parameters["bias"]
        i, f, g, o = np.split(gates, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(LN(c, "norm_c"))
        outputs.append(h)
    return np.stack(outputs), (h, c)
