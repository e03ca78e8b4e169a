"""Each finding comes of a network that was built to have it, and not of one that was built not to."""

import json

import numpy as np
import pytest
import torch

import elman
from elman import diagnose, trace
from elman.explain.diagnosis.attribution import looked_at_findings

pytestmark = pytest.mark.usefixtures("by_the_loop")


def orthogonal(size, scale=1.0):
    return scale * torch.linalg.qr(torch.randn(size, size, generator=torch.Generator().manual_seed(1))).Q


def plain(nonlinearity="tanh", scale=0.9, hidden=8):
    """A network whose recurrent matrix is a rotation, made larger or smaller."""
    cell = elman.Elman(3, hidden, nonlinearity=nonlinearity)
    with torch.no_grad():
        cell.weight_hh.copy_(orthogonal(hidden, scale))
        cell.bias_ih.zero_()
        cell.bias_hh.zero_()
    return cell


def exploding():
    cell = plain("relu")
    with torch.no_grad():
        cell.weight_hh.copy_(1.5 * torch.eye(8))
    return cell


def gated(forget):
    """An LSTM whose forget gates have this bias and hardly listen to anything else."""
    cell = elman.LSTM(3, 8)
    with torch.no_grad():
        cell.bias_ih[8:16] = forget
    return cell


def found(cell, *, time=40, rows=4, scale=1.0, loss=lambda output, _: output[-1].square().sum()):
    return diagnose(trace(cell, scale * torch.randn(time, rows, 3), loss=loss))


def says(diagnosis, words, severity=None):
    return [one for one in diagnosis.findings if words in one.what and severity in (None, one.severity)]


HEALTHY = {"a gated cell": lambda: gated(2.0), "a plain cell": lambda: plain(scale=0.97)}


@pytest.mark.parametrize("build", HEALTHY.values(), ids=HEALTHY)
def test_a_network_that_holds_on_to_what_it_read_has_no_problem(build):
    assert not [one for one in found(build(), scale=0.3).findings if one.severity == "problem"]


def test_closed_forget_gates_are_found():
    diagnosis = found(gated(-9.0), time=60)
    (one,) = says(diagnosis, "forget_gate is closed", "problem")
    assert one.number > 0.99
    assert says(diagnosis, "an input is forgotten")
    assert says(diagnosis, "the gradient vanishes", "problem")


def test_open_gates_are_a_hint():
    (one,) = says(found(gated(9.0)), "forget_gate is open", "hint")
    assert "nothing is ever forgotten" in one.what


def test_stuck_gates_are_found():
    cell = elman.LSTM(3, 8)
    with torch.no_grad():
        cell.bias_ih[:8] = torch.tensor([9.0, -9.0] * 4)
    assert says(found(cell), "input_gate is stuck")


def test_a_saturated_tanh_is_found():
    assert says(found(plain(), scale=30.0), "h is at the end of its range", "problem")


def test_an_exploding_matrix_is_found_by_each_measure_of_it():
    diagnosis = found(exploding(), scale=0.3)
    assert says(diagnosis, "a change of the input grows", "problem")
    assert says(diagnosis, "the gradient explodes", "problem")
    assert says(diagnosis, "small differences grow", "problem")
    assert diagnosis.measures["spectral_radii"]["the cell"]["weight_hh"] == pytest.approx(1.5)


def test_a_vanishing_gradient_is_measured_in_time_steps():
    diagnosis = found(plain(lambda a: a, scale=0.5))
    (one,) = says(diagnosis, "the gradient vanishes", "problem")
    assert one.number == pytest.approx(1.0, rel=0.05)  # a rotation by half: halved at each step
    flow = diagnosis.measures["flow"]["the cell"]
    assert flow["reach"] == 9  # 2 ** -10 is less than a thousandth
    assert flow["direct"] == [0]


def test_a_loss_at_every_step_does_not_say_that_the_gradient_vanishes():
    diagnosis = found(plain(lambda a: a, scale=0.5), loss=lambda output, _: output.square().sum())
    assert not says(diagnosis, "the gradient vanishes")


def test_memory_is_that_of_the_matrix():
    memory = found(plain(lambda a: a, scale=0.5)).measures["memory"]["the cell"]
    assert memory["half_life"] == pytest.approx(1.0, rel=1e-3)
    assert memory["reach"] == 7  # 2 ** -7 is the first below a hundredth
    assert memory["curve"][3] / memory["curve"][0] == pytest.approx(0.125, rel=1e-3)


def test_memory_and_flow_of_the_backward_direction_are_read_backwards():
    layer = elman.Recurrent(lambda i, h: plain(lambda a: a, scale=0.5, hidden=h), 3, 8, bidirectional=True)
    x, lengths = torch.randn(40, 3, 3), torch.tensor([40, 31, 22])
    seen = trace(layer, x, lengths=lengths, loss=lambda output, _: output[0, :, 8:].sum())
    diagnosis = diagnose(seen)
    for way in ("forward", "backward"):
        assert diagnosis.measures["memory"][f"layer1.{way}"]["half_life"] == pytest.approx(1.0, rel=1e-3)
    backward = diagnosis.measures["flow"]["layer1.backward"]
    assert backward["direct"] == [0]
    assert backward["half_life"] == pytest.approx(1.0, rel=0.05)


