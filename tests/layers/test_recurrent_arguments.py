import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

import elman
from elman import ArgumentError, Recurrent

pytestmark = pytest.mark.usefixtures("as_a_user_sees_it")

X = torch.ones(7, 2, 3)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("ltsm", "lstm"), ("gur", "gru"), ("LSTM ", "lstm"), ("elmann", "elman"), ("singel", "single")],
)
def test_an_unknown_cell_name_is_refused_with_the_near_one(name, meant):
    with pytest.raises(ArgumentError) as refusal:
        Recurrent(name, 3, 5)
    assert repr(name) in str(refusal.value)
    assert meant in str(refusal.value)


def test_a_cell_name_near_to_none_is_refused_with_all_of_them():
    with pytest.raises(ArgumentError) as refusal:
        Recurrent("transformer", 3, 5)
    for name in ("single", "elman", "lstm", "gru"):
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    "cell", [torch.nn.LSTM, torch.nn.Linear, 3, None, elman.LSTM(3, 5)], ids=lambda cell: str(cell)[:30]
)
def test_something_that_is_no_class_of_cell_is_refused(cell):
    with pytest.raises((ArgumentError, TypeError)):
        Recurrent(cell, 3, 5)


CONSTRUCTIONS = {
    "fewer cells than layers": lambda: Recurrent(["lstm", "gru"], 3, 5, 3),
    "more cells than layers": lambda: Recurrent(["lstm", "gru", "gru"], 3, 5, 2),
    "no cells": lambda: Recurrent([], 3, 5),
    "fewer widths than layers": lambda: Recurrent("gru", 3, [5, 4], 3),
    "more widths than layers": lambda: Recurrent("gru", 3, [5, 4, 3], 2),
    "cells and widths that differ in number": lambda: Recurrent(["lstm", "gru"], 3, [5, 4, 3]),
    "no layer": lambda: Recurrent("gru", 3, 5, 0),
    "no hidden unit": lambda: Recurrent("gru", 3, 0),
    "no hidden unit in one layer": lambda: Recurrent("gru", 3, [5, 0], 2),
    "no input": lambda: Recurrent("gru", 0, 5),
    "a dropout above one": lambda: Recurrent("gru", 3, 5, 2, dropout=1.5),
    "a dropout below zero": lambda: Recurrent("gru", 3, 5, 2, dropout=-0.1),
    "an unknown cell in a list": lambda: Recurrent(["lstm", "gruu"], 3, 5, 2),
}


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_arguments_that_do_not_fit_are_refused(construction):
    with pytest.raises(ArgumentError):
        CONSTRUCTIONS[construction]()


def test_an_argument_that_the_cell_does_not_take_is_refused_by_its_name():
    with pytest.raises((ArgumentError, TypeError), match="reset_aftr"):
        Recurrent("gru", 3, 5, reset_aftr=False)


def test_an_unknown_engine_is_refused():
    with pytest.raises(ArgumentError, match="loop"):
        Recurrent("gru", 3, 5, engine="lop")(X)


def test_a_wrong_number_of_features_is_refused_with_both_numbers_and_the_shape():
    with pytest.raises(ArgumentError) as refusal:
        Recurrent("gru", 3, 5)(torch.ones(7, 2, 4))
    message = str(refusal.value)
    assert "4 features" in message
    assert "input_size=3" in message
    assert "(7, 2, 4)" in message


def test_the_shape_in_the_error_of_a_batch_first_layer_is_the_one_that_came():
    with pytest.raises(ArgumentError, match=r"\(2, 7, 4\)"):
        Recurrent("gru", 3, 5, batch_first=True)(torch.ones(2, 7, 4))


INPUTS = {
    "integers": lambda layer: layer(X.long()),
    "four axes": lambda layer: layer(X[None]),
    "one axis": lambda layer: layer(X[0, 0]),
    "lengths longer than time": lambda layer: layer(X, lengths=torch.tensor([8, 7])),
    "negative lengths": lambda layer: layer(X, lengths=torch.tensor([-1, 7])),
    "lengths of another number": lambda layer: layer(X, lengths=torch.tensor([7])),
    "lengths that are floats": lambda layer: layer(X, lengths=torch.tensor([7.0, 6.0])),
    "reset of another shape": lambda layer: layer(X, reset=torch.zeros(2, 7, dtype=torch.bool)),
    "reset of another dtype": lambda layer: layer(X, reset=torch.zeros(7, 2)),
    "packed input of another width": lambda layer: layer(pack_padded_sequence(torch.ones(7, 2, 4), [7, 3])),
    "packed integers": lambda layer: layer(pack_padded_sequence(X.long(), [7, 3])),
    "packed input and lengths": lambda layer: layer(pack_padded_sequence(X, [7, 3]), lengths=torch.tensor([7, 3])),
}


@pytest.mark.parametrize("case", INPUTS)
def test_input_that_does_not_fit_is_refused(case):
    with pytest.raises(ArgumentError):
        INPUTS[case](Recurrent("lstm", 3, 5, 2))


H, TALL, WIDE = torch.zeros(2, 5), torch.zeros(3, 5), torch.zeros(2, 4)
STATES = {
    "a tensor": H,
    "the state of one layer": ((H, H),),
    "the state of a cell": (H, H),
    "the state of three layers": ((H, H),) * 3,
    "a part missing": ((H, H), (H,)),
    "a part too many": ((H, H), (H, H, H)),
    "another batch": ((H, H), (TALL, TALL)),
    "another width": ((H, H), (H, WIDE)),
    "another dtype": ((H, H), (H, H.double())),
    "the state of torch.nn": (torch.zeros(2, 2, 5), torch.zeros(2, 2, 5)),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_that_does_not_fit_is_refused(case):
    with pytest.raises(ArgumentError, match="state"):
        Recurrent("lstm", 3, 5, 2)(X, STATES[case])


def test_the_place_of_a_wrong_state_is_named():
    with pytest.raises(ArgumentError, match=r"\bc\b") as refusal:
        Recurrent("lstm", 3, 5, 2)(X, STATES["another width"])
    assert "(2, 4)" in str(refusal.value)
    assert "(2, 5)" in str(refusal.value)


def test_integer_input_is_refused_with_its_dtype():
    with pytest.raises(ArgumentError, match="int64"):
        Recurrent("lstm", 3, 5)(X.long())
