import numpy as np
import pytest
import torch

from elman.errors import ArgumentError
from elman.models.frames import framed
from models.modelling import classifier, sequences


@pytest.mark.parametrize("size", [2, 3, 5])
def test_a_frame_holds_its_steps_in_order_and_zeros_after_the_end(size):
    features, lengths = torch.randn(11, 3, 2), torch.tensor([11, 4, 1])
    frames, counts = framed(features, lengths, size)
    assert counts.tolist() == [-(-length // size) for length in lengths.tolist()]
    for row, length in enumerate(lengths.tolist()):
        flat = torch.zeros(len(frames) * size, 2)
        flat[:length] = features[:length, row]
        torch.testing.assert_close(frames[:, row].reshape(-1, 2), flat, rtol=0, atol=0)


def test_frames_of_one_step_are_the_steps():
    features, lengths = torch.randn(4, 2, 3), torch.tensor([4, 2])
    assert framed(features, lengths, 1) == (features, lengths)


def test_a_classifier_of_frames_says_the_same_of_a_sequence_alone_and_among_longer_ones():
    model, data = classifier(frame=3).eval(), sequences().sequences
    together = model.predict_proba(data)
    np.testing.assert_allclose(together, [model.predict_proba([one])[0] for one in data], atol=1e-6)


def test_a_frame_of_no_step_is_refused():
    with pytest.raises(ArgumentError, match="frame is 0; expected at least 1 time step"):
        classifier(frame=0)
