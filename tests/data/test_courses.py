import numpy as np
import pytest

from elman.data.courses import courses, stretched


@pytest.mark.parametrize(("steps", "points"), [(12, 4), (7, 7), (13, 5), (3, 8), (1, 6)])
def test_a_stretch_is_the_mean_of_its_steps(steps, points):
    random = np.random.default_rng(0)
    sequence = random.normal(size=(steps, 2))
    sequence[0, 1] = np.nan
    expected = np.full((points, 2), np.nan)
    for point in range(points):
        start, end = point * steps // points, (point + 1) * steps // points
        part = sequence[start : max(end, start + 1)]
        for channel in range(2):
            values = part[~np.isnan(part[:, channel]), channel]
            expected[point, channel] = values.mean() if len(values) else np.nan
    np.testing.assert_allclose(stretched(sequence, points), expected)


def test_sequences_of_unequal_lengths_count_alike():
    (course,) = courses(
        [np.zeros((2, 1)), np.linspace(2, 4, 200)[:, None]], "x", {"all": np.arange(2)}, points=2, most=1
    )
    assert course.values == pytest.approx((1.25, 1.75), abs=0.01)


def test_the_channels_in_which_the_groups_differ_most_come_first_whatever_their_scale():
    random = np.random.default_rng(0)
    noise = random.normal(size=(40, 6, 3))
    noise[20:, :, 1] += 9
    noise[:, :, 0] *= 1000
    noise[20:, :, 2] += 2
    found = courses(
        list(noise), ["loud", "apart", "near"], {"a": np.arange(20), "b": np.arange(20, 40)}, points=6, most=2
    )
    assert [(course.channel, course.group) for course in found] == [
        ("apart", "a"), ("apart", "b"), ("near", "a"), ("near", "b")
    ]  # fmt: skip


def test_a_channel_that_does_not_vary_is_not_drawn():
    sequence = np.stack([np.full(9, 3.0), np.arange(9.0), np.full(9, np.nan)], axis=1)
    found = courses([sequence], ["flat", "rising", "empty"], {"all": np.arange(1)}, points=3, most=3)
    assert [(course.channel, course.values) for course in found] == [("rising", (1.0, 4.0, 7.0))]


def test_a_large_group_is_drawn_from_a_sample_over_all_of_it():
    read = []

    class Counting(list):
        def __getitem__(self, index):
            read.append(index)
            return super().__getitem__(index)

    sequences = Counting(np.full((2, 1), float(index)) for index in range(5000))
    assert courses(sequences, ["x"], {"all": np.arange(5000)}, points=2, most=1) == ()  # none of them varies
    members = [index for index in read if not isinstance(index, slice)]
    assert len(members) == 200
    assert (min(members), max(members)) == (0, 4999)
