import itertools

import numpy as np
import pytest

from elman.errors import ArgumentError
from elman.models.language_size import suggest
from elman.models.text import TextExamples

LENGTHS = [2, 9, 500, 20_000, 50_000, 200_000, 1_000_000, 5_000_000, 40_000_000]
TIMES = [1, 30, 60, 300, 900, 3600, 86_400]
CASES = list(itertools.product(LENGTHS, TIMES))


@pytest.mark.parametrize(("characters", "seconds"), CASES)
def test_the_rows_are_ones_that_the_text_can_be_cut_into(characters, seconds):
    size = suggest(characters, seconds)
    if characters <= 1_000_000:
        assert len(TextExamples(np.ones(characters, dtype=np.int64), size["rows"], size["chunk"])) >= 1
    assert 1 <= size["rows"] < characters


@pytest.mark.parametrize("seconds", TIMES)
def test_a_longer_text_never_gets_a_smaller_model_nor_more_epochs_of_the_same(seconds):
    sizes = [suggest(characters, seconds) for characters in LENGTHS]
    widths = [size["hidden_size"] for size in sizes]
    assert widths == sorted(widths)
    for short, long in itertools.pairwise(sizes):
        assert short["hidden_size"] < long["hidden_size"] or short["epochs"] >= long["epochs"]
        assert short["dropout"] >= long["dropout"] or short["epochs"] < long["epochs"]
        assert short["rows"] <= long["rows"]


@pytest.mark.parametrize("characters", LENGTHS)
def test_more_time_never_gives_a_smaller_model(characters):
    widths = [suggest(characters, seconds)["hidden_size"] for seconds in TIMES]
    assert widths == sorted(widths)


@pytest.mark.parametrize(("characters", "seconds"), CASES)
def test_the_time_that_the_widths_work_takes_is_kept_wherever_one_epoch_fits(characters, seconds):
    size = suggest(characters, seconds, seconds_per_character=1e-4)
    work = size["hidden_size"] * (size["hidden_size"] + 64) / (256 * 320)
    needed = size["epochs"] * characters * 1e-4 * work
    assert needed <= 0.9 * seconds or size["epochs"] == 1


def test_a_machine_of_half_the_speed_is_given_what_half_the_time_would_give():
    assert suggest(1_000_000, 600, seconds_per_character=70e-6) == suggest(1_000_000, 300, seconds_per_character=35e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 60.0), "the text has 1 characters"),
        ((1000, 0.0), "seconds is 0.0; expected a number above 0"),
        ((1000, float("nan")), "seconds is nan"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        suggest(*arguments)


def test_a_speed_of_nothing_is_refused():
    with pytest.raises(ArgumentError, match="seconds_per_character is 0"):
        suggest(1000, 60, seconds_per_character=0)
