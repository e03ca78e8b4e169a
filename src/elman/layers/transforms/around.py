"""What every transform of a cell has in common: all that it does not change, the cell within says."""

from torch import Tensor

from elman.cells import Cell, State, Step
from elman.errors import ArgumentError


class Around(Cell):
    """A cell around another one, which it is in all that a subclass does not say.

    Args:
        cell: The cell within.
    """

    def __init__(self, cell: Cell) -> None:
        if not isinstance(cell, Cell):
            raise ArgumentError(
                f"cell is of type {type(cell).__name__}; expected a cell that is already made, such as elman.GRU(3, 5)"
            )
        super().__init__(cell.input_size, cell.hidden_size)
        self.cell = cell

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return self.cell.state_shapes

    @property
    def output_size(self) -> int:
        return self.cell.output_size

    @property
    def tied(self) -> tuple[str, ...]:
        return self.cell.tied

    def initial_state(self, batch_size: int) -> State:
        return self.cell.initial_state(batch_size)

    def step(self, x: Tensor, state: State) -> Step:
        return self.cell.step(x, state)


def kind(cell: Cell) -> str:
    """What the cell is beneath all that stands around it, for an error."""
    within = cell
    while isinstance(inner := getattr(within, "cell", None), Cell):
        within = inner
    return type(within).__name__


def check_rate(name: str, value: float) -> float:
    """The rate, if it is a probability in [0, 1)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ArgumentError(f"{name} is {value!r}; expected a probability in [0, 1)")
    return float(value)
