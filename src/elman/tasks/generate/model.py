"""A trained network that writes text on, and says how little it expected another."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from torch import nn

from elman.data.frame import Frame
from elman.errors import DataError
from elman.models.describe import count_parameters, named
from elman.models.language import LanguageModel
from elman.tasks.fitted import Fitted
from elman.tasks.generate.surprise import adapted_surprise, surprise
from elman.tasks.generate.texts import text_of
from elman.tasks.report import Metric, Report, Score
from elman.training.history import History

METRICS = (Metric("surprise", "nats a character"), Metric("surprise", "bits a character"))


class TextModel(Fitted):
    """Writes a text on, character after character.

    Args:
        model: The network.
        rate: Of dynamic evaluation; 0 if it did not help on the validation part.
        report: As for `Fitted`.
        histories: As for `Fitted`.
    """

    task = "generate"
    model: LanguageModel

    def __init__(
        self, model: LanguageModel, rate: float, report: Report, histories: dict[str, History] | None = None
    ) -> None:
        super().__init__(model, report, histories)
        self.rate = rate

    def generate(
        self, prompt: str, length: int = 500, *, temperature: float = 1.0, top_k: int | None = None, seed: int = 0
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
        return self.model.generate(prompt, length, temperature=temperature, top_k=top_k, seed=seed)

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
        return self.model.stream(prompt, length, temperature=temperature, top_k=top_k, seed=seed)

    def predict(self, data: Any) -> Frame:
        """How little each character of a text was expected, given all before it.

        Args:
            data: The path of a text, or a `Text`; at least two characters.

        Returns:
            A row for each character: `character`, and `nats`, which is missing for the first.

        Raises:
            DataError: The text cannot be read, or is too short.
        """
        text = _long_enough(data)
        characters = np.array(list(text.text), dtype=object)
        nats = np.concatenate([[np.nan], surprise(self.model, text.text)])
        return Frame(f"surprise of {text.name}", {"character": characters, "nats": nats})

    def evaluate(self, data: Any) -> Report:
        """The scores on another text: of the network as it is, and in dynamic evaluation if that helped.

        Args:
            data: As for `predict`. Nothing of it may have been learnt from, or the scores flatter.

        Raises:
            DataError: The text cannot be read, or is too short.
        """
        text = _long_enough(data)
        name = named(self.model.arguments["cell"])
        scores = [score(name, lambda: surprise(self.model, text.text), self.model)]
        if self.rate:
            read = lambda: adapted_surprise(self.model, text.text, self.rate)  # noqa: E731
            scores.append(score(f"{name}, dynamic evaluation", read, self.model))
        return replace(
            self.report,
            split=f"all of {text.name}: {len(text) - 1:,} characters, each given all before it",
            scores=tuple(scores),
            taken=(),
            notes=(),
        )

    def to_dict(self) -> dict[str, Any]:
        return {"rate": self.rate}

    @classmethod
    def from_dict(cls, model: nn.Module, plain: Mapping[str, Any], report: Report) -> TextModel:
        """A model of text from its network and what `to_dict` wrote down."""
        assert isinstance(model, LanguageModel)
        return cls(model, plain["rate"], report)


def score(
    method: str, read: Callable[[], np.ndarray], model: LanguageModel | None = None, seconds: float = 0.0
) -> Score:
    """Run a method and score it.

    Args:
        method: Its name.
        read: Returns the nats of each character.
        model: The network, if it is one.
        seconds: What it took before.
    """
    started = time.perf_counter()
    nats = float(read().mean())
    taken = time.perf_counter() - started + seconds
    parameters = 0 if model is None else count_parameters(model)
    return Score(method, (nats, nats / math.log(2)), parameters, taken, own=model is not None)


def _long_enough(data: Any):
    text = text_of(data)
    if len(text) < 2:
        raise DataError(f"{text.name} has {len(text)} characters; expected at least 2: the first is not scored")
    return text