def test_a_copied_unit_is_found():
    cell = plain()
    with torch.no_grad():
        cell.weight_ih[5] = cell.weight_ih[2]
        cell.weight_hh[5] = cell.weight_hh[2]
    (one,) = says(found(cell), "1 unit of 8 in h copies another: 2 and 5", "hint")
    assert one.number == 1 / 8
    assert not says(found(plain()), "another")


def test_dead_units_are_found():
    cell = plain("relu", scale=0.5)
    with torch.no_grad():
        cell.bias_ih[[1, 4, 6]] = -100.0
    (one,) = says(found(cell), "never change: 1, 4, 6", "problem")
    assert one.number == 3 / 8
    assert not says(found(plain()), "never change")


class Reader(torch.nn.Module):
    """Reads some of its channels only."""

    def __init__(self, weights):
        super().__init__()
        self.layer = elman.Recurrent("gru", 3, 5)
        self.register_buffer("weights", torch.tensor(weights))

    def forward(self, x):
        return self.layer(x * self.weights)[0][-1]


def test_what_a_prediction_looks_at_is_found():
    names = ["rain", "sun", "wind"]
    seen = trace(Reader([1.0, 0.0, 1.0]), torch.randn(20, 5, 3), loss=lambda output, _: output.sum())
    diagnosis = diagnose(seen, channels=names)
    assert says(diagnosis, "hiding sun hardly changes the output")
    looked = diagnosis.measures["looked_at"]
    assert looked["channels"][1] < 1e-6  # rows of a larger batch may round otherwise
    assert looked["gradient_channels"][1] == 0
    assert looked["times"][-1] == max(looked["times"])
    alone = diagnose(trace(Reader([1.0, 0.0, 0.0]), torch.randn(20, 5, 3)), channels=names)
    assert says(alone, "rests on rain nearly alone")
    nothing = diagnose(trace(Reader([0.0, 0.0, 0.0]), torch.randn(20, 5, 3)))
    assert says(nothing, "does not depend on the input", "problem")
    assert not says(diagnose(trace(Reader([1.0, 1.0, 1.0]), torch.randn(20, 5, 3))), "hiding")


def test_a_channel_that_never_changes_is_no_finding():
    x = torch.randn(20, 5, 3)
    x[..., 1] = 0
    found = diagnose(trace(Reader([1.0, 0.0, 0.0]), x), channels=["rain", "sun", "wind"])
    assert says(found, "hiding wind hardly changes the output")


def test_many_idle_channels_are_named_in_short():
    (first, *_) = looked_at_findings({"channels": [1.0] + 7 * [0.0], "still": [1]}, list("abcdefgh"))
    assert first.what == "hiding c, d, e and 3 other channels hardly changes the output"


def test_occlusion_is_the_distance_that_the_output_moves():
    model = Reader([1.0, 1.0, 1.0])
    x = torch.randn(6, 2, 3)
    moved = elman.explain.occlusion(trace(model, x), windows=3)
    assert moved.shape == (3, 2, 3)
    hidden = x.clone()
    hidden[2:4, :, 1] = x[..., 1].mean()
    expected = (model(hidden) - model(x)).norm(dim=-1)
    torch.testing.assert_close(moved[1, :, 1].float(), expected, rtol=1e-4, atol=1e-6)


def test_gradient_times_input_is_what_a_straight_line_would_change():
    cell = plain(lambda a: a, scale=0.5).double()
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    seen = trace(cell, x, loss=lambda output, _: output[-1].sum())
    rests = elman.explain.gradient_times_input(seen)
    hidden = x.clone()
    hidden[4, 1, 2] = x[..., 2].mean()
    change = elman.unfold(cell, hidden).output[-1].sum() - elman.unfold(cell, x).output[-1].sum()
    torch.testing.assert_close(rests[4, 1, 2], change.detach().abs())


def test_a_diagnosis_is_plain_data_and_reads_as_text():
    diagnosis = found(gated(-9.0), time=60)
    again = json.loads(json.dumps(diagnosis.to_dict(), allow_nan=False))
    assert set(again["measures"]) == {
        *("saturation", "units", "memory", "exponents", "spectral_radii", "flow", "looked_at")
    }
    assert again["findings"][0]["severity"] == "problem"
    text = str(diagnosis)
    assert text.startswith("Diagnosis of LSTM: 2 problems, 1 hint\n")
    assert "! forget_gate is closed: the cell forgets everything at every step\n" in text


def test_what_cannot_be_measured_is_said_with_the_reason(tmp_path):
    seen = trace(gated(0.0), torch.randn(20, 2, 3), every=2)
    diagnosis = diagnose(seen)
    assert diagnosis.left["memory, the cell"] == "only some of the time steps were kept; leave every= out"
    assert "no gradients" in diagnosis.left["flow, the cell"]
    trace(gated(0.0), torch.randn(20, 2, 3)).save(tmp_path / "a.safetensors")
    loaded = diagnose(elman.Trace.load(tmp_path / "a.safetensors"))
    assert "loaded from a file" in loaded.left["memory, the cell"]
    assert loaded.measures["saturation"]["the cell"].keys() == {"input_gate", "forget_gate", "candidate", "output_gate"}


def test_wrong_arguments_are_refused():
    with pytest.raises(elman.ArgumentError, match=r"expected what elman\.trace returned"):
        diagnose(np.zeros(3))
    with pytest.raises(elman.ArgumentError, match="2 names of channels; the input has 3"):
        diagnose(trace(gated(0.0), torch.randn(5, 2, 3)), channels=["a", "b"])
