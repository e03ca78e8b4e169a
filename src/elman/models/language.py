"""The next character of a text from all before it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from elman.errors import ArgumentError
from elman.layers import Recurrent
from elman.layers.recurrent import LayerState
from elman.models.body import CellChoice
from elman.models.evaluating import evaluating
from elman.models.sampling import check_sampling, draw
from elman.models.text import NOT_SCORED, UNKNOWN, Vocabulary

# Time steps of a long text that are read at one time: many enough to be fast, few enough to take little memory.
_STRETCH = 512


class LanguageModel(nn.Module):
    r"""A recurrent network that reads a text and tells after each character which one comes next.

    $$ p_{t+1} = \mathrm{softmax}(V \, \mathrm{body}(E_{x_1}, \ldots, E_{x_t}) + c) $$

    A character that the training part does not have is read as the unknown one, scored as it, and never generated.

    Args:
        vocabulary: The characters it knows, or what `Vocabulary.to_dict` made of them.
        cell: The cells of the body, as for `elman.Recurrent`.
        hidden_size: Units of each of its layers.
        num_layers: Its layers.
        embedding_size: Numbers that stand for a character at the input.
        dropout: Probability in [0, 1) that an output of a layer is dropped while training.
        cell_arguments: Further arguments of the cell, and of `elman.Recurrent`, such as `zoneout`.

    Shape:
        - codes: `(time, rows)`, as `Vocabulary.encode` gives them.
        - logits: `(time, rows, characters)`: those for the character that follows each time step.

    Raises:
        ArgumentError: An argument does not fit.

    Example:
        >>> from elman.models.language import LanguageModel
        >>> from elman.models.text import TextExamples, Vocabulary
        >>> text = "to be or not to be, that is the question"
        >>> model = LanguageModel(Vocabulary.of(text), cell="gru", hidden_size=16)
        >>> examples = TextExamples(model.vocabulary.encode(text), rows=2, chunk=8)
        >>> loss, state = model.loss(*examples.batch(0))
        >>> loss, state = model.loss(*examples.batch(1), state)
        >>> len(model.generate("to be", 10))
        10
    """

    def __init__(
        self,
        vocabulary: Vocabulary | Mapping[str, Any],
        *,
        cell: CellChoice | Sequence[CellChoice] = "lstm",
        hidden_size: int | Sequence[int] = 256,
        num_layers: int = 1,
        embedding_size: int = 64,
        dropout: float = 0.1,
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        if not 0 <= dropout < 1:
            raise ArgumentError(f"dropout is {dropout}; expected a number in [0, 1)")
        if embedding_size < 1:
            raise ArgumentError(f"embedding_size is {embedding_size}; expected at least 1")
        for name in ("bidirectional", "batch_first"):
            if name in cell_arguments:
                raise ArgumentError(f"a language model reads (time, rows), forwards only; leave {name} out")
        if not isinstance(vocabulary, Vocabulary):
            vocabulary = Vocabulary.from_dict(vocabulary)
        self.arguments: dict[str, Any] = {
            "vocabulary": vocabulary.to_dict(),
            "cell": cell,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "embedding_size": embedding_size,
            "dropout": dropout,
            **cell_arguments,
        }
        self.vocabulary = vocabulary
        self.dropout = dropout

        self.embedding = nn.Embedding(len(vocabulary), embedding_size)
        with torch.no_grad():
            # Where the training part has nothing unknown, this row is never learnt: zeros disturb the least.
            self.embedding.weight[UNKNOWN] = 0
        self.body = Recurrent(cell, embedding_size, hidden_size, num_layers, **cell_arguments)
        # Set afterwards: the number of layers may come from the lists, and a single one would warn.
        self.body.dropout = dropout if self.body.num_layers > 1 else 0.0
        self.head = nn.Linear(self.body.output_size, len(vocabulary))

    def forward(
        self, codes: Int[Tensor, "time rows"], state: LayerState | None = None
    ) -> tuple[Float[Tensor, "time rows characters"], LayerState]:
        """How much speaks for each next character, and the state after the last time step.

        Args:
            codes: Characters of the texts, side by side.
            state: What an earlier call returned, to read on; by default the texts start here.

        Raises:
            ArgumentError: The codes have other axes, or the state another number of rows.
        """
        if codes.ndim != 2:
            raise ArgumentError(f"codes have shape {tuple(codes.shape)}; expected (time, rows). Use codes[:, None]")
        if state is not None:
            _check_rows(state, codes.shape[1])
        output, last = self.body(self.embedding(codes), state)
        assert isinstance(output, Tensor)
        return self.head(F.dropout(output, self.dropout, self.training)), last

    def loss(
        self, input: Int[Tensor, "time rows"], target: Int[Tensor, "time rows"], state: LayerState | None = None
    ) -> tuple[Float[Tensor, ""], LayerState]:
        """The mean cross-entropy in nats, and the state to carry on with; detach it to end the gradient there.

        Args:
            input: Characters of the texts, side by side.
            target: The character that follows each; `NOT_SCORED` where none is to be scored.
            state: What the call for the chunk before returned.
        """
        logits, last = self(input, state)
        return self._nats(logits, target) / max(self.weight(input, target), 1), last

    def weight(self, input: Int[Tensor, "time rows"], target: Int[Tensor, "time rows"]) -> int:
        """How many characters the loss of a chunk is the mean of."""
        return int((target != NOT_SCORED).sum())

    def read(self, text: str, state: LayerState | None = None) -> LayerState:
        """The state after a text, of any length.

        Args:
            text: What is read.
            state: That after the text before it; by default the text starts here.

        Raises:
            ArgumentError: The text is empty.
        """
        _check_not_empty(text)
        return self._read(text, state)[1]

    def nats(self, text: str, state: LayerState | None = None) -> float:
        """The mean cross-entropy of a text in nats a character; divided by ln 2 it is in bits.

        It is read in one go, however long it is: each character but the first is predicted from all before it.

        Args:
            text: What is scored.
            state: That after the text before it, as `read` returns it; by default the text starts here.

        Raises:
            ArgumentError: The text has less than two characters.
        """
        if len(text) < 2:
            raise ArgumentError(f"the text has {len(text)} characters; expected at least 2: the first is not scored")
        codes = self._codes(text)
        total = 0.0
        for start in range(0, len(text) - 1, _STRETCH):
            target = codes[start + 1 : start + 1 + _STRETCH]
            logits, state = self._quietly(codes[start : start + len(target)], state)
            total += self._nats(logits, target).item()
        return total / (len(text) - 1)

    def bits(self, text: str, state: LayerState | None = None) -> float:
        """The mean cross-entropy of a text in bits a character; arguments as for `nats`."""
        return self.nats(text, state) / math.log(2)

    def generate(
        self, prompt: str, length: int, *, temperature: float = 1.0, top_k: int | None = None, seed: int = 0
    ) -> str:
        """A text that goes on where the prompt ends; the prompt is not part of it.

        Args:
            prompt: What is read first, at least one character.
            length: Characters to write.
            temperature: Below 1 writes what is more probable, above 1 what is less; 0 the most probable always.
            top_k: Each character is one of the so many most probable; by default any.
            seed: Of the draws: the same prompt, arguments and seed give the same text.

        Raises:
            ArgumentError: A number is out of range, or the prompt is empty or has characters that are not known.
        """
        return "".join(self.stream(prompt, length, temperature=temperature, top_k=top_k, seed=seed))

    def stream(
        self,
        prompt: str,
        length: int | None = None,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
    ) -> Iterator[str]:
        """The characters of `generate` one after the other, each as soon as it is drawn.

        Args:
            prompt: As for `generate`, and so are the others.
            length: Characters to write; by default without end.
        """
        check_sampling(temperature, top_k)
        if length is not None and length < 0:
            raise ArgumentError(f"length is {length}; expected at least 0 characters")
        _check_not_empty(prompt)
        if unknown := self.vocabulary.unknown(prompt):
            raise ArgumentError(
                f"the prompt has characters that the model never learnt: {', '.join(map(repr, unknown))}. "
                f"Leave them out; it knows {self.vocabulary.characters!r}"
            )
        return self._stream(prompt, length, temperature, top_k, torch.Generator().manual_seed(seed))

    def _stream(
        self, prompt: str, length: int | None, temperature: float, top_k: int | None, generator: torch.Generator
    ) -> Iterator[str]:
        text, state, written = prompt, None, 0
        while length is None or written < length:
            logits, state = self._read(text, state)
            logits[UNKNOWN] = -math.inf
            text = self.vocabulary.decode([draw(logits, temperature, top_k, generator)])
            written += 1
            yield text

    def _read(self, text: str, state: LayerState | None) -> tuple[Float[Tensor, " characters"], LayerState]:
        """The logits for the character after a text, on the CPU, and the state."""
        first, *others = self._codes(text).split(_STRETCH)
        logits, last = self._quietly(first, state)
        for stretch in others:
            logits, last = self._quietly(stretch, last)
        return logits[-1, 0].cpu(), last

    @torch.no_grad()
    def _quietly(
        self, codes: Int[Tensor, "time rows"], state: LayerState | None
    ) -> tuple[Float[Tensor, "time rows characters"], LayerState]:
        """`forward` with nothing dropped and nothing kept for a gradient."""
        with evaluating(self):
            return self(codes, state)

    def _nats(self, logits: Float[Tensor, "time rows characters"], target: Int[Tensor, "time rows"]) -> Tensor:
        """The cross-entropy summed over all characters that are scored."""
        return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=NOT_SCORED, reduction="sum")

    def _codes(self, text: str) -> Int64[Tensor, "time 1"]:
        return torch.as_tensor(self.vocabulary.encode(text), device=self.embedding.weight.device)[:, None]


def _check_not_empty(text: str) -> None:
    if not text:
        raise ArgumentError("there is nothing to read; give a text or prompt of at least one character")


def _check_rows(state: LayerState, rows: int) -> None:
    if state and state[0] and len(state[0][0]) != rows:
        raise ArgumentError(
            f"the state is of {len(state[0][0])} rows, the codes of {rows}; "
            f"carry a state on with the same rows only, or start with state=None"
        )
