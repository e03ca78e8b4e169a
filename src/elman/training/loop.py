"""The training loop, as it is called."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from elman.errors import ArgumentError
from elman.training.callbacks import Callback, HistoryFile
from elman.training.contract import Examples, Loss, Model, Stream
from elman.training.distributed import World, world
from elman.training.faults import explained
from elman.training.feed import feed
from elman.training.history import History
from elman.training.interrupt import Interrupt
from elman.training.learner import Learner, mean_loss
from elman.training.run import Folder, Run
from elman.training.settings import Settings
from elman.training.sharing import Strategy, share

_MEASURED = 512  # examples that are measured at one time


def fit(
    model: Model,
    train: Examples | Stream,
    validation: Examples | Stream | None = None,
    *,
    epochs: int,
    batch_size: int = 128,
    learning_rate: float = 2e-3,
    weight_decay: float = 1e-2,
    clip: float = 1.0,
    patience: int | None = None,
    warm: float = 0.2,
    average: float | None = None,
    autocast: bool = False,
    seed: int = 0,
    strategy: Strategy = "ddp",
    callbacks: Sequence[Callback] = (),
    history_path: str | Path | None = None,
    folder: str | Path | None = None,
    checkpoint_seconds: float = 30.0,
) -> History:
    """Train a model with AdamW; with a validation part, leave it with the weights that did best there.

    The model as it came counts as epoch 0: if no epoch does better on validation, its weights come back. The
    learning rate warms up over the first part of the steps and then falls to zero along a cosine. Examples with
    `lengths` are put into batches of about the same length; for those that are `stateful` (see
    `elman.training.contract.Stream`), the model's state is carried from chunk to chunk, and gradients end at the
    borders: truncated backpropagation through time.

    **The same numbers.** The same model, examples and seed give the same weights, on the same machine with the
    same number of threads. PyTorch's and NumPy's global random numbers are left as they were.

    **Going on.** With a `folder`, the state is written there after each epoch and every `checkpoint_seconds`
    within one. The same call with the same folder goes on from it, and ends with the weights and the history of a
    training that was never disturbed, to the last bit. Where it was finished already, the call returns at once
    with its weights; so a program of many such calls can simply be run again.

    **Faults.** A loss or gradient that is not finite, and a loss of more than 1000 times the highest of any batch
    in the epochs before, takes training back to the start of the epoch, with half the learning rate; twice in all.
    Ctrl-C ends the step, writes the state, restores the weights that are kept, tells the callbacks, and then
    raises `KeyboardInterrupt`; a second one raises it at once.

    **Many processes.** Inside `elman.training.distributed.joined`, all processes call `fit` with the same
    arguments, take their rows of each batch, and end with the same weights: those of one process with the same
    `batch_size`, up to rounding, but for dropout, which draws other numbers. Process 0 writes files and tells
    callbacks.

    Args:
        model: A model on which `prepare` was called, if it has that. It is left in evaluation mode.
        train: Examples of the training part.
        validation: Examples of the validation part; without, the weights of the last epoch are kept.
        epochs: How often each example is learnt from, at most; 0 leaves the model as it came.
        batch_size: Examples of one step; the last step of an epoch takes what is left. Nothing to a stream, whose
            rows are all in each step.
        learning_rate: The highest learning rate.
        weight_decay: AdamW's: in each step the weights shrink by this share of the learning rate.
        clip: The longest gradient, as a norm over all weights; a longer one is shortened.
        patience: Epochs without a better validation loss after which to stop; `None` for never.
        warm: The share of all steps in which the learning rate rises, in [0, 1).
        average: The decay of a moving average of the weights, in [0, 1), such as 0.999: it is what is validated
            and kept. `None` for none.
        autocast: Compute the loss in bfloat16 where PyTorch holds that to be safe; weights stay as they are.
        seed: Of the order of the examples, of dropout and of noise.
        strategy: How several processes share the model: `"ddp"`, each has all of it; `"fsdp"`, each has a part of
            the weights and of what AdamW keeps. With `"fsdp"` the model given has its weights at the end only.
        callbacks: Told of every step and epoch.
        history_path: A file for the history: one line of JSON for each epoch, written as it ends.
        folder: Where the state of the training is kept; a folder of its own for each training.
        checkpoint_seconds: How old a state becomes within an epoch before it is written anew.

    Returns:
        The history. Its `kept_epoch` is the epoch whose weights the model has.

    Raises:
        ArgumentError: A number is out of range, there are no examples, patience has no validation part, or the
            folder has the state of another training.
        DataError: The state in the folder cannot be read.
        ElmanError: A loss or a gradient went wrong a third time, memory ran out, the disk is full, or another
            process is gone. The weights that are kept were restored, and the state stays.
    """
    if not isinstance(model, nn.Module):
        raise ArgumentError(f"model is a {type(model).__name__}; expected a torch.nn.Module with a method loss")
    settings = Settings(epochs, batch_size, learning_rate, weight_decay, clip, patience, warm, average, autocast, seed)
    settings.check_parts(train, validation)
    if strategy not in ("ddp", "fsdp"):
        raise ArgumentError(f'strategy is {strategy!r}; expected "ddp" or "fsdp"')
    processes = world()
    device = next(model.parameters()).device
    fingerprint = settings.fingerprint(model, train, validation)
    state = Folder(None if folder is None else Path(folder), fingerprint, checkpoint_seconds)
    watching = [*callbacks] + ([] if history_path is None else [HistoryFile(history_path)])
    if processes.rank:
        watching = []

    generators = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(generators), Interrupt() as interrupt, explained(_what_stays(folder), processes.size):
        learning, loss = share(model, processes, strategy)
        training = feed(train, batch_size, seed, model, processes, device)
        measured = None if validation is None else feed(validation, _MEASURED, None, model, processes, device)
        run = Run(Learner(learning, loss, training, settings, processes), measured, state, watching, interrupt)
        try:
            for callback in watching:
                callback.on_start(epochs)
            run.resume()
            run.go()
        except KeyboardInterrupt:
            run.history.ending = "interrupted"
            raise
        except BaseException:
            run.history.ending = "failed"
            raise
        finally:
            model.load_state_dict(run.kept)
            model.eval()
            for callback in watching:
                callback.on_end(run.history)
    return run.history


def evaluate(model: Model, examples: Examples | Stream, batch_size: int = _MEASURED) -> float:
    """The mean loss over all examples, with nothing dropped and nothing learnt.

    Args:
        model: The model; it is left in evaluation mode.
        examples: At least one.
        batch_size: How many are computed at one time; nothing to a stream.
    """
    assert isinstance(model, nn.Module)
    device = next(model.parameters()).device
    return mean_loss(Loss(model), feed(examples, batch_size, None, model, World(), device), autocast=False)


def _what_stays(folder: str | Path | None) -> str:
    if folder is None:
        return "The model has the best weights that it had before"
    return f"The state in {folder} stays: the same training, started again, goes on from it"
