"""What is found in a set of sequences."""

from dataclasses import replace

import numpy as np
import pytest

from elman.data import Sequences, load, sequences_of
from elman.data.look_sequences import look_at_sequences

RANDOM = np.random.default_rng(0)


def ragged(lengths, labels=None, channels=2, **more) -> Sequences:
    return sequences_of([RANDOM.normal(size=(length, channels)) for length in lengths], labels, **more)


def test_a_channel_is_what_all_its_values_together_are(monkeypatch):
    monkeypatch.setattr("elman.data.look_sequences._BLOCK", 20)  # so that several blocks are looked at
    found = ragged([3, 7, 9, 5, 2])
    found.sequences[1][2:5, 0] = np.nan
    found.sequences[3][1, 1] = np.inf
    whole = np.concatenate(found.sequences)
    for at, channel in enumerate(look_at_sequences(found).channels):
        finite = whole[np.isfinite(whole[:, at]), at]
        assert (channel.low, channel.high) == (finite.min(), finite.max())
        assert channel.mean == pytest.approx(finite.mean())
        assert channel.missing == pytest.approx(np.isnan(whole[:, at]).mean())
        assert channel.infinite == np.isinf(whole[:, at]).sum()


def test_lengths_have_a_shortest_a_median_and_a_longest():
    steps = look_at_sequences(ragged([9, 2, 4, 3])).steps
    assert (steps.shortest, steps.median, steps.longest) == (2, 3.5, 9)


def test_classes_are_counted_in_each_published_part():
    found = look_at_sequences(load("japanese_vowels"))
    assert found.task == "classify"
    assert [one.parts["train"] for one in found.classes] == [30] * 9
    assert sum(one.parts["test"] for one in found.classes) == 370
    assert all(one.sequences == sum(one.parts.values()) for one in found.classes)
    assert not found.faults


def test_the_usual_course_of_a_class_is_that_of_its_sequences_alone():
    rise, fall = np.linspace(0, 1, 20)[:, None], np.linspace(1, 0, 30)[:, None]
    found = look_at_sequences(sequences_of([rise, fall] * 3, ["up", "down"] * 3))
    of = {course.group: course.values for course in found.courses}
    assert list(of["up"]) == sorted(of["up"])
    assert list(of["down"]) == sorted(of["down"], reverse=True)


def test_at_most_ten_classes_and_three_channels_are_drawn():
    found = look_at_sequences(ragged([6] * 36, [f"c{at % 12:02}" for at in range(36)], channels=5))
    assert len(found.classes) == 12
    assert len({course.group for course in found.courses}) == 10
    assert len({course.channel for course in found.courses}) == 3


def test_numbers_have_a_histogram_and_courses_by_thirds():
    labels = [0.5, 1.5, 1.5, 9.5, 2.5, 3.75]
    found = look_at_sequences(sequences_of([[label, label + 1] for label in labels], labels), points=6)
    assert found.task == "regress"
    assert found.numbers is not None
    assert (found.numbers.low, found.numbers.high, found.numbers.different) == (0.5, 9.5, 5)
    assert found.numbers.histogram == (4, 1, 1)
    assert {course.group: course.values[0] for course in found.courses} == pytest.approx(
        {"lowest third": 1.0, "middle third": 2.0, "highest third": 6.625}
    )


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        (["a"] * 3, 'every sequence is of class "a": there is nothing to tell apart'),
        ([0.5] * 3, "the label of every sequence is 0.5: there is nothing to learn"),
        (None, "there are no labels: to learn, each sequence needs a class or a number"),
    ],
)
def test_where_nothing_can_be_learnt_there_is_no_task(labels, fault):
    found = look_at_sequences(ragged([4, 5, 6], labels))
    assert found.task == ""
    assert found.faults == (fault,)


def test_channels_that_say_nothing_are_named():
    found = ragged([4, 5], ["a", "b"], channels=3)
    for sequence in found.sequences:
        sequence[:, 0] = 7
        sequence[:, 2] = np.nan
    assert look_at_sequences(found).faults[:2] == (
        '"c0" is constant: it says nothing',
        '"c2" is empty: it says nothing',
    )


def test_sequences_of_one_step_and_without_values_are_counted():
    found = ragged([1, 1, 5, 4], list("aabb"))
    found.sequences[2][:] = np.nan
    assert look_at_sequences(found).faults == (
        "2 sequences have a single time step: nothing in it changes over time",
        "1 sequence holds no value at all",
    )


def test_one_sequence_is_compared_with_nothing():
    assert "there is a single sequence: nothing to compare it with" in look_at_sequences(ragged([5])).faults


def test_rare_classes_are_those_of_the_training_part():
    found = replace(ragged([5] * 8, list("aabcaabb")), split={"train": np.arange(4), "test": np.arange(4, 8)})
    only = look_at_sequences(replace(found, labels=np.array([0, 0, 1, 1, 2, 2, 0, 1])))
    assert only.faults == ('classes that are in the test part alone: "c"',)
    assert look_at_sequences(found).faults == (
        'classes with a single sequence to learn from, which are hardly learnt: "b", "c"',
    )


def test_of_many_rare_classes_some_are_named():
    (fault,) = look_at_sequences(ragged([5] * 7, list("abcdefg"))).faults
    assert fault.endswith('"a", "b", "c", "d", "e" and 2 more')


def test_uneven_classes_are_held_against_the_answer_that_is_always_the_same():
    assert not look_at_sequences(ragged([3] * 20, ["a"] * 18 + ["b"] * 2)).faults
    (fault,) = look_at_sequences(ragged([3] * 22, ["a"] * 20 + ["b"] * 2)).faults
    assert 'to say always "a" is right for 91%' in fault


def test_copies_are_found_across_the_parts_and_with_other_labels():
    found = replace(ragged([5] * 8, list("abababab")), split={"train": np.arange(4), "test": np.arange(4, 8)})
    found.sequences[6] = found.sequences[0].copy()  # of the test and the training part, both of class a
    found.sequences[5] = found.sequences[4].copy()  # both of the test part, of two classes
    assert look_at_sequences(found).faults == (
        "2 sequences are copies of others",
        "2 sequences are alike and have different labels",
        "1 sequence of the test part is in the training part too: the score will be too good",
    )
