import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_2000(parameters, x, state):
    """Gers, Schmidhuber, Cummins, Learning to Forget, 2000: input, forget and output gate, no peepholes.

    The rows of the weights hold input gate, forget gate, cell input, output gate, in this order.
    """
    return lstm_projected({**parameters, "weight_hr": np.eye(state[0].shape[-1])}, x, state)


def lstm_projected(parameters, x, state):
    """Sak, Senior, Beaufays, 1402.1128: the cell's output passes a linear projection before it is fed back."""
    W_i, W_f, W_g, W_o = np.split(parameters["weight_ih"], 4)
    U_i, U_f, U_g, U_o = np.split(parameters["weight_hh"], 4)
    nothing = np.zeros(len(parameters["weight_ih"]))
    b_i, b_f, b_g, b_o = np.split(parameters.get("bias_ih", nothing) + parameters.get("bias_hh", nothing), 4)
    h, c = state
    outputs = []
    for now in x:
        i = sigmoid(now @ W_i.T + h @ U_i.T + b_i)
        f = sigmoid(now @ W_f.T + h @ U_f.T + b_f)
        g = np.tanh(now @ W_g.T + h @ U_g.T + b_g)
        o = sigmoid(now @ W_o.T + h @ U_o.T + b_o)
        c = f * c + i * g
        h = (o * np.tanh(c)) @ parameters["weight_hr"].T
        outputs.append(h)
    return np.stack(outputs), (h, c)
