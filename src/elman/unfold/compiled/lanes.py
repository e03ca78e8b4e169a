"""Arithmetic on vectors of one width, emitted as LLVM instructions into one block.

Nothing here becomes a call of a library at run time: every method is one instruction or a few, on any target and
at any width, and LLVM cuts or fills vectors that the processor does not have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

Operand = ir.Value | float | int

COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
INDEX = ir.IntType(32)


@dataclass(frozen=True)
class Format:
    """A binary floating-point format of IEEE 754."""

    number: ir.Type
    integer: ir.IntType
    fraction: int  # bits of the significand that are stored
    bias: int  # of the exponent

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next larger number."""
        return 2.0**-self.fraction

    @property
    def magic(self) -> float:
        """1.5·2^fraction: what is added to it loses everything after the point, and its bits count in ones."""
        return 1.5 * 2.0**self.fraction


FORMATS = {
    32: Format(ir.FloatType(), ir.IntType(32), 23, 127),
    64: Format(ir.DoubleType(), ir.IntType(64), 52, 1023),
}


class Lanes:
    """Arithmetic on vectors of `count` numbers. A Python number among the operands stands for that many copies.

    Args:
        builder: Where the instructions go.
        bits: Of one number: 32 or 64.
        count: Numbers in a vector, 1 or more.
        has_fma: Whether the target multiplies and adds in one rounding. Without it `fma` rounds twice: LLVM would
            call the C library's `fma`, hundreds of times slower.
    """

    def __init__(self, builder: ir.IRBuilder, bits: int, count: int, has_fma: bool = True) -> None:
        # Any: llvmlite makes these methods by decorators, which type checkers take to return nothing.
        self.builder: Any = builder
        self.bits = bits
        self.count = count
        self.has_fma = has_fma
        self.format = FORMATS[bits]
        self.number = self.format.number
        self.vector = ir.VectorType(self.number, count)
        self.integers = ir.VectorType(self.format.integer, count)
        self.truths = ir.VectorType(ir.IntType(1), count)

    # constants

    def splat(self, value: Operand) -> ir.Value:
        """One number, or one scalar of the code, in every lane."""
        if not isinstance(value, ir.Value):
            return ir.Constant(self.vector, [float(value)] * self.count)
        first = self.builder.insert_element(self._undefined(self.vector), value, ir.Constant(INDEX, 0))
        everywhere = ir.Constant(ir.VectorType(INDEX, self.count), [0] * self.count)
        return self.builder.shuffle_vector(first, self._undefined(self.vector), everywhere)

    def whole(self, value: int) -> ir.Value:
        """One integer in every lane."""
        return ir.Constant(self.integers, [value] * self.count)

    # memory

    def load(self, pointer: ir.Value, align: int | None = None) -> ir.Value:
        """`align` in bytes; by default that of one number."""
        return self.builder.load(pointer, align=align or self.bits // 8, typ=self.vector)

    def store(self, value: ir.Value, pointer: ir.Value, align: int | None = None) -> None:
        self.builder.store(value, pointer, align=align or self.bits // 8)

    def load_part(self, pointer: ir.Value, used: int, align: int | None = None) -> ir.Value:
        """The first `used` lanes from memory, zero in the others; nothing beyond them is touched."""
        types = [ir.PointerType(), INDEX, self.truths, self.vector]
        load = self._declare(f"llvm.masked.load.{self._suffix}.p0", self.vector, types)
        alignment = ir.Constant(INDEX, align or self.bits // 8)
        return self.builder.call(load, [pointer, alignment, self._first(used), self.splat(0.0)])

    def store_part(self, value: ir.Value, pointer: ir.Value, used: int, align: int | None = None) -> None:
        """The first `used` lanes to memory; nothing beyond them is touched."""
        types = [self.vector, ir.PointerType(), INDEX, self.truths]
        store = self._declare(f"llvm.masked.store.{self._suffix}.p0", ir.VoidType(), types)
        alignment = ir.Constant(INDEX, align or self.bits // 8)
        self.builder.call(store, [value, pointer, alignment, self._first(used)])

    # arithmetic

    def add(self, a: Operand, b: Operand) -> ir.Value:
        return self.builder.fadd(self._spread(a), self._spread(b))

    def sub(self, a: Operand, b: Operand) -> ir.Value:
        return self.builder.fsub(self._spread(a), self._spread(b))

    def mul(self, a: Operand, b: Operand) -> ir.Value:
        return self.builder.fmul(self._spread(a), self._spread(b))

    def div(self, a: Operand, b: Operand) -> ir.Value:
        return self.builder.fdiv(self._spread(a), self._spread(b))

    def neg(self, a: Operand) -> ir.Value:
        return self.builder.fneg(self._spread(a))

    def fma(self, a: Operand, b: Operand, c: Operand) -> ir.Value:
        """a·b + c, in one rounding where the target has it."""
        if not self.has_fma:
            return self.add(self.mul(a, b), c)
        return self._call("llvm.fma", self._spread(a), self._spread(b), self._spread(c))

    def abs(self, a: Operand) -> ir.Value:
        return self._call("llvm.fabs", self._spread(a))

    def sqrt(self, a: Operand) -> ir.Value:
        return self._call("llvm.sqrt", self._spread(a))

    def polynomial(self, x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
        """By Horner's rule; the constant term comes first."""
        result = self.splat(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            result = self.fma(result, x, c)
        return result

    # comparison and choice

    def compare(self, relation: str, a: Operand, b: Operand) -> ir.Value:
        """lt, le, gt, ge, eq, ne. With NaN only ne is true, as in PyTorch."""
        emit = self.builder.fcmp_unordered if relation == "ne" else self.builder.fcmp_ordered
        return emit(COMPARISONS[relation], self._spread(a), self._spread(b))

    def is_nan(self, a: ir.Value) -> ir.Value:
        return self.builder.fcmp_unordered("uno", a, a)

    def select(self, truth: ir.Value, a: Operand, b: Operand) -> ir.Value:
        return self.builder.select(truth, self._spread(a), self._spread(b))

    def maximum(self, a: Operand, b: Operand) -> ir.Value:
        """The larger; NaN where either is NaN."""
        a, b = self._spread(a), self._spread(b)
        return self.select(self.is_nan(a), a, self.select(self.compare("gt", a, b), a, b))

    def minimum(self, a: Operand, b: Operand) -> ir.Value:
        """The smaller; NaN where either is NaN."""
        a, b = self._spread(a), self._spread(b)
        return self.select(self.is_nan(a), a, self.select(self.compare("lt", a, b), a, b))

    def at_least(self, a: ir.Value, low: float) -> ir.Value:
        """`a`, or `low` where that is larger; NaN stays. One instruction on x86, unlike `maximum`."""
        return self.select(self.compare("gt", low, a), low, a)

    def at_most(self, a: ir.Value, high: float) -> ir.Value:
        """`a`, or `high` where that is smaller; NaN stays."""
        return self.select(self.compare("lt", high, a), high, a)

    # across the lanes

    def sum(self, a: ir.Value) -> ir.Value:
        """The sum of all lanes, a scalar, added in pairs."""
        return self._across(a, Lanes.add)

    def largest(self, a: ir.Value) -> ir.Value:
        """The largest of all lanes, a scalar; NaN where one is NaN."""
        return self._across(a, Lanes.maximum)

    def turned(self, rows: Sequence[ir.Value]) -> list[ir.Value]:
        """`count` vectors, the rows of a square, as its columns.

        Blocks off the diagonal change places, first single numbers, then blocks of two, four, ... (Eklundh 1972).
        """
        square = list(rows)
        block = 1
        while block < self.count:
            for i in range(self.count):
                if i & block:
                    continue
                a, b = square[i], square[i | block]
                low = [e if not e & block else self.count + (e ^ block) for e in range(self.count)]
                high = [e | block if not e & block else self.count + e for e in range(self.count)]
                square[i], square[i | block] = self._mixed(a, b, low), self._mixed(a, b, high)
            block *= 2
        return square

    # bits

    def bits_of(self, a: Operand) -> ir.Value:
        return self.builder.bitcast(self._spread(a), self.integers)

    def number_of(self, integers: ir.Value) -> ir.Value:
        """The number with these bits."""
        return self.builder.bitcast(integers, self.vector)

    def shift_left(self, integers: ir.Value, by: int) -> ir.Value:
        return self.builder.shl(integers, self.whole(by))

    def shift_right(self, integers: ir.Value, by: int) -> ir.Value:
        """The sign is carried along."""
        return self.builder.ashr(integers, self.whole(by))

    def round(self, a: ir.Value) -> tuple[ir.Value, ir.Value]:
        """To the nearest whole number, ties to even: as a number and as an integer. For |a| < 2^(fraction - 2)."""
        shifted = self.add(a, self.format.magic)
        return self.sub(shifted, self.format.magic), self.count_in(shifted)

    def count_in(self, shifted: ir.Value) -> ir.Value:
        """The integer n of the number magic + n."""
        return self.builder.sub(self.bits_of(shifted), self._magic_bits())

    def from_integer(self, integers: ir.Value) -> ir.Value:
        """The number that an integer is, for |integer| < 2^(fraction - 1)."""
        return self.sub(self.number_of(self.builder.add(integers, self._magic_bits())), self.format.magic)

    def with_sign_of(self, size: ir.Value, signed: ir.Value) -> ir.Value:
        """`size`, which must not be negative, with the sign of another number, that of zero included."""
        sign = self.builder.and_(self.bits_of(signed), self.whole(-(1 << (self.bits - 1))))
        return self.number_of(self.builder.or_(self.bits_of(size), sign))

    # other widths

    def doubled(self) -> "Lanes":
        """As many lanes of 64 bits."""
        return Lanes(self.builder, 64, self.count, self.has_fma)

    def widened(self, a: ir.Value) -> ir.Value:
        return self.builder.fpext(a, self.doubled().vector)

    def narrowed(self, a: ir.Value) -> ir.Value:
        """From 64 bits, rounded."""
        return self.builder.fptrunc(a, self.vector)

    # parts of the above

    def _spread(self, a: Operand) -> ir.Value:
        return a if isinstance(a, ir.Value) else self.splat(a)

    def _magic_bits(self) -> ir.Value:
        # 1.5·2^fraction: exponent bias + fraction, and the highest bit of the fraction
        exponent = self.format.bias + self.format.fraction
        return self.whole((exponent << self.format.fraction) | (1 << (self.format.fraction - 1)))

    def _first(self, used: int) -> ir.Value:
        return ir.Constant(self.truths, [lane < used for lane in range(self.count)])

    @property
    def _suffix(self) -> str:
        return f"v{self.count}f{self.bits}"

    def _undefined(self, kind: ir.Type) -> ir.Value:
        return ir.Constant(kind, ir.Undefined)

    def _declare(self, name: str, result: ir.Type, arguments: list) -> ir.Value:
        module = self.builder.module
        return module.globals.get(name) or ir.Function(module, ir.FunctionType(result, arguments), name)

    def _call(self, name: str, *arguments: ir.Value) -> ir.Value:
        function = self._declare(f"{name}.{self._suffix}", self.vector, [self.vector] * len(arguments))
        return self.builder.call(function, arguments)

    def _across(self, a: ir.Value, combine) -> ir.Value:
        if self.count == 1:
            return self.builder.extract_element(a, ir.Constant(INDEX, 0))
        half = self.count // 2
        narrow = Lanes(self.builder, self.bits, half, self.has_fma)
        result = combine(narrow, self._part(a, 0, half), self._part(a, half, half))
        scalar = narrow._across(result, combine)
        if self.count % 2 == 0:
            return scalar
        single = Lanes(self.builder, self.bits, 1, self.has_fma)
        return single._across(combine(single, single.splat(scalar), self._part(a, self.count - 1, 1)), combine)

    def _mixed(self, a: ir.Value, b: ir.Value, chosen: Sequence[int]) -> ir.Value:
        """Lanes of two vectors, those of the second counted on from those of the first."""
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INDEX, self.count), list(chosen)))

    def _part(self, a: ir.Value, start: int, count: int) -> ir.Value:
        chosen = ir.Constant(ir.VectorType(INDEX, count), list(range(start, start + count)))
        return self.builder.shuffle_vector(a, self._undefined(self.vector), chosen)
