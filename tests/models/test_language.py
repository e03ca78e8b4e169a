import itertools
import json
import math
from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import elman
from elman.errors import ArgumentError
from elman.models import language
from elman.models.language import LanguageModel
from elman.models.text import NOT_SCORED, UNKNOWN, TextExamples, Vocabulary
from elman.training import fit

TEXT = "she sells sea shells by the sea shore; the shells she sells are surely seashells. " * 20
VOCABULARY = Vocabulary.of(TEXT)
CELLS = ["lstm", "mingru", "slstm"]


def language_model(**options) -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(VOCABULARY, **{"hidden_size": 11, "embedding_size": 5, **options})


def examples(rows: int = 3, chunk: int = 16, text: str = TEXT) -> TextExamples:
    return TextExamples(VOCABULARY.encode(text), rows, chunk)


@pytest.fixture(scope="module")
def learnt() -> LanguageModel:
    """A model that has read its text often enough to know it."""
    model = language_model(hidden_size=32, dropout=0.0)
    data = examples(rows=8, chunk=32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(40):
        state = None
        for number in range(len(data)):
            loss, state = model.loss(*data.batch(number), elman.detach(state))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


@pytest.mark.parametrize("cell", CELLS)
def test_chunks_with_the_state_carried_over_are_the_text_read_in_one_go(cell):
    model, data = language_model(cell=cell, dropout=0.0), examples()
    whole, _ = model.loss(data.input, data.target)
    total, count, state = 0.0, 0, None
    for number in range(len(data)):
        batch = data.batch(number)
        loss, state = model.loss(*batch, state)
        total, count = total + loss * model.weight(*batch), count + model.weight(*batch)
    torch.testing.assert_close(total / count, whole)
    assert count == len(TEXT) - 1


def test_the_gradient_ends_at_the_border_of_a_chunk_where_the_state_is_detached():
    model, data = language_model(), examples()
    _, state = model.loss(*data.batch(0))
    assert state[0][0].requires_grad
    embedded = []
    model.embedding.register_forward_hook(lambda *call: embedded.append(call[2]))
    for handed_on, reaches_back in ((state, True), (elman.detach(state), False)):
        _, first = model.loss(*data.batch(0))
        carried = first if reaches_back else elman.detach(first)
        embedded[-1].retain_grad()
        loss, _ = model.loss(*data.batch(1), carried)
        loss.backward()
        assert (embedded[-2].grad is not None) == reaches_back, handed_on


def test_the_loss_is_the_mean_of_the_scored_characters_only():
    model = language_model(dropout=0.0)
    input, target = examples().batch(0)
    target = target.clone()
    target[3:, 1] = NOT_SCORED
    logits, _ = model(input)
    expected = torch.stack(
        [
            -logits[time, row].double().log_softmax(dim=0)[target[time, row]]
            for time, row in itertools.product(range(len(input)), range(3))
            if target[time, row] != NOT_SCORED
        ]
    )
    torch.testing.assert_close(model.loss(input, target)[0].double(), expected.mean())
    assert model.weight(input, target) == len(expected) == 16 * 3 - 13


def test_a_chunk_with_nothing_to_score_costs_nothing():
    model = language_model()
    input, target = examples().batch(0)
    loss, _ = model.loss(input, torch.full_like(target, NOT_SCORED))
    loss.backward()
    assert loss == 0
    assert model.weight(input, torch.full_like(target, NOT_SCORED)) == 0
    assert not any(weight.grad is not None and weight.grad.any() for weight in model.parameters())


def test_no_character_sees_the_ones_after_it():
    model = language_model(num_layers=2).eval()
    input = examples().batch(0).input
    other = input.clone()
    other[9:] = 1
    torch.testing.assert_close(model(other)[0][:9], model(input)[0][:9], rtol=0, atol=0)
    assert not torch.equal(model(other)[0][9:], model(input)[0][9:])


def test_nats_are_those_of_one_character_read_after_the_other(monkeypatch):
    monkeypatch.setattr(language, "_STRETCH", 50)
    model, text = language_model(dropout=0.5), TEXT[:170]
    codes, state, nats = VOCABULARY.encode(text), None, []
    model.eval()
    with torch.no_grad():
        for now, following in itertools.pairwise(codes):
            logits, state = model(torch.tensor([[now]]), state)
            nats.append(-logits[0, 0].double().log_softmax(dim=0)[following].item())
    model.train()
    assert model.nats(text) == pytest.approx(np.mean(nats), abs=1e-5)
    assert model.bits(text) == pytest.approx(np.mean(nats) / math.log(2), abs=1e-5)
    assert model.training


def test_a_text_scored_after_another_is_the_rest_of_both_scored_together():
    model = language_model()
    before, after = TEXT[:700], TEXT[700:1300]
    state = model.read(before[:300])
    rest = model.nats(after, model.read(before[300:], state))
    together = model.nats(before + after) * 1299
    assert rest * 599 == pytest.approx(together - model.nats(before + after[0]) * 700, rel=1e-4)


def test_an_unknown_character_is_read_and_scored_as_the_unknown_one():
    model = language_model()
    assert not model.embedding.weight[UNKNOWN].any()
    assert model.nats("she % sells") == model.nats("she é sells") != model.nats("she e sells")


def test_it_learns_what_n_grams_of_its_text_cannot_tell(learnt):
    pairs = Counter(itertools.pairwise(TEXT))
    firsts = Counter(TEXT[:-1])
    bigram = -sum(n * math.log(n / firsts[pair[0]]) for pair, n in pairs.items()) / (len(TEXT) - 1)
    assert learnt.nats(TEXT) < 0.3 * bigram


def test_the_most_probable_text_is_the_one_that_was_learnt(learnt):
    at = TEXT.index("surely")
    assert learnt.generate(TEXT[:at], 30, temperature=0) == TEXT[at : at + 30]
    assert learnt.generate(TEXT[:at], 30, temperature=3.0, top_k=1) == TEXT[at : at + 30]


def test_the_first_character_is_drawn_as_often_as_the_model_says(learnt):
    prompt = "s"
    with torch.no_grad():
        logits, _ = learnt(torch.as_tensor(VOCABULARY.encode(prompt))[:, None])
    logits[..., UNKNOWN] = -math.inf
    expected = (logits[-1, 0] / 4).softmax(dim=0)
    drawn = [VOCABULARY.encode(learnt.generate(prompt, 1, temperature=4.0, seed=seed))[0] for seed in range(250)]
    shares = torch.bincount(torch.tensor(drawn), minlength=len(VOCABULARY)) / 250
    torch.testing.assert_close(shares, expected, atol=0.08, rtol=0)


def test_the_same_seed_writes_the_same_text_and_another_one_another():
    model = language_model()
    torch.manual_seed(1)
    before = torch.get_rng_state()
    text = model.generate("she", 40, seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    assert model.generate("she", 40, seed=3) == text != model.generate("she", 40, seed=4)
    assert len(text) == 40


def test_a_stream_yields_what_generate_writes_and_goes_on_without_end():
    model = language_model()
    written = model.generate("she", 30, temperature=0.7, top_k=5, seed=2)
    endless = model.stream("she", temperature=0.7, top_k=5, seed=2)
    assert "".join(itertools.islice(endless, 30)) == written
    assert "".join(model.stream("she", 0)) == ""


def test_each_character_costs_one_time_step_however_long_the_text_is():
    model, steps = language_model(), []
    model.embedding.register_forward_hook(lambda module, input, output: steps.append(len(output)))
    model.generate("she sells", 20)
    assert steps == [9] + [1] * 19


def test_nothing_unknown_is_written_even_where_it_is_the_most_probable():
    model = language_model()
    with torch.no_grad():
        model.head.bias[UNKNOWN] = 100
    assert not set(model.generate("she", 50)) - set(TEXT)
    assert not set(model.generate("she", 5, temperature=0)) - set(TEXT)


def test_writing_leaves_training_mode_and_gradients_as_they_were():
    model = language_model(dropout=0.5).train()
    stream = model.stream("she", 3)
    next(stream)
    assert model.training
    assert torch.is_grad_enabled()
    assert model.generate("she", 20) == language_model(dropout=0.0).generate("she", 20)


def test_dropout_acts_while_training_only():
    wild, calm = language_model(dropout=0.5, num_layers=2), language_model(dropout=0.0, num_layers=2)
    batch = examples().batch(0)
    assert torch.equal(wild.eval().loss(*batch)[0], calm.eval().loss(*batch)[0])
    assert not torch.equal(wild.train().loss(*batch)[0], calm.train().loss(*batch)[0])


def test_a_validation_loss_of_the_training_loop_is_the_nats_of_the_text_read_in_one_go():
    model, text = language_model(), TEXT[:301]
    history = fit(model, examples(), examples(rows=1, text=text), epochs=2, learning_rate=1e-2)
    assert history.records[-1].validation_loss == pytest.approx(model.nats(text), rel=1e-5)
    assert history.kept_epoch == 2


@pytest.mark.parametrize("options", [{}, {"cell": ["gru", "lstm"], "hidden_size": [7, 9]}, {"forget_bias": 2.0}])
def test_its_arguments_make_it_anew_by_way_of_json(options):
    model = language_model(**options)
    again = LanguageModel(**json.loads(json.dumps(model.arguments)))
    again.load_state_dict(model.state_dict())
    assert again.vocabulary == model.vocabulary
    assert again.nats(TEXT) == model.nats(TEXT)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: language_model(dropout=1.0), r"dropout is 1.0; expected a number in \[0, 1\)"),
        (lambda: language_model(embedding_size=0), "embedding_size is 0"),
        (lambda: language_model(bidirectional=True), "leave bidirectional out"),
        (lambda: language_model()(torch.ones(4, dtype=torch.int64)), r"\(4,\); expected \(time, rows\)"),
        (lambda: language_model().nats("s"), "has 1 characters; expected at least 2"),
        (lambda: language_model().read(""), "nothing to read"),
        (lambda: language_model().stream("", 5), "nothing to read"),
        (lambda: language_model().stream("%she€", 5), "never learnt: '%', '€'. Leave them out; it knows"),
        (lambda: language_model().stream("she", -1), "length is -1"),
        (lambda: language_model().stream("she", 5, temperature=-1), "temperature is -1"),
        (lambda: language_model().stream("she", 5, top_k=0), "top_k is 0"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(call, message, as_a_user_sees_it):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_a_state_of_another_number_of_rows_is_refused():
    model = language_model()
    _, state = model.loss(*examples(rows=3).batch(0))
    with pytest.raises(ArgumentError, match="state is of 3 rows, the codes of 4; carry a state on with the same rows"):
        model.loss(*examples(rows=4).batch(1), state)


def test_the_loss_is_what_torch_calls_cross_entropy_on_the_embedded_text():
    text = elman.data.load("shakespeare").text[:4000]
    model = LanguageModel(Vocabulary.of(text), hidden_size=5, dropout=0.0)
    data = TextExamples(model.vocabulary.encode(text), rows=4, chunk=50)
    logits, _ = model(data.batch(0).input)
    expected = F.cross_entropy(logits.flatten(0, 1), data.batch(0).target.flatten())
    torch.testing.assert_close(model.loss(*data.batch(0))[0], expected)
