"""The layer over any cell."""

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman.cells import Cell, State, find
from elman.cells.check import check_input
from elman.errors import ArgumentError
from elman.layers.packed import pack_like, unpack
from elman.layers.stack import Stack
from elman.layers.start import LearnedStart
from elman.layers.transforms import regularised
from elman.unfold.border import check_lengths, check_memory, check_reset
from elman.unfold.engines import check_engine

CellChoice = str | Callable[..., Cell]
LayerState = tuple[State, ...]


class Recurrent(nn.Module):
    """Cells of any kind, stacked, in one or two directions: what `torch.nn.LSTM` is for one kind.

    Args:
        cell: A cell by name (`"gru"`), its class, or a list of these, one for each layer.
        input_size: Features of the input at one time instance.
        hidden_size: Units of each layer; a list for widths that differ from layer to layer.
        num_layers: Number of layers; taken from the lists where there are any.
        bidirectional: Read each sequence backwards too and put both outputs side by side.
        dropout: Probability in [0, 1] that an output is dropped between two layers, while training.
        batch_first: Take and return `(batch, time, features)`.
        residual: Add a layer's input to its output, in every layer where the two have the same width.
        learn_initial_state: Make the initial state of every cell a parameter.
        zoneout: Probability in [0, 1) that a unit of the state stays as it was, while training, as in `elman.Zoneout`;
            a number, or one for each of the parts named, such as `{"h": 0.05, "c": 0.5}`.
        recurrent_dropout: Probability in [0, 1) that a unit of the state is dropped where it meets a weight matrix,
            one mask for a whole sequence, while training, as in `elman.VariationalDropout`.
        weight_drop: Probability in [0, 1) that a recurrent weight is dropped, while training, as in
            `elman.WeightDrop`.
        engine: The engine that unfolds; `"auto"` takes the fastest that can.
        memory: `"save"` or `"recompute"`, as in `elman.unfold`.
        cell_arguments: Further arguments of the cell, such as `reset_after=False`.

    Shape:
        - input: `(time, batch, input_size)`, or a `PackedSequence`.
        - output: `(time, batch, output_size)`, or a `PackedSequence` packed in the same way.

    Raises:
        ArgumentError: If an argument does not fit; the message says which.

    Example:
        >>> import torch, elman
        >>> layer = elman.Recurrent("lstm", 3, hidden_size=[8, 5], bidirectional=True, dropout=0.1)
        >>> output, state = layer(torch.randn(7, 2, 3), lengths=[7, 4])
        >>> output.shape, len(state)
        (torch.Size([7, 2, 10]), 4)
    """

    def __init__(
        self,
        cell: CellChoice | Sequence[CellChoice],
        input_size: int,
        hidden_size: int | Sequence[int],
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        batch_first: bool = False,
        residual: bool = False,
        learn_initial_state: bool = False,
        zoneout: float | Mapping[str, float] = 0.0,
        recurrent_dropout: float = 0.0,
        weight_drop: float = 0.0,
        engine: str = "auto",
        memory: str = "save",
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        num_layers = _depth(cell, hidden_size, num_layers)
        kinds = [cell] * num_layers if isinstance(cell, str) or callable(cell) else list(cell)
        widths = [hidden_size] * num_layers if isinstance(hidden_size, int) else list(hidden_size)
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"dropout is {dropout}; expected a probability in [0, 1]")
        if dropout and num_layers == 1:
            warnings.warn("dropout acts between layers, and there is only one layer", stacklevel=2)

        self.input_size = input_size
        self.hidden_size = hidden_size if isinstance(hidden_size, int) else tuple(hidden_size)
        self.num_layers = num_layers
        self.num_directions = 2 if bidirectional else 1
        self.dropout = float(dropout)
        self.batch_first = batch_first
        self.residual = residual
        self.engine = check_engine(engine)
        self.memory = check_memory(memory)
        self.cells = nn.ModuleList()
        width = input_size
        matching = 0
        for kind, hidden in zip(kinds, widths, strict=True):
            made = [_make(kind, width, hidden, cell_arguments) for _ in range(self.num_directions)]
            started = [LearnedStart(one) if learn_initial_state else one for one in made]
            self.cells.extend(regularised(one, zoneout, recurrent_dropout, weight_drop) for one in started)
            matching += width == sum(one.output_size for one in made)
            width = sum(one.output_size for one in made)
        self.output_size = width
        if residual and not matching:
            raise ArgumentError(
                "residual=True, but no layer has an output as wide as its input; "
                f"input_size={input_size}, hidden_size={hidden_size}, {self.num_directions} direction(s)"
            )

    def forward(
        self,
        input: Tensor | PackedSequence,
        state: LayerState | None = None,
        *,
        lengths: Tensor | Sequence[int] | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor | PackedSequence, LayerState]:
        """Read a batch of sequences.

        Args:
            input: `(time, batch, input_size)` (`(batch, time, input_size)` if `batch_first`), or a
                `PackedSequence`, which is returned as one.
            state: What an earlier call returned; the initial states if not given.
            lengths: Steps of each row, `(batch,)`, zero allowed; what stands after them changes nothing.
            reset: Booleans, shaped like the input without its features: where a new sequence starts within a
                row. The two sequences do not see each other, in either direction.

        Returns:
            The output, zero after the length of a row, and the state: one tuple for each cell, layer by layer,
            forward before backward.

        Raises:
            ArgumentError: If an argument does not fit.
        """
        if isinstance(input, PackedSequence):
            if lengths is not None or reset is not None:
                raise ArgumentError("a PackedSequence has its own lengths; lengths and reset go with a tensor")
            padded, steps = unpack(input)
            output, state = self._run(padded, state, steps, None)
            return pack_like(output, steps, input), state

        axes = ("batch", "time", "features") if self.batch_first else ("time", "batch", "features")
        check_input(self._cells()[0], input, axes)
        if self.batch_first:
            input = input.transpose(0, 1)
            reset = reset.transpose(0, 1) if isinstance(reset, Tensor) and reset.ndim == 2 else reset
        steps = check_lengths(lengths, *input.shape[:2])
        output, state = self._run(input, state, steps, check_reset(reset, input))
        return output.transpose(0, 1) if self.batch_first else output, state

    def initial_state(self, batch_size: int) -> LayerState:
        """The state before the first time instance, as `forward` takes it."""
        return tuple(cell.initial_state(batch_size) for cell in self._cells())

    def _run(
        self, input: Tensor, state: LayerState | None, lengths: Tensor | None, reset: Tensor | None
    ) -> tuple[Tensor, LayerState]:
        cells = self._cells()
        if state is not None and not (isinstance(state, tuple | list) and len(state) == len(cells)):
            came = f"{len(state)} of them" if isinstance(state, tuple | list) else f"a {type(state).__name__}"
            raise ArgumentError(
                f"state is {came}; expected a tuple of {len(cells)} states: one for each of {self.num_layers} "
                f"layer(s) and {self.num_directions} direction(s), as forward returns them"
            )
        n = self.num_directions
        layers = [cells[i : i + n] for i in range(0, len(cells), n)]
        stack = Stack(layers, dropout=self.dropout, residual=self.residual, engine=self.engine, memory=self.memory)
        return stack(input, state, lengths=lengths, reset=reset, training=self.training)

    def _cells(self) -> list[Cell]:
        return cast("list[Cell]", list(self.cells))

    def extra_repr(self) -> str:
        given = {"dropout": self.dropout, "batch_first": self.batch_first, "residual": self.residual}
        return ", ".join(
            [f"{self.input_size}, {self.hidden_size}", f"num_layers={self.num_layers}"]
            + ["bidirectional=True"] * (self.num_directions == 2)
            + [f"{name}={value}" for name, value in given.items() if value]
        )


