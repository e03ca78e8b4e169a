"""A trained tagger that reads tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import nn

from elman.data.frame import Frame
from elman.models import Tagger
from elman.tasks.fitted import Fitted
from elman.tasks.ordered import Ordered
from elman.tasks.report import Report
from elman.tasks.sources import table
from elman.tasks.tag.plan import Plan
from elman.tasks.tag.scoring import Scoring
from elman.tasks.tag.stretches import Part, Stretch, stretches, tagged
from elman.training.history import History


class TagModel(Fitted):
    """Tags every row of a table.

    Args:
        model: The network.
        plan: How it reads a table.
        usual: The most frequent class of the training part, or the mean of its numbers.
        report: As for `Fitted`.
        histories: As for `Fitted`.
    """

    task = "tag"
    model: Tagger

    def __init__(
        self,
        model: Tagger,
        plan: Plan,
        usual: float,
        report: Report,
        histories: dict[str, History] | None = None,
    ) -> None:
        super().__init__(model, report, histories)
        self.plan = plan
        self.usual = usual

    def predict(self, data: Any) -> Frame:
        """The tag of every row.

        Args:
            data: A path, a `Frame`, or a table of pandas, polars or pyarrow, with the columns that were learnt from;
                that of the tags may be missing.

        Returns:
            A row for each row of the table, in its order: the name of the sequence and the time, if the table has
            these columns; the tag, under the name of its column; and for classes the `probability` of that one. A row
            that was left out because another has its time has no tag.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named.
        """
        frame = table(data, self.plan.settings)
        parts, cut = self._stretches(frame)
        found = tagged(self.model, cut, [one.values for one in parts])
        rows = np.concatenate([parts[one.sequence].rows[one.begin : one.end] for one in cut])
        columns = {name: frame.columns[name] for name in (self.plan.ids, self.plan.time) if name is not None}
        if self.plan.classes:
            chances = np.concatenate(found)
            names = np.full(len(frame), None, dtype=object)
            names[rows] = np.array(self.plan.classes, dtype=object)[chances.argmax(axis=1)]
            columns[self.plan.target] = names
            columns["probability"] = _placed(chances.max(axis=1), rows, len(frame))
        else:
            columns[self.plan.target] = _placed(np.concatenate(found), rows, len(frame))
        return Frame(f"tags of {frame.name}", columns, zone=frame.zone)

    def evaluate(self, data: Any) -> Report:
        """The scores on a table that holds the tags.

        Args:
            data: As for `predict`. Nothing of it may have been learnt from, or the scores flatter.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit.
        """
        frame = table(data, self.plan.settings)
        tags = self.plan.tags(frame)
        parts, cut = self._stretches(frame)
        sequences = [one.values for one in parts]
        scoring = Scoring([tags[parts[one.sequence].rows[one.begin : one.end]] for one in cut], self.plan.target)
        simple = "majority class" if self.plan.classes else "mean"
        scores = (
            scoring.score(simple, lambda: [np.full(one.end - one.begin, self.usual) for one in cut]),
            scoring.score(self.report.network.method, lambda: found_tags(self.model, cut, sequences)),
        )
        return replace(
            self.report,
            split=f"all of {frame.name}: {int(scoring.counted.sum()):,} tagged rows",
            metrics=scoring.metrics,
            scores=scores,
            taken=(),
            notes=self._unknown(tags),
        )

    def to_dict(self) -> dict[str, Any]:
        return {"plan": self.plan.to_dict(), "usual": self.usual}

    @classmethod
    def from_dict(cls, model: nn.Module, plain: Mapping[str, Any], report: Report) -> TagModel:
        """A tagger from its network and what `to_dict` wrote down."""
        assert isinstance(model, Tagger)
        return cls(model, Plan.from_dict(plain["plan"]), plain["usual"], report)

    def _stretches(self, frame: Frame) -> tuple[list[Ordered], list[Stretch]]:
        parts, _ = self.plan.rows(frame)
        whole = [Part(at, 0, len(one.rows), len(one.rows)) for at, one in enumerate(parts)]
        return parts, stretches(whole, both_ways=bool(self.model.arguments["bidirectional"]))

    def _unknown(self, tags: np.ndarray) -> tuple[str, ...]:
        count = int((tags == len(self.plan.classes)).sum()) if self.plan.classes else 0
        return (f"{count:,} rows have a class that was not there in training, and count as missed",) if count else ()


def found_tags(model: Tagger, cut: Sequence[Stretch], sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The tags of the rows of each stretch: indices of classes, or numbers."""
    found = tagged(model, cut, sequences)
    return [chances.argmax(axis=1) for chances in found] if model.classes else found


def _placed(values: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    placed = np.full(count, np.nan)
    placed[rows] = values
    return placed
