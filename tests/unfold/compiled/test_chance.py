"""Random numbers on values that depend on the state: drawn for the whole sequence at once, each as if by the step."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import elman
from elman.unfold.compiled import prepare
from engines import assert_the_same
from tolerances import assert_equal, assert_near

P = 0.3
# Each is 1 / (1 - P) with probability 1 - P, and else 0, times the value that it is given.
MASKS = {
    "dropout": lambda cell, h: F.dropout(h, P, True),
    "a module": lambda cell, h: cell.drop(h),
    "bernoulli": lambda cell, h: h * torch.bernoulli(torch.full_like(h, 1 - P)) / (1 - P),
    "bernoulli of a size": lambda cell, h: h * torch.bernoulli(torch.full(h.shape, 1 - P)) / (1 - P),
    "bernoulli in place": lambda cell, h: h * torch.empty_like(h).bernoulli_(1 - P) / (1 - P),
    "bernoulli of a number": lambda cell, h: h * torch.bernoulli(h, 1 - P) / (1 - P),
    "uniform": lambda cell, h: h * (torch.rand_like(h) > P) / (1 - P),
    "uniform of a size": lambda cell, h: h * (torch.rand(h.shape) > P) / (1 - P),
    "uniform in place": lambda cell, h: h * (h.new_zeros(h.shape).uniform_() > P) / (1 - P),
    "a choice": lambda cell, h: torch.where(torch.rand_like(h) > P, h / (1 - P), 0.0),
    "normal": lambda cell, h: h * (torch.randn_like(h).abs() > 0.38532) / (1 - P),
    "of the state": lambda cell, h: h * (torch.rand_like(h) > P + 0 * h) / (1 - P),
}


class Masked(elman.Cell):
    """A mask is all that a step leaves."""

    def __init__(self, mask) -> None:
        super().__init__(2, 6)
        self.mask, self.drop = mask, nn.Dropout(P)

    def step(self, x, state):
        (h,) = state
        h = self.mask(self, 1 + 0 * h)
        return h, (h,)


def masks_of(cell, time=60, batch=50):
    return elman.unfold(cell, torch.zeros(time, batch, 2), engine="compiled").output


@pytest.fixture(params=MASKS)
def cell(request):
    return Masked(MASKS[request.param])


def test_a_mask_keeps_as_many_as_it_should_and_scales_them(cell):
    masks = masks_of(cell)
    kept = masks != 0
    assert_near(masks[kept], torch.full_like(masks[kept], 1 / (1 - P)))
    spread = (P * (1 - P)) ** 0.5
    assert abs(kept.float().mean() - (1 - P)) < 5 * spread / kept.numel() ** 0.5
    for dim in range(3):  # nor does a time, a row or a feature have more than its share
        rates = kept.float().mean(dim=[d for d in range(3) if d != dim])
        assert (rates - (1 - P)).abs().max() < 5 * spread / (kept.numel() / len(rates)) ** 0.5


def test_every_time_row_and_call_has_a_mask_of_its_own(cell):
    first, second = masks_of(cell), masks_of(cell)
    spread = (P * (1 - P)) ** 0.5
    expected = P**2 + (1 - P) ** 2  # that two masks agree in a place by chance
    pairs = [(first, second), (first[1:], first[:-1]), (first[:, 1:], first[:, :-1]), (first[..., 1:], first[..., :-1])]
    for a, b in pairs:
        agree = ((a != 0) == (b != 0)).float()
        assert abs(agree.mean() - expected) < 8 * spread / agree.numel() ** 0.5


def test_a_seed_gives_the_same_masks_again(cell, monkeypatch):
    monkeypatch.setattr(prepare, "_by_program", {})  # the first call is no exception
    torch.manual_seed(3)
    first = masks_of(cell)
    torch.manual_seed(3)
    assert_equal(masks_of(cell), first)


def test_two_masks_in_a_step_are_two():
    class Twice(Masked):
        def step(self, x, state):
            (h,) = state
            h, other = self.mask(self, 1 + 0 * h), self.mask(self, 1 + 0 * h)
            return h - other, (h,)

    assert (masks_of(Twice(MASKS["dropout"])) != 0).float().mean() > P * (1 - P)


# The numbers and gradients, given the masks


class Drawn(elman.Cell):
    """Dropout on the state; the output shows the mask too."""

    def __init__(self) -> None:
        super().__init__(5, 5)
        self.U = nn.Parameter(torch.randn(5, 5, dtype=torch.float64) / 2)

    @property
    def output_size(self):
        return 10

    def step(self, x, state):
        (h,) = state
        mask = F.dropout(torch.ones_like(h), P, self.training)
        h = mask * torch.tanh(x + h @ self.U)
        return torch.cat([h, mask], dim=-1), (h,)


class Given(Drawn):
    """The same with the mask behind the input."""

    def __init__(self, other: Drawn) -> None:
        super().__init__()
        self.input_size, self.U = 10, other.U

    def step(self, x, state):
        (h,) = state
        h = x[:, 5:] * torch.tanh(x[:, :5] + h @ self.U)
        return torch.cat([h, x[:, 5:]], dim=-1), (h,)


COURSES = {
    "as they come": {},
    "backwards": {"reverse": True},
    "ragged": {"lengths": [6, 2, 0, 5]},
    "resets": {"reset": True},
    "ragged, backwards, resets, every state": {
        "lengths": [6, 2, 0, 5], "reverse": True, "reset": True, "return_states": True,
    },
    "recomputed": {"memory": "recompute"},
}  # fmt: skip


@pytest.mark.parametrize("course", COURSES)
def test_numbers_and_gradients_are_those_of_the_loop_with_the_same_masks(course):
    given = dict(COURSES[course])
    if "reset" in given:
        given["reset"] = torch.rand(6, 4) < 0.3
    cell = Drawn()
    x = torch.randn(6, 4, 5, dtype=torch.float64, requires_grad=True)
    state = (torch.randn(4, 5, dtype=torch.float64, requires_grad=True),)
    weights = torch.randn(6, 4, 5, dtype=torch.float64)
    drawn = elman.unfold(cell, x, state, engine="compiled", **given)
    masks = drawn.output[..., 5:].detach()
    expected = elman.unfold(Given(cell), torch.cat([x, masks], dim=-1), state, engine="loop", **given)
    assert_near(drawn.output, expected.output)
    assert_near(drawn.state, expected.state)
    found = []
    for one in (drawn, expected):
        loss = (one.output[..., :5] * weights).sum() + one.state[0].square().sum()
        found.append(torch.autograd.grad(loss, [x, *state, cell.U]))
    assert_near(found[0], found[1])


def test_a_gradient_is_zero_where_the_mask_was():
    class Sum(elman.Cell):
        def step(self, x, state):
            (h,) = state
            h = F.dropout(h + x, P, self.training)
            return h, (h,)

    x = torch.rand(1, 500, 3, requires_grad=True)
    output = elman.unfold(Sum(3, 3), x, engine="compiled").output
    (gradient,) = torch.autograd.grad(output.sum(), x)
    assert_near(gradient, (output != 0) / (1 - P))


# Where nothing is left to chance


class Dropping(elman.Cell):
    def __init__(self, p: float, drop=F.dropout) -> None:
        super().__init__(3, 5)
        self.p, self.drop = p, drop
        self.W, self.U = nn.Parameter(torch.randn(3, 5)), nn.Parameter(torch.randn(5, 5) / 2)

    def step(self, x, state):
        (h,) = state
        h = torch.tanh(x @ self.W + self.drop(h, self.p, self.training) @ self.U)
        return self.drop(h, self.p, self.training), (h,)


@pytest.mark.parametrize("drop", [F.dropout, F.alpha_dropout])
def test_what_is_not_trained_is_not_dropped(drop):
    assert_the_same(Dropping(P, drop).eval())


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_nothing_or_everything_is_dropped_as_in_the_loop(p):
    assert_the_same(Dropping(p))


def test_reading_a_step_draws_nothing():
    from elman.unfold.compiled.capture import capture

    cell = Dropping(P)
    before = torch.get_rng_state()
    capture(cell, torch.zeros(3, 3), cell.initial_state(3))
    assert_equal(torch.get_rng_state(), before)


# What is refused

REFUSED = {
    "probabilities of the state": (lambda cell, h: torch.bernoulli(torch.sigmoid(h)), r"bernoulli.*rand_like\(p\) < p"),
    "a mean of the state": (lambda cell, h: torch.normal(h, 1.0), r"normal.*randn_like"),
    "one mask for all rows": (lambda cell, h: h * torch.bernoulli(torch.full((6,), P)), "draws numbers that all rows"),
    "a dropped weight": (lambda cell, h: h @ F.dropout(torch.ones(6, 6), P, True), "draws numbers that all rows"),
    "the state itself": (lambda cell, h: h * h.uniform_(), "changes a tensor in place"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_beforehand_is_refused_by_name_and_left_to_the_loop(name):
    class Step(Masked):
        def step(self, x, state):
            h = self.mask(self, state[0])
            return h, (h,)

    mask, words = REFUSED[name]
    x = torch.zeros(4, 3, 2)
    with pytest.raises(elman.EngineError, match=words):
        elman.unfold(Step(mask), x, engine="compiled")
    assert elman.unfold(Step(mask), x).output.shape == (4, 3, 6)
