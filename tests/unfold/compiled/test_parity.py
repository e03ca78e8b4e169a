"""The compiled engine against the loop: outputs, states and every gradient, for every cell."""

import copy
import itertools
import os
import random
import sys
import time as clock
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from engines import assert_the_same, unfolded
from tolerances import assert_near, uses_of_tolerance
from zoo import ALL_CELLS

COURSES = {
    "as they come": {},
    "backwards": {"reverse": True},
    "every state": {"return_states": True},
    "ragged": {"lengths": [6, 2, 0, 5, 1]},
    "ragged, backwards, every state": {"lengths": [6, 2, 0, 5, 1], "reverse": True, "return_states": True},
    "resets": {"reset": True, "return_states": True},
    "ragged resets": {"reset": True, "lengths": [6, 2, 0, 5, 1]},
    "ragged resets, backwards": {"reset": True, "lengths": [6, 2, 0, 5, 1], "reverse": True, "return_states": True},
}


@pytest.fixture(params=ALL_CELLS, ids=lambda specimen: specimen.name)
def cell(request):
    return request.param.cell()


@pytest.mark.parametrize("course", COURSES)
def test_it_gives_the_numbers_and_gradients_of_the_loop(cell, course):
    assert_the_same(cell, **COURSES[course])


@pytest.mark.parametrize(("time", "batch"), [(1, 1), (2, 7), (63, 2), (5, 65)])
def test_a_new_length_or_batch_size_gives_them_too(cell, time, batch):
    assert_the_same(cell, time, batch)


# The product of everything

FACTORS: dict[str, list[Any]] = {
    "name": [specimen.name for specimen in ALL_CELLS],
    "hidden_size": [1, 5, 17, 33],
    "batch": [1, 2, 7, 65],
    "time": [1, 2, 63, 500],
    "dtype": [torch.float32, torch.float64],
    "reverse": [False, True],
    "ragged": [False, True],
    "reset": [False, True],
    "return_states": [False, True],
}
SUMMED = 500  # products that go into one number of a weight's gradient, up to which float32 adds them up well
Case = dict[str, Any]


def new(case: Case, wanted: dict) -> int:
    """Pairs of values that have not occurred yet."""
    return sum(pair in wanted for pair in itertools.combinations(case.items(), 2))


def covering_cases() -> Iterator[Case]:
    """Few cases in which any two values occur together. A cell, which takes long to compile, counts with float32
    alone: in float64 it runs above, every way."""
    chance = random.Random(0)
    wanted = dict.fromkeys(
        ((a, x), (b, y))
        for (a, xs), (b, ys) in itertools.combinations(FACTORS.items(), 2)
        for x, y in itertools.product(xs, ys)
        if a != "name" or y == torch.float32
    )
    while wanted:
        candidates = [
            {name: chance.choice(values) for name, values in FACTORS.items()} | dict(next(iter(wanted)))
            for _ in range(200)
        ]
        best = max(candidates, key=lambda case: (new(case, wanted), case["time"] < 500))
        for pair in itertools.combinations(best.items(), 2):
            wanted.pop(pair, None)
        yield best


def use_of_tolerance(
    name: str, hidden_size: int, batch: int, time: int, dtype: torch.dtype, *, summed: int = SUMMED, **course: Any
) -> float:
    """The largest use that a tensor of a case makes of its tolerance; raises where the two engines differ by more."""
    specimen = next(specimen for specimen in ALL_CELLS if specimen.name == name)
    if name == "lstm projected":
        hidden_size = max(hidden_size, 3)  # a projection is narrower than what it projects
    if name == "layer norm lstm":
        hidden_size = max(hidden_size, 2)  # one number has no variance: rounding, magnified 300 times, is all there is
    if name == "fast weights":
        hidden_size = min(hidden_size, 5)  # chaotic if wide
    cell = specimen.cell(3, hidden_size, dtype=dtype)
    for parameter in cell.parameters():
        parameter.data *= min(1.0, (5 / hidden_size) ** 0.5)  # else wide cells are chaotic
    if "n" in cell.state_shapes:
        course["spread"] = 0.0  # else a normaliser that is nearly zero magnifies every rounding
    if course.pop("ragged"):
        chance = random.Random(str((name, hidden_size, batch, time)))
        course["lengths"] = [chance.choice([time, 0, chance.randint(0, time)]) for _ in range(batch)]
    if not course["reset"]:
        del course["reset"]
    size = time, batch
    found = unfolded(cell, "compiled", *size, dtype, **course)
    loop = unfolded(cell, "loop", *size, dtype, **course)
    if dtype == torch.float64:
        assert_near(found, loop)
        return 0.0
    truth = unfolded(copy.deepcopy(cell).double(), "loop", *size, torch.float64, drawn=dtype, **course)
    uses = [uses_of_tolerance(*groups) for groups in zip(found, loop, truth, strict=True)]
    if time * batch > summed:
        del uses[1][1 + len(cell.state_shapes) :]
    use = max(one for group in uses for one in group)
    assert use <= 1, f"{use:.2f} of the tolerance is used: {uses}"
    return use


@pytest.mark.usefixtures("as_a_user_sees_it")
@pytest.mark.parametrize("case", list(covering_cases()), ids=lambda case: "-".join(map(str, case.values())))
def test_any_two_sizes_and_ways_to_run_go_together(case):
    use_of_tolerance(**case)


@pytest.mark.xfail(
    strict=False, reason="PyTorch's product adds thousands of rows one after the other where a factor is narrow"
)
@pytest.mark.parametrize(("name", "hidden_size"), [("lstm without bias", 1), ("elman", 33)])
def test_float32_adds_up_the_gradient_of_a_weight_as_well_over_many_steps(name, hidden_size):
    course = {"reverse": True, "ragged": False, "reset": False, "return_states": False}
    use_of_tolerance(name, hidden_size, 65, 500, torch.float32, summed=65 * 500, **course)


@pytest.mark.skipif("ELMAN_PRODUCT" not in os.environ, reason="takes hours; ELMAN_PRODUCT=0:2000 runs 2000 cases of it")
@pytest.mark.usefixtures("as_a_user_sees_it")
def test_the_whole_product():
    cases = [dict(zip(FACTORS, values, strict=True)) for values in itertools.product(*FACTORS.values())]
    random.Random(0).shuffle(cases)
    first, last = map(int, os.environ["ELMAN_PRODUCT"].split(":"))
    uses, failed, start = [], [], clock.monotonic()
    for i, case in enumerate(cases[first:last], start=first):
        try:
            uses.append(use_of_tolerance(**case))
        except AssertionError as error:
            failed.append(f"{i}: {case}: {str(error)[:300]}")
            sys.stderr.write(f"{failed[-1]}\n")
        if i % 100 == 99:
            sys.stderr.write(
                f"{i + 1} of {len(cases)}, {len(failed)} failed, {clock.monotonic() - start:.0f} s, "
                f"{max(uses):.2f} of the tolerance used\n"
            )
    assert not failed, "\n".join(failed)
