"""The function that each thread of a team runs: parts of a kernel's rows, one after the other, until none is left."""

import ctypes
from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from elman.unfold.compiled.loops import I8, I64, POINTER, Builder, element, i64, read

_FIELDS = 13  # numbers before the bounds


def work(bounds: Sequence[int], arguments: Sequence[int], sizes: Sequence[int]) -> Any:
    """What `emit_team`'s function is called with, by every thread; good for one run.

    Args:
        bounds: The first row of each part, and the number of rows.
        arguments: The kernel's own from the third on; tables and scratch are those of the first row.
        sizes: Bytes of tables and of scratch for each row.
    """
    numbers = [0, len(bounds) - 1, *arguments, *sizes, *bounds]
    return (ctypes.c_int64 * len(numbers))(*numbers)


def emit_team(kernel: ir.Function, name: str) -> ir.Function:
    """`name(work)`: take the next part that no thread has taken and run it; and so on."""
    function = ir.Function(kernel.module, ir.FunctionType(ir.VoidType(), [POINTER]), name)
    b: Builder = ir.IRBuilder(function.append_basic_block("entry"))
    given = function.args[0]
    parts, first, stop, time, batch, reverse = (read(b, given, i, I64) for i in range(1, 7))
    pointers, masks, tables, scratch = (read(b, given, i, POINTER) for i in range(7, 11))
    of_tables, of_scratch = (read(b, given, i, I64) for i in range(11, _FIELDS))

    head, part, done = (b.append_basic_block(label) for label in ("next", "part", "done"))
    b.branch(head)
    b.position_at_end(head)
    i = b.atomic_rmw("add", given, i64(1), "monotonic")
    b.cbranch(b.icmp_signed("<", i, parts), part, done)

    b.position_at_end(part)
    bounds = element(b, given, b.add(i, i64(_FIELDS)), I64)
    begin, end = read(b, bounds, 0, I64), read(b, bounds, 1, I64)
    own_tables = element(b, tables, b.mul(begin, of_tables), I8)
    own_scratch = element(b, scratch, b.mul(begin, of_scratch), I8)
    b.call(kernel, [begin, end, first, stop, time, batch, reverse, pointers, masks, own_tables, own_scratch])
    b.branch(head)

    b.position_at_end(done)
    b.ret_void()
    return function
