"""Job: handwritten digits, read row by row."""

import numpy as np

from elman import data
from elman.models import Classifier
from elman.models.body import CellChoice, MakeBody
from elman.training.jobs.classes import tell_classes
from elman.training.jobs.result import JobResult
from elman.training.seeding import seeded
from elman.training.watch import Watch, nobody_watches


def read_digits(
    cell: CellChoice = "gru", seed: int = 0, *, quick: bool = False, watch: Watch = nobody_watches
) -> JobResult:
    """Tell ten digits apart from images of 8 × 8 pixels, each a sequence of 8 rows, read from the top.

    Args:
        cell: The cells of the recurrent network.
        seed: Of the quarter that is held out, of the first weights, of the order, of dropout and of noise.
        quick: Learn from a third of the images, twice: to see it run, not to see it do well.
        watch: Told of each method before its work begins.

    Returns:
        Shares of the held-out images that were told right.
    """
    digits = data.load("digits")
    parts = data.split_by_label(digits.labelled(), 0.25, seed=seed)
    train, test = digits.take(parts.kept), digits.take(parts.held_out)
    if quick:
        train = train.take(np.arange(0, len(train), 3))

    def make(body: MakeBody | None = None) -> Classifier:
        with seeded(seed):
            return Classifier(
                len(digits.channels),
                digits.classes,
                cell=cell,
                hidden_size=96,
                dropout=0.3,
                mask=False,
                noise=0.3,
                label_smoothing=0.1,
                pools=["last"],
                body=body,
            )

    return tell_classes(
        train,
        test,
        make,
        title="Images: handwritten digits of 8 × 8 pixels, read row by row",
        split=f"a quarter of each class held out: {len(train)} images to train on, {len(test)} to test",
        cell=cell,
        seed=seed,
        epochs=2 if quick else 30,
        batch_size=64,
        learning_rate=3e-3,
        watch=watch,
    )
