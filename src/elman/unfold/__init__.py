"""One step → a whole sequence."""

from elman.unfold.api import unfold
from elman.unfold.request import Unfolded
from elman.unfold.trace import Trace, trace

__all__ = ["Trace", "Unfolded", "trace", "unfold"]
