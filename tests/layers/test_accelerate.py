"""Models written for `torch.nn`, accelerated: the same parameters, numbers and training."""

import copy
import io
import pickle
import sys

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from layers.twins import both_cells, cell_calls
from tolerances import assert_equal, assert_near

CELLS = ["RNNCell", "LSTMCell", "GRUCell"]
NAMES = ["RNN", "LSTM", "GRU", *CELLS]


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.width = width

    def forward(self, image):
        maps = torch.relu(self.norm(self.conv(image)))
        return maps.flatten(1, 2).permute(2, 0, 1)


class CRNN(nn.Module):
    """Reads text in a picture: convolution, an LSTM in both directions along the width, letters."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(Block(6))
        self.neck = nn.ModuleDict({"sequence": nn.LSTM(24, 5, num_layers=2, bidirectional=True)})
        self.head = nn.Linear(10, 7)

    def forward(self, image):
        sequence, _ = self.neck["sequence"](self.features(image))
        return {"logits": self.head(sequence), "letters": self.head(sequence).argmax(-1)}

    @staticmethod
    def example():
        return torch.randn(3, 1, 6, 9, dtype=torch.float64)


class Translator(nn.Module):
    """An encoder, and a decoder that loops over a cell; the embedding is the output layer too."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 5)
        self.encoder = nn.GRU(5, 5, batch_first=True)
        self.decoder = nn.GRUCell(5, 5)
        self.output = nn.Linear(5, 11)
        self.output.weight = self.embedding.weight

    def forward(self, tokens):
        encoded, last = self.encoder(self.embedding(tokens))
        h, logits = last[0], []
        for word in self.embedding(tokens).unbind(1):
            h = self.decoder(word, h)
            logits.append(self.output(h))
        return torch.stack(logits, 1), (encoded, h)

    @staticmethod
    def example():
        return torch.randint(11, (3, 7))


MODELS = {"CRNN": CRNN, "translator": Translator}


def model_of(name):
    return MODELS[name]().double()


def numbers(output):
    """The floating tensors of a model's output."""
    if isinstance(output, dict):
        return (output["logits"],)
    return (output[0], *output[1])


def train(model, optimizer, x, steps=3):
    for _ in range(steps):
        optimizer.zero_grad()
        sum(part.square().mean() for part in numbers(model(x))).backward()
        optimizer.step()


@pytest.mark.parametrize("name", MODELS)
def test_an_optimizer_made_before_trains_to_the_weights_of_an_untouched_copy(name):
    model = model_of(name)
    untouched = copy.deepcopy(model)
    optimizers = [torch.optim.Adam(each.parameters(), lr=0.01) for each in (model, untouched)]
    x = model.example()
    train(model, optimizers[0], x, steps=1)
    train(untouched, optimizers[1], x, steps=1)
    assert elman.accelerate(model).replaced
    train(model, optimizers[0], x)
    train(untouched, optimizers[1], x)
    for (key, value), expected in zip(model.state_dict().items(), untouched.state_dict().values(), strict=True):
        # Adam divides by the size of a gradient, and with it the gradient's rounding.
        torch.testing.assert_close(value, expected, rtol=1e-7, atol=1e-9, msg=lambda text, key=key: f"{key}: {text}")


@pytest.mark.parametrize("name", MODELS)
def test_the_parameters_are_the_very_same_and_checkpoints_load_both_ways(name):
    model, other = model_of(name), model_of(name)
    before, keys = dict(model.named_parameters()), list(model.state_dict())
    elman.accelerate(model)
    assert all(value is before[key] for key, value in model.named_parameters())
    assert list(model.state_dict()) == keys
    other.load_state_dict(model.state_dict(), strict=True)
    model.load_state_dict(other.state_dict(), strict=True)
    x = model.example()
    assert_near(numbers(model.eval()(x)), numbers(other.eval()(x)))


def through_a_file(model):
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = type(model)().double()
    other.load_state_dict(torch.load(file, weights_only=True))
    return other


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)), through_a_file],
    ids=["deepcopy", "pickle", "a checkpoint"],
)
@pytest.mark.parametrize("name", MODELS)
def test_a_copy_of_an_accelerated_model_gives_the_same_numbers(name, copied):
    model = model_of(name)
    x = model.example()
    elman.accelerate(model)
    assert_near(numbers(copied(model).eval()(x)), numbers(model.eval()(x)))


def test_the_record_names_what_was_replaced():
    record = elman.accelerate(Translator())
    assert record.replaced == {"encoder": "GRU", "decoder": "GRUCell"}
    assert "encoder  GRU" in str(record)
    assert elman.accelerate(CRNN()).replaced == {"neck.sequence": "LSTM"}


