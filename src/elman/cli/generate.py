"""`elman generate`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def generate(
    model: Path,
    *,
    prompt: Annotated[str, Parameter(allow_leading_hyphen=True)] = "\n",
    length: int = 500,
    temperature: float = 0.8,
    top_k: Annotated[int | None, Parameter(name="--top-k")] = None,
    seed: int = 0,
) -> None:
    """Write a text on, as the text was written that a model was trained on; to standard output, as it comes.

    Parameters
    ----------
    model
        The folder of the model.
    prompt
        What the model reads first and then goes on from; `-` reads it from standard input. It is not printed.
    length
        Characters to write.
    temperature
        Below 1 writes what is more probable, above 1 what is less; 0 the most probable always.
    top_k
        Draw from the so many most probable characters; by default from all.
    seed
        Of the draws: the same again gives the same text.
    """
    from elman.cli.models import fitted
    from elman.errors import ArgumentError
    from elman.tasks.generate import TextModel

    known = fitted(model)
    if not isinstance(known, TextModel):
        raise ArgumentError(f"{model}: its task is {known.task}; expected a model that was trained on a text")
    read = sys.stdin.read() if prompt == "-" else prompt
    for character in known.stream(read, length, temperature=temperature, top_k=top_k, seed=seed):
        print(character, end="", flush=True)
    print()
