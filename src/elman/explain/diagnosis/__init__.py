"""Why a network does not learn, or what it does instead."""

from elman.explain.diagnosis.attribution import gradient_times_input, occlusion
from elman.explain.diagnosis.finding import Finding
from elman.explain.diagnosis.lyapunov import lyapunov
from elman.explain.diagnosis.matrices import recurrent_matrices
from elman.explain.diagnosis.report import Diagnosis, diagnose

__all__ = [
    "Diagnosis",
    "Finding",
    "diagnose",
    "gradient_times_input",
    "lyapunov",
    "occlusion",
    "recurrent_matrices",
]
