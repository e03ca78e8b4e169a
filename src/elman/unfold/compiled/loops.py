"""Loops and addresses in LLVM IR."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

I8, I64 = ir.IntType(8), ir.IntType(64)
POINTER = ir.PointerType()
Builder = Any  # an ir.IRBuilder, whose methods llvmlite does not annotate


def i64(number: int) -> ir.Constant:
    return ir.Constant(I64, number)


def element(b: Builder, pointer: ir.Value, index: ir.Value | int, kind: ir.Type) -> ir.Value:
    """The address of element `index` of an array of `kind`."""
    return b.gep(pointer, [i64(index) if isinstance(index, int) else index], source_etype=kind)


def read(b: Builder, pointer: ir.Value, index: ir.Value | int, kind: ir.Type) -> ir.Value:
    """Element `index` of an array of `kind`."""
    return b.load(element(b, pointer, index, kind), typ=kind)


def loop(b: Builder, start: ir.Value, stop: ir.Value, step: int, body: Callable[[ir.Value], None], name: str) -> None:
    """`for i in range(start, stop, step)`; the builder stands behind the loop afterwards."""
    before = b.block
    head = b.append_basic_block(name)
    after = b.append_basic_block(f"{name}.end")
    b.cbranch(b.icmp_signed("<", start, stop), head, after)
    b.position_at_end(head)
    i = b.phi(I64, name)
    i.add_incoming(start, before)
    body(i)
    following = b.add(i, i64(step))
    i.add_incoming(following, b.block)
    b.cbranch(b.icmp_signed("<", following, stop), head, after)
    b.position_at_end(after)


def carried_loop(
    b: Builder,
    count: ir.Value | int,
    step: int,
    carried: list[Any],
    body: Callable[[ir.Value, list[Any]], list[Any]],
    name: str,
) -> list[Any]:
    """A loop over `range(0, count, step)` whose values are carried in registers from turn to turn; `count` > 0."""
    before = b.block
    head = b.append_basic_block(name)
    after = b.append_basic_block(f"{name}.end")
    b.branch(head)
    b.position_at_end(head)
    i = b.phi(I64, name)
    i.add_incoming(i64(0), before)
    phis = []
    for value in carried:
        phi = b.phi(value.type)
        phi.add_incoming(value, before)
        phis.append(phi)
    results = body(i, list(phis))
    following = b.add(i, i64(step))
    i.add_incoming(following, b.block)
    for phi, result in zip(phis, results, strict=True):
        phi.add_incoming(result, b.block)
    stop = i64(count) if isinstance(count, int) else count
    b.cbranch(b.icmp_signed("<", following, stop), head, after)
    b.position_at_end(after)
    return results


def when(b: Builder, condition: ir.Value, body: Callable[[], None], name: str) -> None:
    """`if condition:`; the builder stands behind it afterwards."""
    inside = b.append_basic_block(name)
    after = b.append_basic_block(f"{name}.end")
    b.cbranch(condition, inside, after)
    b.position_at_end(inside)
    body()
    b.branch(after)
    b.position_at_end(after)
