"""What a kernel is called with: the order of the pointers that it finds its arrays by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A pointer for each row, found anew at each step: where a row finds what the step before left to it.

    Args:
        kind: `"state"`: the state that the step before wrote; `"carry"`: the gradient that the step after left.
        index: For a state, the time array that steps write it to; for a carry, which one.
        size: Numbers in a row.
    """

    kind: str
    index: int
    size: int


@dataclass(frozen=True)
class Signature:
    """What a kernel reads and writes.

    The pointer array holds, in this order: the row of the batch that each place in the order stands for; the number
    of rows that have a step, for each time; the last time of each; the reset marks or null; then for each table two
    arrays `(batch, size)` (a state: before the first step, and after a reset; a carry: the gradient of the last
    state, and zeros), for each carry two arrays that collect (the gradient of the first state, and of the state that
    resets go back to); forward, for each state an array that takes the last one of each row; the time arrays; the
    shared arrays; the packed weights; the weights that they are packed from.

    Args:
        times: Numbers in a row of each time array.
        shared: How many shared arrays.
        tables: The pointer tables.
        backward: Whether steps are visited last first.
    """

    times: tuple[int, ...]
    shared: int
    tables: tuple[Table, ...]
    backward: bool

    @property
    def carries(self) -> list[Table]:
        return [table for table in self.tables if table.kind == "carry"]

    @property
    def lasts(self) -> list[Table]:
        """The states whose last values are handed on."""
        return [] if self.backward else list(self.tables)

    @property
    def first_table(self) -> int:
        return 4

    @property
    def first_collected(self) -> int:
        return self.first_table + 2 * len(self.tables)

    @property
    def first_last(self) -> int:
        return self.first_collected + 2 * len(self.carries)

    @property
    def first_time(self) -> int:
        return self.first_last + len(self.lasts)

    @property
    def first_shared(self) -> int:
        return self.first_time + len(self.times)

    @property
    def first_weight(self) -> int:
        return self.first_shared + self.shared
