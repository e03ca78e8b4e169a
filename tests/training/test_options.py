import io

import pytest
import torch
from rich.console import Console

from elman.errors import ArgumentError
from elman.training import Callback, ShowProgress, evaluate, fit
from models.modelling import classifier, forecaster, sequence_examples, window_examples

TRAIN, VALIDATION = slice(0, 80), slice(80, 120)


def prepared(**options):
    torch.manual_seed(0)
    model = forecaster(**options)
    model.prepare(window_examples(TRAIN))
    return model


class Trail(Callback):
    """Keeps the weights after each step."""

    def __init__(self, model) -> None:
        self.model = model
        self.weights = []

    def on_step(self, step, steps):
        self.weights.append(self.model.head.bias.detach().clone())


def test_the_averaged_weights_are_those_of_the_formula():
    model = prepared()
    before, trail = model.head.bias.detach().clone(), Trail(model)
    fit(model, window_examples(TRAIN), epochs=3, batch_size=16, average=0.6, callbacks=[trail])
    mean = before
    for step, weight in enumerate(trail.weights, start=1):
        decay = min(0.6, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * weight
    torch.testing.assert_close(model.head.bias.detach(), mean)
    assert not torch.allclose(mean, trail.weights[-1])


def test_what_is_validated_and_kept_are_the_averaged_weights():
    model = prepared(hidden_size=16)
    validation = window_examples(VALIDATION)
    history = fit(model, window_examples(TRAIN), validation, epochs=6, batch_size=8, learning_rate=0.03, average=0.9)
    assert history.kept_epoch > 0
    assert evaluate(model, validation) == min(record.validation_loss for record in history.records)


def test_averaging_does_not_change_what_is_learnt():
    plain, averaged = (Trail(prepared()) for _ in range(2))
    for trail, decay in ((plain, None), (averaged, 0.9)):
        parts = window_examples(TRAIN), window_examples(VALIDATION)
        fit(trail.model, *parts, epochs=2, average=decay, callbacks=[trail])
    assert all(map(torch.equal, plain.weights, averaged.weights))


def test_the_learning_rate_is_highest_where_warming_ends():
    rates = {}
    for warm in (0.0, 0.5):
        history = fit(prepared(), window_examples(TRAIN), epochs=10, batch_size=100, learning_rate=1.0, warm=warm)
        rates[warm] = [record.learning_rate for record in history.records]
    assert rates[0.0][0] == max(rates[0.0]) == 1.0
    assert rates[0.5][5] == max(rates[0.5]) == 1.0


def test_bfloat16_learns_about_the_same_with_weights_in_float32():
    losses = {}
    for autocast in (False, True):
        torch.manual_seed(0)
        model = classifier(hidden_size=8, pools=["last"])
        model.prepare(sequence_examples())
        history = fit(model, sequence_examples(), epochs=12, batch_size=8, learning_rate=1e-2, autocast=autocast)
        losses[autocast] = history.records[-1].train_loss
        assert all(weight.dtype == torch.float32 for weight in model.parameters())
    assert losses[True] != losses[False]
    assert abs(losses[True] - losses[False]) < 0.05 * losses[False]


def test_a_model_may_weigh_its_batches():
    class Half(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = torch.nn.Parameter(torch.zeros(1))

        def loss(self, values):
            return (values - self.bias)[values > 0].mean()

        def weight(self, values):
            return float((values > 0).sum())

    class Numbers:
        values = torch.tensor([1.0, -1.0, -1.0, 5.0, 6.0, 7.0])

        def __len__(self):
            return len(self.values)

        def batch(self, index):
            return (self.values[index],)

    assert evaluate(Half(), Numbers(), batch_size=3) == (1 + 5 + 6 + 7) / 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"warm": 1.0}, "warm is 1.0"),
        ({"average": 1.0}, "average is 1.0"),
        ({"weight_decay": -1.0}, "weight_decay is -1.0"),
        ({"seed": -1}, "seed is -1"),
        ({"strategy": "mpi"}, 'strategy is \'mpi\'; expected "ddp" or "fsdp"'),
    ],
)
def test_what_is_out_of_range_is_refused(wrong, message):
    with pytest.raises(ArgumentError, match=message):
        fit(prepared(), window_examples(TRAIN), **{"epochs": 1, **wrong})


def test_progress_says_how_long_it_will_still_take():
    for terminal in (False, True):
        out = io.StringIO()
        shown = ShowProgress("ramps", Console(file=out, force_terminal=terminal, width=120))
        fit(prepared(), window_examples(TRAIN), epochs=4, callbacks=[shown])
        assert " s left" in out.getvalue()


def test_tensorboard_has_the_losses_of_the_history(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    from elman.training import TensorBoard

    parts = window_examples(TRAIN), window_examples(VALIDATION)
    history = fit(prepared(), *parts, epochs=3, callbacks=[TensorBoard(tmp_path)])
    events = accumulator.EventAccumulator(str(tmp_path))
    events.Reload()
    for name, field in (("loss/training", "train_loss"), ("loss/validation", "validation_loss")):
        expected = [getattr(record, field) for record in history.records if getattr(record, field) is not None]
        assert [scalar.value for scalar in events.Scalars(name)] == pytest.approx(expected)
    assert [scalar.step for scalar in events.Scalars("loss/validation")] == [0, 1, 2, 3]


def test_without_tensorboard_the_error_names_the_extra(tmp_path, monkeypatch):
    import sys

    from elman.training import TensorBoard

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", None)
    with pytest.raises(ArgumentError, match=r"pip install 'elman\[tensorboard\]'"):
        TensorBoard(tmp_path)
