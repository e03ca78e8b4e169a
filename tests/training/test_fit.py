import json
import math

import numpy as np
import pytest
import torch

from elman.errors import ArgumentError, ElmanError
from elman.training import Callback, fit
from elman.training.loop import evaluate
from elman.training.order import in_batches
from elman.training.schedule import warm_then_cool
from models.modelling import classifier, forecaster, sequence_examples, window_examples

TRAIN, VALIDATION = slice(0, 80), slice(80, 120)


def prepared(**options):
    torch.manual_seed(0)
    model = forecaster(**options)
    model.prepare(window_examples(TRAIN))
    return model


def ready_classifier(**options):
    torch.manual_seed(0)
    model = classifier(**options)
    model.prepare(sequence_examples())
    return model


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one, other) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


class Interrupt(Callback):
    """Presses Ctrl-C at a step of an epoch, and remembers how it ended."""

    def __init__(self, epoch: int) -> None:
        self.left = epoch
        self.history = None

    def on_step(self, step, steps):
        if step == steps:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    def on_end(self, history):
        self.history = history


class Keep(Callback):
    """Keeps a copy of the weights at the end of each epoch."""

    def __init__(self, model) -> None:
        self.model = model
        self.copies = {}

    def on_epoch(self, record):
        self.copies[record.epoch] = weights(self.model)


def test_a_model_learns_what_there_is_to_learn():
    model = ready_classifier(hidden_size=16, pools=["last"])
    fit(model, sequence_examples(), epochs=40, batch_size=8, learning_rate=1e-2)
    data = sequence_examples().sequences
    assert (model.predict(data.sequences) == data.labels).mean() > 0.9


def test_the_steps_are_those_of_plain_adamw():
    model, by_hand = prepared(), prepared()
    examples = window_examples(TRAIN)
    fit(model, examples, epochs=2, batch_size=30, learning_rate=0.01, weight_decay=0.1, clip=0.05, seed=5)

    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=0.01, weight_decay=0.1)
    steps = 2 * math.ceil(len(examples) / 30)
    orders = [np.random.default_rng([5, epoch]).permutation(len(examples)) for epoch in (1, 2)]
    indices = [index for order in orders for index in in_batches(order, 30)]
    for taken, index in enumerate(indices):
        optimizer.param_groups[0]["lr"] = 0.01 * warm_then_cool(taken / steps)
        gradients = torch.autograd.grad(by_hand.train().loss(*examples.batch(index)), list(by_hand.parameters()))
        norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
        for weight, gradient in zip(by_hand.parameters(), gradients, strict=True):
            weight.grad = gradient * min(1.0, 0.05 / (norm + 1e-6))
        optimizer.step()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, by_hand.state_dict()[name])


def test_the_same_seed_gives_the_same_weights_and_losses():
    runs = []
    for noise in (1, 2):
        model = prepared(dropout=0.3, input_dropout=0.2)
        torch.manual_seed(noise)
        history = fit(model, window_examples(TRAIN), window_examples(VALIDATION), epochs=3, batch_size=16, seed=5)
        runs.append((weights(model), [record.train_loss for record in history.records]))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]


def test_another_seed_gives_other_weights():
    runs = []
    for seed in (5, 6):
        model = prepared(dropout=0.3)
        fit(model, window_examples(TRAIN), epochs=2, batch_size=16, seed=seed)
        runs.append(weights(model))
    assert not same(*runs)


def test_global_random_numbers_are_left_as_they_were():
    model = prepared(dropout=0.3)
    before = torch.random.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002
    fit(model, window_examples(TRAIN), epochs=1)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert repr(np.random.get_state()) == before[1]  # noqa: NPY002


def test_the_model_is_left_with_the_weights_that_did_best_on_validation():
    model = prepared(hidden_size=16)
    keep = Keep(model)
    history = fit(
        model,
        window_examples(TRAIN),
        window_examples(VALIDATION),
        epochs=12,
        batch_size=8,
        learning_rate=0.05,
        callbacks=[keep],
    )
    losses = [record.validation_loss for record in history.records]
    assert history.kept_epoch == int(np.argmin(losses)) < 12, "the test needs a training that gets worse"
    assert same(weights(model), keep.copies[history.kept_epoch])
    assert evaluate(model, window_examples(VALIDATION)) == min(losses)


def test_a_model_that_only_gets_worse_comes_back_as_it_came():
    model = prepared(hidden_size=16)
    before = weights(model)
    history = fit(model, window_examples(TRAIN), window_examples(VALIDATION), epochs=3, batch_size=4, learning_rate=1.0)
    assert history.kept_epoch == 0
    assert same(weights(model), before)


