import torch

from elman.training import evaluate, fit
from elman.training.order import step_seed
from elman.training.schedule import warm_then_cool
from training.stream import Waves, next_value


def test_the_steps_are_those_of_truncated_backpropagation_by_hand():
    model, by_hand, waves = next_value(dropout=0.3), next_value(dropout=0.3), Waves()
    fit(model, waves, epochs=2, learning_rate=0.02, weight_decay=0.1, clip=0.5, seed=3)

    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=0.02, weight_decay=0.1)
    state = None
    for taken in range(2 * len(waves)):
        chunk = taken % len(waves)
        state = {"h": state["h"].detach()} if state is not None and chunk else None
        optimizer.param_groups[0]["lr"] = 0.02 * warm_then_cool(taken / (2 * len(waves)))
        torch.manual_seed(step_seed(3, taken, rank=0))
        optimizer.zero_grad()
        loss, state = by_hand.loss(*waves.batch(chunk), state=state)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(by_hand.parameters(), 0.5)
        optimizer.step()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, by_hand.state_dict()[name], rtol=0, atol=0)


def test_the_loss_of_a_stream_does_not_depend_on_the_length_of_its_chunks():
    model = next_value()
    whole = evaluate(model, Waves(chunk=50))
    for chunk in (1, 7, 49):
        assert abs(evaluate(model, Waves(chunk=chunk)) - whole) < 1e-6 * whole


def test_a_model_learns_from_a_stream_and_the_best_weights_are_kept():
    model, validation = next_value(hidden_size=16), Waves(seed=1)
    history = fit(model, Waves(), validation, epochs=15, learning_rate=0.02)
    losses = [record.validation_loss for record in history.records]
    assert min(losses) < 0.3 * losses[0]
    assert evaluate(model, validation) == min(losses)


def test_the_state_reaches_further_than_a_chunk():
    waves = Waves(steps=40, chunk=10)
    model = next_value()
    _, state = model.loss(*waves.batch(0))
    carried = model.loss(*waves.batch(1), state=state)[0].item()
    alone = model.loss(*waves.batch(1))[0].item()
    assert carried != alone
    parts = [alone] * 4
    assert evaluate(model, waves) != sum(parts) / 4
