"""The page computes what PyTorch computes."""

import math
import random

import torch
from torch import nn

import elman
from elman.cells import reading_taps
from elman.explain.program import program_of, program_of_cell
from explain.page import ask, plain
from zoo import ALL_CELLS, Specimen, sequence, some_state


class Odd(elman.Cell):
    """Operations that no cell of the library has: reductions, matrices, wheres, and shapes that are broadcast."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.W = nn.Parameter(torch.empty(input_size, hidden_size))
        self.scale = nn.Parameter(torch.empty(()))
        self.register_buffer("mask", torch.arange(hidden_size) % 2)
        self.norm = nn.GroupNorm(1, hidden_size)

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"h": (self.hidden_size,), "g": (self.hidden_size,)}

    def step(self, x, state):
        h, g = state
        a = x @ self.W
        outer = a.unsqueeze(-1) * h.unsqueeze(-2)
        share = torch.softmax(outer.amax(-1) - outer.mean(-2), -1)
        a = elman.tap("a", nn.functional.gelu(a) + nn.functional.elu(h) - nn.functional.softplus(g))
        b = elman.tap("b", torch.where((a > 0) & (h < 0.5), a.abs().sqrt(), torch.atan(a) * self.mask))
        c = (outer.transpose(-1, -2) @ b.unsqueeze(-1)).squeeze(-1).clamp(-1, 1) * torch.exp(self.scale)
        flipped = torch.cat([c[:, 2:], c[:, :2]], dim=-1)
        return self.norm(flipped + share.square() ** 1.3), (g, flipped[:, ::1] + torch.erf(b))


def _case(specimen: Specimen) -> tuple[dict, list[dict]]:
    """A cell of random size: its program with an input, and what PyTorch makes of some steps."""
    draw = random.Random(specimen.name)
    # In float32 first: a program holds its weights so.
    cell = specimen.cell(draw.randint(1, 6), draw.randint(3, 9), dtype=torch.float32).double()
    x, state = sequence(cell, time=4, batch=1), some_state(cell, batch=1)
    question = {
        "program": program_of_cell(cell),
        "inputs": [plain(one) for one in x],
        "state": [plain(part) for part in state],
    }
    steps = []
    for one in x:
        with torch.no_grad(), reading_taps() as taps:
            output, state = cell.step(one, state)
        steps.append({"output": [output], "states": state, "taps": taps.values()})
    return question, steps


def _check(program: dict, answers: list[dict], steps: list[dict]) -> None:
    for answer, step in zip(answers, steps, strict=True):
        answer = answer | {"output": [answer["output"]]}
        for kind, expected in step.items():
            for found, tensor in zip(answer[kind], expected, strict=True):
                _close(found, tensor)
                assert found in answer["lines"], f"no line ends in one of the {kind}"
    known = {"x", *(tensor["symbol"] for tensor in program["tensors"])}
    for line in program["lines"]:
        assert len(line["formula"]) <= 100, line["formula"]
        assert line["symbol"] not in known
        known.add(line["symbol"])
        assert not line["parts"] or line["parts"][-1]["at"] == line["at"]


def _close(found: list, expected: torch.Tensor, tolerance: float = 1e-6) -> None:
    numbers = torch.tensor([float(x) for x in found], dtype=torch.float64)
    torch.testing.assert_close(numbers, expected.double().flatten(), rtol=tolerance, atol=tolerance)


def test_every_cell_computes_what_it_computes_in_pytorch_and_every_line_ends_in_its_value(as_a_user_sees_it):
    specimens = [*ALL_CELLS, Specimen("odd", Odd, oracle=print)]
    cases = [_case(specimen) for specimen in specimens]
    answers = ask(programs=[question for question, _ in cases])["programs"]  # one process: it takes long to start
    wrong = {}
    for specimen, (question, steps), answer in zip(specimens, cases, answers, strict=True):
        try:
            _check(question["program"], answer, steps)
        except AssertionError as error:
            wrong[specimen.name] = str(error)
    assert wrong == {}


def test_a_head_is_that_of_pytorch():
    head = nn.Sequential(
        nn.Linear(6, 8), nn.GELU(), nn.Dropout(0.5), nn.LayerNorm(8), nn.SiLU(), nn.Linear(8, 3), nn.LogSoftmax(-1)
    ).double()
    rows = torch.randn(3, 6, dtype=torch.float64)
    program = program_of(head, rows[0])
    (steps,) = ask(programs=[{"program": program, "inputs": [plain(row) for row in rows], "state": []}])["programs"]
    with torch.no_grad():
        expected = head.eval()(rows)
    for step, row in zip(steps, expected, strict=True):
        _close(step["output"], row, tolerance=1e-5)  # its weights are rounded to float32


def test_erf_is_exact_to_the_last_digits():
    at = [x / 8 for x in range(-60, 61)] + [1e-300, 2.4999, 2.5001, 5.9999, 6.0001]
    found = ask(erf=at)["erf"]
    torch.testing.assert_close(
        torch.tensor(found, dtype=torch.float64),
        torch.tensor([math.erf(x) for x in at], dtype=torch.float64),
        rtol=1e-14,
        atol=0,
    )
