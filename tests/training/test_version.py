"""The state of a training that an earlier Elman wrote is gone on with."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from elman.training import Callback, fit
from training.stream import Waves, next_value

# Of each format there is a folder: the state of the training below, broken off after 11 of 32 steps, and the
# weights with which it ended where it was not.
VERSIONS = sorted(Path(__file__).parent.glob("version_*"))


class Steps(Callback):
    """Counts the steps, and notes with how many epochs training began."""

    def __init__(self) -> None:
        self.count = 0
        self.finished = None

    def on_step(self, step, steps):
        self.count += 1

    def on_resume(self, history):
        self.finished = history.epochs


def test_there_is_a_state_of_every_format():
    from elman.training.checkpoint import VERSION

    assert [folder.name for folder in VERSIONS] == [f"version_{number}" for number in range(1, VERSION + 1)]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_a_training_of_this_format_goes_on_from_its_step_to_the_same_weights(version, tmp_path):
    shutil.copy(version / "state.pt", tmp_path)
    model, steps = next_value(), Steps()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1.0)  # the state has all it takes; weights of the model that it is given to do not count
    fit(
        model,
        Waves(),
        Waves(rows=5, seed=1),
        epochs=4,
        learning_rate=0.02,
        average=0.9,
        patience=4,
        folder=tmp_path,
        callbacks=[steps],
    )
    assert (steps.finished, steps.count) == (1, 4 * len(Waves()) - 11)
    for name, value in load_file(version / "ended.safetensors").items():
        torch.testing.assert_close(model.state_dict()[name], value, rtol=1e-4, atol=1e-6, msg=name)
