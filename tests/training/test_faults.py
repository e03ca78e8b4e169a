import math

import numpy as np
import pytest
import torch
from torch import nn

from elman.errors import ElmanError
from elman.training import Callback, evaluate, fit
from elman.training.schedule import warm_then_cool
from training.stream import Waves, next_value


class Line(nn.Module):
    """One slope; `loss` does what a test tells it to in some calls."""

    def __init__(self, faults=None) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(1))
        self.faults = faults or {}
        self.calls = 0

    def loss(self, x, y):
        loss = (self.slope * x - y).square().mean()
        if self.training:
            self.calls += 1
            loss = loss * self.faults.get(self.calls, 1.0)
        return loss


class Points:
    """Forty points on a line."""

    def __init__(self) -> None:
        self.x = torch.linspace(-1, 1, 40)
        self.y = 3 * self.x

    def __len__(self):
        return len(self.x)

    def batch(self, index):
        return self.x[index], self.y[index]


class Told(Callback):
    def __init__(self) -> None:
        self.rollbacks = []
        self.history = None

    def on_rollback(self, rollback):
        self.rollbacks.append(rollback)

    def on_end(self, history):
        self.history = history


def learn(model, points=None, **options):
    return fit(model, points or Points(), epochs=4, batch_size=8, learning_rate=0.1, **options)


@pytest.mark.parametrize("factor", [math.nan, math.inf, 1e7])
def test_a_loss_that_goes_wrong_takes_training_back_to_the_start_of_the_epoch(factor):
    # Five steps an epoch: the eighth call is the third step of the second epoch.
    model, told = Line({8: factor}), Told()
    history = learn(model, callbacks=[told])
    (rollback,) = history.rollbacks
    assert told.rollbacks == [rollback]
    assert (rollback.epoch, rollback.step, rollback.what) == (2, 3, "loss")
    assert [record.rollbacks for record in history.records] == [0, 1, 0, 0]
    assert model.calls == 4 * 5 + 3
    assert history.ending == "epochs"


def test_after_a_rollback_the_run_is_that_of_half_the_learning_rate_from_there():
    clean = learn(Line())
    rolled = learn(Line({8: math.nan}))
    one, other = clean.records, rolled.records
    assert one[0].train_loss == other[0].train_loss
    assert [a.learning_rate / b.learning_rate for a, b in zip(one[1:], other[1:], strict=True)] == [2, 2, 2]

    by_hand = Line()
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=0.1, weight_decay=1e-2)
    points, taken = Points(), 0
    for epoch in range(1, 5):
        for index in np.random.default_rng([0, epoch]).permutation(40).reshape(5, 8):
            optimizer.param_groups[0]["lr"] = 0.1 * warm_then_cool(taken / 20) * (1 if epoch == 1 else 0.5)
            optimizer.zero_grad()
            by_hand.loss(*points.batch(index)).backward()
            nn.utils.clip_grad_norm_(by_hand.parameters(), 1.0)
            optimizer.step()
            taken += 1
    rolled_back = Line({8: math.nan})
    learn(rolled_back)
    torch.testing.assert_close(rolled_back.slope, by_hand.slope, rtol=0, atol=0)


def test_the_third_time_training_stops_with_the_best_weights_and_names_the_batch():
    points, told = Points(), Told()
    points.y[17] = math.nan
    model, validation = Line(), Points()
    before = evaluate(model, validation)
    with pytest.raises(ElmanError, match=r"the loss is nan at step \d of epoch 1, .* the batch of examples .*\b17\b"):
        learn(model, points, callbacks=[told])
    assert len(told.rollbacks) == 2
    assert told.history.ending == "failed"
    assert evaluate(model, validation) == before


def test_what_was_learnt_before_the_fault_is_kept():
    model, validation = Line(dict.fromkeys(range(11, 99), math.nan)), Points()
    told = Told()
    with pytest.raises(ElmanError, match="is nan at step 1 of epoch 3"):
        learn(model, validation=validation, callbacks=[told])
    assert told.history.kept_epoch == 2
    assert evaluate(model, validation) == told.history.records[2].validation_loss


def test_a_gradient_that_is_not_finite_counts_as_well():
    class Steep(Line):
        def loss(self, x, y):
            loss = super().loss(x, y)
            zero = self.slope - self.slope.detach()
            return loss + (zero.sqrt().sum() if self.calls == 3 else 0.0)

    history = learn(Steep())
    assert [rollback.what for rollback in history.rollbacks] == ["norm of the gradient"]


def test_a_stream_goes_back_with_its_state_and_names_the_chunk():
    waves = Waves()
    waves.values[30] = math.nan
    with pytest.raises(ElmanError, match="It was chunk 4 of the stream"):
        fit(next_value(), waves, epochs=1)


def test_a_fault_is_the_same_for_a_training_that_was_resumed(tmp_path):
    class Leave(Callback):
        def on_step(self, step, steps):
            if model.calls == 7:
                raise RuntimeError("left")

    model = Line()
    with pytest.raises(RuntimeError, match="left"):
        learn(model, folder=tmp_path, checkpoint_seconds=0.0, callbacks=[Leave()])
    resumed, undisturbed = Line({1: math.nan}), Line({8: math.nan})
    # The last state has six steps: the seventh is taken again.
    resumed.faults = {2: math.nan}
    history = learn(resumed, folder=tmp_path)
    assert history.rollbacks[0].step == 3
    learn(undisturbed)
    assert torch.equal(resumed.slope, undisturbed.slope)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes."),
        MemoryError(),
    ],
)
def test_out_of_memory_says_what_to_lower_and_keeps_the_run(error, tmp_path):
    class Large(Line):
        def loss(self, x, y):
            if self.calls == 7:
                raise error
            return super().loss(x, y)

    model = Large()
    with pytest.raises(
        ElmanError, match=r"Lower batch_size, hidden_size .*recompute.* The state in .* stays"
    ) as caught:
        learn(model, folder=tmp_path)
    assert caught.value.__cause__ is error
    smaller = Line()
    assert learn(smaller, folder=tmp_path / "x").ending == "epochs"
    model.calls = 99
    assert learn(model, folder=tmp_path).ending == "epochs"


def test_real_memory_that_runs_out_is_told_as_well():
    class Huge(Line):
        def loss(self, x, y):
            return super().loss(x, y) + torch.empty(1 << 60).sum()

    with pytest.raises(ElmanError, match=r"memory ran out .*Lower batch_size"):
        learn(Huge())


def test_an_error_of_the_model_itself_is_raised_as_it_is():
    class Wrong(Line):
        def loss(self, x, y):
            raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match=r"^shapes do not match$"):
        learn(Wrong())


def test_two_faults_in_one_epoch_go_back_to_the_same_point():
    twice, once = Line({8: math.nan, 11: math.nan}), Line({8: math.nan})
    history = learn(twice)
    learn(once)
    assert [rollback.epoch for rollback in history.rollbacks] == [2, 2]
    quarter = Line({6: math.nan, 7: math.nan})
    learn(quarter)
    assert torch.equal(twice.slope, quarter.slope)
    assert not torch.equal(twice.slope, once.slope)
