"""A trained tagger that reads tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import nn

from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.data.kept import Kept
from elman.models import Tagger
from elman.tasks.fitted import Fitted
from elman.tasks.parted_table import PartedTable
from elman.tasks.report import Report
from elman.tasks.sources import table
from elman.tasks.tag.layout import lay_out
from elman.tasks.tag.plan import Plan
from elman.tasks.tag.rivals import always
from elman.tasks.tag.scoring import Scoring
from elman.tasks.tag.stretches import Part, Stretch, stretches, tagged, truth
from elman.training.distributed import world
from elman.training.history import History

_TOGETHER = 1024  # stretches whose tags are in memory together


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
        frame = table(data, self.plan.settings, task=self.task)
        return self._kept(frame).whole() if isinstance(frame, Excerpt) else self._tagged(frame)

    def pieces(self, data: Any) -> Sequence[Frame]:
        """The rows of `predict` in tables one after the other: of Parquet larger than memory, they lie on disk."""
        frame = table(data, self.plan.settings, task=self.task)
        return self._kept(frame) if isinstance(frame, Excerpt) else [self._tagged(frame)]

    def _kept(self, excerpt: Excerpt) -> Kept:
        """The tags of all rows of a table that is too large for memory, on disk."""
        kept = Kept(f"tags of {excerpt.name}", excerpt.zone, most=excerpt.limit)
        for part in excerpt.parted(self.plan.ids, self.plan.settings.drop):
            kept.put(replace(self._tagged(part), positions=part.positions))
        return kept

    def _tagged(self, frame: Frame) -> Frame:
        """The tags of a table in memory."""
        parts, _ = self.plan.rows(frame)
        cut = self._stretches([len(one.rows) for one in parts])
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
        frame = table(data, self.plan.settings, task=self.task)
        layout = lay_out(PartedTable.of(frame, self.plan.ids, self.plan.settings.drop), self.plan.order)
        sequences, tags = self.plan.read(layout), self.plan.tags_of(layout)
        cut = self._stretches(layout.lengths.tolist())
        scoring = Scoring(truth(cut, tags), self.plan.target)
        simple = "majority class" if self.plan.classes else "mean"
        usual = int(self.usual) if self.plan.classes else self.usual
        scores = (
            scoring.score(simple, lambda: always(usual, cut)),
            scoring.score(self.report.network.method, lambda: found_tags(self.model, cut, sequences)),
        )
        return replace(
            self.report,
            split=f"all of {frame.name}: {scoring.counted:,} tagged rows",
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

    def _stretches(self, lengths: Sequence[int]) -> list[Stretch]:
        whole = [Part(at, 0, length, length) for at, length in enumerate(lengths)]
        return stretches(whole, both_ways=bool(self.model.arguments["bidirectional"]))

    def _unknown(self, tags: Sequence[np.ndarray]) -> tuple[str, ...]:
        classes = len(self.plan.classes)
        count = sum(int((one == classes).sum()) for one in tags) if classes else 0
        return (f"{count:,} rows have a class that was not there in training, and count as missed",) if count else ()


def found_tags(model: Tagger, cut: Sequence[Stretch], sequences: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """The tags of the rows of each stretch: indices of classes, or numbers; processes share the work."""
    for start in range(0, len(cut), _TOGETHER):
        some = cut[start : start + _TOGETHER]
        found = world().share(lambda part, some=some: tagged(model, some[part], sequences), len(some))
        yield from (tags.argmax(axis=1) if model.classes else tags for tags in found)


def _placed(values: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    placed = np.full(count, np.nan)
    placed[rows] = values
    return placed
