"""The next character from the few before it, by counting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from elman.errors import ArgumentError

# Taken from counts of 1, 2, and 3 or more, where the text is too small to tell.
_DISCOUNTS = np.array([0.0, 0.5, 1.0, 1.5])


@dataclass(frozen=True, eq=False)
class NGrams:
    r"""Character n-grams with modified Kneser–Ney smoothing, interpolated down to a uniform distribution.

    $$
    p_n(c \mid h) = \frac{N(hc) - D(N(hc))}{N(h)}
        + \frac{\sum_{c'} D(N(hc'))}{N(h)} \; p_{n-1}(c \mid h') \qquad
    p_0 = \frac{1}{\text{characters} + 1}
    $$

    $h$ is the context of $n - 1$ characters and $h'$ the same without its first. At the highest order $N$ counts
    occurrences; below it, it counts the different characters seen in front. A context that was never seen leaves
    $p_{n-1}$ as it is. The one more in $p_0$ stands for every character that was never seen: they share the
    probability of one. Fit it with `NGrams.fit`.

    Args:
        alphabet: The characters of the training text, sorted, as code points.
        levels: Of each order, from 1 on.

    Example:
        >>> model = NGrams.fit("to be or not to be, " * 50, order=3)
        >>> model.nats("to be") < 1 < model.nats("beet")
        True

    Reference:
        Chen, Goodman. An Empirical Study of Smoothing Techniques for Language Modeling. 1998.
        https://nrs.harvard.edu/urn-3:HUL.InstRepos:25104739
    """

    alphabet: Int64[np.ndarray, " characters"]
    levels: tuple[_Level, ...]

    @classmethod
    def fit(cls, text: str, *, order: int = 7) -> NGrams:
        """The n-grams of a text.

        Args:
            text: The training text.
            order: The longest n-gram, in characters: 7 reads the six before the one it predicts; 1 reads none and
                gives each character about its frequency. On the last tenth of Shakespeare 7 is best.

        Raises:
            ArgumentError: The text is empty, or the order is below 1.
        """
        if not text:
            raise ArgumentError("the text is empty; expected at least one character")
        if order < 1:
            raise ArgumentError(f"order is {order}; expected at least 1 character")
        alphabet, codes = np.unique(_code_points(text), return_inverse=True)
        keys: list[np.ndarray] = []
        ranks: list[np.ndarray] = []
        counts = np.empty(0, dtype=np.int64)
        context = np.zeros(len(codes), dtype=np.int64)
        for n in range(1, min(order, len(codes)) + 1):
            found = context * (len(alphabet) + 1) + codes[n - 1 :]
            unique, rank, counts = np.unique(found, return_inverse=True, return_counts=True)
            keys.append(unique)
            ranks.append(rank)
            context = rank[:-1]

        levels = [_Level.fit(keys[-1], counts, len(alphabet) + 1)]
        for n in range(len(keys) - 1, 0, -1):
            # Each different n-gram, at its first place in the text, counts once for what it ends with.
            _, first = np.unique(ranks[n], return_index=True)
            ends = ranks[n - 1][1:][first]
            levels.insert(0, _Level.fit(keys[n - 1], np.bincount(ends, minlength=len(keys[n - 1])), len(alphabet) + 1))
        return cls(alphabet, tuple(levels))

    def log_probabilities(self, text: str) -> Float64[np.ndarray, " characters"]:
        """The natural logarithm of each character's probability, given those before it in this text."""
        points = _code_points(text)
        codes = np.searchsorted(self.alphabet, points)
        codes[self.alphabet[np.minimum(codes, len(self.alphabet) - 1)] != points] = len(self.alphabet)
        probability = np.full(len(codes), 1 / (len(self.alphabet) + 1))
        context = np.zeros(len(codes), dtype=np.int64)
        for level in self.levels:
            rank = level.find(context, codes, len(self.alphabet) + 1)
            probability = level.mix(context, rank, probability)
            context = np.concatenate([[-1], rank[:-1]])
        return np.log(probability)

    def nats(self, text: str) -> float:
        """The mean of −log p over the characters of a text, in nats; divided by log 2 it is bits.

        Raises:
            ArgumentError: The text is empty.
        """
        if not text:
            raise ArgumentError("the text is empty; expected at least one character")
        return float(-self.log_probabilities(text).mean())


@dataclass(frozen=True, eq=False)
class _Level:
    """The n-grams of one order.

    Args:
        keys: Rank of the context among those one shorter, times the alphabet's size, plus the character; sorted.
        kept: The count of each, less its discount, over the count of its context.
        left: Of each context, by rank: the share that goes to the order below; 1 for one that nothing followed.
    """

    keys: Int64[np.ndarray, " ngrams"]
    kept: Float64[np.ndarray, " ngrams"]
    left: Float64[np.ndarray, " contexts"]

    @classmethod
    def fit(cls, keys: np.ndarray, counts: np.ndarray, characters: int) -> _Level:
        context = keys // characters
        discount = np.minimum(_discounts(counts)[np.minimum(counts, 3)], counts)
        total = np.maximum(np.bincount(context, counts), 1)
        kept = (counts - discount) / total[context]
        return cls(keys, kept, 1 - np.bincount(context, kept))

    def find(self, context: np.ndarray, codes: np.ndarray, characters: int) -> Int64[np.ndarray, " characters"]:
        """The rank of each n-gram, −1 where it was never seen."""
        wanted = context * characters + codes
        rank = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where((context >= 0) & (self.keys[rank] == wanted), rank, -1)

    def mix(self, context: np.ndarray, rank: np.ndarray, lower: np.ndarray) -> Float64[np.ndarray, " characters"]:
        """The probability at this order, from that of the order below."""
        known = (context >= 0) & (context < len(self.left))
        left = np.where(known, self.left[np.where(known, context, 0)], 1)
        return np.where(rank >= 0, self.kept[rank], 0) + left * lower


def _discounts(counts: np.ndarray) -> Float64[np.ndarray, " counts"]:
    """What is taken from a count of 0, 1, 2, and 3 or more."""
    once, twice, thrice, more = np.bincount(np.minimum(counts, 5), minlength=6)[1:5]
    if not min(once, twice, thrice):
        return _DISCOUNTS
    share = once / (once + 2 * twice)
    found = np.array([0, 1 - 2 * share * twice / once, 2 - 3 * share * thrice / twice, 3 - 4 * share * more / thrice])
    return found if (found[1:] > 0).all() else _DISCOUNTS


def _code_points(text: str) -> Int64[np.ndarray, " characters"]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
