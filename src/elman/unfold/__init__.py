"""One step → a whole sequence."""

from elman.unfold.api import unfold
from elman.unfold.reasons import Why, why
from elman.unfold.request import Unfolded
from elman.unfold.tracing import Trace, trace

__all__ = ["Trace", "Unfolded", "Why", "trace", "unfold", "why"]
