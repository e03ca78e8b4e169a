"""Networks with a head for one task, over any cell, and the baselines that they have to beat."""

from elman.models.classifier import Classifier
from elman.models.examples import SequenceExamples, WindowExamples
from elman.models.forecaster import Forecaster
from elman.models.saving import load, save

__all__ = ["Forecaster", "Classifier", "WindowExamples", "SequenceExamples", "save", "load"]
