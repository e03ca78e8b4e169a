"""Numbers out of a report, and networks whose numbers hide no mistake."""

import base64

import numpy as np
import torch


def array(plain: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(plain["data"]), "<f4").reshape(plain["shape"])


def randomised(module: torch.nn.Module) -> torch.nn.Module:
    """No weight and no scale at a value that would hide a mistake."""
    torch.manual_seed(1)
    with torch.no_grad():
        for one in module.parameters():
            one.normal_(std=0.5)
        for name, one in module.named_buffers():
            if one.is_floating_point():
                one.uniform_(0.5, 1.5) if name.endswith("std") else one.normal_(std=0.3)
    return module.eval()
