"""A layout by addresses: each array is within the memory that it is said to be in, and over no other."""

import itertools
import struct

import pytest
import torch

import elman
from elman.unfold.compiled import brief_gradient
from elman.unfold.compiled.call import FIRST, NOTHING, ROOM, Call
from elman.unfold.compiled.launch import ALIGNMENT
from elman.unfold.compiled.outer import add_in_place
from zoo import ALL_CELLS

RESETS = 4  # pointers up to the reset marks, of a course's own
SIZES = [(1, 1), (2, 3), (7, 2)]  # time and batch


def arrays_of(call):
    """The place and the bytes of each array of a call: those that are handed in twice, and all others."""
    machine, course = call._machine, call._course
    signature, batch = machine.program.signature, course.batch
    edges = [table.size for table in (*signature.tables, *signature.carries) for _ in range(2)]
    edges += [table.size for table in signature.lasts]
    rings = struct.unpack(f"{len(call._masks) // 8}q", call._masks)
    times = [size * (2 if ring == 1 else course.time) for size, ring in zip(signature.times, rings, strict=False)]
    places = call._pointers[RESETS:]
    rows = list(zip(places, [batch * machine.itemsize * size for size in (*edges, *times)], strict=False))
    packed = places[len(rows) + signature.shared :]
    room = list(zip(packed, [machine.itemsize * size for size in machine.packed], strict=False))
    room.append(((ROOM, call._scratch), batch * machine.itemsize * machine.scratch + ALIGNMENT))
    room.append(((ROOM, call._tables), batch * 8 * len(signature.tables)))
    return set(rows[: len(edges)]), [*rows[len(edges) :], *room]


def assert_apart(call, tensors):
    """All arrays of a call lie within its tensors and its room, no two over each other."""
    bytes_of = {NOTHING: 0, ROOM: call._room} | {n: one.nbytes for n, one in enumerate(tensors, start=FIRST)}
    edges, others = arrays_of(call)
    spans = sorted((*place, size) for place, size in (*edges, *others) if place[0] != NOTHING)
    for number, offset, size in spans:
        assert offset >= 0
        assert offset + size <= bytes_of[number], (number, offset, size, bytes_of[number])
    for (number, offset, size), (after, start, _) in itertools.pairwise(spans):
        assert number != after or offset + size <= start


def assert_within(work, tensors, itemsize):
    """All that is multiplied lies within these tensors, and each total is the whole of one, begun once."""
    begun = []
    for left, right, total, rows, k, n, new in struct.iter_unpack("7q", work):
        spans = [(right, rows * n), *([(left, rows * k)] if left else [])]
        for start, count in spans:
            within = [one.data_ptr() <= start and start + count * itemsize <= one.data_ptr() + one.nbytes
                      for one in tensors]  # fmt: skip
            assert any(within)
        assert (total, k * n * itemsize) in [(one.data_ptr(), one.nbytes) for one in tensors]
        assert rows > 0
        assert bool(new) == (total not in begun)
        begun.append(total)


@pytest.fixture
def calls(monkeypatch):
    """Whether each call so far was one of a gradient; all of them are looked at."""
    made, latest = [], []
    run = Call.__call__

    def looked_at(self, tensors):
        assert_apart(self, tensors)
        made.append(self._machine.program.signature.backward)
        latest[:] = tensors
        return run(self, tensors)

    def multiplied(work, dtype):
        assert_within(work, latest, dtype.itemsize)
        add_in_place(work, dtype)

    monkeypatch.setattr(Call, "__call__", looked_at)
    monkeypatch.setattr(brief_gradient, "add_in_place", multiplied)
    return made


@pytest.mark.parametrize("specimen", ALL_CELLS, ids=lambda specimen: specimen.name)
def test_arrays_are_within_their_memory_and_apart(specimen, calls):
    cell = specimen.cell()
    for (time, batch), reverse, states in itertools.product(SIZES, (False, True), (False, True)):
        x = torch.randn(time, batch, cell.input_size, dtype=torch.float64)
        given = {"reverse": reverse, "return_states": states, "engine": "compiled"}
        state = tuple(part.detach().clone().requires_grad_() for part in cell.initial_state(batch))
        output, last, _ = elman.unfold(cell, x, state, **given)
        loss = torch.cat([one.flatten() for one in (output, *last)]).square().sum()
        torch.autograd.grad(loss, [*state, *cell.parameters()], allow_unused=True, retain_graph=True)
        torch.autograd.grad(output.sum(), list(cell.parameters()), allow_unused=True)
        with torch.no_grad():
            elman.unfold(cell, x, **given)
    assert set(calls) == {False, True}
