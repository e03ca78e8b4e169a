import numpy as np
import pytest
import torch
from torch.nn import functional as F

from elman.errors import ArgumentError
from elman.models import TagExamples, Tagger, load, save
from elman.models.examples import pad
from elman.training import fit

CLASSES = ("even", "odd", "none")
SIZES = (7, 3, 5, 1)


def sequences():
    random = np.random.default_rng(0)
    made = [random.normal(size=(length, 2)) * [1.0, 30.0] + [0.0, 500.0] for length in SIZES]
    made[0][3, 1] = np.nan
    return made


def tags(numeric=False):
    random = np.random.default_rng(1)
    if numeric:
        made = [random.normal(size=length) * 4 + 90 for length in SIZES]
        made[2][1:] = np.nan
        return made
    made = [random.integers(0, 3, length) for length in SIZES]
    made[2][1:] = -1
    return made


def tagger(numeric=False, **options):
    model = Tagger(2, () if numeric else CLASSES, **{"hidden_size": 5, **options})
    model.prepare(TagExamples(sequences(), tags(numeric)))
    return model.eval()


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("numeric", [False, True])
def test_a_sequence_gets_the_same_tags_alone_as_among_longer_ones(bidirectional, numeric):
    model = tagger(numeric, bidirectional=bidirectional)
    together = model.predict(sequences(), batch_size=3)
    for one, found in zip(sequences(), together, strict=True):
        assert found.shape == (len(one),)
        np.testing.assert_allclose(model.predict([one])[0], found, rtol=1e-5)


def test_a_tag_rests_on_no_later_row_unless_the_network_reads_both_ways():
    changed = sequences()
    changed[0][4:] += 100
    causal, both = tagger(), tagger(bidirectional=True)
    before, after = causal.predict_proba(sequences())[0], causal.predict_proba(changed)[0]
    np.testing.assert_array_equal(before[:4], after[:4])
    assert not np.allclose(before[4:], after[4:])
    assert not np.allclose(both.predict_proba(sequences())[0][:4], both.predict_proba(changed)[0][:4])


def test_the_loss_is_the_mean_over_the_tagged_steps_of_all_sequences():
    model = tagger()
    batch = TagExamples(sequences(), tags()).batch(slice(None))
    terms = [
        -np.log(chances[step, tag])
        for chances, one in zip(model.predict_proba(sequences()), tags(), strict=True)
        for step, tag in enumerate(one)
        if tag >= 0
    ]
    assert model.loss(*batch).item() == pytest.approx(np.mean(terms), rel=1e-5)
    assert model.weight(*batch) == len(terms)


def test_the_loss_of_numbers_is_in_their_standard_deviations():
    model = tagger(numeric=True)
    batch = TagExamples(sequences(), tags(numeric=True)).batch(slice(None))
    known = np.concatenate(tags(numeric=True))
    errors = np.concatenate(model.predict(sequences())) - known
    assert model.loss(*batch).item() == pytest.approx(np.nanmean((errors / np.nanstd(known)) ** 2), rel=1e-4)
    assert model.weight(*batch) == np.isfinite(known).sum()


def test_what_is_not_tagged_has_no_gradient():
    model = tagger()
    input, lengths, batch_tags = TagExamples(sequences(), tags()).batch(slice(None))
    input = input.nan_to_num().requires_grad_()
    model.loss(input, lengths, batch_tags).backward()
    assert input.grad is not None
    assert torch.all(input.grad[1:, 2] == 0)  # nothing after the first step of sequence 2 is tagged
    assert torch.any(input.grad[0, 2] != 0)


def test_a_batch_without_any_tag_has_a_loss_of_zero():
    model = tagger()
    batch = TagExamples(sequences()[:1], [np.full(7, -1)]).batch(slice(None))
    assert model.loss(*batch).item() == 0
    assert model.weight(*batch) == 0


def test_labels_are_smoothed_while_training_only():
    plain, smooth = tagger(), tagger(label_smoothing=0.3)
    smooth.load_state_dict(plain.state_dict())
    batch = TagExamples(sequences(), tags()).batch(slice(None))
    assert smooth.loss(*batch).item() == plain.loss(*batch).item()
    logits, tagged = smooth(*batch[:2]), batch.tags >= 0
    expected = F.cross_entropy(logits[tagged], batch.tags[tagged], label_smoothing=0.3)
    assert smooth.train().loss(*batch).item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_numbers_are_in_their_own_unit():
    model = tagger(numeric=True)
    padded, lengths = pad(sequences())
    known = np.concatenate(tags(numeric=True))
    scaled = model(padded, lengths)[:7, 0, 0].detach().numpy()
    np.testing.assert_allclose(model.predict(sequences())[0], scaled * np.nanstd(known) + np.nanmean(known), rtol=1e-5)


