"""What a job found out."""

from dataclasses import dataclass

from elman.models import Classifier, Forecaster
from elman.training.history import History


@dataclass(frozen=True)
class Score:
    """One row of the table.

    Args:
        method: How it was forecast or classified.
        value: Its score on the test part.
        parameters: How many numbers of it gradients move; 0 for a method that does not learn in this way.
        seconds: How long it took to train and to test.
    """

    method: str
    value: float
    parameters: int
    seconds: float


@dataclass(frozen=True, eq=False)
class JobResult:
    """A trained model, and its score beside those of simpler methods on the same test part.

    Args:
        title: What was done.
        split: How the data were divided, in a sentence.
        metric: What the scores measure.
        unit: The unit of the scores; empty for a share in [0, 1].
        lower_is_better: Whether a low score is a good one.
        scores: One for each method, the recurrent model last.
        model: The recurrent model.
        histories: The trainings of the networks, by method.
        seconds: How long all of it took.
    """

    title: str
    split: str
    metric: str
    unit: str
    lower_is_better: bool
    scores: tuple[Score, ...]
    model: Forecaster | Classifier
    histories: dict[str, History]
    seconds: float

    def score(self, method: str) -> float:
        """The score of one method."""
        return next(score.value for score in self.scores if score.method == method)
