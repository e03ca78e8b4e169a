"""How near two numbers must be, by dtype: the only such table."""

import numpy as np
import torch
from torch import Tensor
from torch.testing import assert_close

EXACT = {"rtol": 0.0, "atol": 0.0}
ROUNDING = {
    torch.float64: {"rtol": 1e-10, "atol": 1e-12},
    torch.float32: {"rtol": 1e-5, "atol": 1e-6},
}


def assert_equal(actual, expected) -> None:
    """The same structure of tensors, bit for bit."""
    assert_close(actual, expected, **EXACT)


def assert_near(actual, expected) -> None:
    """The same structure of tensors or arrays, up to the rounding of their dtype."""
    if isinstance(expected, np.ndarray):
        expected = torch.from_numpy(expected)
    if isinstance(expected, Tensor):
        assert_close(actual, expected, **ROUNDING.get(expected.dtype, EXACT))
    elif expected is None:
        assert actual is None
    else:
        assert len(actual) == len(expected), f"{len(actual)} parts, not {len(expected)}"
        for one, other in zip(actual, expected, strict=True):
            assert_near(one, other)


OWN, FLOOR = 2, 8  # how much further from the truth than the loop, and units in the last place added to that
LOST = 1000  # units in the last place: where the loop is that far away itself, the system is chaotic


def uses_of_tolerance(found, loop, truth) -> list[float]:
    """How much of the tolerated error each tensor of `found` makes use of: more than 1 is too much.

    Engines add up in another order than the loop does, and are wrong in other places: what counts is how far each is
    from the truth, the loop in float64. How far the loop is, is the largest error among all its tensors, since that
    of a single number is a matter of luck.
    """
    own = max(_units_away(one, true) for one, true in zip(loop, truth, strict=True))
    tolerated = OWN * own + FLOOR if own <= LOST else float("inf")
    return [_units_away(one, true) / tolerated for one, true in zip(found, truth, strict=True)]


def _units_away(tensor, truth) -> float:
    """The largest error in units in the last place of the largest number, or of 1."""
    scale = max(truth.abs().max().item(), 1.0)
    return (tensor - truth).abs().max().item() / (scale * torch.finfo(tensor.dtype).eps)
