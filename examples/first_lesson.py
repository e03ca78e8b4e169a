"""Two time instances, as a first lesson on recurrent networks draws them."""

import torch

import elman
from elman.explain import folded, unfolded

torch.manual_seed(0)
model = elman.SingleRNN(n_inputs=4, n_neurons=5)
X0 = torch.tensor([[0.0, 0.1, 0.2, 0.0], [0.3, 0.4, 0.5, 0.0]])
X1 = torch.tensor([[0.9, 0.8, 0.7, 0.0], [0.6, 0.5, 0.4, 0.0]])

print(folded(5))
print(unfolded(5, steps=2))

Y0, Y1 = model(X0, X1)
print("Y0 = tanh(X0·Wx + b)", Y0, sep="\n")
print("Y1 = tanh(Y0·Wy + X1·Wx + b)", Y1, sep="\n")

# The same network over a sequence of any length, and what its neurons said at every instant.
sequence = torch.stack([X0, X1])
torch.testing.assert_close(elman.unfold(model, sequence).output, torch.stack([Y0, Y1]))
torch.testing.assert_close(elman.trace(model, sequence).taps["y"], torch.stack([Y0, Y1]))
