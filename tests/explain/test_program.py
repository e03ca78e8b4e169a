import base64

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman.explain.program import NoProgram, program_of, program_of_cell


def lines(program):
    return [f"{line['symbol']} = {line['formula']}" for line in program["lines"]]


def parts(program, symbol):
    (line,) = [line for line in program["lines"] if line["symbol"] == symbol]
    return [part["text"] for part in line["parts"]]


def tensors(program):
    """Name and numbers of each tensor, by symbol."""
    return {
        one["symbol"]: (
            one["name"],
            np.frombuffer(base64.b64decode(one["value"]["data"]), "<f4").reshape(one["value"]["shape"]),
        )
        for one in program["tensors"]
    }


class Own(elman.Cell):
    """A cell of one's own, with a branch that only training takes."""

    def __init__(self, step):
        super().__init__(3, 5)
        self.W = nn.Parameter(torch.randn(3, 5))
        self._step = step

    def step(self, x, state):
        h = elman.tap("h", self._step(x @ self.W + state[0]))
        return h, (h,)


def test_the_first_lesson_reads_as_it_is_taught():
    program = program_of_cell(elman.SingleRNN(4, 5))
    assert lines(program) == ["y = tanh(y(t−1)·Wy + x·Wx + b)"]
    assert parts(program, "y") == ["y(t−1)·Wy", "+ x·Wx", "+ b", "sum", "tanh"]


def test_each_gate_has_its_own_part_of_the_weights():
    cell = elman.LSTM(3, 5)
    program = program_of_cell(cell)
    assert lines(program) == [
        "i = σ(W_i·x + U_i·h(t−1) + b_i)",
        "f = σ(W_f·x + U_f·h(t−1) + b_f)",
        "g = tanh(W_g·x + U_g·h(t−1) + b_g)",
        "o = σ(W_o·x + U_o·h(t−1) + b_o)",
        "c = f ⊙ c(t−1) + i ⊙ g",
        "h = o ⊙ tanh(c)",
    ]
    assert [line["name"] for line in program["lines"]][:2] == ["input gate", "forget gate"]
    name, weight = tensors(program)["W_f"]
    assert name == "weight_ih[5:10]"
    assert np.array_equal(weight, cell.weight_ih[5:10].detach())
    name, bias = tensors(program)["b_f"]
    assert name == "bias_ih[5:10] + bias_hh[5:10]"
    assert np.array_equal(bias, (cell.bias_ih + cell.bias_hh)[5:10].detach())


def test_what_stands_in_brackets_is_computed_first():
    program = program_of_cell(elman.GRU(3, 5))
    assert "n = tanh(W_n·x + b_n + r ⊙ (U_n·h(t−1) + b′_n))" in lines(program)
    assert parts(program, "n")[:3] == ["U_n·h(t−1)", "+ b′_n", "sum"]
    assert parts(program, "h") == ["1 − z", "(1 − z) ⊙ n", "+ z ⊙ h(t−1)", "sum"]


def test_what_several_lines_read_has_a_line_of_its_own():
    found = lines(program_of_cell(elman.SLSTM(3, 5)))
    assert "p = W_p·x + b_p + h(t−1)·U_p" in found
    assert "m = max(a, p)" in found
    assert "i = exp(p − m)" in found


def test_known_functions_have_their_names():
    functions = {
        "max(0, a)": torch.relu,
        "gelu(a)": nn.functional.gelu,
        "softplus(a)": nn.functional.softplus,
        "softmax(a)": lambda a: torch.softmax(a, -1),
        "log σ(a)": nn.functional.logsigmoid,
        "norm(a)": lambda a: nn.functional.layer_norm(a, (5,)),
    }
    for text, function in functions.items():
        assert lines(program_of_cell(Own(function))) == [f"h = {text.replace('a)', 'x·W + h(t−1))')}"]


def test_a_cell_around_another_one_shows_both():
    found = lines(program_of_cell(elman.Zoneout(elman.MinGRU(3, 5), 0.25)))
    assert found[-1] == "h = 0.25 · h(t−1) + 0.75 · h\u0303_2"
    assert found[0] == "z = σ(W_z·x + b_z)"


def test_weights_are_those_that_the_step_computes_with():
    cell = elman.Elman(3, 5)
    nn.utils.parametrizations.weight_norm(cell, "weight_hh")
    with torch.no_grad():
        cell.weight_ih.fill_(0.5)
    found = tensors(program_of_cell(cell))
    assert found["W"][0] == "weight_ih"
    assert (found["W"][1] == 0.5).all()
    name, weight = found["U"]
    assert name == "computed from weight_hh"
    np.testing.assert_allclose(weight, cell.weight_hh.detach().numpy(), rtol=1e-6)


def test_nothing_is_dropped_and_the_mode_stays():
    cell = Own(nn.Dropout(0.5))
    cell._step.eval()
    assert lines(program_of_cell(cell)) == ["h = x·W + h(t−1)"]
    assert cell.training
    assert not cell._step.training


def test_a_head_has_a_line():
    program = program_of(nn.Linear(3, 2), torch.zeros(3))
    assert lines(program) == ["y = W·x + b"]
    assert program["states"] == program["taps"] == []


def test_numbers_that_json_does_not_know_have_names():
    program = program_of_cell(Own(lambda a: torch.where(a > 0, a, -torch.inf)))
    numbers = [one["attributes"] for one in program["operations"] if one["op"] == "number"]
    assert ["-Infinity"] in numbers


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda a: torch.fft.ifft(torch.fft.fft(a)).real, "only PyTorch can compute"),
        (lambda a: a + torch.rand_like(a), "draws random numbers"),
        (lambda a: a * float(a.sum()), "^it cannot be read as a list of operations: A step computes with tensors"),
    ],
)
def test_what_has_no_program_says_why(function, reason):
    with pytest.raises(NoProgram, match=reason):
        program_of_cell(Own(function))
