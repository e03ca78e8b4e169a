"""Products with packed weights: a tile of rows by vectors held in registers, over panels of columns.

A matrix of `k` by `n` is packed once into panels `[n / width][k][width]`, `width` being the columns of a tile, filled
up with zeros. For each panel and each tile of rows the sums start at zero, run over `k` in registers, and are stored.
Rows that no large tile takes go to smaller ones, down to a single row; that one splits `k` over several sums, so that
it waits for memory and not for the adder.
"""

from typing import TYPE_CHECKING

from llvmlite import ir

from elman.unfold.compiled.lanes import Lanes
from elman.unfold.compiled.loops import I64, POINTER, Builder, carried_loop, element, i64, loop, read
from elman.unfold.compiled.stages import Linear

if TYPE_CHECKING:
    from elman.unfold.compiled.kernel import Kernel

_SUMS = 8  # sums in flight that hide the latency of an addition


def panel_width(kernel: "Kernel") -> int:
    """Columns of a panel."""
    return kernel.target.tile[1] * kernel.target.lanes(kernel.bits)


def emit_linear(kernel: "Kernel", stage: Linear) -> None:
    """The product of every row at `stage.x` with the packed weight, to `stage.place`."""
    b = kernel.b
    width = panel_width(kernel)
    rows = b.mul(kernel.rows, i64(stage.parts)) if stage.parts > 1 else kernel.rows

    def panel(j: ir.Value, used: int) -> None:
        weight = kernel.number_at(kernel.weights[stage.weight], b.mul(j, i64(stage.k * width)))
        column = b.mul(j, i64(width))
        done: ir.Value = i64(0)
        largest = kernel.target.tile[0]
        for tile in [largest, *(n for n in (8, 4, 2, 1) if n < largest)]:
            upto = b.add(done, b.mul(b.sdiv(b.sub(rows, done), i64(tile)), i64(tile)))

            def one(r: ir.Value, tile: int = tile) -> None:
                _tile(kernel, stage, weight, column, r, tile, used)

            loop(b, done, upto, tile, one, f"tile{tile}")
            done = upto

    whole = stage.n // width
    if whole:
        loop(b, i64(0), i64(whole), 1, lambda j: panel(j, width), "panel")
    if stage.n % width:
        panel(i64(whole), stage.n % width)


def _tile(
    kernel: "Kernel", stage: Linear, weight: ir.Value, column: ir.Value, first: ir.Value, tile: int, used: int
) -> None:
    """`tile` rows by the first `used` columns of one panel."""
    b, target = kernel.b, kernel.target
    lanes = Lanes(b, kernel.bits, target.lanes(kernel.bits), has_fma=target.has_fma)
    width = target.tile[1] * lanes.count
    vectors = -(-used // lanes.count)
    places = [_pointers(kernel, stage, b.add(first, i64(i))) for i in range(tile)]
    chains = max(1, min(_SUMS // (tile * vectors), stage.k))

    def turn(k: ir.Value, sums: list[ir.Value], chain: int) -> list[ir.Value]:
        """One k of all the tile, into the sums of one chain."""
        panel = kernel.number_at(weight, b.mul(k, i64(width)))
        columns = [lanes.load(kernel.number_at(panel, i64(v * lanes.count))) for v in range(vectors)]
        sums = list(sums)
        for i, (x, _) in enumerate(places):
            number = lanes.splat(read(b, x, k, kernel.number))
            for v in range(vectors):
                at = (chain * tile + i) * vectors + v
                sums[at] = lanes.fma(number, columns[v], sums[at])
        return sums

    unroll = max(chains, 4 if stage.k >= 4 else 1)
    whole = stage.k // unroll * unroll
    sums = [lanes.splat(0.0)] * (chains * tile * vectors)
    if whole:

        def body(k: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
            for u in range(unroll):
                sums = turn(b.add(k, i64(u)), sums, u % chains)
            return sums

        sums = carried_loop(b, whole, unroll, sums, body, "k")
    for k in range(whole, stage.k):
        sums = turn(i64(k), sums, k % chains)

    for i, (_, out) in enumerate(places):
        for v in range(vectors):
            total = sums[i * vectors + v]
            for chain in range(1, chains):
                total = lanes.add(total, sums[(chain * tile + i) * vectors + v])
            spot = kernel.number_at(out, b.add(column, i64(v * lanes.count)))
            rest = used - v * lanes.count
            if rest >= lanes.count:
                lanes.store(total, spot)
            else:
                lanes.store_part(total, spot, rest)


def _pointers(kernel: "Kernel", stage: Linear, index: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Where row `index` of the product begins, in the input and in the output."""
    b = kernel.b
    if stage.parts == 1:
        return kernel.row_pointer(stage.x, index), kernel.row_pointer(stage.place, index)
    r, part = b.sdiv(index, i64(stage.parts)), b.srem(index, i64(stage.parts))
    x, out = kernel.row_pointer(stage.x, r), kernel.row_pointer(stage.place, r)
    return kernel.number_at(x, b.mul(part, i64(stage.k))), kernel.number_at(out, b.mul(part, i64(stage.n)))


def emit_pack(module: ir.Module, name: str, width: int, bits: int) -> ir.Function:
    """`name(to, from, k, n, stride_k, stride_n)`: a matrix into panels of `width` columns, zeros behind its last."""
    number = ir.FloatType() if bits == 32 else ir.DoubleType()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, POINTER] + [I64] * 4), name)
    to, source, k, n, stride_k, stride_n = function.args
    to.add_attribute("noalias")
    source.add_attribute("noalias")
    b: Builder = ir.IRBuilder(function.append_basic_block("entry"))
    panels = b.sdiv(b.add(n, i64(width - 1)), i64(width))

    def panel(j: ir.Value) -> None:
        def line(i: ir.Value) -> None:
            def one(c: ir.Value) -> None:
                column = b.add(b.mul(j, i64(width)), c)
                inside = b.icmp_signed("<", column, n)
                safe = b.select(inside, column, i64(0))
                at = b.add(b.mul(i, stride_k), b.mul(safe, stride_n))
                value = b.select(inside, read(b, source, at, number), ir.Constant(number, 0.0))
                b.store(value, element(b, to, b.add(b.mul(b.add(b.mul(j, k), i), i64(width)), c), number))

            loop(b, i64(0), i64(width), 1, one, "column")

        loop(b, i64(0), k, 1, line, "line")

    loop(b, i64(0), panels, 1, panel, "panel")
    b.ret_void()
    return function
