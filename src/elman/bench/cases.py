"""What is measured once: a kind of cell, on a shape, in a mode."""

from dataclasses import dataclass
from typing import Literal

from elman.bench.shapes import SHORTEST, Shape

Kind = Literal["rnn", "gru", "lstm", "own"]
Mode = Literal["forward", "backward"]

KINDS: tuple[Kind, ...] = ("rnn", "gru", "lstm", "own")
MODES: dict[Mode, str] = {"forward": "forward without gradients", "backward": "forward and backward"}

_GATES = {"rnn": 1, "gru": 3, "lstm": 4, "own": 4}


@dataclass(frozen=True)
class Case:
    """One kind of cell on one shape in one mode, with so many threads."""

    kind: Kind
    shape: Shape
    mode: Mode
    threads: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.shape.name} {self.mode}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    @property
    def lengths(self) -> list[int] | None:
        """Time steps of each row of a ragged shape: the same in every run, the longest among them."""
        if not self.shape.ragged:
            return None
        import numpy as np

        drawn = np.random.default_rng(0).integers(SHORTEST, self.shape.time + 1, self.shape.batch)
        drawn[0] = self.shape.time
        return drawn.tolist()

    @property
    def flops(self) -> int:
        """Multiplications and additions of the matrix products that the mathematics needs, of real time steps only.

        Backward, each weight's gradient is a product as large as the forward one, and so is the state's gradient;
        the input needs none.
        """
        steps = sum(self.lengths) if self.lengths else self.shape.batch * self.shape.time
        both, state = self.shape.input + self.shape.hidden, self.shape.hidden
        depth = both if self.mode == "forward" else 2 * both + state
        return 2 * steps * _GATES[self.kind] * self.shape.hidden * depth
