"""A whole network on the page is a whole network in PyTorch, after a change too."""

import pytest
import torch
from torch import nn

import elman
from elman.explain.program import program_of, program_of_cell
from explain.page import ask, plain

STEPS, FEATURES = 6, 4


def plain_network(layer: elman.Recurrent, head: nn.Module, reads: str, pools: list[str]) -> dict:
    """A network as a report holds it: what `unfoldNetwork` reads of it."""
    ways = layer.num_directions
    cards = [
        {
            "inputSize": cell.input_size,
            "outputSize": cell.output_size,
            "states": [{"name": name, "shape": list(shape)} for name, shape in cell.state_shapes.items()],
            "program": program_of_cell(cell),
        }
        for cell in layer.cells
    ]
    layers = []
    for i in range(0, len(cards), ways):
        name = f"layer{i // ways + 1}"
        directions = [
            {"name": f"{name}.{way}", "reverse": way == "backward", "cell": card}
            for way, card in zip(("forward", "backward"), cards[i : i + ways], strict=False)
        ]
        layers.append({"name": name, "directions": directions})
    size = head[0].in_features
    return {
        "layers": layers,
        "residual": layer.residual,
        "head": {
            "reads": reads,
            "pools": pools,
            "features": True,
            "program": program_of(head, torch.zeros(size)),
            "then": "softmax",
        },
    }


def said(head: nn.Module, output: torch.Tensor, x: torch.Tensor, pools: list[str]) -> torch.Tensor:
    if not pools:
        return torch.softmax(head(torch.cat([output, x], dim=-1)), -1)
    ways = {"last": output[-1], "mean": output.mean(0), "max": output.amax(0)}
    return torch.softmax(head(torch.cat([*(ways[pool] for pool in pools), x.flatten()])), -1)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_outputs_and_what_the_head_says_follow_a_change_of_an_input(bidirectional, by_the_loop):
    layer = elman.Recurrent("elman", FEATURES, 4 // (1 + bidirectional), 2, bidirectional=bidirectional, residual=True)
    pools = ["last", "mean", "max"] if bidirectional else []
    head = nn.Sequential(nn.Linear(12 + STEPS * FEATURES if pools else 8, 3))
    x, other = torch.randn(STEPS, FEATURES), torch.randn(STEPS, FEATURES)
    other[:2], other[4:] = x[:2], x[4:]
    network = plain_network(layer, head, "end" if pools else "step", pools)
    given = {"steps": STEPS, "input": plain(x), "initial": {}, "edits": []}
    changed = {"input": plain(other), "from": 2, "to": 3}
    (answer,) = ask(networks=[{"network": network, "given": given, "changed": changed}])["networks"]

    assert answer["kept"], "the first result was changed"
    for found, input in ((answer["first"], x), (answer["again"], other)):
        with torch.no_grad():
            output = layer(input[:, None])[0][:, 0]
            expected = said(head, output, input, pools)
        torch.testing.assert_close(torch.tensor(found["output"]), output.flatten(), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(torch.tensor(found["said"]), expected.flatten(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_rest_of_the_sequence_follows_a_change_of_a_state(reverse):
    layer = elman.Recurrent("cornn", FEATURES, 5, bidirectional=True)
    head = nn.Sequential(nn.Linear(10 + FEATURES, 3))
    x, start, edited = torch.randn(STEPS, FEATURES), torch.randn(5), torch.randn(5)
    way, cell = ("backward", layer.cells[1]) if reverse else ("forward", layer.cells[0])
    given = {"steps": STEPS, "input": plain(x), "initial": {f"layer1.{way}.y": plain(start)}, "edits": []}
    edit = {"direction": f"layer1.{way}", "state": "z", "step": 3, "values": plain(edited)}
    question = {
        "network": plain_network(layer, head, "step", []),
        "given": given,
        "changed": {"edits": [edit], "from": 3, "to": 3},
    }
    (answer,) = ask(networks=[question])["networks"]

    state = (start[None], torch.zeros(1, 5))
    expected = torch.zeros(STEPS, 5)
    for t in reversed(range(STEPS)) if reverse else range(STEPS):
        if t == 3:
            state = (state[0], edited[None])
        with torch.no_grad():
            _, state = cell.step(x[t, None], state)
        expected[t] = state[1][0]
    found = torch.tensor(answer["again"]["values"][f"layer1.{way}.z"]).view(STEPS, 5)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    first = torch.tensor(answer["first"]["values"][f"layer1.{way}.z"]).view(STEPS, 5)
    assert torch.equal(first[4:] if reverse else first[:3], found[4:] if reverse else found[:3])
    assert not torch.allclose(first[3], found[3])
