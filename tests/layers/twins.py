"""What the tests of the twins of `torch.nn` share: a pair of the same weights, and the kinds of input."""

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import elman

INPUT, HIDDEN, TIME, BATCH = 3, 5, 7, 3
# A network's name, its class in `torch.nn` and in `elman.nn`, and what tells it from the others of its class.
MODES = {
    "rnn tanh": ("RNN", {"nonlinearity": "tanh"}),
    "rnn relu": ("RNN", {"nonlinearity": "relu"}),
    "gru": ("GRU", {}),
    "lstm": ("LSTM", {}),
    "lstm projected": ("LSTM", {"proj_size": 2}),
}
LENGTHS = {"packed sorted": [7, 5, 2], "packed unsorted": [2, 7, 5]}
KINDS = ["batched", "unbatched", "packed sorted", "packed unsorted"]


def pair(mode: str, *, dtype=torch.float64, **options):
    """The network of `torch.nn` and its twin, with the same random weights."""
    name, more = MODES[mode]
    theirs = getattr(torch.nn, name)(INPUT, HIDDEN, dtype=dtype, **more, **options)
    ours = getattr(elman.nn, name)(INPUT, HIDDEN, dtype=dtype, **more, **options)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return theirs, ours


def padded(kind: str, *, batch_first: bool, dtype=torch.float64) -> Tensor:
    shape = (TIME, INPUT) if kind == "unbatched" else (TIME, BATCH, INPUT)
    x = torch.randn(shape, dtype=dtype)
    return x.transpose(0, 1).contiguous() if batch_first and kind != "unbatched" else x


def packed(x: Tensor, kind: str, *, batch_first: bool) -> Tensor | PackedSequence:
    """`x` as the network is to be given it."""
    if kind not in LENGTHS:
        return x
    return pack_padded_sequence(x, LENGTHS[kind], batch_first=batch_first, enforce_sorted=kind == "packed sorted")


def initial(network, kind: str, *, dtype=torch.float64):
    """Random `hx` of the shape that the network asks for."""
    count = network.num_layers * (2 if network.bidirectional else 1)
    rows = () if kind == "unbatched" else (BATCH,)
    hx = torch.randn(count, *rows, network.proj_size or network.hidden_size, dtype=dtype) / 2
    if not isinstance(network, torch.nn.LSTM):
        return hx
    return hx, torch.randn(count, *rows, network.hidden_size, dtype=dtype) / 2


def leaves_of(hx) -> tuple[Tensor, ...]:
    return () if hx is None else hx if isinstance(hx, tuple) else (hx,)


def results(network, x, hx, kind: str, *, batch_first: bool):
    """Outputs, last states and all gradients, as a dictionary of tensors."""
    x = x.clone().requires_grad_()
    if hx is not None:
        hx = (
            tuple(part.clone().requires_grad_() for part in hx)
            if isinstance(hx, tuple)
            else hx.clone().requires_grad_()
        )
    network.zero_grad()
    output, last = network(packed(x, kind, batch_first=batch_first), hx)
    found = {}
    if isinstance(output, PackedSequence):
        found |= {name: getattr(output, name) for name in ("batch_sizes", "sorted_indices", "unsorted_indices")}
        output = output.data
    found["output"] = output
    found |= {f"last {i}": part for i, part in enumerate(leaves_of(last))}
    weighted = [
        (part * torch.linspace(0.5, 1.5, part.numel(), dtype=part.dtype).view(part.shape)).sum()
        for part in (output, *leaves_of(last))
    ]
    sum(weighted).backward()
    found["gradient of input"] = x.grad
    found |= {f"gradient of hx {i}": part.grad for i, part in enumerate(leaves_of(hx))}
    found |= {f"gradient of {name}": parameter.grad for name, parameter in network.named_parameters()}
    return {name: value for name, value in found.items() if value is not None}


def both_cells(name: str, **options):
    """The cell of `torch.nn` and its twin, with the same random weights."""
    name, *nonlinearity = name.split()
    options |= {"nonlinearity": nonlinearity[0]} if nonlinearity else {}
    theirs, ours = (
        getattr(place, name)(INPUT, HIDDEN, dtype=torch.float64, **options) for place in (torch.nn, elman.nn)
    )
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return theirs, ours


def cell_calls(name: str):
    """Calls that a cell of `torch.nn` refuses."""

    def state(*shape, dtype=None):
        part = torch.zeros(shape, dtype=dtype)
        return (part, part) if name == "LSTMCell" else part

    return {
        "a wrong number of features": lambda cell: cell(torch.zeros(2, 4)),
        "three axes": lambda cell: cell(torch.zeros(7, 2, 3)),
        "hx of another batch": lambda cell: cell(torch.zeros(2, 3), state(3, 5)),
        "hx of another width": lambda cell: cell(torch.zeros(2, 3), state(2, 4)),
        "hx of three axes": lambda cell: cell(torch.zeros(2, 3), state(1, 2, 5)),
        "another dtype": lambda cell: cell(torch.zeros(2, 3).double()),
        "integers": lambda cell: cell(torch.zeros(2, 3).long()),
    }
