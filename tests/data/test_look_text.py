import math

import pytest

from elman.data import Text, load
from elman.data.look_text import look_at_text


def test_a_text_is_counted_as_its_catalogue_says():
    found = look_at_text(load("shakespeare"))
    assert (found.characters, found.different, found.task) == (1_094_857, 80, "generate")
    assert found.most_frequent[0].character == " "


@pytest.mark.parametrize(("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\n\nb", 3)])
def test_the_last_line_counts_if_nothing_ends_it(text, lines):
    assert look_at_text(Text("t", text)).lines == lines


def test_as_many_nats_as_equally_frequent_characters_need():
    assert look_at_text(Text("t", "abcd" * 50)).entropy == pytest.approx(math.log(4))
    assert look_at_text(Text("t", "a" * 50)).entropy == 0


def test_a_short_text_has_no_task():
    found = look_at_text(Text("t", "x" * 499))
    assert found.task == ""
    assert found.faults == ("there are 499 characters; expected at least 500 to learn from and to test on",)
    assert look_at_text(Text("t", "x" * 500)).task == "generate"


def test_signs_of_a_wrong_encoding_are_counted():
    faults = look_at_text(Text("t", "caf\ufffd\n\0" * 100)).faults
    assert faults[0].startswith("100 characters are the sign for an unreadable one")
    assert faults[1] == "100 characters cannot be printed"


def test_rare_characters_are_counted():
    assert look_at_text(Text("t", "ab" * 300 + "z" * 19)).faults == (
        "1 of the 3 characters come fewer than 20 times: they are hardly learnt",
    )
