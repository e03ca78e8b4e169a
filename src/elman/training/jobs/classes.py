"""What the two jobs that tell classes apart have in common."""

from collections.abc import Callable
from functools import partial

import numpy as np

from elman.data import Scaler, Sequences
from elman.models import Classifier, SequenceExamples
from elman.models.baselines import ConvNet, channels_within, majority_class, nearest_neighbour
from elman.models.body import CellChoice
from elman.models.describe import count_parameters, named
from elman.training.callbacks import Callback
from elman.training.history import History
from elman.training.jobs.bench import Bench
from elman.training.jobs.result import JobResult
from elman.training.loop import fit
from elman.training.threads import one_thread
from elman.training.watch import Watch


@one_thread()
def tell_classes(
    train: Sequences,
    test: Sequences,
    make: Callable[..., Classifier],
    *,
    title: str,
    split: str,
    cell: CellChoice,
    seed: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    watch: Watch,
) -> JobResult:
    """Train a recurrent and a convolutional classifier for a fixed number of epochs, and score all methods.

    No part is held back to stop on: the test part is looked at once, at the end of each method.

    Args:
        train: The training part.
        test: The test part.
        make: Makes a classifier; it takes `body` as `Classifier` does.
        title: As for `JobResult`.
        split: As for `JobResult`.
        cell: The cells of the recurrent network.
        seed: Of the order of the examples, of dropout and of noise.
        epochs: As for `fit`, and so are the two that follow.
        batch_size: See there.
        learning_rate: See there.
        watch: Told of each method before its work begins.

    Returns:
        Shares of the test part that were told right.
    """
    bench = Bench(watch)
    examples = SequenceExamples(train)
    scaler = Scaler.fit(train.sequences)
    scaled, unseen = ([scaler.transform(one) for one in part.sequences] for part in (train, test))

    def share(classes: np.ndarray) -> float:
        return float((classes == test.labels).mean())

    def learn(model: Classifier, watching: Callback) -> History:
        return fit(
            model,
            examples,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            seed=seed,
            callbacks=[watching],
        )

    bench.score("majority class", lambda: share(majority_class(train.labelled(), len(test))))
    bench.score("nearest neighbour", lambda: share(nearest_neighbour(scaled, train.labelled(), unseen)))
    recurrent = make()
    channels = channels_within(count_parameters(recurrent.body), recurrent.inputs.output_size)
    convolution = make(body=partial(ConvNet, channels=channels))
    for method, model in (("convolutional network", convolution), (named(cell), recurrent)):
        model.prepare(examples)
        bench.train(method, model, partial(learn, model), lambda model=model: share(model.predict(test.sequences)))
    return JobResult(
        title=title,
        split=split,
        metric="accuracy",
        unit="",
        lower_is_better=False,
        scores=tuple(bench.scores),
        model=recurrent,
        histories=bench.histories,
        seconds=bench.seconds,
    )
