import pytest
import torch

from elman.errors import ArgumentError
from elman.models.sampling import check_sampling, draw

LOGITS = torch.tensor([1.0, -torch.inf, 3.0, 2.0, 0.0])


def shares(temperature, top_k, draws=4000):
    generator = torch.Generator().manual_seed(0)
    drawn = [draw(LOGITS, temperature, top_k, generator) for _ in range(draws)]
    return torch.bincount(torch.tensor(drawn), minlength=len(LOGITS)) / draws


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_places_are_drawn_as_often_as_the_tempered_softmax_says(temperature):
    weights = torch.exp(LOGITS / temperature)
    torch.testing.assert_close(shares(temperature, None), weights / weights.sum(), atol=0.025, rtol=0)


def test_top_k_draws_among_the_most_probable_as_often_as_they_compare():
    weights = torch.exp(LOGITS) * torch.tensor([0, 0, 1, 1, 0])
    torch.testing.assert_close(shares(1.0, 2), weights / weights.sum(), atol=0.025, rtol=0)


@pytest.mark.parametrize(("temperature", "top_k"), [(0, None), (1e-300, None), (5.0, 1)])
def test_a_temperature_of_nearly_zero_or_one_choice_takes_the_most_probable(temperature, top_k):
    assert shares(temperature, top_k, draws=50)[2] == 1


def test_among_equals_top_k_still_draws_from_no_more_than_k():
    generator = torch.Generator().manual_seed(0)
    assert len({draw(torch.zeros(9), 1.0, 3, generator) for _ in range(200)}) == 3


def test_more_choices_than_there_are_means_all():
    torch.testing.assert_close(shares(1.0, 99), shares(1.0, None), atol=0, rtol=0)


@pytest.mark.parametrize("temperature", [-0.1, float("nan"), float("inf")])
def test_a_temperature_that_is_none_is_refused(temperature):
    with pytest.raises(ArgumentError, match=r"temperature is .*; expected a number of at least 0"):
        check_sampling(temperature, None)


def test_a_choice_among_none_is_refused():
    with pytest.raises(ArgumentError, match="top_k is 0; expected at least 1"):
        check_sampling(1.0, 0)
