import numpy as np
import pytest

from elman.data import split_by_label, split_by_time
from elman.errors import ArgumentError


@pytest.mark.parametrize("length", [10, 97, 8730])
def test_the_parts_follow_each_other_in_time_and_leave_no_row_out(length):
    train, validation, test = split_by_time(length, test=0.2, validation=0.1)
    assert (train.start, train.stop, validation.stop, test.stop) == (0, validation.start, test.start, length)
    assert test.stop - test.start == round(0.2 * length)


def test_without_a_validation_part_it_is_empty():
    split = split_by_time(10)
    assert split.validation == slice(8, 8)


@pytest.mark.parametrize(("test", "validation"), [(1.0, 0.0), (-0.1, 0.0), (0.2, 1.0), (0.5, 0.5)])
def test_fractions_that_leave_nothing_to_train_on_are_refused(test, validation):
    with pytest.raises(ArgumentError, match=r"expected a fraction|leave none of 10 rows"):
        split_by_time(10, test, validation)


LABELS = np.repeat([0, 1, 2, 5], [40, 24, 8, 1])


def test_a_part_held_out_has_its_share_of_every_class():
    kept, held_out = split_by_label(LABELS, 0.25)
    assert np.bincount(LABELS[held_out], minlength=6).tolist() == [10, 6, 2, 0, 0, 0]
    assert sorted([*kept, *held_out]) == list(range(len(LABELS)))


def test_a_small_class_stays_on_both_sides():
    kept, held_out = split_by_label(np.array([0, 0, 1, 1]), 0.01)
    assert len(kept) == len(held_out) == 2


def test_the_seed_decides_who_is_held_out():
    first, again, other = (split_by_label(LABELS, seed=seed).held_out.tolist() for seed in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize("fraction", [0, 1, -1])
def test_a_fraction_that_leaves_a_side_empty_is_refused(fraction):
    with pytest.raises(ArgumentError, match=r"expected a fraction in \(0, 1\)"):
        split_by_label(LABELS, fraction)
