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
