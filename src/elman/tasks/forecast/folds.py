"""What a backtest found: the errors of every method in every fold, side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from elman.data.frame import Frame
from elman.tasks.report import Metric, Score


@dataclass(frozen=True)
class Fold:
    """The forecasts of one origin.

    Args:
        origin: The first step forecast: its time, or how far it is from the end.
        forecasts: How many there are, one for each series that has rows before and after the origin.
        scores: One for each method.
    """

    origin: str
    forecasts: int
    scores: tuple[Score, ...]


@dataclass(frozen=True, eq=False)
class Backtest:
    """The errors of forecasts from several origins, each made from what lies before its origin alone.

    Args:
        title: What was forecast, in a sentence.
        metrics: What the scores measure; the first one decides.
        kept: The method whose model is kept.
        horizon: Time steps of a forecast.
        step: Time steps from one origin to the next.
        refit: Whether every method learnt anew at each origin.
        folds: The earliest origin first. All have the same methods.
        notes: What else to know, in sentences.
        forecasts: The forecasts of the kept method: the rows that `predict` gives, and the `origin` of each.
    """

    title: str
    metrics: tuple[Metric, ...]
    kept: str
    horizon: int
    step: int
    refit: bool
    folds: tuple[Fold, ...]
    notes: tuple[str, ...]
    forecasts: Frame

    @property
    def methods(self) -> tuple[str, ...]:
        """What was compared."""
        return tuple(score.method for score in self.folds[0].scores)

    def errors(self, method: str) -> Float64[np.ndarray, " folds"]:
        """The deciding score of one method in each fold; NaN where it has none."""
        found = [next(score for score in fold.scores if score.method == method).values[0] for fold in self.folds]
        return np.array([np.nan if value is None else value for value in found])

    def mean(self, method: str) -> float:
        """The mean over the folds."""
        return float(self.errors(method).mean())

    def spread(self, method: str) -> float | None:
        """The sample standard deviation over the folds; `None` for a single one."""
        return float(self.errors(method).std(ddof=1)) if len(self.folds) > 1 else None

    @property
    def verdict(self) -> str:
        """Whether the kept method errs less than the best of the others, and in how many folds, in a sentence."""
        own = {score.method for score in self.folds[0].scores if score.own}
        rivals = [(self.mean(name), name) for name in self.methods if name != self.kept and name not in own]
        if not rivals:
            return ""
        theirs, name = min(rivals)
        ours = self.mean(self.kept)
        # Where the network adds nothing to its linear path in any fold, that has the merit.
        alone = [name for name in self.methods if name in own and (self.errors(name) == self.errors(self.kept)).all()]
        who = alone[0] if alone else self.kept
        won = int((self.errors(self.kept) < self.errors(name)).sum())
        times = f"in {won} of {len(self.folds)} folds" if len(self.folds) > 1 else "in the only fold"
        if not ours < theirs:
            return f"Over all folds the {who} is no better than {name} (better {times}): use that, it is simpler."
        return (
            f"Over all folds the {who} is better than the next best, {name}, by "
            f"{100 * (theirs - ours) / theirs:.1f} % (better {times})."
        )

    def table(self) -> str:
        """The deciding score of each method in each fold, mean and standard deviation, as lines of text."""
        heads = ["", *(f"fold {number}" for number in range(1, len(self.folds) + 1)), "mean", "std"]
        rows = []
        for method in self.methods:
            spread = self.spread(method)
            values = [*self.errors(method), self.mean(method), np.nan if spread is None else spread]
            rows.append([method, *("-" if np.isnan(value) else f"{value:.4g}" for value in values)])
        widths = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if at else cell.ljust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in [heads, *rows]
        )

    def to_dict(self) -> dict[str, Any]:
        """All but the forecasts as plain values, ready for JSON; beside each fold, mean and spread of each method."""
        return {
            "title": self.title,
            "metrics": [asdict(one) for one in self.metrics],
            "kept": self.kept,
            "horizon": self.horizon,
            "step": self.step,
            "refit": self.refit,
            "folds": [asdict(one) for one in self.folds],
            "summary": {name: {"mean": self.mean(name), "std": self.spread(name)} for name in self.methods},
            "verdict": self.verdict,
            "notes": list(self.notes),
        }
