"""Products with packed weights: a tile of rows by vectors held in registers, over panels of columns.

A matrix of `k` by `n` is packed once into panels `[n / width][k][width]`, `width` being the columns of a tile, filled
up with zeros. For each panel and each tile of rows the sums start at zero, run over `k` in registers, and are stored.
Rows that no large tile takes go to smaller ones, down to a single row; that one splits `k` over several sums, so that
it waits for memory and not for the adder.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from llvmlite import ir

from elman.unfold.compiled.lanes import Lanes
from elman.unfold.compiled.loops import POINTER, Builder, carried_loop, element, i64, loop, read
from elman.unfold.compiled.stages import Linear, Place

if TYPE_CHECKING:
    from elman.unfold.compiled.kernel import Kernel

_SUMS = 8  # sums in flight that hide the latency of an addition


def panel_width(kernel: "Kernel") -> int:
    """Columns of a panel."""
    return kernel.target.tile[1] * kernel.target.lanes(kernel.bits)


def emit_linear(kernel: "Kernel", stage: Linear) -> None:
    """The products of every row, added up."""
    b = kernel.b
    width = panel_width(kernel)
    count = b.mul(kernel.rows, i64(stage.parts)) if stage.parts > 1 else kernel.rows

    def panel(j: ir.Value, used: int) -> None:
        weights = [
            kernel.number_at(kernel.weights[source.weight], b.mul(j, i64(source.k * width))) for source in stage.sources
        ]
        column = b.mul(j, i64(width))
        done: ir.Value = i64(0)
        largest = kernel.target.tile[0]
        for rows in [largest, *(n for n in (8, 4, 2, 1) if n < largest)]:
            upto = b.add(done, b.mul(b.sdiv(b.sub(count, done), i64(rows)), i64(rows)))

            def one(r: ir.Value, rows: int = rows) -> None:
                _Tile(kernel, stage, rows, used).emit(weights, column, r)

            loop(b, done, upto, rows, one, f"tile{rows}")
            done = upto

    _panels(b, stage.n, width, panel)


class _Tile:
    """Some rows by the first `used` columns of one panel."""

    def __init__(self, kernel: "Kernel", stage: Linear, rows: int, used: int) -> None:
        self.kernel, self.stage, self.rows, self.used = kernel, stage, rows, used
        target = kernel.target
        self.lanes = Lanes(kernel.b, kernel.bits, target.lanes(kernel.bits), has_fma=target.has_fma)
        self.width = target.tile[1] * self.lanes.count
        self.vectors = -(-used // self.lanes.count)
        longest = max(source.k for source in stage.sources)
        self.chains = max(1, min(_SUMS // (rows * self.vectors), longest))  # sums of one number of the result

    def emit(self, weights: list[ir.Value], column: ir.Value, first: ir.Value) -> None:
        """The tile from row `first` on, at `column` of the result."""
        kernel, lanes = self.kernel, self.lanes
        rows = [self._row(kernel.b.add(first, i64(i))) for i in range(self.rows)]
        sums = self._start(column)
        for source, weight in zip(self.stage.sources, weights, strict=True):
            starts = [self._address(source.x, row, source.k) for row in rows]
            sums = self._multiply(source.k, starts, weight, sums)
        for i, row in enumerate(rows):
            out = self._address(self.stage.place, row, self.stage.n)
            for v in range(self.vectors):
                total = sums[self._at(0, i, v)]
                for chain in range(1, self.chains):
                    total = lanes.add(total, sums[self._at(chain, i, v)])
                spot = kernel.number_at(out, kernel.b.add(column, i64(v * lanes.count)))
                rest = self.used - v * lanes.count
                if rest >= lanes.count:
                    lanes.store(total, spot)
                else:
                    lanes.store_part(total, spot, rest)

    def _at(self, chain: int, row: int, vector: int) -> int:
        return (chain * self.rows + row) * self.vectors + vector

    def _row(self, index: ir.Value) -> tuple[ir.Value, ir.Value | None]:
        """The row of the batch that row `index` of the product is in, and which of its parts it is."""
        b, parts = self.kernel.b, self.stage.parts
        return (index, None) if parts == 1 else (b.sdiv(index, i64(parts)), b.srem(index, i64(parts)))

    def _address(self, place: Place, row: tuple[ir.Value, ir.Value | None], size: int) -> ir.Value:
        """Where the numbers of a row, of `size` numbers, begin."""
        (r, part), kernel = row, self.kernel
        start = kernel.row_pointer(place, r)
        return start if part is None else kernel.number_at(start, kernel.b.mul(part, i64(size)))

    def _start(self, column: ir.Value) -> list[ir.Value]:
        """What the sums start from: the biases in the first chain, zero elsewhere."""
        kernel, lanes = self.kernel, self.lanes
        first = [lanes.splat(0.0)] * self.vectors
        for i, place in enumerate(self.stage.biases):
            bias = kernel.number_at(kernel.row_pointer(place, i64(0)), column)
            for v in range(self.vectors):
                at = v * lanes.count
                share = _load_up_to(lanes, kernel.number_at(bias, i64(at)), self.used - at)
                first[v] = share if i == 0 else lanes.add(first[v], share)
        return first * self.rows + [lanes.splat(0.0)] * (self.rows * self.vectors * (self.chains - 1))

    def _multiply(self, count: int, rows: list[ir.Value], weight: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
        """Add `count` numbers of each row times their lines of the panel at `weight`."""
        kernel, lanes, b = self.kernel, self.lanes, self.kernel.b

        def turn(k: ir.Value, sums: list[ir.Value], chain: int) -> list[ir.Value]:
            """One number of each row, into the sums of one chain."""
            line = kernel.number_at(weight, b.mul(k, i64(self.width)))
            columns = [lanes.load(kernel.number_at(line, i64(v * lanes.count))) for v in range(self.vectors)]
            sums = list(sums)
            for i, x in enumerate(rows):
                number = lanes.splat(read(b, x, k, kernel.number))
                for v in range(self.vectors):
                    at = self._at(chain, i, v)
                    sums[at] = lanes.fma(number, columns[v], sums[at])
            return sums

        unroll = max(self.chains, 4 if count >= 4 else 1)
        whole = count // unroll * unroll
        if whole:

            def body(k: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
                for u in range(unroll):
                    sums = turn(b.add(k, i64(u)), sums, u % self.chains)
                return sums

            sums = carried_loop(b, whole, unroll, sums, body, "k")
        for k in range(whole, count):
            sums = turn(i64(k), sums, k % self.chains)
        return sums


def emit_pack(kernel: "Kernel", name: str) -> ir.Function:
    """`name(pointers)`: every weight of the kernel from its matrix, contiguous, into panels, zeros behind its last
    column."""
    function = ir.Function(kernel.function.module, ir.FunctionType(ir.VoidType(), [POINTER]), name)
    b: Builder = ir.IRBuilder(function.append_basic_block("entry"))
    lanes = Lanes(b, kernel.bits, kernel.target.lanes(kernel.bits), has_fma=kernel.target.has_fma)
    weights = kernel.schedule.weights
    for i, (value, transposed) in enumerate(weights):
        to = read(b, function.args[0], kernel.signature.first_weight + i, POINTER)
        source = read(b, function.args[0], kernel.signature.first_weight + len(weights) + i, POINTER)
        (_pack_columns if transposed else _pack_rows)(lanes, to, source, *value.shape, width=panel_width(kernel))
    b.ret_void()
    return function


def _pack_rows(lanes: Lanes, to: ir.Value, source: ir.Value, k: int, n: int, width: int) -> None:
    """From a matrix `(k, n)`: lines of a panel are stretches of its rows."""
    b: Builder = lanes.builder

    def panel(j: ir.Value, used: int) -> None:
        def line(i: ir.Value) -> None:
            start = element(b, source, b.add(b.mul(i, i64(n)), b.mul(j, i64(width))), lanes.number)
            there = element(b, to, b.mul(b.add(b.mul(j, i64(k)), i), i64(width)), lanes.number)
            for v in range(0, width, lanes.count):
                value = _load_up_to(lanes, element(b, start, v, lanes.number), used - v)
                lanes.store(value, element(b, there, v, lanes.number))

        loop(b, i64(0), i64(k), 1, line, "line")

    _panels(b, n, width, panel)


def _pack_columns(lanes: Lanes, to: ir.Value, source: ir.Value, n: int, k: int, width: int) -> None:
    """From a matrix `(n, k)`: columns of a panel are its rows, turned in squares that fit into registers."""
    b: Builder = lanes.builder
    side = lanes.count

    def panel(j: ir.Value, used: int) -> None:
        def square(i: ir.Value, v: int, deep: int) -> None:
            lines = []
            for c in range(v, v + side):
                row = b.add(b.mul(j, i64(width)), i64(c))
                start = element(b, source, b.add(b.mul(row, i64(k)), i), lanes.number)
                lines.append(_load_up_to(lanes, start, deep) if c < used else lanes.splat(0.0))
            for u, line in enumerate(lanes.turned(lines)[:deep]):
                at = b.add(b.mul(b.add(b.add(b.mul(j, i64(k)), i), i64(u)), i64(width)), i64(v))
                lanes.store(line, element(b, to, at, lanes.number))

        for v in range(0, width, side):
            loop(b, i64(0), i64(k // side * side), side, lambda i, v=v: square(i, v, side), "square")
            if k % side:
                square(i64(k // side * side), v, k % side)

    _panels(b, n, width, panel)


def _panels(b: Builder, n: int, width: int, panel: Callable[[ir.Value, int], None]) -> None:
    """`panel(j, columns that there are)` for each panel of `n` columns."""
    if n // width:
        loop(b, i64(0), i64(n // width), 1, lambda j: panel(j, width), "panel")
    if n % width:
        panel(i64(n // width), n % width)


def _load_up_to(lanes: Lanes, pointer: ir.Value, count: int) -> ir.Value:
    """A vector of which `count` numbers are there, zeros in the other lanes."""
    if count <= 0:
        return lanes.splat(0.0)
    return lanes.load(pointer) if count >= lanes.count else lanes.load_part(pointer, count)
