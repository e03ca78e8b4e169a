"""A trained detector that reads tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import nn

from elman.data import Scaler
from elman.data.excerpt import Excerpt
from elman.data.frame import Frame
from elman.data.kept import Kept
from elman.errors import DataError
from elman.models import Forecaster
from elman.tasks.detect.rows import Rows
from elman.tasks.detect.scoring import Labelled, Method, RollingZ, scored
from elman.tasks.detect.stream import Stream
from elman.tasks.detect.sweep import Found, Rule, Sweep
from elman.tasks.detect.truth import check_labels, marked
from elman.tasks.fitted import Fitted
from elman.tasks.forecast.model import Reading
from elman.tasks.ordered import Ordered, ordered
from elman.tasks.report import Report
from elman.tasks.sources import table
from elman.training.history import History


class DetectModel(Fitted):
    """Flags the rows of a table that are far from what was to be expected.

    Args:
        model: The network, which forecasts one step.
        reading: How it reads a table.
        rule: When a row is an anomaly.
        rival: The rolling z-score with a threshold of its own.
        labels: The column that says which rows are anomalies; `None` without one.
        report: As for `Fitted`.
        histories: As for `Fitted`.
    """

    task = "detect"
    model: Forecaster

    def __init__(
        self,
        model: Forecaster,
        reading: Reading,
        rule: Rule,
        rival: RollingZ,
        labels: str | None,
        report: Report,
        histories: dict[str, History] | None = None,
    ) -> None:
        super().__init__(model, report, histories)
        self.reading = reading
        self.rule = rule
        self.rival = rival
        self.labels = labels

    def predict(self, data: Any) -> Frame:
        """How far each row is from what was to be expected, and whether that is too far.

        Nothing is read of a row but itself and those before it.

        Args:
            data: A path, a `Frame`, or a table of pandas, polars or pyarrow, with the columns that were learnt from.

        Returns:
            A row for each row of the table, in its order: the name of the series and the time, if the table has
            these columns; the `score`, in sizes of the usual error, the largest of all channels; the `flag`, 1 where
            it is above the threshold, else 0; the `channel` with that score, and its `expected` value. Where a row
            has no value, or too little comes before it, the score is missing and the flag 0.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named.
        """
        found = self.pieces(data)
        return found.whole() if isinstance(found, Kept) else found[0]

    def pieces(self, data: Any) -> Sequence[Frame]:
        """The rows of `predict` in tables one after the other; those of a table larger than memory lie on disk.

        Args:
            data: As for `predict`.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit; the row is named. Or a series is too large for memory, or the disk is
                full.
        """
        frame = self._frame(data)
        if not isinstance(frame, Excerpt):
            return [self._judged(frame)]
        kept = Kept(f"anomalies of {frame.name}", frame.zone, most=frame.limit)
        for part in self._parts(frame):
            kept.put(self._judged(part))
        return kept

    def _frame(self, data: Any) -> Frame:
        """The table, or an excerpt of one that is too large for memory."""
        return table(data, self.reading.settings, task=self.task)

    def _parts(self, frame: Frame) -> Sequence[Frame]:
        """The table, or whole series of it in each part if it is too large for memory."""
        if not isinstance(frame, Excerpt):
            return [frame]
        plan = self.reading.plan
        return frame.parted(plan.ids, set(frame.columns) - {plan.time, plan.ids, self.labels, *plan.encoder.columns})

    def _judged(self, frame: Frame) -> Frame:
        """What is said of the rows of a part."""
        plan = self.reading.plan
        score, flag, expected = np.full(len(frame), np.nan), np.zeros(len(frame)), np.full(len(frame), np.nan)
        channel = np.full(len(frame), None, dtype=object)
        for one in self.rows(frame):
            found = self.found(one)
            there = ~np.isnan(found.score)
            rows = one.rows[there]
            score[rows] = found.score[there]
            flag[rows] = found.score[there] > self.rule.threshold
            channel[rows] = np.array(plan.targets, dtype=object)[found.blamed[there]]
            expected[rows] = found.expected[there, found.blamed[there]]
        columns = {name: frame.columns[name] for name in (plan.ids, plan.time) if name is not None}
        found_columns = {"score": score, "flag": flag, "channel": channel, "expected": expected}
        return replace(frame, name=f"anomalies of {frame.name}", columns={**columns, **found_columns})

    def evaluate(self, data: Any) -> Report:
        """Precision and recall where the table has labels, otherwise how many rows are flagged.

        Args:
            data: As for `predict`. Nothing of it may have been learnt from, or the scores flatter.

        Raises:
            ArgumentError: A column is not there.
            DataError: The table does not fit.
        """
        frame = self._frame(data)
        parts = self._parts(frame)
        labels = self.labels if self.labels in frame.columns else None
        if labels is not None:
            check_labels(parts, labels)

        def labelled(part: Frame) -> list[Labelled]:
            wrong = np.zeros(len(part), dtype=bool) if labels is None else marked(part, labels)
            return [Labelled(one, wrong[one.rows]) for one in self.rows(part)]

        found = scored(Rows(parts, labelled), self.methods(self.report.network.method))
        return replace(
            self.report,
            split=f"all of {frame.name}: {found.rows:,} rows"
            + ("" if labels is None else f", {found.anomalies:,} of them anomalies"),
            metrics=found.metrics,
            scores=found.scores,
            taken=(),
            notes=(),
        )

    def stream(self, series: str | None = None) -> Stream:
        """Judge rows one by one, as they come: the numbers are those of `predict` on all rows at once.

        Args:
            series: The name of the series, if the model was trained on several.

        Raises:
            DataError: The series was not learnt from.
        """
        return Stream(self._sweep(series), self.reading.plan)

    def rows(self, frame: Frame) -> list[Ordered]:
        """The series of a table."""
        plan = self.reading.plan
        found, _ = ordered(frame, plan.encoder, time=plan.time, ids=plan.ids, duplicates=plan.duplicates)
        return found

    def found(self, one: Ordered) -> Found:
        """What is found of the rows of a series."""
        sweep = self._sweep(one.name)
        return sweep.run(sweep.start(), one.times, one.values)

    def methods(self, network: str, parameters: int = 0, seconds: float = 0.0) -> tuple[Method, Method]:
        """The rival and the network.

        Args:
            network: What the network is called.
            parameters: How many it has.
            seconds: What it took to train.
        """
        columns = self.reading.plan.columns
        return (
            Method(self.rival.name, lambda one: self.rival.flags(one.values[:, columns])),
            Method(network, self.flags, parameters, seconds),
        )

    def flags(self, one: Ordered) -> np.ndarray:
        """Which rows of a series are flagged."""
        return np.nan_to_num(self.found(one).score) > self.rule.threshold

    def to_dict(self) -> dict[str, Any]:
        return {
            "reading": self.reading.to_dict(),
            "rule": self.rule.to_dict(),
            "rival": {"limit": self.rival.limit, "window": self.rival.window},
            "labels": self.labels,
        }

    @classmethod
    def from_dict(cls, model: nn.Module, plain: Mapping[str, Any], report: Report) -> DetectModel:
        """A detector from its network and what `to_dict` wrote down."""
        assert isinstance(model, Forecaster)
        reading, rule = Reading.from_dict(plain["reading"]), Rule.from_dict(plain["rule"])
        return cls(model, reading, rule, RollingZ(**plain["rival"]), plain["labels"], report)

    def _sweep(self, series: str | None) -> Sweep:
        return Sweep(self.model, self.reading.plan, scaler_of(self.reading, series), self.rule)


def scaler_of(reading: Reading, series: str | None) -> Scaler:
    """The scale of the targets of a series that was learnt from.

    Raises:
        DataError: It was not.
    """
    known = reading.levels.scalers
    if not known:
        count = len(reading.plan.targets)
        return Scaler(np.zeros(count), np.ones(count))
    if series not in known:
        some = ", ".join(list(known)[:5])
        raise DataError(
            f"series {series!r} was not there in training, so nobody knows what is usual for it; known are {some}"
            f"{', …' if len(known) > 5 else ''}. Train again with it"
        )
    assert series is not None
    return known[series]
