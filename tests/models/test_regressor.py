import numpy as np
import pytest
import torch

from elman.data import sequences_of
from elman.errors import ArgumentError
from elman.models import Regressor, SequenceExamples, load, save
from elman.training import fit

random = np.random.default_rng(0)
WAVES = [random.normal(size=(length, 2)) for length in random.integers(3, 12, 40)]
SUMS = np.array([700 + 50 * wave[:, 0].sum() for wave in WAVES])


def regressor(**options):
    torch.manual_seed(0)
    model = Regressor(2, **{"hidden_size": 16, **options})
    model.prepare(SequenceExamples(sequences_of(WAVES, SUMS)))
    return model


def test_a_sum_over_time_is_learnt_in_its_own_unit():
    model, train = regressor(pools=["last"]), SequenceExamples(sequences_of(WAVES, SUMS))
    fit(model, train, epochs=80, batch_size=8, learning_rate=0.02)
    found = model.predict(WAVES)
    assert found.shape == (40,)
    assert np.sqrt(np.mean((found - SUMS) ** 2)) < 0.15 * SUMS.std()


def test_the_loss_does_not_depend_on_the_unit():
    model = regressor()
    batch = SequenceExamples(sequences_of(WAVES, SUMS)).batch(slice(0, 9))
    other = Regressor(2, hidden_size=16)
    other.load_state_dict({**model.state_dict(), "target_mean": torch.tensor(0.0), "target_std": torch.tensor(1.0)})
    scaled = (SUMS - SUMS.mean()) / SUMS.std()
    expected = other.loss(*SequenceExamples(sequences_of(WAVES, scaled)).batch(slice(0, 9)))
    torch.testing.assert_close(model.loss(*batch), expected, rtol=1e-4, atol=1e-5)


def test_a_saved_regressor_says_the_same(tmp_path):
    model = regressor(frame=3, bidirectional=True).eval()
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(WAVES), model.predict(WAVES))


def test_a_constant_number_does_not_divide_by_zero():
    model = Regressor(2, hidden_size=4)
    train = SequenceExamples(sequences_of(WAVES, np.full(40, 3.5)))
    model.prepare(train)
    assert torch.isfinite(model.loss(*train.batch(slice(None))))


def test_classes_are_refused():
    with pytest.raises(ArgumentError, match="are classes; expected numbers"):
        Regressor(2).prepare(SequenceExamples(sequences_of(WAVES, ["a", "b"] * 20)))