@pytest.mark.parametrize("name", NAMES)
def test_the_module_itself_is_replaced_and_put_back(name):
    module = getattr(nn, name)(3, 5)
    record = elman.accelerate(module)
    assert type(module) is getattr(elman.nn, name)
    assert record.replaced == {"": name}
    assert "(the module itself)" in str(record)
    record.undo()
    record.undo()
    assert type(module) is getattr(nn, name)


def test_a_module_with_two_names_is_replaced_once():
    lstm = nn.LSTM(5, 5)
    model = nn.ModuleList([lstm, nn.Sequential(lstm)])
    assert elman.accelerate(model).replaced == {"0": "LSTM"}
    assert type(model[1][0]) is elman.nn.LSTM


def test_a_model_without_recurrence_is_said_to_have_none():
    assert str(elman.accelerate(nn.Linear(3, 5))) == "No recurrent module of torch.nn was found."


@pytest.mark.usefixtures("as_a_user_sees_it")
def test_what_is_not_a_module_is_refused():
    with pytest.raises(elman.ArgumentError, match="list"):
        elman.accelerate([nn.LSTM(3, 5)])


class Own(nn.LSTM):
    def forward(self, input, hx=None):
        return super().forward(input.flip(0), hx)


def patched():
    lstm = nn.LSTM(3, 5)
    lstm.forward = lambda input: input
    return lstm


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch.jit
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: Own(3, 5), "class of its own"),
        (lambda: elman.nn.LSTM(3, 5), "already"),
        (patched, "forward was replaced"),
        (lambda: nn.LSTM(3, 5).bfloat16(), "bfloat16"),
        (lambda: torch.jit.script(nn.GRU(3, 5)), "torch.jit"),
        (lambda: torch.ao.nn.quantized.dynamic.LSTM(3, 5), "quantised"),
    ],
    ids=["a subclass", "a twin", "a patched forward", "half precision", "scripted", "quantised"],
)
def test_what_cannot_be_replaced_is_left_with_the_reason(made, reason):
    module = made()
    kind = type(module)
    record = elman.accelerate(nn.Sequential(module))
    assert not record.replaced
    assert reason in record.left["0"]
    assert reason in str(record)
    assert type(module) is kind


PARAMETRIZATIONS = {"weight norm": parametrizations.weight_norm, "orthogonal": parametrizations.orthogonal}


def parametrized(kind):
    lstm = nn.LSTM(3, 5).double()
    PARAMETRIZATIONS[kind](lstm, "weight_hh_l0")
    return lstm


@pytest.mark.parametrize("kind", PARAMETRIZATIONS)
def test_a_parametrized_module_gives_the_same_numbers_and_gradients(kind):
    lstm, x = parametrized(kind), torch.randn(7, 2, 3, dtype=torch.float64)
    keys = list(lstm.state_dict())
    record = elman.accelerate(lstm, check=x)
    assert isinstance(lstm, elman.nn.LSTM)
    assert record.checked
    assert list(lstm.state_dict()) == keys
    optimizer = torch.optim.SGD(lstm.parameters(), lr=0.1)
    before = lstm.weight_hh_l0.detach().clone()
    lstm(x)[0].square().mean().backward()
    optimizer.step()
    assert not torch.equal(lstm.weight_hh_l0, before)


@pytest.mark.parametrize("kind", PARAMETRIZATIONS)
def test_a_parametrized_module_is_put_back_parametrized(kind):
    lstm = parametrized(kind)
    record = elman.accelerate(lstm)
    record.undo()
    assert not isinstance(lstm, elman.nn.LSTM)
    assert parametrize.type_before_parametrizations(lstm) is nn.LSTM
    assert parametrize.is_parametrized(lstm, "weight_hh_l0")


def test_a_parametrization_can_be_removed_afterwards_and_the_copy_of_the_module_is_not_touched():
    lstm = parametrized("weight norm")
    twin = copy.deepcopy(lstm)
    elman.accelerate(lstm)
    parametrize.remove_parametrizations(lstm, "weight_hh_l0")
    assert type(lstm) is elman.nn.LSTM
    assert not isinstance(twin, elman.nn.LSTM)
    assert parametrize.is_parametrized(twin, "weight_hh_l0")


def test_a_parametrization_registered_afterwards_survives_the_undoing():
    lstm = nn.LSTM(3, 5).double()
    record = elman.accelerate(lstm)
    parametrizations.weight_norm(lstm, "weight_hh_l0")
    x = torch.randn(7, 2, 3, dtype=torch.float64)
    ours = lstm(x)[0]
    record.undo()
    assert not isinstance(lstm, elman.nn.LSTM)
    assert_near(lstm(x)[0], ours)


@pytest.mark.parametrize("name", MODELS)
def test_a_check_compares_outputs_and_gradients(name):
    model = model_of(name)
    record = elman.accelerate(model, check=model.example())
    assert "outputs and" in record.checked
    assert " 0 gradients" not in record.checked
    assert record.checked in str(record)


