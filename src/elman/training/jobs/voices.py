"""Job: nine speakers told apart by how they say /ae/."""

import numpy as np

from elman import data
from elman.models import Classifier
from elman.models.body import CellChoice, MakeBody
from elman.training.jobs.classes import tell_classes
from elman.training.jobs.result import JobResult
from elman.training.seeding import seeded
from elman.training.watch import Watch, nobody_watches


def tell_voices(
    cell: CellChoice = "gru", seed: int = 0, *, quick: bool = False, watch: Watch = nobody_watches
) -> JobResult:
    """Tell nine speakers apart from utterances of 7 to 29 frames, in the published split.

    Args:
        cell: The cells of the recurrent network.
        seed: Of its first weights, of the order of the examples, of dropout and of noise.
        quick: Learn from a third of the utterances, twice: to see it run, not to see it do well.
        watch: Told of each method before its work begins.

    Returns:
        Shares of the test utterances that were told right.
    """
    voices = data.load("japanese_vowels")
    assert voices.split is not None
    train, test = voices.take(voices.split["train"]), voices.take(voices.split["test"])
    if quick:
        train = train.take(np.arange(0, len(train), 3))

    def make(body: MakeBody | None = None) -> Classifier:
        with seeded(seed):
            return Classifier(
                len(voices.channels),
                voices.classes,
                cell=cell,
                hidden_size=64,
                bidirectional=True,
                dropout=0.3,
                mask=False,
                noise=0.3,
                drift=0.3,
                label_smoothing=0.1,
                pools=["mean", "max"],
                body=body,
            )

    return tell_classes(
        train,
        test,
        make,
        title="Voices: nine speakers told apart by how they say /ae/, in 7 to 29 frames of 12 channels",
        split=f"the published one: {len(train)} utterances to train on, {len(test)} to test",
        cell=cell,
        seed=seed,
        epochs=2 if quick else 40,
        batch_size=32,
        learning_rate=3e-3,
        watch=watch,
    )