def _depth(cell: Any, hidden_size: Any, num_layers: int) -> int:
    """The number of layers that the arguments agree on."""
    depth = num_layers
    for name, value in (("cell", cell), ("hidden_size", hidden_size)):
        if isinstance(value, str) or callable(value) or isinstance(value, int):
            continue
        if not isinstance(value, Sequence) or not len(value):
            raise ArgumentError(f"{name} is {value!r}; expected one for all layers, or a list with one for each")
        if depth not in (1, len(value)):
            raise ArgumentError(f"{name} is a list of {len(value)}, but there are {depth} layers")
        depth = len(value)
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        raise ArgumentError(f"num_layers is {depth!r}; expected a whole number of at least 1")
    return depth


def _make(kind: CellChoice, input_size: int, hidden_size: int, arguments: dict[str, Any]) -> Cell:
    """One cell, or an error that says what is wrong with the choice or its arguments."""
    if isinstance(kind, nn.Module) or not (isinstance(kind, str) or callable(kind)):
        raise ArgumentError(
            f"cell is of type {type(kind).__name__}; expected a name such as 'gru', or the class of a cell "
            "(not one already made: each layer makes its own)"
        )
    maker = find(kind) if isinstance(kind, str) else kind
    try:
        inspect.signature(maker).bind(input_size, hidden_size, **arguments)
    except TypeError as error:
        name = kind if isinstance(kind, str) else getattr(kind, "__name__", repr(kind))
        raise ArgumentError(f"cell {name!r} cannot be made with the arguments {sorted(arguments)}: {error}") from error
    made = maker(input_size, hidden_size, **arguments)
    if not isinstance(made, Cell):
        raise ArgumentError(f"{kind!r} made a {type(made).__name__}; expected an elman.Cell")
    return made
