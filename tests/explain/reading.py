"""How a sequence may be read."""

import torch

from zoo import TIME

CASES = {
    "plain": {},
    "ragged": {"lengths": torch.tensor([4, TIME])},
    "reset": {"reset": torch.eye(TIME, dtype=torch.bool)[:, [2, 5]]},
    "reverse": {"reverse": True},
    "ragged, reset, reverse": {
        "lengths": torch.tensor([4, TIME]),
        "reset": torch.eye(TIME, dtype=torch.bool)[:, [2, 5]],
        "reverse": True,
    },
}
