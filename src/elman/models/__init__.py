"""Networks with a head for one task, over any cell, and the baselines that they have to beat."""

from elman.models.classifier import Classifier
from elman.models.examples import SequenceExamples, WindowExamples
from elman.models.forecaster import Forecaster
from elman.models.language import LanguageModel
from elman.models.regressor import Regressor
from elman.models.saving import load, save
from elman.models.tag_examples import TagExamples
from elman.models.tagger import Tagger
from elman.models.text import TextExamples, Vocabulary

__all__ = [
    "Forecaster",
    "Classifier",
    "Regressor",
    "Tagger",
    "LanguageModel",
    "WindowExamples",
    "SequenceExamples",
    "TagExamples",
    "TextExamples",
    "Vocabulary",
    "save",
    "load",
]
