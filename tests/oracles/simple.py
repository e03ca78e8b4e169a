import numpy as np


def single_rnn(parameters, x, state):
    """The tutorial's network: Y0 = tanh(X0 Wx + b), Y1 = tanh(Y0 Wy + X1 Wx + b), ..."""
    Wx, Wy, b = (parameters[name] for name in ("Wx", "Wy", "b"))
    (Y,) = state
    outputs = []
    for X in x:
        Y = np.tanh(Y @ Wy + X @ Wx + b)
        outputs.append(Y)
    return np.stack(outputs), (Y,)


def elman_1990(parameters, x, state, activation=np.tanh):
    """Elman, Finding Structure in Time, 1990: the hidden units see the input and a copy of themselves."""
    bias = parameters.get("bias_ih", 0) + parameters.get("bias_hh", 0)
    (h,) = state
    outputs = []
    for now in x:
        h = activation(now @ parameters["weight_ih"].T + h @ parameters["weight_hh"].T + bias)
        outputs.append(h)
    return np.stack(outputs), (h,)


def indrnn_2018(parameters, x, state):
    """Li et al., 1803.04831, equation 2: the recurrent weight is a vector, and each neuron sees only itself."""
    W, u, b = (parameters[name] for name in ("weight_ih", "weight_hh", "bias"))
    (h,) = state
    outputs = []
    for now in x:
        h = np.stack([np.maximum(0, now @ W[n] + u[n] * h[:, n] + b[n]) for n in range(len(u))], axis=-1)
        outputs.append(h)
    return np.stack(outputs), (h,)
