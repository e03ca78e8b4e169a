"""A cell that breaks the contract is refused at its first use, by name."""

import pytest
import torch
from torch.nn import Parameter

import elman
from elman import Cell

pytestmark = pytest.mark.usefixtures("as_a_user_sees_it")


class Plain(Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.W = Parameter(torch.rand(input_size, hidden_size))

    def next(self, x, state):
        return torch.tanh(x @ self.W + state[0])


class TwoParts(Plain):
    @property
    def state_shapes(self):
        return {"h": (5,), "memory": (4,)}

    def next(self, x, state):
        h, memory = state
        return torch.tanh(x @ self.W + h), 0.5 * memory


class OnePartTooMany(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h, (h, h)


class NoPart(Plain):
    def step(self, x, state):
        return self.next(x, state), ()


class OnePartMissing(TwoParts):
    def step(self, x, state):
        h, _ = self.next(x, state)
        return h, (h,)


class StateIsATensor(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h, h


class StateIsAList(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h, [h]


class StateIsNone(Plain):
    def step(self, x, state):
        return self.next(x, state), None


class BatchAxisLost(TwoParts):
    def step(self, x, state):
        h, memory = self.next(x, state)
        return h, (h, memory.mean(0))


class BatchAxisOfOne(TwoParts):
    def step(self, x, state):
        h, memory = self.next(x, state)
        return h, (h, memory.mean(0, keepdim=True))


class PartTooWide(TwoParts):
    def step(self, x, state):
        h, memory = self.next(x, state)
        return h, (h, torch.cat([memory, memory], dim=-1))


class PartsSwapped(TwoParts):
    def step(self, x, state):
        h, memory = self.next(x, state)
        return h, (memory, h)


class DtypeChanged(TwoParts):
    def step(self, x, state):
        h, memory = self.next(x, state)
        return h, (h, memory.float())


class PartIsAnArray(TwoParts):
    def step(self, x, state):
        h, memory = self.next(x, state)
        return h, (h, memory.detach().numpy())


class PartIsANumber(TwoParts):
    def step(self, x, state):
        h, _ = self.next(x, state)
        return h, (h, 0.0)


class OutputTooNarrow(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h[:, :4], (h,)


class OutputWithoutBatch(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h.mean(0), (h,)


class OutputOfAnotherDtype(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h.float(), (h,)


class OutputIsAList(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h.tolist(), (h,)


class OutputAlone(Plain):
    def step(self, x, state):
        return self.next(x, state)


class NothingReturned(Plain):
    def step(self, x, state):
        self.next(x, state)


class ThreeThingsReturned(Plain):
    def step(self, x, state):
        h = self.next(x, state)
        return h, (h,), h


class InitialStateOfAnotherLength(TwoParts):
    def initial_state(self, batch_size):
        return (torch.zeros(batch_size, 5, dtype=torch.float64),)

    def step(self, x, state):
        h = torch.tanh(x @ self.W + state[0])
        return h, (h, h[:, :4])


class InitialStateOfAnotherShape(TwoParts):
    def initial_state(self, batch_size):
        return torch.zeros(batch_size, 5, dtype=torch.float64), torch.zeros(1, 4, dtype=torch.float64)

    def step(self, x, state):
        h, memory = self.next(x, state)
        return h, (h, memory)


class InitialStateOfAnotherDtype(Plain):
    def initial_state(self, batch_size):
        return (torch.zeros(batch_size, 5),)

    def step(self, x, state):
        h = self.next(x, state)
        return h, (h,)


class InitialStateIsATensor(Plain):
    def initial_state(self, batch_size):
        return torch.zeros(batch_size, 5, dtype=torch.float64)

    def step(self, x, state):
        h = self.next(x, state)
        return h, (h,)


# The class, and what its error must say beside the name of the class.
BROKEN = {
    OnePartTooMany: ["h", "2", "1"],
    NoPart: ["h", "0", "1"],
    OnePartMissing: ["memory", "1", "2"],
    StateIsATensor: ["tuple", "Tensor"],
    StateIsAList: ["tuple", "list"],
    StateIsNone: ["tuple", "None"],
    BatchAxisLost: ["memory", "(4,)", "(2, 4)"],
    BatchAxisOfOne: ["memory", "(1, 4)", "(2, 4)"],
    PartTooWide: ["memory", "(2, 8)", "(2, 4)"],
    PartsSwapped: ["h", "(2, 4)", "(2, 5)"],
    DtypeChanged: ["memory", "float32", "float64"],
    PartIsAnArray: ["memory", "ndarray", "ensor"],
    PartIsANumber: ["memory", "float", "ensor"],
    OutputTooNarrow: ["output", "(2, 4)", "(2, 5)"],
    OutputWithoutBatch: ["output", "(5,)", "(2, 5)"],
    OutputOfAnotherDtype: ["output", "float32", "float64"],
    OutputIsAList: ["output", "list", "ensor"],
    OutputAlone: ["output", "state"],
    NothingReturned: ["output", "state", "None"],
    ThreeThingsReturned: ["output", "state"],
    InitialStateOfAnotherLength: ["initial_state", "memory"],
    InitialStateOfAnotherShape: ["initial_state", "memory", "(1, 4)", "(2, 4)"],
    InitialStateOfAnotherDtype: ["initial_state", "h", "float32", "float64"],
    InitialStateIsATensor: ["initial_state", "tuple"],
}

X = torch.ones(7, 2, 3, dtype=torch.float64)
USES = {
    "a call": lambda cell: cell(X[0]),
    "unfolding": lambda cell: elman.unfold(cell, X),
    "unfolding one step": lambda cell: elman.unfold(cell, X[:1]),
    "unfolding ragged rows": lambda cell: elman.unfold(cell, X, lengths=torch.tensor([7, 2])),
    "unfolding backwards": lambda cell: elman.unfold(cell, X, reverse=True),
    "a trace": lambda cell: elman.trace(cell, X),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_cell_is_refused_with_its_name_the_part_and_what_was_expected(broken, use):
    cell = broken(3, 5).double()
    with pytest.raises(elman.ContractError) as refusal:
        USES[use](cell)
    message = str(refusal.value)
    for words in [broken.__name__, *BROKEN[broken]]:
        assert words in message, f"{words!r} is not in: {message}"


def test_a_batch_axis_of_one_is_refused_even_if_one_row_alone_takes_the_first_step():
    """Backwards, the longest row begins alone: a batch of one is then right by chance."""
    with pytest.raises(elman.ContractError, match="memory"):
        elman.unfold(BatchAxisOfOne(3, 5).double(), X, lengths=torch.tensor([7, 2]), reverse=True)


def test_a_broken_cell_in_a_layer_is_refused_too():
    with pytest.raises(elman.ContractError, match="BatchAxisLost"):
        elman.Recurrent(BatchAxisLost, 3, 5).double()(X)


def test_a_contract_error_is_a_type_error_and_an_elman_error():
    assert issubclass(elman.ContractError, TypeError)
    assert issubclass(elman.ContractError, elman.ElmanError)


def test_a_cell_without_a_step_is_refused():
    class Stepless(Cell):
        pass

    with pytest.raises((NotImplementedError, TypeError)):
        elman.unfold(Stepless(3, 5), torch.ones(7, 2, 3))
