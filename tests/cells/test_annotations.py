import jaxtyping
import pytest
import torch

import elman


@pytest.mark.parametrize("kind", [elman.SingleRNN, elman.Elman, elman.LSTM, elman.GRU], ids=lambda kind: kind.__name__)
def test_the_annotated_shapes_are_checked_while_testing(kind):
    cell = kind(3, 5)
    with pytest.raises(jaxtyping.TypeCheckError):
        cell.step(torch.zeros(7, 2, 3), cell.initial_state(2))


@pytest.mark.usefixtures("as_a_user_sees_it")
def test_and_are_not_for_a_user():
    cell = elman.Elman(3, 5)
    output, _ = cell.step(torch.zeros(7, 2, 3), cell.initial_state(2))
    assert output.shape == (7, 2, 5)
