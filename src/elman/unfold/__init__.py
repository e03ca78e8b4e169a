"""One step → a whole sequence."""

from elman.unfold.api import unfold
from elman.unfold.request import Unfolded
from elman.unfold.trace import Trace, trace
from elman.unfold.why import Why, why

__all__ = ["Trace", "Unfolded", "Why", "trace", "unfold", "why"]
