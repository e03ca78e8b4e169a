"""One step → a whole sequence."""

from elman.unfold.api import unfold
from elman.unfold.reasons import Why, why
from elman.unfold.request import Unfolded

__all__ = ["Unfolded", "Why", "unfold", "why"]
