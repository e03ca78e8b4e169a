"""Everything that Elman raises on purpose."""


class ElmanError(Exception):
    """Root of Elman's exceptions: catch it to catch them all.

    ```
    ElmanError
    ├── ArgumentError (also a ValueError)    an argument does not fit: a wrong shape, an unknown name
    ├── ContractError (also a TypeError)     a cell's `step` or state breaks the contract of a cell
    ├── DataError     (also a ValueError)    data cannot be used: the file, the row and the column are named
    └── EngineError   (also a RuntimeError)  a named engine cannot run this cell
    ```
    """


class ArgumentError(ElmanError, ValueError):
    """An argument does not fit: a wrong shape, dtype, range or name."""


class ContractError(ElmanError, TypeError):
    """A cell's `step`, `initial_state` or `state_shapes` breaks the contract of a cell."""


class DataError(ElmanError, ValueError):
    """Data cannot be used; the message names the file, the row and the column."""


class EngineError(ElmanError, RuntimeError):
    """The engine asked for by name cannot unfold this cell; the message says what stops it."""
