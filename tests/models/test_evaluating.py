"""Asking a model leaves it in the mode that it was in."""

import numpy as np
import pytest
import torch

from elman.models import LanguageModel, Regressor, TagExamples, Tagger
from elman.models.evaluating import evaluating
from elman.models.text import Vocabulary
from models.modelling import CHANNELS, HISTORY, classifier, forecaster

SEQUENCES = [np.ones((4, CHANNELS))]


def tagger() -> Tagger:
    model = Tagger(CHANNELS, ["a", "b"], hidden_size=5)
    model.prepare(TagExamples(SEQUENCES, [np.array([0, 1, 0, 1])]))
    return model


ASKED = {
    "classifier": (classifier, lambda model: model.predict(SEQUENCES)),
    "regressor": (lambda: Regressor(CHANNELS, hidden_size=5), lambda model: model.predict(SEQUENCES)),
    "tagger": (tagger, lambda model: model.predict(SEQUENCES)),
    "forecaster": (forecaster, lambda model: model.predict(np.ones((HISTORY, CHANNELS)), np.ones(2))),
    "language model": (
        lambda: LanguageModel(Vocabulary.of("to be"), hidden_size=5),
        lambda model: model.generate("to", 2),
    ),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ASKED)
def test_a_model_is_asked_in_evaluation_mode_and_found_as_it_was(kind, training):
    make, ask = ASKED[kind]
    model = make().train(training)
    seen = []
    model.register_forward_pre_hook(lambda module, given: seen.append(module.training))
    ask(model)
    assert seen
    assert not any(seen)
    assert all(part.training == training for part in model.modules())


@pytest.mark.parametrize("kind", ASKED)
def test_an_error_while_a_model_is_asked_leaves_it_in_training(kind):
    make, ask = ASKED[kind]
    model = make().train()

    def fail(module, given):
        raise KeyboardInterrupt

    model.register_forward_pre_hook(fail)
    with pytest.raises(KeyboardInterrupt):
        ask(model)
    assert all(part.training for part in model.modules())


def test_a_part_that_was_set_by_itself_stays_as_it_was():
    model = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Dropout(0.5)).train()
    model[0].eval()
    with evaluating(model):
        assert not model[1].training
    assert [part.training for part in model] == [False, True]
