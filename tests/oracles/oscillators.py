import numpy as np


def cornn_2020(parameters, x, state, dt, gamma, epsilon):
    """Rusch, Mishra, 2010.00951, equation 3 with explicit damping: an implicit-explicit step of

    y' = z,  z' = tanh(W y + calligraphic W z + V u + b) - gamma y - epsilon z.
    """
    W, calligraphic_W, V, b = (parameters[name] for name in ("weight_yh", "weight_zh", "weight_ih", "bias"))
    y, z = state
    outputs = []
    for u in x:
        acceleration = np.tanh(y @ W.T + z @ calligraphic_W.T + u @ V.T + b) - gamma * y - epsilon * z
        z = z + dt * acceleration
        y = y + dt * z  # the new velocity
        outputs.append(y)
    return np.stack(outputs), (y, z)
