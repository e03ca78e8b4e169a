"""Small products over many steps: the gradient of a weight, where a call of PyTorch takes longer than computing.

`total += leftᵀ · right`, where `left` is `(rows, k)` and `right` `(rows, n)`, a row for each step and sequence. One
call does a list of them. The sums of a block of the total stay in registers while the rows go by.
"""

import ctypes
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch
from llvmlite import ir
from torch import Tensor

from elman.unfold.compiled import cache
from elman.unfold.compiled.key import key_of
from elman.unfold.compiled.lanes import Lanes
from elman.unfold.compiled.loops import I64, POINTER, Builder, carried_loop, element, i64, loop, read, when
from elman.unfold.compiled.machine import compile_object, function_of
from elman.unfold.compiled.target import Target, host

SMALL = 1 << 20  # multiplications of one product that this does faster than PyTorch takes to be called
_FIELDS = 7  # numbers that say what one product is
_LINES, _VECTORS = 4, 2  # of the largest block of a total

Products = Sequence[tuple[Tensor | None, Tensor, Tensor, bool]]


def add_products(products: Products) -> None:
    """Add `leftᵀ · right` to each total; without a left one, the sum of right's rows.

    Args:
        products: `(left, right, total, new)`, where `new` says that what stands in the total does not count. `left`
            is `(rows, k)`, `right` `(rows, n)`, `total` `(k, n)`, or `(n,)` without a left one, with at least one
            row; rows may lie on several axes. All are contiguous and of one dtype, float32 or float64.
    """
    work: list[int] = []
    for left, right, total, new in products:
        k = 1 if left is None else left.shape[-1]
        n = total.numel() // k
        rows = right.numel() // n
        work += [0 if left is None else left.data_ptr(), right.data_ptr(), total.data_ptr(), rows, k, n, new]
    if work:
        add_in_place(struct.pack(f"{len(work)}q", *work), products[0][1].dtype)


def add_in_place(work: bytes, dtype: torch.dtype) -> None:
    """As `add_products`, of products in numbers: addresses of left (or 0), right and total; rows, k, n, and `new`."""
    run, _ = _compiled(32 if dtype == torch.float32 else 64)
    run(work, len(work) // (8 * _FIELDS))


@lru_cache(maxsize=2)
def _compiled(bits: int) -> tuple[Callable[..., None], object]:
    """The function, and what keeps its code alive."""
    target = host()
    key = key_of("outer", target, bits)
    code = cache.read(key)
    if code is None:
        code = compile_object(build_outer(target, bits), target)
        cache.write(key, code)
    address, owner = function_of(code, target, "outer")
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(address), owner


def build_outer(target: Target, bits: int) -> ir.Module:
    """`outer(work, count)`: so many products, each seven numbers: left, right, total, rows, k, n, and whether new."""
    module = ir.Module("outer")
    module.triple = target.triple
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, I64]), "outer")
    b: Builder = ir.IRBuilder(function.append_basic_block("entry"))
    work, count = function.args

    def product(i: ir.Value) -> None:
        one = element(b, work, b.mul(i, i64(_FIELDS)), I64)
        left, right, total = (read(b, one, field, POINTER) for field in range(3))
        rows, k, n, new = (read(b, one, field, I64) for field in range(3, _FIELDS))
        _Product(b, target, bits, left, right, total, rows, k, n, new).emit()

    loop(b, i64(0), count, 1, product, "product")
    b.ret_void()
    return module


class _Product:
    """Emits one product; `left` is null where all its numbers are one."""

    def __init__(
        self, b: Builder, target: Target, bits: int, left: ir.Value, right: ir.Value, total: ir.Value, rows: ir.Value,
        k: ir.Value, n: ir.Value, new: ir.Value,
    ) -> None:  # fmt: skip
        self.b, self.left, self.right, self.total = b, left, right, total
        self.rows, self.k, self.n = rows, k, n
        self.new = b.icmp_signed("!=", new, i64(0))
        self.wide = Lanes(b, bits, target.lanes(bits), target.has_fma)
        self.single = Lanes(b, bits, 1, target.has_fma)

    def emit(self) -> None:
        b = self.b
        there = b.icmp_unsigned("!=", b.ptrtoint(self.left, I64), i64(0))
        when(b, b.not_(there), lambda: self._columns(i64(0), 1, ones=True), "sum")
        when(b, there, self._all_lines, "outer")

    def _all_lines(self) -> None:
        b = self.b
        whole = b.mul(b.sdiv(self.k, i64(_LINES)), i64(_LINES))
        loop(b, i64(0), whole, _LINES, lambda i: self._columns(i, _LINES), "lines")
        loop(b, whole, self.k, 1, lambda i: self._columns(i, 1), "line")

    def _columns(self, i: ir.Value, lines: int, ones: bool = False) -> None:
        """All columns of so many lines of the total: in blocks of two vectors, of one, and number by number."""
        b, done = self.b, i64(0)
        for lanes, vectors in ((self.wide, _VECTORS), (self.wide, 1), (self.single, 1)):
            width = lanes.count * vectors
            stop = b.mul(b.sdiv(self.n, i64(width)), i64(width))

            def block(j: ir.Value, lanes: Lanes = lanes, vectors: int = vectors) -> None:
                self._block(lanes, i, j, lines, vectors, ones)

            loop(b, done, stop, width, block, "columns")
            done = stop

    def _block(self, lanes: Lanes, i: ir.Value, j: ir.Value, lines: int, vectors: int, ones: bool) -> None:
        b = self.b
        spots = []
        for line in range(lines):
            start = b.add(b.mul(b.add(i, i64(line)), self.n), j)
            spots += [element(b, self.total, b.add(start, i64(v * lanes.count)), lanes.number) for v in range(vectors)]

        def row(r: ir.Value, sums: list[Any]) -> list[Any]:
            start = element(b, self.right, b.add(b.mul(r, self.n), j), lanes.number)
            values = [lanes.load(element(b, start, v * lanes.count, lanes.number)) for v in range(vectors)]
            if ones:
                return [lanes.add(total, value) for total, value in zip(sums, values, strict=True)]
            at = element(b, self.left, b.add(b.mul(r, self.k), i), lanes.number)
            factors = [lanes.splat(read(b, at, line, lanes.number)) for line in range(lines)]
            pairs = [(factor, value) for factor in factors for value in values]
            return [lanes.fma(*pair, total) for pair, total in zip(pairs, sums, strict=True)]

        before = [b.select(self.new, lanes.splat(0.0), lanes.load(spot)) for spot in spots]
        sums = carried_loop(b, self.rows, 1, before, row, "row")
        for spot, value in zip(spots, sums, strict=True):
            lanes.store(value, spot)
