import numpy as np

from elman.training import fit
from elman.training.order import in_batches, shuffled, step_seed
from models.modelling import classifier, sequence_examples


def test_every_example_is_learnt_from_once_an_epoch():
    lengths = np.random.default_rng(0).integers(1, 100, 1003)
    for given in (None, lengths):
        batches = shuffled(1003, 5, seed=0, epoch=1, lengths=given)
        assert sorted(np.concatenate(batches)) == list(range(1003))
        assert sorted(map(len, batches)) == [3] + 200 * [5]


def test_the_order_depends_on_seed_and_epoch_alone():
    def order(seed, epoch):
        return np.concatenate(shuffled(50, 5, seed, epoch)).tolist()

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_batches_by_length_are_padded_far_less_and_stay_mixed():
    lengths = np.random.default_rng(0).integers(1, 100, 1000)

    def padding(batches):
        return sum((lengths[batch].max() - lengths[batch]).sum() for batch in batches)

    alike = shuffled(1000, 10, seed=0, epoch=1, lengths=lengths)
    assert padding(alike) < 0.1 * padding(in_batches(np.arange(1000), 10))
    means = [lengths[batch].mean() for batch in alike]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3
    again = shuffled(1000, 10, seed=0, epoch=2, lengths=lengths)
    assert {frozenset(batch) for batch in alike}.isdisjoint(frozenset(batch) for batch in again)


def test_examples_with_lengths_are_batched_by_them():
    examples = sequence_examples()
    model = classifier()
    model.prepare(examples)
    lengths = np.array([len(one) for one in examples.sequences.sequences])

    class WithLengths:
        seen = []  # noqa: RUF012

        def __init__(self):
            self.lengths = lengths

        def __len__(self):
            return len(examples)

        def batch(self, index):
            self.seen.append(lengths[index])
            return examples.batch(index)

    fit(model, WithLengths(), epochs=1, batch_size=4)
    spread = max(batch.max() - batch.min() for batch in WithLengths.seen)
    assert spread < lengths.max() - lengths.min()
    assert sorted(np.concatenate(WithLengths.seen)) == sorted(lengths)


def test_no_two_steps_or_processes_draw_the_same_random_numbers():
    seeds = {step_seed(seed, step, rank) for seed in range(5) for step in range(200) for rank in range(3)}
    assert len(seeds) == 3000
