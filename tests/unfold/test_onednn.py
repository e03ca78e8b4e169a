"""The engine that is PyTorch's own LSTM."""

import pytest
import torch

import elman
from elman.errors import EngineError
from elman.unfold import engines
from tolerances import assert_near

EVERY = dict(engines.ENGINES)


@pytest.fixture(autouse=True)
def _every_engine(monkeypatch):
    monkeypatch.setattr(engines, "ENGINES", EVERY)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("reverse", [True, False])
@pytest.mark.parametrize("batch", [1, 3])
def test_it_agrees_with_the_loop(bias, reverse, batch):
    cell = elman.LSTM(4, 7, bias=bias)
    x = torch.randn(6, batch, 4, requires_grad=True)
    state = tuple(torch.randn(batch, 7, requires_grad=True) for _ in range(2))
    results = []
    for engine in ("onednn", "loop"):
        came = elman.unfold(cell, x, state, reverse=reverse, engine=engine)
        outputs = (came.output, *came.state)
        total = sum(one.square().sum() for one in outputs)
        first = torch.autograd.grad(total, [x, *state, *cell.parameters()], create_graph=True)
        second = torch.autograd.grad(first[0].square().sum(), [x, *state])
        results.append((outputs, first, second))
    assert_near(*results)


@pytest.mark.parametrize(
    ("cell", "more", "reason"),
    [
        (elman.GRU(4, 7), {}, "this is a GRU"),
        (elman.LSTM(4, 7, proj_size=3), {}, "a projection"),
        (elman.LSTM(4, 7).double(), {}, "not all is float32"),
        (elman.LSTM(4, 7), {"lengths": [2, 1]}, "no lengths"),
        (elman.LSTM(4, 7), {"return_states": True}, "no lengths"),
    ],
)
def test_it_says_what_it_cannot_do(cell, more, reason):
    x = torch.randn(3, 2, 4, dtype=next(cell.parameters()).dtype)
    with torch.no_grad(), pytest.raises(EngineError, match=reason):
        elman.unfold(cell, x, engine="onednn", **more)


def test_it_does_not_recompute():
    with pytest.raises(EngineError, match="does not recompute"):
        elman.unfold(elman.LSTM(4, 7), torch.randn(3, 2, 4), engine="onednn", memory="recompute")


@pytest.mark.parametrize(
    ("batch", "hidden", "threads", "grad", "taken"),
    [
        (1, 256, 2, False, True),
        (2, 256, 2, False, False),
        (1, 255, 2, False, False),
        (1, 256, 1, False, False),
        (1, 511, 2, True, False),
        (1, 512, 2, True, True),
    ],
)
def test_auto_takes_it_for_one_wide_row_on_several_threads(monkeypatch, batch, hidden, threads, grad, taken):
    runs = []
    recorded = {
        name: lambda request, name=name, engine=engine: (runs.append(name), engine(request))[1]
        for name, engine in engines.ENGINES.items()
    }
    monkeypatch.setattr(engines, "ENGINES", recorded)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    with torch.set_grad_enabled(grad):
        elman.unfold(elman.LSTM(4, hidden), torch.randn(3, batch, 4))
    assert runs == ["onednn" if taken and torch.backends.mkldnn.is_available() else "compiled"]


def test_why_says_so():
    assert "PyTorch's own LSTM" in str(elman.why(elman.LSTM(4, 256)))
    assert "PyTorch's own LSTM" not in str(elman.why(elman.LSTM(4, 32)))
