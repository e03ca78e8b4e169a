"""The folded and the unfolded network, drawn in text."""

from elman.errors import ArgumentError


def folded(neurons: int) -> str:
    """One box whose output comes back to it one step later: the network as it is.

    Args:
        neurons: How many neurons the box has, at least one.

    Example:
        >>> print(folded(5))
             Y(t)
              ▲
              ├────────┐
        ┌─────┴─────┐  │
        │ 5 neurons │◄─┘ Wy, one step later
        └─────▲─────┘
              │ Wx
             X(t)
    """
    label = _label(neurons)
    width = len(label) + 4
    middle = width // 2
    corner = width + 2
    page = _Page()
    page.write(0, middle - 1, "Y(t)")
    page.write(1, middle, "▲")
    page.write(2, middle, "├" + "─" * (corner - middle - 1) + "┐")
    page.box(3, 0, label)
    page.write(3, corner, "│")
    page.write(4, width, "◄─┘ Wy, one step later")
    page.write(6, middle, "│ Wx")
    page.write(7, middle - 1, "X(t)")
    return str(page)


def unfolded(neurons: int, steps: int) -> str:
    """The same box once for each time instance, each handing its output on: the network through time.

    Args:
        neurons: How many neurons the box has, at least one.
        steps: How many time instances to draw, at least one.

    Example:
        >>> print(unfolded(5, steps=2))
              Y0                     Y1
              ▲                      ▲
        ┌─────┴─────┐          ┌─────┴─────┐
        │ 5 neurons │─ Y0·Wy ─►│ 5 neurons │
        └─────▲─────┘          └─────▲─────┘
              │ Wx                   │ Wx
              X0                     X1
    """
    if steps < 1:
        raise ArgumentError(f"steps is {steps}; at least one time instance can be drawn")
    label = _label(neurons)
    page = _Page()
    left = 0
    for t in range(steps):
        middle = left + (len(label) + 4) // 2
        page.write(0, middle, f"Y{t}")
        page.write(1, middle, "▲")
        page.box(2, left, label)
        page.write(5, middle, "│ Wx")
        page.write(6, middle, f"X{t}")
        if t < steps - 1:
            arrow = f"─ Y{t}·Wy ─►"
            page.write(3, left + len(label) + 4, arrow)
            left += len(label) + 4 + len(arrow)
    return str(page)


def _label(neurons: int) -> str:
    if neurons < 1:
        raise ArgumentError(f"neurons is {neurons}; a network has at least one")
    return "1 neuron" if neurons == 1 else f"{neurons} neurons"


class _Page:
    """Characters at rows and columns."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def write(self, row: int, column: int, text: str) -> None:
        while len(self.rows) <= row:
            self.rows.append("")
        line = self.rows[row].ljust(column)
        self.rows[row] = line[:column] + text + line[column + len(text) :]

    def box(self, row: int, column: int, label: str) -> None:
        """A box three rows high, its output on top and its input below, both in the middle."""
        width = len(label) + 2
        before = (width + 2) // 2 - 1
        after = width - before - 1
        self.write(row, column, "┌" + "─" * before + "┴" + "─" * after + "┐")
        self.write(row + 1, column, f"│ {label} │")
        self.write(row + 2, column, "└" + "─" * before + "▲" + "─" * after + "┘")

    def __str__(self) -> str:
        return "\n".join(self.rows)
