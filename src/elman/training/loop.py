"""The training loop."""

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from elman.errors import ArgumentError
from elman.training.callbacks import Callback, HistoryFile
from elman.training.epoch import Examples, Learner, Model, evaluate, in_batches
from elman.training.history import History, Record


def fit(
    model: Model,
    train: Examples,
    validation: Examples | None = None,
    *,
    epochs: int,
    batch_size: int = 128,
    learning_rate: float = 2e-3,
    weight_decay: float = 1e-2,
    clip: float = 1.0,
    patience: int | None = None,
    seed: int = 0,
    callbacks: Sequence[Callback] = (),
    history_path: str | Path | None = None,
) -> History:
    """Train a model with AdamW; with a validation part, leave it with the weights that did best there.

    The model as it came counts as epoch 0: if no epoch does better on validation, its weights come back. The
    learning rate warms up over the first fifth of the steps and then falls to zero along a cosine.

    The same model, examples and seed give the same weights, on the same machine with the same number of threads.
    PyTorch's and NumPy's global random numbers are left as they were. Ctrl-C restores the weights that are kept,
    tells the callbacks, and then raises `KeyboardInterrupt` on.

    Args:
        model: A model on which `prepare` was called. It is left in evaluation mode.
        train: Examples of the training part.
        validation: Examples of the validation part; without, the weights of the last epoch are kept.
        epochs: How often each example is learnt from, at most; 0 leaves the model as it came.
        batch_size: Examples of one step; the last step of an epoch takes what is left.
        learning_rate: The highest learning rate.
        weight_decay: AdamW's: in each step the weights shrink by this share of the learning rate.
        clip: The longest gradient, as a norm over all weights; a longer one is shortened.
        patience: Epochs without a better validation loss after which to stop; `None` for never.
        seed: Of the order of the examples, of dropout and of noise.
        callbacks: Told of every step and epoch.
        history_path: A file for the history: one line of JSON for each epoch, written as it ends.

    Returns:
        The history. Its `kept_epoch` is the epoch whose weights the model has.

    Raises:
        ArgumentError: A number is out of range, there are no examples, or patience has no validation part.
        ElmanError: A loss or a gradient is not finite. The weights that are kept were restored.
    """
    _check(train, validation, epochs, batch_size, learning_rate, clip, patience)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=learning_rate, weight_decay=weight_decay)
    learner = Learner(model, optimizer, epochs * math.ceil(len(train) / batch_size), learning_rate, clip)
    watching = [*callbacks] + ([] if history_path is None else [HistoryFile(history_path)])
    history = History()
    kept = _copy(model)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            for callback in watching:
                callback.on_start(epochs)
            history.ending = "failed"
            for record in _records(learner, train, validation, epochs, batch_size, seed, watching):
                if record.kept:
                    kept = _copy(model)
                history.records.append(record)
                for callback in watching:
                    callback.on_epoch(record)
                if patience is not None and record.epoch - history.kept_epoch >= patience:
                    history.ending = "patience"
                    break
            else:
                history.ending = "epochs"
        except KeyboardInterrupt:
            history.ending = "interrupted"
            raise
        finally:
            model.load_state_dict(kept)
            model.eval()
            for callback in watching:
                callback.on_end(history)
    return history


def _records(
    learner: Learner,
    train: Examples,
    validation: Examples | None,
    epochs: int,
    batch_size: int,
    seed: int,
    callbacks: Sequence[Callback],
) -> Iterator[Record]:
    """Learn; after each epoch, what came of it."""
    order = np.random.default_rng(seed)
    lowest = math.inf
    if validation is not None:
        started = time.perf_counter()
        lowest = evaluate(learner.model, validation)
        yield Record(0, None, lowest, None, None, time.perf_counter() - started, kept=True)

    def on_step(step: int, steps: int) -> None:
        for callback in callbacks:
            callback.on_step(step, steps)

    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        learnt = learner.epoch(train, in_batches(order.permutation(len(train)), batch_size), on_step)
        loss = None if validation is None else evaluate(learner.model, validation)
        better = loss is None or loss < lowest
        if loss is not None and better:
            lowest = loss
        yield Record(
            epoch,
            learnt.train_loss,
            loss,
            learnt.learning_rate,
            learnt.gradient_norm,
            seconds=time.perf_counter() - started,
            kept=better,
        )


def _copy(model: Model) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _check(
    train: Examples,
    validation: Examples | None,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    clip: float,
    patience: int | None,
) -> None:
    for name, part in (("training", train), ("validation", validation)):
        if part is not None and not len(part):
            raise ArgumentError(f"the {name} part has no examples; expected at least one. Give it more rows")
    for name, count, least in (("epochs", epochs, 0), ("batch_size", batch_size, 1), ("patience", patience, 1)):
        if count is not None and count < least:
            raise ArgumentError(f"{name} is {count}; expected at least {least}")
    for name, size in (("learning_rate", learning_rate), ("clip", clip)):
        if not size > 0:
            raise ArgumentError(f"{name} is {size}; expected a number above 0")
    if patience is not None and validation is None:
        raise ArgumentError("patience needs a validation part to look at; give one, or leave patience out")
