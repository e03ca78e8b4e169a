"""A text as numbers: its characters, and the parallel streams that a language model is trained on."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from elman.errors import ArgumentError, DataError

UNKNOWN = 0
NOT_SCORED = -100


class TextBatch(NamedTuple):
    """The codes of some characters, and those of the characters that follow; `NOT_SCORED` where none does."""

    input: Int64[Tensor, "time rows"]
    target: Int64[Tensor, "time rows"]


class Vocabulary:
    """The characters that a language model knows, each with a code.

    Code 0 stands for every character that is not known; the others are numbered from 1.

    Args:
        characters: The known characters, each once, in the order of their codes.

    Raises:
        ArgumentError: There are no characters, or one comes twice.

    Example:
        >>> from elman.models.text import Vocabulary
        >>> vocabulary = Vocabulary.of("to be or not to be")
        >>> vocabulary.encode("robot!")
        array([6, 5, 2, 5, 7, 0])
        >>> vocabulary.decode([6, 5, 2, 5, 7, 0])
        'robot�'
    """

    def __init__(self, characters: str) -> None:
        if not characters:
            raise ArgumentError("the vocabulary has no characters; expected those of the training part")
        if len(set(characters)) < len(characters):
            twice = next(one for one in characters if characters.count(one) > 1)
            raise ArgumentError(f"the vocabulary has {twice!r} more than once; give each character once")
        self.characters = characters
        points = _code_points(characters)
        self._order = np.argsort(points)
        self._sorted = points[self._order]

    @classmethod
    def of(cls, text: str) -> Vocabulary:
        """The characters of a text, in the order of their Unicode code points.

        Args:
            text: The training part; a character that only the other parts have has to stay unknown.

        Raises:
            ArgumentError: The text is empty.
        """
        return cls("".join(sorted(set(text))))

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary that `to_dict` wrote.

        Raises:
            DataError: The dictionary is not one that `to_dict` wrote.
        """
        characters = plain.get("characters")
        if not isinstance(characters, str):
            raise DataError(f"a vocabulary needs its characters as one string; got the keys {sorted(plain)}")
        return cls(characters)

    def to_dict(self) -> dict[str, Any]:
        """What `from_dict` takes, in types that JSON has."""
        return {"characters": self.characters}

    def __len__(self) -> int:
        """The number of codes, that of the unknown among them."""
        return len(self.characters) + 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and other.characters == self.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def __repr__(self) -> str:
        return f"Vocabulary({self.characters!r})"

    def unknown(self, text: str) -> str:
        """The characters of a text that are not known, each once, in the order of their code points."""
        return "".join(sorted(set(text) - set(self.characters)))

    def encode(self, text: str) -> Int64[np.ndarray, " time"]:
        """The code of each character."""
        points = _code_points(text)
        place = np.searchsorted(self._sorted, points).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[place] == points, self._order[place] + 1, UNKNOWN)

    def decode(self, codes: Any) -> str:
        """The text of some codes; what is unknown becomes U+FFFD, the replacement character.

        Args:
            codes: Whole numbers from 0 to the last code: a list, an array or a tensor.

        Raises:
            ArgumentError: There is no such code.
        """
        given = np.asarray(codes, dtype=np.int64).reshape(-1)
        if len(given) and not 0 <= given.min() <= given.max() < len(self):
            raise ArgumentError(
                f"there are codes from {given.min()} to {given.max()}; they run from 0 to {len(self) - 1}"
            )
        letters = "\ufffd" + self.characters
        return "".join(letters[code] for code in given)


class TextExamples:
    """A text as parallel streams, read chunk after chunk: to train or validate a `LanguageModel` on.

    The text is cut into `rows` streams that lie side by side. Each chunk continues the one before it, so a model
    carries its state from chunk to chunk and its gradient ends at their border (truncated backpropagation through
    time). A stream ends with the character that the next one starts with. So every character but the first of
    the text is predicted once. Where the text does not divide evenly, the first streams are one character longer,
    and the targets of the others end with `NOT_SCORED`.

    Args:
        codes: The text, as `Vocabulary.encode` gives it.
        rows: Streams side by side.
        chunk: Time steps of a chunk; the last one takes what is left.

    Attributes:
        stateful: Says to a training loop that the chunks go in order, with the state carried over.
        input: The codes of all chunks, one after the other.
        target: The codes of the characters that follow.

    Raises:
        ArgumentError: A number is below 1, or there is less than one character to predict for each row.

    Example:
        >>> import numpy
        >>> from elman.models.text import TextExamples
        >>> examples = TextExamples(numpy.arange(1, 10), rows=2, chunk=3)
        >>> len(examples)
        2
        >>> [chunk.T.tolist() for chunk in examples.batch(0)]
        [[[1, 2, 3], [5, 6, 7]], [[2, 3, 4], [6, 7, 8]]]
    """

    stateful = True

    def __init__(self, codes: Int64[np.ndarray, " time"], rows: int, chunk: int) -> None:
        for name, count in (("rows", rows), ("chunk", chunk)):
            if count < 1:
                raise ArgumentError(f"{name} is {count}; expected at least 1")
        if len(codes) <= rows:
            raise ArgumentError(
                f"the text has {len(codes)} characters; {rows} rows need at least {rows + 1}. "
                f"Give a longer text or fewer rows"
            )
        self.rows, self.chunk = rows, chunk
        given = torch.as_tensor(codes, dtype=torch.int64)
        self.input = _side_by_side(given[:-1], rows, UNKNOWN)
        self.target = _side_by_side(given[1:], rows, NOT_SCORED)

    def __len__(self) -> int:
        """The number of chunks."""
        return -(-len(self.input) // self.chunk)

    def batch(self, index: int) -> TextBatch:
        """One chunk of all streams.

        Raises:
            ArgumentError: There is no such chunk.
        """
        if not 0 <= index < len(self):
            raise ArgumentError(f"there is no chunk {index}; they are numbered from 0 to {len(self) - 1}")
        part = slice(index * self.chunk, (index + 1) * self.chunk)
        return TextBatch(self.input[part], self.target[part])

    def shard(self, rank: int, world: int) -> TextExamples:
        """Some of the rows: those that one of several processes reads. All have the same number of chunks.

        Args:
            rank: Which of the processes, from 0.
            world: How many there are; together they have every row once.

        Raises:
            ArgumentError: There is no such process, or no row for it.
        """
        if not 0 <= rank < world:
            raise ArgumentError(f"rank is {rank} of {world}; expected 0 to {world - 1}")
        if rank >= self.rows:
            raise ArgumentError(f"there is no row for process {rank} of {world}; the text has {self.rows} rows")
        part = copy.copy(self)
        part.input, part.target = self.input[:, rank::world], self.target[:, rank::world]
        part.rows = part.input.shape[1]
        return part


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _side_by_side(codes: Int64[Tensor, " time"], rows: int, filler: int) -> Int64[Tensor, "time rows"]:
    """A text cut into streams; those that are one shorter than the first end with the filler."""
    return torch.nn.utils.rnn.pad_sequence(list(codes.tensor_split(rows)), padding_value=filler)