def test_patience_stops_after_so_many_epochs_without_a_better_loss():
    model = prepared(hidden_size=16)
    history = fit(
        model,
        window_examples(TRAIN),
        window_examples(VALIDATION),
        epochs=50,
        batch_size=4,
        learning_rate=1.0,
        patience=2,
    )
    assert history.ending == "patience"
    assert history.epochs == history.kept_epoch + 2


def test_without_a_validation_part_the_last_weights_are_kept():
    model = prepared()
    keep = Keep(model)
    history = fit(model, window_examples(TRAIN), epochs=3, callbacks=[keep])
    assert (history.kept_epoch, history.ending) == (3, "epochs")
    assert same(weights(model), keep.copies[3])


def test_no_epochs_leave_the_model_as_it_came():
    model = prepared()
    before = weights(model)
    assert fit(model, window_examples(TRAIN), epochs=0).epochs == 0
    assert same(weights(model), before)


def test_an_interrupt_leaves_the_best_weights_and_is_raised_on():
    model = prepared()
    keep, interrupt = Keep(model), Interrupt(epoch=3)
    with pytest.raises(KeyboardInterrupt):
        fit(model, window_examples(TRAIN), epochs=9, callbacks=[keep, interrupt])
    assert interrupt.history is not None
    assert (interrupt.history.ending, interrupt.history.kept_epoch) == ("interrupted", 2)
    assert same(weights(model), keep.copies[2])


def test_a_loss_that_is_not_finite_stops_training_with_the_weights_of_before():
    model = prepared()
    examples = window_examples(TRAIN)
    examples.windows.values[60:70] = np.inf
    before = weights(model)
    with pytest.raises(ElmanError, match=r"is (nan|inf) at step \d+ of .*learning rate"):
        fit(model, examples, epochs=2, batch_size=16)
    assert same(weights(model), before)


def test_the_gradient_is_clipped():
    model = prepared()
    history = fit(model, window_examples(TRAIN), epochs=1, batch_size=200, clip=1e-9, weight_decay=0.0)
    assert history.records[-1].gradient_norm is not None
    assert history.records[-1].gradient_norm > 1e-9
    norms = [weight.grad.norm() for weight in model.parameters() if weight.grad is not None]
    assert torch.stack(norms).norm() <= 1.001e-9


def test_every_example_is_learnt_from_once_an_epoch():
    batches = in_batches(np.random.default_rng(0).permutation(23), 5)
    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3]
    assert sorted(np.concatenate(batches)) == list(range(23))


def test_the_loss_of_an_epoch_weighs_every_example_alike():
    model, examples = ready_classifier(), sequence_examples(22)
    assert math.isclose(evaluate(model, examples, 5), evaluate(model, examples, 22), rel_tol=1e-6)


def test_the_history_is_a_file_of_json_lines_an_epoch_each(tmp_path):
    file = tmp_path / "history.jsonl"
    file.write_text("an earlier one\n")
    history = fit(prepared(), window_examples(TRAIN), window_examples(VALIDATION), epochs=3, history_path=file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2, 3]
    assert [line["validation_loss"] for line in lines] == [record.validation_loss for record in history.records]
    assert lines[0]["train_loss"] is None
    assert all(line["train_loss"] > 0 and line["seconds"] > 0 for line in lines[1:])


def test_an_interrupted_training_leaves_the_history_of_the_epochs_it_finished(tmp_path):
    file = tmp_path / "history.jsonl"
    with pytest.raises(KeyboardInterrupt):
        fit(prepared(), window_examples(TRAIN), epochs=9, callbacks=[Interrupt(epoch=3)], history_path=file)
    assert [json.loads(line)["epoch"] for line in file.read_text().splitlines()] == [1, 2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epochs": -1}, "epochs is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"clip": -1.0}, "clip is -1.0"),
        ({"patience": 2}, "patience needs a validation part"),
        ({"validation": window_examples(slice(80, 81))}, "the validation part has no examples"),
    ],
)
def test_what_is_out_of_range_is_refused(wrong, message):
    with pytest.raises(ArgumentError, match=message):
        fit(prepared(), window_examples(TRAIN), **{"epochs": 1, **wrong})


@pytest.mark.parametrize("cell", ["gru", "lstm", "elman", "single"])
def test_a_model_over_any_cell_learns(cell):
    model = ready_classifier(cell=cell, hidden_size=8)
    history = fit(model, sequence_examples(), epochs=8, batch_size=8, learning_rate=1e-2)
    first, last = history.records[0].train_loss, history.records[-1].train_loss
    assert first is not None
    assert last is not None
    assert last < first
