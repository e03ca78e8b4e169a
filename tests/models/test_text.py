import numpy as np
import pytest
import torch

from elman.errors import ArgumentError, DataError
from elman.models.text import NOT_SCORED, UNKNOWN, TextExamples, Vocabulary

WORDS = "Zwölf Boxkämpfer 😀 jagen\r\nViktor\t"
SHAPES = [(2, 1, 1), (7, 1, 3), (20, 4, 3), (21, 4, 3), (22, 4, 5), (23, 4, 64), (6, 5, 2), (8, 5, 1)]


def codes(count: int) -> np.ndarray:
    """Every character another one, so that each can be told where it went."""
    return np.arange(1, count + 1)


def test_encoding_and_decoding_gives_the_text_back():
    vocabulary = Vocabulary.of(WORDS)
    assert vocabulary.decode(vocabulary.encode(WORDS)) == WORDS


def test_each_code_is_the_place_of_its_character():
    vocabulary = Vocabulary("zaö😀\n")
    assert vocabulary.encode("😀az\nöq").tolist() == ["zaö😀\n".find(one) + 1 for one in "😀az\nöq"]


def test_the_codes_do_not_depend_on_the_order_in_which_characters_come():
    assert Vocabulary.of("banana").encode("nab").tolist() == Vocabulary.of("nab").encode("nab").tolist() == [3, 1, 2]


def test_all_that_is_unknown_has_one_code_of_its_own():
    vocabulary = Vocabulary.of("abc")
    assert vocabulary.encode("xb\x00😀").tolist() == [UNKNOWN, 2, UNKNOWN, UNKNOWN]
    assert vocabulary.decode([UNKNOWN, 2]) == "\ufffdb"
    assert vocabulary.unknown("xbx\x00a😀") == "\x00x😀"
    assert len(vocabulary) == 4


def test_an_empty_text_has_no_codes():
    vocabulary = Vocabulary.of("abc")
    assert vocabulary.encode("").shape == (0,)
    assert vocabulary.decode([]) == ""


def test_a_dictionary_gives_the_same_vocabulary_back():
    vocabulary = Vocabulary("hello".replace("l", "", 1))
    again = Vocabulary.from_dict(vocabulary.to_dict())
    assert again == vocabulary
    assert again.encode("hole").tolist() == vocabulary.encode("hole").tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Vocabulary(""), "the vocabulary has no characters"),
        (lambda: Vocabulary("abca"), "'a' more than once"),
        (lambda: Vocabulary("ab").decode([1, 3]), "codes from 1 to 3; they run from 0 to 2"),
        (lambda: Vocabulary("ab").decode([-1]), "codes from -1"),
        (lambda: TextExamples(codes(9), rows=0, chunk=3), "rows is 0"),
        (lambda: TextExamples(codes(9), rows=2, chunk=0), "chunk is 0"),
        (lambda: TextExamples(codes(4), rows=4, chunk=3), "4 characters; 4 rows need at least 5"),
        (lambda: TextExamples(codes(9), rows=2, chunk=3).batch(2), "no chunk 2; they are numbered from 0 to 1"),
        (lambda: TextExamples(codes(9), rows=2, chunk=3).shard(2, 2), "rank is 2 of 2; expected 0 to 1"),
        (lambda: TextExamples(codes(9), rows=2, chunk=3).shard(2, 3), "no row for process 2 of 3; the text has 2 rows"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_a_dictionary_that_is_no_vocabulary_is_refused():
    with pytest.raises(DataError, match="characters as one string"):
        Vocabulary.from_dict({"letters": "abc"})


@pytest.mark.parametrize(("count", "rows", "chunk"), SHAPES)
def test_every_character_but_the_first_is_predicted_once_from_the_one_before(count, rows, chunk):
    examples = TextExamples(codes(count), rows, chunk)
    pairs = []
    for number in range(len(examples)):
        input, target = examples.batch(number)
        assert input.shape == target.shape
        assert input.shape[1] == rows
        assert len(input) == chunk or number == len(examples) - 1
        scored = target != NOT_SCORED
        pairs += zip(input[scored].tolist(), target[scored].tolist(), strict=True)
    assert sorted(pairs) == [(one, one + 1) for one in range(1, count)]


@pytest.mark.parametrize(("count", "rows", "chunk"), SHAPES)
def test_each_row_reads_on_where_the_chunk_before_ended(count, rows, chunk):
    examples = TextExamples(codes(count), rows, chunk)
    chunks = [examples.batch(number) for number in range(len(examples))]
    for row in range(rows):
        read = torch.cat([chunk.input[:, row] for chunk in chunks])
        scored = torch.cat([chunk.target[:, row] for chunk in chunks]) != NOT_SCORED
        assert read[scored].tolist() == list(range(int(read[0]), int(read[0] + scored.sum())))
        assert scored[:-1].all()  # at most one time step is filled up
    assert [int(chunks[0].input[0, row]) for row in range(rows)] == sorted(chunks[0].input[0].tolist())


@pytest.mark.parametrize("world", [1, 2, 3, 4])
def test_shards_have_every_row_once_and_the_same_number_of_chunks(world):
    whole = TextExamples(codes(23), 4, 3)
    shards = [whole.shard(rank, world) for rank in range(world)]
    assert {len(shard) for shard in shards} == {len(whole)}
    for number in range(len(whole)):
        inputs = torch.cat([shard.batch(number).input for shard in shards], dim=1)
        assert sorted(inputs.T.tolist()) == sorted(whole.batch(number).input.T.tolist())
    assert sum(shard.rows for shard in shards) == whole.rows


def test_a_shard_does_not_change_the_whole():
    whole = TextExamples(codes(23), 4, 3)
    before = whole.batch(0).input.clone()
    whole.shard(1, 2)
    assert whole.rows == 4
    assert torch.equal(whole.batch(0).input, before)
