"""Kernels for arm64 that an emulator runs, in memory that it shares with this process.

Both processes have one file mapped at one address, so that a pointer means the same to both. A launch puts its
arrays there (`elsewhere`), writes the arguments at the beginning, and starts the kernel: a static executable of
nothing but the kernel's object and the few instructions of `START`.
"""

import ctypes
import mmap
import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from elman.unfold.compiled.linear import panel_width
from elman.unfold.compiled.machine import Machine, build_module, compile_object
from elman.unfold.compiled.program import Program
from elman.unfold.compiled.target import Target

EMULATOR, ASSEMBLER, LINKER = "qemu-aarch64", "aarch64-linux-gnu-as", "aarch64-linux-gnu-ld"
MISSING = [tool for tool in (EMULATOR, ASSEMBLER, LINKER) if shutil.which(tool) is None]
TARGET = Target("cortex-a72", "aarch64-unknown-linux-gnu", "", 128, 32, has_fma=True)

BASE, SIZE = 1 << 45, 64 << 20  # far from where systems put anything of their own
FIXED = 0x100000  # MAP_FIXED_NOREPLACE
HEADER = 128  # bytes: whether to pack, then the eleven arguments

START = f"""
    .globl _start, memset, memcpy
_start:
    ldr x0, ={BASE}
    ldr x1, ={SIZE}
    mov x2, #3              // to be read and written
    mov x3, #0x11           // shared, at that address
    mov x4, #0              // standard input
    mov x5, #0
    mov x8, #222            // mmap
    svc #0
    mov x19, x0
    ldp x9, x0, [x19]
    ldp x1, x2, [x19, #16]
    ldp x3, x4, [x19, #32]
    ldp x5, x6, [x19, #48]
    ldp x7, x10, [x19, #64]
    ldp x11, x12, [x19, #80]
    sub sp, sp, #32
    stp x10, x11, [sp]      // what has no register
    str x12, [sp, #16]
    cbz x9, 1f
    bl pack
    b 2f
1:  bl kernel
2:  mov x0, #0
    mov x8, #93             // exit
    svc #0
memset:
    mov x3, x0
1:  cbz x2, 2f
    strb w1, [x3], #1
    sub x2, x2, #1
    b 1b
2:  ret
memcpy:
    mov x3, x0
1:  cbz x2, 2f
    ldrb w4, [x1], #1
    strb w4, [x3], #1
    sub x2, x2, #1
    b 1b
2:  ret
"""


class Emulator:
    """Compiles for arm64 and runs there; gives out the shared memory.

    Args:
        folder: For its files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.launches = folder, 0
        self.file = (folder / "memory").open("w+b")
        self.file.truncate(SIZE)
        prot, flags = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | FIXED
        if _libc.mmap(BASE, SIZE, prot, flags, self.file.fileno(), 0) != BASE:
            raise OSError(ctypes.get_errno(), "no memory at a fixed address")
        self.memory = torch.frombuffer((ctypes.c_char * SIZE).from_address(BASE), dtype=torch.uint8)
        self.clear()
        (folder / "start.s").write_text(START)
        subprocess.run([ASSEMBLER, folder / "start.s", "-o", folder / "start.o"], check=True)

    def clear(self) -> None:
        """Begin at the beginning: what was given out is not in use any more."""
        self.at = HEADER

    def close(self) -> None:
        _libc.munmap(BASE, SIZE)
        self.file.close()

    def __call__(self, size: int) -> Tensor:
        """So many bytes, in lines of their own."""
        begin = self.at
        self.at += -(-size // 64) * 64
        assert self.at <= SIZE, "the shared memory is full"
        return self.memory[begin : begin + size]

    def compile_program(self, program: Program, target: Target, bits: int) -> Machine:
        """In place of the one of `machine`; the target is not asked."""
        module, kernel = build_module(program, TARGET, bits)
        name = f"kernel{len(list(self.folder.iterdir()))}"
        code, executable = self.folder / f"{name}.o", self.folder / name
        code.write_bytes(compile_object(module, TARGET))
        subprocess.run([LINKER, "-static", self.folder / "start.o", code, "-o", executable], check=True)
        width = panel_width(kernel)
        sizes = [(v.shape[::-1] if transposed else v.shape) for v, transposed in program.schedule.weights]
        packed = tuple(k * -(-n // width) * width for k, n in sizes)
        dtype = torch.float32 if bits == 32 else torch.float64
        run, pack = partial(self._run, executable), partial(self._pack, executable)
        return Machine(program, run, pack, packed, kernel.scratch_size, dtype, executable)

    def _pack(self, executable: Path, pointers: bytes) -> None:
        self._launch(executable, 1, [self._bytes(pointers)])

    def _run(self, executable: Path, *given: int | bytes) -> None:
        self._launch(executable, 0, [self._bytes(one) if isinstance(one, bytes) else int(one) for one in given])

    def _bytes(self, numbers: bytes) -> int:
        """The address of a copy there."""
        there = self(len(numbers))
        ctypes.memmove(there.data_ptr(), numbers, len(numbers))
        return there.data_ptr()

    def _launch(self, executable: Path, pack: int, arguments: Sequence[int]) -> None:
        header = (ctypes.c_int64 * (HEADER // 8))(pack, *arguments)
        ctypes.memmove(BASE, header, HEADER)
        subprocess.run([EMULATOR, executable], stdin=self.file, check=True, timeout=120)
        self.launches += 1


def _find_libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return libc


_libc = _find_libc()