@pytest.mark.parametrize("numeric", [False, True])
def test_a_saved_tagger_comes_back_the_same(numeric, tmp_path):
    model = tagger(numeric, cell="lstm", bidirectional=True)
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert isinstance(loaded, Tagger)
    for one, other in zip(model.predict(sequences()), loaded.predict(sequences()), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_parity_of_all_bits_so_far_is_learnt():
    random = np.random.default_rng(0)
    bits = [random.integers(0, 2, (length, 1)).astype(float) for length in random.integers(4, 12, 160)]
    parity = [one[:, 0].cumsum().astype(int) % 2 for one in bits]
    torch.manual_seed(0)
    model = Tagger(1, CLASSES[:2], hidden_size=16)
    model.prepare(TagExamples(bits[:120], parity[:120]))
    fit(model, TagExamples(bits[:120], parity[:120]), epochs=60, batch_size=16, learning_rate=2e-2)
    right = np.concatenate(model.predict(bits[120:])) == np.concatenate(parity[120:])
    assert right.mean() > 0.95


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Tagger(2, ["one"]), "there is 1 class"),
        (lambda: Tagger(2, CLASSES, dropout=1.0), r"dropout is 1.0; expected a number in \[0, 1\)"),
        (
            lambda: TagExamples([np.zeros((3, 2))], [np.zeros(2)]),
            r"sequence 0 has 3 time steps and tags of shape \(2,\)",
        ),
        (lambda: TagExamples([np.zeros((0, 2))], [np.zeros(0)]), "sequence 0 has no time step"),
        (lambda: TagExamples([np.zeros((3, 2))], []), "1 sequences and the tags of 0"),
        (lambda: tagger().predict([np.zeros((3, 4))]), r"shape \(3, 4\); expected \(time, 2\)"),
        (lambda: tagger(numeric=True).predict_proba(sequences()), "no probabilities; call predict"),
        (lambda: tagger().prepare(TagExamples([np.zeros((1, 2))], [np.array([3])])), "reach up to 3"),
        (lambda: tagger().prepare(TagExamples([np.zeros((1, 2))], [np.array([-1])])), "no time step is tagged"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_with_balanced_classes_each_weighs_alike_however_rare_it_is():
    even, odd = [np.array([[0.0]] * 7)], [np.array([0, 0, 0, 0, 0, 1, 1])]
    model = Tagger(1, ["often", "rare", "never"], hidden_size=5, class_weights="balanced")
    model.prepare(TagExamples(even, odd))
    batch = TagExamples(even, odd).batch(slice(None))
    chances = model.predict_proba(even)[0]
    often, rare = (-np.log(chances[odd[0] == tag, tag]) for tag in (0, 1))
    assert model.loss(*batch).item() == pytest.approx((often.mean() + rare.mean()) / 2, rel=1e-5)
    assert model.weight(*batch) == pytest.approx(7)
    assert model.class_weights is not None
    torch.testing.assert_close(model.class_weights, torch.tensor([7 / 10, 7 / 4, 1.0]))


def test_the_loss_of_two_halves_with_their_weights_is_that_of_the_whole():
    model = tagger(class_weights="balanced")
    examples = TagExamples(sequences(), tags())
    parts = [examples.batch(np.array(rows)) for rows in ([0, 1], [2, 3])]
    total = sum(model.loss(*part).item() * model.weight(*part) for part in parts)
    whole = examples.batch(slice(None))
    assert model.loss(*whole).item() == pytest.approx(total / sum(model.weight(*part) for part in parts), rel=1e-5)


def test_class_weights_are_saved_and_a_tagger_without_them_has_none_to_save(tmp_path):
    model = tagger(class_weights="balanced")
    save(model, tmp_path / "weighted")
    loaded = load(tmp_path / "weighted")
    batch = TagExamples(sequences(), tags()).batch(slice(None))
    assert loaded.loss(*batch).item() == model.loss(*batch).item()
    assert "class_weights" not in tagger().state_dict()
    assert "class_weights" not in tagger().arguments


@pytest.mark.parametrize("name", ["class_weights", "label_smoothing"])
def test_what_is_for_classes_is_refused_for_numbers(name):
    with pytest.raises(ArgumentError, match=f"{name} is for classes, and the tags are numbers"):
        Tagger(1, **{name: "balanced" if name == "class_weights" else 0.1})  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="class_weights is 'even'; expected \"balanced\""):
        Tagger(1, ["a", "b"], class_weights="even")  # pyright: ignore[reportArgumentType]
