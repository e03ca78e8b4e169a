"""Compiles a function of lanes into a loop over arrays, for this machine or for another."""

import ctypes
import platform
from collections.abc import Callable
from dataclasses import dataclass

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from elman.unfold.compiled.lanes import Lanes

llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()

DTYPES = {32: np.dtype(np.float32), 64: np.dtype(np.float64)}


@dataclass(frozen=True)
class Target:
    triple: str
    cpu: str
    has_fma: bool
    features: str = ""

    def machine(self) -> llvm.TargetMachine:
        target = llvm.Target.from_triple(self.triple)
        return target.create_target_machine(cpu=self.cpu, features=self.features, opt=3, jit=self in RUN_HERE)


X86 = "x86_64-unknown-linux-gnu"
TARGETS = {
    "sse2": Target(X86, "x86-64", has_fma=False),
    "avx2": Target(X86, "x86-64-v3", has_fma=True),
    "avx512": Target(X86, "x86-64-v4", has_fma=True),
    "neon": Target("aarch64-unknown-linux-gnu", "generic", has_fma=True),
}
ON_X86 = platform.machine() in ("x86_64", "AMD64")
FEATURES = llvm.get_host_cpu_features()
HOST = Target(
    llvm.get_default_triple(),
    llvm.get_host_cpu_name(),
    has_fma=bool(FEATURES.get("fma")) or not ON_X86,
    features=FEATURES.flatten(),
)
BASELINE = Target(llvm.get_default_triple(), "x86-64", has_fma=False)  # what every x86 processor has
RUN_HERE = [HOST, BASELINE] if ON_X86 else [HOST]

Function = Callable[..., ir.Value]


def module_of(function: Function, bits: int, count: int, target: Target, operands: int = 1) -> llvm.ModuleRef:
    """`run(vectors, out, operand, ...)`: the function over as many vectors, optimised for the target."""
    module, pointer, index = ir.Module(), ir.PointerType(), ir.IntType(64)
    kind = ir.FunctionType(ir.VoidType(), [index, pointer] + [pointer] * operands)
    run = ir.Function(module, kind, "run")
    for argument in run.args[1:]:
        argument.add_attribute("noalias")
    before, body, after = (run.append_basic_block(name) for name in ("before", "body", "after"))
    builder = ir.IRBuilder(before)
    builder.branch(body)
    builder.position_at_end(body)
    i = builder.phi(index)
    i.add_incoming(ir.Constant(index, 0), before)
    lanes = Lanes(builder, bits, count, target.has_fma)
    at = builder.mul(i, ir.Constant(index, count))
    out, *arrays = (builder.gep(p, [at], source_etype=lanes.number) for p in run.args[1:])
    lanes.store(function(lanes, *map(lanes.load, arrays)), out)
    following = builder.add(i, ir.Constant(index, 1))
    i.add_incoming(following, body)
    builder.cbranch(builder.icmp_signed("<", following, run.args[0]), body, after)
    ir.IRBuilder(after).ret_void()
    parsed = llvm.parse_assembly(str(module))
    parsed.triple = target.triple
    parsed.verify()
    machine = target.machine()
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    passes.getModulePassManager().run(parsed, passes)
    return parsed


class Compiled:
    """The function as one of arrays of one length, on this machine."""

    def __init__(self, function: Function, bits: int, count: int, target: Target = HOST, operands: int = 1) -> None:
        self.count, self.dtype = count, DTYPES[bits]
        module = module_of(function, bits, count, target, operands)
        self.engine = llvm.create_mcjit_compiler(module, target.machine())
        self.engine.finalize_object()
        signature = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * (operands + 1))
        self.run = signature(self.engine.get_function_address("run"))

    def __call__(self, *arrays: np.ndarray) -> np.ndarray:
        vectors = max(1, -(-arrays[0].size // self.count))
        padded = [np.zeros(vectors * self.count, self.dtype) for _ in arrays]
        for whole, array in zip(padded, arrays, strict=True):
            whole[: array.size] = array
        out = np.empty_like(padded[0])
        self.run(vectors, out.ctypes.data, *(whole.ctypes.data for whole in padded))
        return out[: arrays[0].size]
