import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeCV

from elman import data
from elman.errors import ArgumentError
from elman.models.baselines import LeaveOneOut, RandomKernels, kernels

NAN = np.nan


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def ragged(channels: int = 3) -> list[np.ndarray]:
    return [noise(length, channels, seed=length) for length in (1, 5, 23, 40, 23, 12, 61)]


def by_hand(group: kernels._Kernels, sequence: np.ndarray) -> tuple[list[float], list[float]]:
    """The largest output and the share above 0 of each kernel, one output after the other."""
    weights, reach = group.weights.numpy(), (group.weights.shape[2] - 1) * group.dilation
    margin = reach // 2 if group.padded else 0
    behind = margin if group.padded else max(0, reach + 1 - len(sequence))
    padded = np.pad(sequence, ((margin, behind), (0, 0)))
    highest, shares = [], []
    for kernel, bias in zip(weights, group.bias.numpy(), strict=True):
        outputs = [
            bias + (kernel.T * padded[start : start + reach + 1 : group.dilation]).sum()
            for start in range(len(padded) - reach)
        ]
        highest.append(max(outputs))
        shares.append(np.mean([output > 0 for output in outputs]))
    return highest, shares


@pytest.mark.parametrize("cells", [1, 3000, 8_000_000])
def test_the_features_of_each_sequence_are_those_it_has_alone(monkeypatch, cells):
    monkeypatch.setattr(kernels, "_CELLS", cells)
    sequences = ragged()
    model = RandomKernels.fit([noise(40, 3)] * 2, np.array([0, 1]), kernels=40)
    assert {group.padded for group in model.groups} == {True, False}
    assert max(group.dilation for group in model.groups) > 2
    found = kernels._features(model.groups, model.scaler, sequences)
    for row, sequence in zip(found, sequences, strict=True):
        parts = [by_hand(group, model.scaler.transform(sequence)) for group in model.groups]
        expected = np.concatenate([[*highest, *shares] for highest, shares in parts])
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-5)


def test_kernels_are_drawn_as_in_the_paper():
    groups = list(kernels._drawn(3000, 150, 4, np.random.default_rng(0)))
    sizes = np.array([len(group.bias) for group in groups])
    assert sizes.sum() == 3000
    taps = np.repeat([group.weights.shape[2] for group in groups], sizes)
    assert set(taps) == {7, 9, 11}
    dilations = np.repeat([group.dilation for group in groups], sizes)
    assert dilations.min() == 1
    assert ((taps - 1) * dilations < 150).all()
    assert (dilations > 12).any()
    assert np.repeat([group.padded for group in groups], sizes).mean() == pytest.approx(0.5, abs=0.05)
    bias = torch.cat([group.bias for group in groups])
    assert -1 <= bias.min() < -0.9 < 0.9 < bias.max() <= 1
    read = torch.cat([(group.weights != 0).any(dim=2).sum(dim=1) for group in groups])
    assert sorted(read.unique().tolist()) == [1, 2, 3, 4]
    for group in groups:
        torch.testing.assert_close(group.weights.sum(dim=2), torch.zeros(group.weights.shape[:2]), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("samples", "features"), [(60, 9), (20, 50), (25, 25)])
def test_the_strength_and_the_weights_are_those_of_scikit_learn(samples, features):
    x, y = noise(samples, features), noise(samples, 2, seed=1)
    x[:, 0] = 3.0
    x[:, 2] = x[:, 1]
    strengths = [0.01, 1.0, 30.0, 1000.0]
    expected = RidgeCV(strengths).fit(x, y + x[:, 3:5])
    found = LeaveOneOut.fit(x, y + x[:, 3:5], strengths=strengths)
    assert found.strength == expected.alpha_
    new = noise(7, features, seed=2)
    np.testing.assert_allclose(found.predict(new), expected.predict(new), rtol=1e-7)


