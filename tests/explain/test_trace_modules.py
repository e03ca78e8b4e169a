"""What a trace sees inside layers, twins, models and modules that somebody else wrote."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from elman import trace
from elman.models import LanguageModel, Tagger
from elman.models.text import Vocabulary
from tolerances import assert_near

pytestmark = pytest.mark.usefixtures("by_the_loop")

TIME, BATCH = 7, 2
X = torch.randn(TIME, BATCH, 3, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([TIME, 4])


def test_every_layer_and_direction_has_the_values_of_its_cell_alone():
    layer = elman.Recurrent("lstm", 3, 5, num_layers=2, bidirectional=True)
    seen = trace(layer, X, lengths=LENGTHS)
    output, _ = layer(X, lengths=LENGTHS)
    assert_near(seen.outputs, output.detach())
    below = X
    for depth in (1, 2):
        for way, cell in zip(("forward", "backward"), layer.cells[2 * depth - 2 : 2 * depth], strict=True):
            alone = trace(cell, below, lengths=LENGTHS, reverse=way == "backward")
            for name in alone:
                assert_near(seen[f"layer{depth}.{way}.{name}"], alone[name])
        below = torch.cat([seen[f"layer{depth}.forward.output"], seen[f"layer{depth}.backward.output"]], dim=-1)
    assert_near(below, seen.outputs)


def test_a_name_that_several_layers_have_is_refused_with_their_names():
    seen = trace(elman.Recurrent("gru", 3, 5, num_layers=2), X)
    with pytest.raises(elman.ArgumentError, match=r"'layer1.forward.h', 'layer2.forward.h'; say more"):
        seen["h"]
    assert_near(seen["layer2.h"], seen["layer2.forward.h"])
    assert trace(elman.Recurrent("gru", 3, 5, num_layers=2), X, names=["reset"]).names() == [
        "layer1.forward.reset_gate",
        "layer2.forward.reset_gate",
    ]


def test_a_learnt_start_and_resets_are_seen():
    layer = elman.Recurrent("gru", 3, 5, learn_initial_state=True)
    with torch.no_grad():
        layer.cells[0].start["h"].fill_(0.5)
    reset = torch.zeros(TIME, BATCH, dtype=torch.bool)
    reset[3, 1] = True
    seen = trace(layer, X, reset=reset)
    assert_near(seen["h"], layer(X, reset=reset)[0].detach())
    assert seen.records[0].kind == "GRU"
    assert (seen.records[0].first[0] == 0.5).all()


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_layer_of_torch_is_traced_and_left_as_it_is(kind, batch_first):
    theirs = getattr(nn, kind)(3, 5, num_layers=2, bidirectional=True, batch_first=batch_first)
    x = X.transpose(0, 1) if batch_first else X
    seen = trace(theirs, x, loss=lambda output, _: output.sum())
    assert type(theirs) is getattr(nn, kind)
    assert seen.inputs.shape == (TIME, BATCH, 3)
    expected = theirs(x)[0].detach()
    assert_near(seen.outputs, expected.transpose(0, 1) if batch_first else expected)
    assert_near(seen["layer2.backward.h"], seen.outputs[..., 5:])
    ours = getattr(elman.nn, kind)(3, 5, num_layers=2, bidirectional=True, batch_first=batch_first)
    ours.load_state_dict(theirs.state_dict())
    assert_near(trace(ours, x)["layer1.forward.h"], seen["layer1.forward.h"])


def test_a_packed_sequence_is_traced_as_a_padded_one():
    layer = elman.Recurrent("gru", 3, 5)
    packed = pack_padded_sequence(X, LENGTHS, enforce_sorted=False)
    seen, padded = trace(layer, packed), trace(layer, X, lengths=LENGTHS)
    assert_near(seen["h"][:4], padded["h"][:4])
    assert_near(seen.outputs, padded.outputs)
    assert seen.lengths.tolist() == LENGTHS.tolist()


class Two(nn.Module):
    """Two stacks of somebody else's, one of which is called twice."""

    def __init__(self):
        super().__init__()
        self.below = nn.LSTM(3, 4, batch_first=True)
        self.above = nn.GRU(4, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        y, _ = self.below(x)
        y, _ = self.above(y)
        y, _ = self.above(y)
        return self.head(y[:, -1])


def test_stacks_have_their_path_and_calls_their_number():
    module = Two()
    seen = trace(module, X.transpose(0, 1), rows=[1], every=2, loss=lambda output, _: output.sum())
    assert [record.label for record in seen.records] == [
        "below.layer1.forward",
        "above.layer1.forward",
        "above.call2.layer1.forward",
    ]
    assert seen.inputs.shape == (4, 1, 3)
    assert_near(seen.inputs[:, 0], X[::2, 1])
    assert_near(seen.outputs, module(X.transpose(0, 1))[[1]].detach())
    assert seen.input_gradient.shape == (4, 1, 3)
    assert_near(seen["above.call2.layer1.forward.input"], seen["above.layer1.forward.output"])


def test_a_cell_that_a_module_unfolds_itself_is_seen():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = elman.MGU(3, 5)

        def forward(self, x):
            return elman.unfold(self.cell, x, reverse=True, return_states=True).states[0].sum(0)

    module = Own()
    seen = trace(module, X, loss=lambda output, _: output[:, 0].sum())
    assert seen.names()[-1] == "layer1.backward.h"
    assert (seen.gradients["h"] > 0).all()  # by the states that were returned
    assert_near(seen["h"].sum(0), module(X).detach())


MODELS = {
    "forecaster": (lambda: elman.Forecaster(3, TIME, 2, targets=[0], hidden_size=4), {}, torch.randn(BATCH, 2, 1)),
    "classifier": (
        lambda: elman.Classifier(3, ["a", "b"], hidden_size=4, frame=2),
        {"lengths": LENGTHS},
        torch.tensor([0, 1]),
    ),
    "regressor": (lambda: elman.Regressor(3, hidden_size=4), {"lengths": LENGTHS}, torch.randn(BATCH)),
    "tagger": (
        lambda: Tagger(3, ["a", "b"], hidden_size=4),
        {"lengths": LENGTHS},
        torch.randint(0, 2, (TIME, BATCH)),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_called_as_its_forward_is_and_has_its_own_loss(name):
    build, more, targets = MODELS[name]
    model = build().eval()
    seen = trace(model, X, **more, targets=targets)
    assert_near(seen.outputs, model(X, *more.values()).detach())
    lengths = () if name == "forecaster" else (LENGTHS,)
    known = (torch.empty(BATCH, 0),) if name == "forecaster" else ()
    assert seen.loss == pytest.approx(model.loss(X, *known, *lengths, targets).item())
    assert seen.names()[-1] == "layer1.forward.h"
    assert seen.input_gradient.shape == X.shape
    if name == "classifier":
        assert seen["h"].shape == (4, BATCH, 4)  # frames of two steps
        assert seen.records[0].steps.sum(0).tolist() == [4, 2]


def test_a_language_model_has_gradients_at_what_its_layer_reads():
    model = LanguageModel(Vocabulary.of("abcabc"), hidden_size=4, embedding_size=3, cell="gru")
    codes = torch.randint(1, 4, (TIME, BATCH))
    seen = trace(model, codes, targets=codes)
    assert seen.input_gradient is None
    assert (seen.gradients["layer1.forward.input"] > 0).all()
    assert_near(seen.inputs, codes)


def test_a_layer_gives_after_a_trace_what_it_gave_before():
    layer = elman.Recurrent("gru", 3, 5)
    expected = layer(X)[0]
    trace(layer, X)
    assert_near(layer(X)[0], expected)


class Stepping(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = elman.Elman(3, 5)

    def forward(self, x):
        return self.cell(x[0])[0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: trace(Stepping(), X), "nothing was unfolded inside Stepping"),
        (lambda: trace("gru", X), "module is a str"),
        (lambda: trace(Two(), X, lengths=[7, 7]), r"lengths was given, but Two.forward takes x"),
        (lambda: trace(Two(), ()), "empty tuple"),
        (lambda: trace(elman.Recurrent("gru", 3, 5), X, reverse=True), "reverse was given"),
    ],
    ids=["a loop of its own", "no module", "lengths", "no input", "reverse"],
)
def test_what_cannot_be_traced_is_refused(call, words):
    with pytest.raises(elman.ArgumentError, match=words):
        call()
