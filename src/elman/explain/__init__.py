"""Pictures of networks and of what happens in them."""

from elman.explain.diagnosis import (
    Diagnosis,
    Finding,
    diagnose,
    gradient_times_input,
    lyapunov,
    occlusion,
    recurrent_matrices,
)
from elman.explain.drawing import folded, unfolded
from elman.explain.trace_of import Trace
from elman.explain.tracing import trace

__all__ = [
    "Diagnosis",
    "Finding",
    "Trace",
    "diagnose",
    "folded",
    "gradient_times_input",
    "lyapunov",
    "occlusion",
    "recurrent_matrices",
    "trace",
    "unfolded",
]
