"""A trained model of whole sequences that reads data as a person brings it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from torch import nn

from elman.data.frame import Frame
from elman.models import Classifier, Regressor
from elman.tasks.fitted import Fitted
from elman.tasks.label.reading import Reading
from elman.tasks.label.scoring import Scoring
from elman.tasks.report import Report
from elman.training.history import History


class LabelModel(Fitted):
    """Tells the class, or the number, of every sequence.

    Args:
        model: The network.
        reading: How it reads data.
        usual: The most frequent class of the training part, or the mean of its numbers.
        report: As for `Fitted`.
        histories: As for `Fitted`.
    """

    model: Classifier | Regressor

    def __init__(
        self,
        model: Classifier | Regressor,
        reading: Reading,
        usual: float,
        report: Report,
        histories: dict[str, History] | None = None,
    ) -> None:
        super().__init__(model, report, histories)
        self.task = reading.task
        self.reading = reading
        self.usual = usual

    def predict(self, data: Any) -> Frame:
        """The label of every sequence.

        Args:
            data: Of the form that was learnt from; labels may be missing.

        Returns:
            A row for each sequence: its name, or its number counted from 0; the label, under the name of its column;
            and for classes the `probability` of that one.

        Raises:
            ArgumentError: A column is not there, or the form is another.
            DataError: The data do not fit; the place is named.
        """
        found = self.reading.read(data, labelled=False)
        names = np.arange(float(len(found))) if found.ids is None else np.array(found.ids, dtype=object)
        columns: dict[str, np.ndarray] = {self.reading.ids or "sequence": names}
        if isinstance(self.model, Classifier):
            chances = self.model.predict_proba(found.sequences)
            columns[self.reading.target] = np.array(self.model.classes, dtype=object)[chances.argmax(axis=1)]
            columns["probability" if self.reading.target != "probability" else "certainty"] = chances.max(axis=1)
        else:
            columns[self.reading.target] = self.model.predict(found.sequences)
        return Frame(f"labels of {found.name}", columns)

    def evaluate(self, data: Any) -> Report:
        """The scores on data that hold the labels.

        Args:
            data: As for `predict`, with labels. Of data with a published test part, that part alone counts. Nothing
                of it may have been learnt from, or the scores flatter.

        Raises:
            ArgumentError: A column is not there, or the form is another.
            DataError: The data do not fit.
        """
        found = self.reading.read(data)
        part = "all"
        if found.split is not None:
            found, part = found.take(found.split["test"]), "the published test part"
        truth = self.reading.answers(found)
        scoring = Scoring(truth, self.reading.target)
        simple = "majority class" if self.reading.classes else "mean"
        fill = np.full(len(truth), self.usual if scoring.numeric else int(self.usual))
        scores = (
            scoring.score(simple, lambda: fill),
            scoring.score(self.report.network.method, lambda: self.model.predict(found.sequences)),
        )
        unknown = int((truth == len(self.reading.classes)).sum()) if self.reading.classes else 0
        return replace(
            self.report,
            split=f"{part} of {found.name}: {len(truth):,} sequences",
            metrics=scoring.metrics,
            scores=scores,
            taken=(),
            notes=(f"{unknown:,} sequences have a class that was not there in training, and count as missed",)
            if unknown
            else (),
        )

    def to_dict(self) -> dict[str, Any]:
        return {"reading": self.reading.to_dict(), "usual": self.usual}

    @classmethod
    def from_dict(cls, model: nn.Module, plain: Mapping[str, Any], report: Report) -> LabelModel:
        """A model from its network and what `to_dict` wrote down."""
        assert isinstance(model, Classifier | Regressor)
        return cls(model, Reading.from_dict(plain["reading"]), plain["usual"], report)