def test_the_strength_is_the_best_on_samples_truly_left_out():
    x, y = noise(15, 6), noise(15, 1, seed=1)
    strengths = [0.1, 3.0, 100.0]
    errors = []
    for strength in strengths:
        fits = [LeaveOneOut.fit(np.delete(x, i, 0), np.delete(y, i, 0), strengths=[strength]) for i in range(15)]
        errors.append(sum(((fit.predict(x[[i]]) - y[i]) ** 2).sum() for i, fit in enumerate(fits)))
    assert LeaveOneOut.fit(x, y, strengths=strengths).strength == strengths[int(np.argmin(errors))]


def test_numbers_are_predicted_too():
    rates = np.random.default_rng(0).uniform(0.1, 1.2, size=90)
    waves = [np.sin(rate * np.arange(80))[:, None] for rate in rates]
    model = RandomKernels.fit(waves[:60], rates[:60], kernels=200)
    assert np.abs(model.predict(waves[60:]) - rates[60:]).mean() < 0.03


def test_classes_keep_their_names_and_a_seed_its_kernels():
    sequences, labels = list(noise(12, 20, 1)), np.array([7, -3, 40] * 4)
    sequences = [sequence + label / 10 for sequence, label in zip(sequences, labels, strict=True)]
    first, again, other = (RandomKernels.fit(sequences, labels, kernels=50, seed=seed) for seed in (1, 1, 2))
    assert set(first.predict(sequences)) <= {7, -3, 40}
    np.testing.assert_array_equal(first.ridge.weights, again.ridge.weights)
    assert not np.array_equal(first.ridge.weights, other.ridge.weights)


def test_a_missing_value_is_taken_to_be_the_mean_of_training():
    train = list(noise(20, 30, 2))
    model = RandomKernels.fit(train, np.arange(20.0), kernels=30)
    sample, filled = noise(30, 2, seed=5), noise(30, 2, seed=5)
    sample[4:9, 1], filled[4:9, 1] = NAN, model.scaler.mean[1]
    np.testing.assert_allclose(model.predict([sample]), model.predict([filled]), rtol=1e-6)


def test_one_sequence_one_class_and_constants_do_no_harm():
    assert RandomKernels.fit([noise(5, 1)], np.array([3]), kernels=9).predict(ragged(1)).tolist() == [3] * 7
    constant = [np.ones((9, 1))] * 4
    assert np.isfinite(RandomKernels.fit(constant, np.arange(4.0), kernels=9).predict(constant)).all()
    assert RandomKernels.fit(ragged(), np.arange(7), kernels=9).predict([]).shape == (0,)


def test_the_voices_are_told_apart_better_than_by_the_nearest():
    vowels = data.load("japanese_vowels")
    train, test = vowels.take(vowels.split["train"]), vowels.take(vowels.split["test"])
    model = RandomKernels.fit(train.sequences, train.labels)
    assert (model.predict(test.sequences) == test.labels).mean() >= 0.97


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match="2 training sequences and 1 labels"):
        RandomKernels.fit([noise(3, 1)] * 2, np.array([0]))
    with pytest.raises(ArgumentError, match="kernels is 0"):
        RandomKernels.fit([noise(3, 1)], np.array([0]), kernels=0)
    with pytest.raises(ArgumentError, match="no time step"):
        RandomKernels.fit([noise(3, 1), noise(0, 1)], np.array([0, 1]))
    with pytest.raises(ArgumentError, match="not a finite number"):
        RandomKernels.fit([noise(3, 1)], np.array([NAN]))
    with pytest.raises(ArgumentError, match="2 channels in their last axis"):
        RandomKernels.fit([noise(3, 1)], np.array([0])).predict([noise(3, 2)])
    with pytest.raises(ArgumentError, match="each above 0"):
        LeaveOneOut.fit(noise(3, 1), noise(3, 1), strengths=[0.0])
    with pytest.raises(ArgumentError, match="3 rows of features and 2 of targets"):
        LeaveOneOut.fit(noise(3, 1), noise(2, 1))
    with pytest.raises(ArgumentError, match="2 features; the fit had 1"):
        LeaveOneOut.fit(noise(3, 1), noise(3, 1)).predict(noise(3, 2))
