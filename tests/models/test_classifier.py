from functools import partial

import numpy as np
import pytest
import torch

from elman.data import Scaler
from elman.errors import ArgumentError
from elman.models import SequenceExamples
from elman.models.baselines import ConvNet
from elman.models.examples import pad
from models.modelling import CHANNELS, CLASSES, classifier, sequence_examples, sequences

BODIES = [{}, {"bidirectional": True, "cell": "lstm"}, {"body": partial(ConvNet, channels=4)}]


def prepared(**options):
    model = classifier(**options)
    model.prepare(sequence_examples())
    return model.eval()


@pytest.mark.parametrize("options", BODIES)
def test_a_sequence_gets_the_same_class_alone_as_among_longer_ones(options):
    model, data = prepared(**options), sequences().sequences
    together = model.predict_proba(data)
    alone = np.concatenate([model.predict_proba([sequence]) for sequence in data])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("options", BODIES)
def test_what_stands_in_the_padding_changes_nothing(options):
    model = prepared(**options)
    padded, lengths = pad(sequences().sequences)
    dirty = padded.clone()
    for row, length in enumerate(lengths):
        dirty[length:, row] = float("nan")
    longer = torch.cat([dirty, torch.full_like(dirty, 1e9)])
    torch.testing.assert_close(model(dirty, lengths), model(padded, lengths), rtol=0, atol=0)
    torch.testing.assert_close(model(longer, lengths), model(padded, lengths))


def test_the_scale_is_that_of_the_sequences_it_was_prepared_on():
    model, data = prepared(), sequences()
    scaler = Scaler.fit(data.sequences)
    np.testing.assert_allclose(model.inputs.mean, scaler.mean, rtol=1e-6)
    np.testing.assert_allclose(model.inputs.std, scaler.std, rtol=1e-6)


def test_probabilities_sum_to_one_and_the_class_is_the_most_probable():
    model = prepared()
    probabilities = model.predict_proba(sequences().sequences)
    assert probabilities.shape == (24, len(CLASSES))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(model.predict(sequences().sequences), probabilities.argmax(axis=1))


def test_an_array_of_sequences_is_as_good_as_a_list():
    model, array = prepared(), np.random.default_rng(0).normal(size=(4, 7, CHANNELS)) + 50
    assert np.array_equal(model.predict_proba(array), model.predict_proba(list(array)))


def test_no_sequences_give_no_classes():
    assert prepared().predict([]).shape == (0,)


def test_dropout_noise_and_smoothing_act_while_training_only():
    wild = classifier(dropout=0.5, noise=1.0, drift=1.0, label_smoothing=0.5)
    calm = classifier()
    calm.load_state_dict(wild.state_dict())
    batch = sequence_examples().batch(np.arange(24))
    assert torch.equal(wild.eval().loss(*batch), calm.eval().loss(*batch))
    assert not torch.equal(wild.train().loss(*batch), calm.train().loss(*batch))


def test_without_mask_a_missing_value_is_only_filled():
    assert classifier(mask=False).inputs.output_size == CHANNELS
    assert np.isfinite(prepared(mask=False).predict_proba(sequences().sequences)).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([np.zeros((2, CHANNELS)), np.zeros((0, CHANNELS))], "sequence 1 has no time step"),
        ([np.zeros((2, CHANNELS + 1))], r"sequence 0 has shape \(2, 4\); expected \(time, 3\)"),
        ([np.zeros(CHANNELS)], r"expected \(time, 3\)"),
    ],
)
def test_a_sequence_that_does_not_fit_is_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        prepared().predict(given)


def test_an_empty_sequence_is_refused_before_training():
    data = sequences()
    data.sequences[5] = np.zeros((0, CHANNELS))
    with pytest.raises(ArgumentError, match="sequence 5 has no time step"):
        SequenceExamples(data)


@pytest.mark.parametrize("wrong", [{"dropout": -0.1}, {"label_smoothing": 1.0}, {"pools": []}])
def test_an_argument_that_does_not_fit_is_refused(wrong):
    with pytest.raises(ArgumentError):
        classifier(**wrong)


def test_an_unknown_cell_is_refused_with_the_nearest_name():
    with pytest.raises(ArgumentError, match="Did you mean 'gru'"):
        classifier(cell="grru")


def test_class_weights_count_while_training_only():
    model, batch = prepared(class_weights=[2.0, 0.0, 0.0]), sequence_examples().batch(slice(0, 12))
    plain = prepared()
    plain.load_state_dict(model.state_dict())
    assert torch.equal(model.loss(*batch), plain.loss(*batch))
    said = model(batch.input, batch.lengths).log_softmax(dim=-1)
    expected = -2.0 * said[batch.labels == 0, 0].sum() / 12
    torch.testing.assert_close(model.train().loss(*batch), expected)


def test_class_weights_of_another_number_are_refused():
    with pytest.raises(ArgumentError, match="class_weights are"):
        classifier(class_weights=[1.0])
