import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from elman import data
from elman.errors import ArgumentError
from elman.models.baselines import NGrams

TEXT = "she sells sea shells by the sea shore; the shells she sells are sea-shore shells, i'm sure. " * 2


def discounts_by_hand(counts) -> dict[int, float]:
    n = Counter(counts)
    if n[1] and n[2] and n[3]:
        y = n[1] / (n[1] + 2 * n[2])
        found = {1: 1 - 2 * y * n[2] / n[1], 2: 2 - 3 * y * n[3] / n[2], 3: 3 - 4 * y * n[4] / n[3]}
        if min(found.values()) > 0:
            return found
    return {1: 0.5, 2: 1.0, 3: 1.5}


def counts_by_hand(text: str, order: int) -> list[Counter]:
    """Of each order: occurrences at the highest, different characters in front below it."""
    grams = [Counter(text[i : i + n] for i in range(len(text) - n + 1)) for n in range(1, order + 1)]
    return [Counter(gram[1:] for gram in longer) for longer in grams[1:]] + [grams[-1]]


def probability_by_hand(counts: list[Counter], characters: int, context: str, character: str) -> float:
    probability = 1 / (characters + 1)
    for n, level in enumerate(counts):
        if n > len(context):
            break
        history = context[len(context) - n :]
        followers = {gram: count for gram, count in level.items() if gram[:-1] == history}
        if not followers:
            break
        d = discounts_by_hand(level.values())
        total = sum(followers.values())
        left = sum(min(d[min(count, 3)], count) for count in followers.values()) / total
        own = followers.get(history + character, 0)
        kept = (own - min(d[min(own, 3)], own)) / total if own else 0.0
        probability = kept + left * probability
    return probability


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("text", ["she shall sell shoes", "sxs§ eq", "the the the the "])
def test_the_probabilities_are_those_of_the_equations(order, text):
    counts = counts_by_hand(TEXT, order)
    expected = [
        probability_by_hand(counts, len(set(TEXT)), text[max(0, i - order + 1) : i], text[i]) for i in range(len(text))
    ]
    np.testing.assert_allclose(np.exp(NGrams.fit(TEXT, order=order).log_probabilities(text)), expected, rtol=1e-10)


@pytest.mark.parametrize("training", [TEXT, "a", "aaaa", "ab", "abcabcabd", "日本日本語"])
@pytest.mark.parametrize("order", [1, 2, 4, 7])
def test_the_probabilities_of_all_characters_and_one_unseen_add_up_to_one(training, order):
    model = NGrams.fit(training, order=order)
    contexts = defaultdict(float)
    for context in {"", "a", "she s", "§", training[-3:], "e§s"}:
        for character in [*sorted(set(training)), "€"]:
            contexts[context] += math.exp(model.log_probabilities(context + character)[-1])
    np.testing.assert_allclose(list(contexts.values()), 1, rtol=1e-12)


def test_nats_are_the_mean_over_the_characters():
    model = NGrams.fit(TEXT, order=3)
    assert model.nats("sea shore") == pytest.approx(-model.log_probabilities("sea shore").mean())


def test_one_character_of_context_is_the_frequency_of_each_without_any():
    found = np.exp(NGrams.fit("aab" * 1000, order=1).log_probabilities("ab"))
    np.testing.assert_allclose(found, [2 / 3, 1 / 3], rtol=2e-3)


def test_a_text_that_repeats_is_nearly_certain():
    model = NGrams.fit("abcdefgh" * 200, order=5)
    assert model.log_probabilities("abcdefgh")[4:].min() > -0.1
    assert model.nats("hgfedcba") > 2


def test_characters_beyond_the_basic_plane_count_as_one():
    assert NGrams.fit("🙂🙃" * 9, order=2).log_probabilities("🙂🙃🙂").shape == (3,)


def test_shakespeare_is_read_as_well_as_was_measured():
    text = data.load("shakespeare").text
    cut = int(len(text) * 0.9)
    assert NGrams.fit(text[:cut]).nats(text[cut:]) == pytest.approx(1.6765, abs=1e-3)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match="the text is empty"):
        NGrams.fit("")
    with pytest.raises(ArgumentError, match="order is 0"):
        NGrams.fit("a", order=0)
    with pytest.raises(ArgumentError, match="the text is empty"):
        NGrams.fit("a").nats("")
