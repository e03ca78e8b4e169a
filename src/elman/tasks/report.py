"""What a training found out: the scores of all methods on one split, and what was taken for granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Metric:
    """One way to score.

    Args:
        name: What is measured, in words.
        unit: Its unit; empty where it has none.
        lower_is_better: Whether a low score is a good one; `None` where neither low nor high is.
    """

    name: str
    unit: str = ""
    lower_is_better: bool | None = True


@dataclass(frozen=True)
class Score:
    """One method.

    Args:
        method: What it is called.
        values: One for each metric; `None` where the method has none.
        parameters: How many of its numbers gradients moved; 0 for a method that does not learn in this way.
        seconds: How long it took to train and to test.
        own: Whether it is the network that is kept, or a part or variant of it, and so no rival.
    """

    method: str
    values: tuple[float | None, ...]
    parameters: int = 0
    seconds: float = 0.0
    own: bool = False


@dataclass(frozen=True)
class Taken:
    """Something that was not said and had to be taken for granted.

    Args:
        text: What was taken, in a sentence without its full stop.
        flag: What changes it, as one types it; empty where nothing does.
    """

    text: str
    flag: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.flag})" if self.flag else self.text


@dataclass(frozen=True)
class Report:
    """The scores of one training.

    Args:
        task: What was learnt.
        title: The same in a sentence.
        split: How the data were divided, with the size of each part.
        metrics: What the scores measure; the first one decides.
        scores: One for each method.
        taken: What was taken for granted.
        notes: What else to know, in sentences.
        settings: What was asked for, and what was chosen.
        seconds: How long all of it took.
        kept: The method whose model is kept; by default the last.
    """

    task: str
    title: str
    split: str
    metrics: tuple[Metric, ...]
    scores: tuple[Score, ...] = ()
    taken: tuple[Taken, ...] = ()
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    kept: str = ""

    def score(self, method: str) -> float | None:
        """The deciding score of one method; `None` if the method is not among them."""
        return next((score.values[0] for score in self.scores if score.method == method), None)

    @property
    def network(self) -> Score:
        """The score of the model that is kept."""
        return next((score for score in self.scores if score.method == self.kept), self.scores[-1])

    @property
    def verdict(self) -> str:
        """Whether the network is better than the best of the other methods, in a sentence; empty if nothing can say."""
        if not self.scores or self.metrics[0].lower_is_better is None:
            return ""
        sign = 1 if self.metrics[0].lower_is_better else -1
        ours = self.network.values[0]
        rivals = [
            (sign * score.values[0], score.method, score.parameters)
            for score in self.scores
            if score is not self.network and not score.own and score.values[0] is not None
        ]
        if not rivals or ours is None:
            return ""
        least, method, parameters = min(rivals)
        name = f"the {method}" if parameters else method
        theirs = sign * least
        # Where the network adds nothing to a part of it, such as its linear path, that part has the merit.
        alone = [score.method for score in self.scores if score.own and score.values == self.network.values]
        who = alone[0] if alone else self.network.method
        if sign * ours >= least:
            simpler = "" if parameters else ": use that, it is simpler"
            return f"The {who} is no better than {name}{simpler}."
        by = f", by {ours - theirs:.3g}" if sign < 0 else f", by {100 * (theirs - ours) / abs(theirs):.1f} %"
        return f"The {who} is better than the next best, {name}{by if theirs else ''}."

    def __str__(self) -> str:
        """What was learnt, what was taken for granted, the scores, and what to think of them."""
        lines = [self.title, f"Split: {self.split}."]
        if self.taken:
            lines += ["Taken for granted:", *(f"  {taken}" for taken in self.taken)]
        lines += ["", self.table(), ""]
        if self.verdict:
            lines.append(self.verdict)
        return "\n".join([*lines, *(f"{note[0].upper()}{note[1:]}." for note in self.notes)])

    def table(self) -> str:
        """The scores as lines of text."""
        heads = ["", *(f"{m.name}{f', {m.unit}' if m.unit else ''}" for m in self.metrics), "parameters", "seconds"]
        rows = [
            [
                score.method,
                *("-" if value is None else f"{value:.4g}" for value in score.values),
                f"{score.parameters:,}" if score.parameters else "-",
                f"{score.seconds:.1f}",
            ]
            for score in self.scores
        ]
        widths = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if not at else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in [heads, *rows]
        )

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Report:
        """The report that `to_dict` wrote down."""
        return cls(
            **{
                **plain,
                "metrics": tuple(Metric(**one) for one in plain["metrics"]),
                "scores": tuple(Score(**{**one, "values": tuple(one["values"])}) for one in plain["scores"]),
                "taken": tuple(Taken(**one) for one in plain["taken"]),
                "notes": tuple(plain["notes"]),
            }
        )


def spread(values: Sequence[float]) -> str:
    """Mean and range of a score over several seeds."""
    return f"{sum(values) / len(values):.4g} ({min(values):.4g} to {max(values):.4g})"
