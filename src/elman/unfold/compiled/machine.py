"""From LLVM IR to functions that can be called."""

import ctypes
import os
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import llvmlite.binding as llvm
import torch
from llvmlite import ir

from elman.unfold.compiled import cache
from elman.unfold.compiled.kernel import Kernel
from elman.unfold.compiled.key import key_of
from elman.unfold.compiled.linear import emit_pack, panel_width
from elman.unfold.compiled.program import Program
from elman.unfold.compiled.target import Target
from elman.unfold.compiled.team import emit_team

_lock = threading.Lock()  # LLVM's own state is one for the process


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # a thread that held it was not taken along
    os.register_at_fork(after_in_child=_renew_lock)

KERNEL = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 7, *[ctypes.c_void_p] * 4)
PACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


@dataclass(frozen=True)
class Machine:
    """One kernel as machine code.

    Args:
        program: What it computes.
        run: The kernel, as `Kernel` says.
        pack: Packs all weights: `(pointers)`, those of the kernel.
        packed: Numbers of each packed matrix.
        scratch: Numbers of scratch for each row.
        dtype: Of all numbers.
        owner: Keeps the code alive.
        team: Where the function that runs one thread's share of the rows is; 0 for none. See `emit_team`.
    """

    program: Program
    run: Callable[..., None]
    pack: Callable[..., None]
    packed: tuple[int, ...]
    scratch: int
    dtype: torch.dtype
    owner: object
    team: int = 0

    @cached_property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return self.dtype.itemsize

    @cached_property
    def all_packed(self) -> int:
        """Numbers of all packed matrices."""
        return sum(self.packed)


def build_module(program: Program, target: Target, bits: int) -> tuple[ir.Module, Kernel]:
    """The IR of a program for a processor."""
    module = ir.Module("elman")
    module.triple = target.triple
    kernel = Kernel(module, "kernel", program.schedule, program.signature, target, bits)
    emit_pack(kernel, "pack")
    emit_team(kernel.function, "team")
    return module, kernel


def compile_object(module: ir.Module, target: Target) -> bytes:
    """The object code of a module."""
    with _lock:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        machine = _target_machine(target)
        parsed = llvm.parse_assembly(str(module))
        parsed.verify()
        # Loops, tiles and vectors are made by hand: what is left to do is to tidy up. The standard pipeline finds no
        # more, takes three times as long, and leaves half a megabyte behind at each run.
        passes = llvm.create_new_module_pass_manager()
        passes.add_instruction_combine_pass()
        passes.add_simplify_cfg_pass()
        passes.add_new_gvn_pass()
        passes.add_dead_code_elimination_pass()
        passes.run(parsed, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
        return machine.emit_object(parsed)


def _target_machine(target: Target) -> llvm.TargetMachine:
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.name, features=target.features, opt=3, reloc="pic", codemodel="jitdefault"
    )


def _loaded(code: bytes, target: Target) -> llvm.ExecutionEngine:
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine(target))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def function_of(code: bytes, target: Target, name: str) -> tuple[int, object]:
    """The address of a function of object code, and what keeps it there."""
    with _lock:
        engine = _loaded(code, target)
        return engine.get_function_address(name), engine


def load(program: Program, width: int, scratch: int, code: bytes, target: Target, bits: int) -> Machine:
    """Object code as functions of this process."""
    with _lock:
        engine = _loaded(code, target)
        run = KERNEL(engine.get_function_address("kernel"))
        pack = PACK(engine.get_function_address("pack"))
        team = engine.get_function_address("team")
    sizes = [(v.shape[::-1] if transposed else v.shape) for v, transposed in program.schedule.weights]
    packed = tuple(k * -(-n // width) * width for k, n in sizes)
    dtype = torch.float32 if bits == 32 else torch.float64
    return Machine(program, run, pack, packed, scratch, dtype, engine, team)


_SIZES = struct.Struct("<QQ")  # what stands before the code in the cache: width of a panel, numbers of scratch


def compile_program(program: Program, target: Target, bits: int) -> Machine:
    """A program as functions of this process, from the cache if it was compiled before."""
    key = key_of(program.schedule, program.signature, target, bits)  # all that `build_module` reads
    stored = cache.read(key)
    if stored is None:
        module, kernel = build_module(program, target, bits)
        stored = _SIZES.pack(panel_width(kernel), kernel.scratch_size) + compile_object(module, target)
        cache.write(key, stored)
    width, scratch = _SIZES.unpack_from(stored)
    return load(program, width, scratch, stored[_SIZES.size :], target, bits)
