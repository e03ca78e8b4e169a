"""The time loop as one LLVM function: for each step, for the rows of one thread, the stages of a schedule.

Rows are independent, so a thread runs its rows through all of time and meets no other. The function's arguments are
numbers and one array of pointers; what they mean is in `Signature`.
"""

from llvmlite import ir

from elman.unfold.compiled.linear import emit_linear
from elman.unfold.compiled.loops import I8, I64, POINTER, Builder, element, i64, loop, read, when
from elman.unfold.compiled.maps import emit_map, emit_reduce
from elman.unfold.compiled.signature import Signature
from elman.unfold.compiled.stages import Linear, Map, Place, Schedule
from elman.unfold.compiled.target import Target

ROUND = 16  # rows of scratch start at a multiple of this many numbers


def padded(size: int) -> int:
    return -(-size // ROUND) * ROUND


class Kernel:
    """Emits one kernel into a module.

    The function is `name(begin, end, first, stop, time, batch, reverse, pointers, masks, tables, scratch)`: rows
    `begin` to `end` of the order, steps `first` to `stop` in the order in which they are visited; a mask for each
    time array (all ones, or `n - 1` for an array that has room for `n` steps, a power of two); room for a pointer for
    each table and row, and for `scratch_size` numbers for each row. Stretches of one course are run one after the
    other with the same scratch, which carries gradients from step to step.
    """

    def __init__(
        self, module: ir.Module, name: str, schedule: Schedule, signature: Signature, target: Target, bits: int
    ) -> None:
        self.schedule, self.signature, self.target, self.bits = schedule, signature, target, bits
        self.number = ir.FloatType() if bits == 32 else ir.DoubleType()
        kind = ir.FunctionType(ir.VoidType(), [I64] * 7 + [POINTER] * 4)
        self.function = ir.Function(module, kind, name)
        names = ("begin", "end", "first", "stop", "time", "batch", "reverse",
                 "pointers", "masks", "tables", "scratch")  # fmt: skip
        for argument, label in zip(self.function.args, names, strict=True):
            argument.name = label
        self.begin, self.end, self.first, self.stop, self.time, self.batch, reverse = self.function.args[:7]
        self.pointers, self.masks, self.tables, self.scratch = self.function.args[7:]
        self.b: Builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.reverse = self.b.icmp_signed("!=", reverse, i64(0))
        self.offsets, at = [], 0
        for size in schedule.scratch:
            self.offsets.append(at)
            at += padded(size)
        self.carried = []
        for table in signature.carries:
            self.carried.append((at, at + padded(table.size), padded(table.size)))
            at += 2 * padded(table.size)
        self.scratch_size = at
        self._emit()

    def _emit(self) -> None:
        s = self.signature
        self.rowmap, self.counts, self.last, self.reset = (self._argument(i) for i in range(4))
        self.has_reset = self.b.icmp_unsigned("!=", self.b.ptrtoint(self.reset, I64), i64(0))
        self.table_data = self._pairs(s.first_table, len(s.tables))
        self.collected = self._pairs(s.first_collected, len(s.carries))
        self.lasts = [self._argument(s.first_last + i) for i in range(len(s.lasts))]
        self.time_base = [self._argument(s.first_time + i) for i in range(len(s.times))]
        self.time_mask = [read(self.b, self.masks, i, I64) for i in range(len(s.times))]
        self.shared = [self._argument(s.first_shared + i) for i in range(s.shared)]
        self.weights = [self._argument(s.first_weight + i) for i in range(len(self.schedule.weights))]
        self.room = self.b.sub(self.end, self.begin)  # rows of scratch
        loop(self.b, self.first, self.stop, 1, self._step, "step")
        self.b.ret_void()

    def _argument(self, index: int) -> ir.Value:
        return read(self.b, self.pointers, index, POINTER)

    def _pairs(self, first: int, count: int) -> list[tuple[ir.Value, ir.Value]]:
        return [(self._argument(first + 2 * i), self._argument(first + 2 * i + 1)) for i in range(count)]

    def number_at(self, pointer: ir.Value, index: ir.Value | int) -> ir.Value:
        """The address of a number of an array."""
        return element(self.b, pointer, index, self.number)

    # One step

    def _step(self, n: ir.Value) -> None:
        b = self.b
        from_end = b.sub(b.sub(self.time, i64(1)), n)
        ahead, behind = (from_end, n) if self.signature.backward else (n, from_end)
        self.t = b.select(self.reverse, behind, ahead)
        self.t_before = b.select(self.reverse, b.add(self.t, i64(1)), b.sub(self.t, i64(1)))
        self.t_after = b.select(self.reverse, b.sub(self.t, i64(1)), b.add(self.t, i64(1)))
        odd = b.trunc(n, ir.IntType(1))
        self.carry_in, self.carry_out = [], []
        for first, second, _ in self.carried:
            one, two = (self.number_at(self.scratch, b.mul(self.room, i64(at))) for at in (first, second))
            self.carry_in.append(b.select(odd, one, two))
            self.carry_out.append(b.select(odd, two, one))
        count = read(b, self.counts, self.t, I64)
        stop = b.select(b.icmp_signed("<", count, self.end), count, self.end)
        self.rows = b.sub(stop, self.begin)
        when(b, b.icmp_signed(">", self.rows, i64(0)), self._stages, "rows")

    def _stages(self) -> None:
        b = self.b
        self.time_row = []
        for base, mask, size in zip(self.time_base, self.time_mask, self.signature.times, strict=True):
            slot = b.and_(self.t, mask)
            self.time_row.append(self.number_at(base, b.mul(b.mul(slot, self.batch), i64(size))))
        if self.signature.tables:
            loop(b, i64(0), self.rows, 1, self._fill_tables, "table")
        for stage in self.schedule.stages:
            match stage:
                case Linear():
                    emit_linear(self, stage)
                case Map():
                    emit_map(self, stage)
                case _:
                    emit_reduce(self, stage)
        if self.signature.carries:
            loop(b, i64(0), self.rows, 1, self._collect, "collect")
        if self.lasts:
            when(b, self._ends(), lambda: loop(b, i64(0), self.rows, 1, self._hand_on, "last"), "ends")

    def row(self, r: ir.Value) -> ir.Value:
        """The row of the batch that place `r` of this thread stands for."""
        return read(self.b, self.rowmap, self.b.add(self.begin, r), I64)

    def _is_reset(self, t: ir.Value, row: ir.Value) -> ir.Value:
        """Whether a row starts step `t` anew; read only where there are marks, from a byte that is always there."""
        b = self.b
        at = b.add(b.mul(t, self.batch), row)
        safe = b.select(self.has_reset, element(b, self.reset, at, I8), self.counts)
        return b.and_(self.has_reset, b.icmp_unsigned("!=", b.load(safe, typ=I8), ir.Constant(I8, 0)))

    def _edges(self, r: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Whether this step is the first of a row, and the last, in the order of the network."""
        b = self.b
        last = read(b, self.last, b.add(self.begin, r), I64)
        at_zero = b.icmp_signed("==", self.t, i64(0))
        at_last = b.icmp_signed("==", self.t, last)
        return b.select(self.reverse, at_last, at_zero), b.select(self.reverse, at_zero, at_last)

    def _fill_tables(self, r: ir.Value) -> None:
        b = self.b
        row = self.row(r)
        first, last = self._edges(r)
        starts_anew = self._is_reset(self.t, row)
        t_after = b.select(last, self.t, self.t_after)  # a mark beyond the end is not looked at
        next_starts_anew = self._is_reset(t_after, row)
        carry = 0
        for i, table in enumerate(self.signature.tables):
            offset = b.mul(row, i64(table.size))
            edge, anew = (self.number_at(data, offset) for data in self.table_data[i])
            if table.kind == "state":
                slot = b.and_(self.t_before, self.time_mask[table.index])
                at = b.add(b.mul(slot, self.batch), row)
                before = self.number_at(self.time_base[table.index], b.mul(at, i64(table.size)))
                found = b.select(starts_anew, anew, b.select(first, edge, before))
            else:
                before = self.number_at(self.carry_in[carry], b.mul(r, i64(self.carried[carry][2])))
                found = b.select(last, edge, b.select(next_starts_anew, anew, before))
                carry += 1
            at = b.add(b.mul(i64(i), self.room), r)
            b.store(found, element(b, self.tables, at, POINTER))

    def _collect(self, r: ir.Value) -> None:
        """Where a row began, its gradient leaves the loop: to the first state, or to what a reset goes back to."""
        b = self.b
        row = self.row(r)
        first, _ = self._edges(r)
        anew = self._is_reset(self.t, row)

        def add() -> None:
            for i, (_, _, ld) in enumerate(self.carried):
                size = self.signature.carries[i].size
                source = self.number_at(self.carry_out[i], b.mul(r, i64(ld)))
                to = b.select(anew, self.collected[i][1], self.collected[i][0])
                to = self.number_at(to, b.mul(row, i64(size)))

                def one(j: ir.Value, source: ir.Value = source, to: ir.Value = to) -> None:
                    spot = self.number_at(to, j)
                    share = read(b, source, j, self.number)
                    b.store(b.fadd(b.load(spot, typ=self.number), share), spot)

                loop(b, i64(0), i64(size), 1, one, "add")

        when(b, b.or_(first, anew), add, "leave")

    def _ends(self) -> ir.Value:
        """Whether this step is the last one of any row."""
        b = self.b
        following = b.add(self.t, i64(1))
        at_end = b.icmp_signed("==", following, self.time)
        fewer = read(b, self.counts, b.select(at_end, self.t, following), I64)
        some = b.icmp_signed("!=", fewer, read(b, self.counts, self.t, I64))
        return b.select(self.reverse, b.icmp_signed("==", self.t, i64(0)), b.or_(at_end, some))

    def _hand_on(self, r: ir.Value) -> None:
        """Copy the state that a row's last step left."""
        b = self.b
        row = self.row(r)
        _, last = self._edges(r)

        def copy() -> None:
            for table, to in zip(self.signature.lasts, self.lasts, strict=True):
                source = self.number_at(self.time_row[table.index], b.mul(row, i64(table.size)))
                spot = self.number_at(to, b.mul(row, i64(table.size)))

                def one(j: ir.Value, source: ir.Value = source, spot: ir.Value = spot) -> None:
                    b.store(read(b, source, j, self.number), self.number_at(spot, j))

                loop(b, i64(0), i64(table.size), 1, one, "copy")

        when(b, last, copy, "hand on")

    # Addresses

    def row_pointer(self, place: Place, r: ir.Value) -> ir.Value:
        """Where the row at place `r` of this thread begins."""
        b = self.b
        match place.kind:
            case "time":
                size = self.signature.times[place.index]
                base = self.number_at(self.time_row[place.index], b.mul(self.row(r), i64(size)))
            case "table":
                at = b.add(b.mul(i64(place.index), self.room), r)
                base = read(b, self.tables, at, POINTER)
            case "shared":
                base = self.shared[place.index]
            case "carry":
                base = self.number_at(self.carry_out[place.index], b.mul(r, i64(self.carried[place.index][2])))
            case _:
                buffer = self.number_at(self.scratch, b.mul(self.room, i64(self.offsets[place.index])))
                base = self.number_at(buffer, b.mul(r, i64(padded(self.schedule.scratch[place.index]))))
        return self.number_at(base, i64(place.offset)) if place.offset else base