@pytest.mark.parametrize("name", ["image", "keyword", "tuple"])
def test_a_check_takes_one_argument_or_several_by_place_or_by_name(name):
    model, x = CRNN().double(), CRNN.example()
    given = {"image": x, "keyword": {"image": x}, "tuple": (x,)}[name]
    assert elman.accelerate(model, check=given).checked


def test_a_packed_sequence_is_one_argument():
    x = pack_padded_sequence(torch.randn(7, 2, 3), [7, 4])
    assert elman.accelerate(nn.LSTM(3, 5), check=x).checked


class Wrong(nn.LSTM):
    def forward(self, input, hx=None):
        output, last = super().forward(input, hx)
        return output, (last[0], last[1] * 1.01)


class WrongBackward(nn.LSTM):
    def forward(self, input, hx=None):
        output, last = super().forward(input, hx)
        scaled = output * 1.01
        return scaled - (scaled - output).detach(), last


@pytest.mark.parametrize(
    ("wrong", "named"), [(Wrong, r"output\[1\]\[1\]"), (WrongBackward, "gradient of")], ids=["output", "gradient"]
)
def test_a_difference_is_named_and_everything_is_put_back(monkeypatch, wrong, named):
    # The function hides the module of the same name.
    home = sys.modules[elman.accelerate.__module__]
    monkeypatch.setitem(home._TWINS, nn.LSTM, wrong)
    monkeypatch.setitem(home._ORIGINALS, wrong, nn.LSTM)
    lstm = nn.LSTM(3, 5)
    with pytest.raises(elman.ElmanError, match=named):
        elman.accelerate(lstm, check=torch.randn(7, 2, 3))
    assert type(lstm) is nn.LSTM


class Stateful(nn.Module):
    """Hands its state on from call to call, counts its calls, and draws random numbers."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 5)
        self.state = None
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        output, self.state = self.rnn(x + torch.rand(()), self.state)
        return output * self.calls


def test_a_check_leaves_no_trace():
    model, x = Stateful(), torch.randn(7, 2, 3)
    model.rnn.eval()
    seed = torch.get_rng_state()
    record = elman.accelerate(model, check=x)
    assert record.checked
    assert (model.training, model.rnn.training) == (True, False)
    assert model.state is None
    assert model.calls == 0
    assert all(parameter.grad is None for parameter in model.parameters())
    assert_equal(torch.get_rng_state(), seed)


def test_a_check_without_a_tensor_to_compare_is_refused_and_changes_nothing():
    class Silent(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.RNN(3, 5)

        def forward(self, x):
            self.rnn(x)

    model = Silent()
    with pytest.raises(elman.ArgumentError, match="no tensor"):
        elman.accelerate(model, check=torch.randn(7, 2, 3))
    assert type(model.rnn) is nn.RNN


def test_gradients_that_cannot_be_had_are_said_to_be_missing():
    model = nn.GRU(3, 5).requires_grad_(False)
    assert "no gradients, because" in elman.accelerate(model, check=torch.randn(7, 2, 3)).checked


@pytest.mark.parametrize("given", [True, False], ids=["hx", "no hx"])
@pytest.mark.parametrize("rows", [(), (1,), (3,), (0,)], ids=["unbatched", "one row", "three rows", "no row"])
@pytest.mark.parametrize("options", [{}, {"bias": False}], ids=["bias", "no bias"])
@pytest.mark.parametrize("name", [*CELLS, "RNNCell relu"])
def test_a_cell_gives_the_numbers_and_gradients_of_torch(name, options, rows, given):
    results = []
    for cell in both_cells(name, **options):
        torch.manual_seed(1)
        x = torch.randn(*rows, 3, dtype=torch.float64, requires_grad=True)
        h, c = (torch.randn(*rows, 5, dtype=torch.float64, requires_grad=True) for _ in "hc")
        hx = ((h, c) if name == "LSTMCell" else h) if given else None
        last = cell(x, hx)
        parts = last if isinstance(last, tuple) else (last,)
        sum((part * torch.arange(1.0, 6)).sum() for part in parts).backward()
        results.append((*parts, x.grad, h.grad, c.grad, *(parameter.grad for parameter in cell.parameters())))
    assert_near(results[1], results[0])


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("call", cell_calls("RNNCell"))
def test_a_cell_refuses_what_torch_refuses_in_its_words(name, call):
    theirs, ours = (getattr(place, name)(3, 5) for place in (nn, elman.nn))
    said = []
    for cell in (theirs, ours):
        with pytest.raises((RuntimeError, ValueError)) as refusal:
            cell_calls(name)[call](cell)
        said.append((refusal.type, str(refusal.value)))
    assert said[1] == said[0]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_in_half_precision_is_that_of_torch(name):
    theirs, ours = (cell.bfloat16() for cell in both_cells(name))
    x = torch.randn(2, 3).bfloat16()
    assert_equal(ours(x), theirs(x))
