"""Processors: what code is made for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What the code generator has to know of a processor.

    Args:
        name: As LLVM calls it.
        triple: The LLVM target triple.
        features: LLVM feature string.
        vector_bits: Width of a vector register.
        registers: How many vector registers there are.
        has_fma: Whether one instruction multiplies and adds.
    """

    name: str
    triple: str
    features: str
    vector_bits: int
    registers: int
    has_fma: bool

    def lanes(self, bits: int) -> int:
        """Numbers of `bits` in a vector."""
        return self.vector_bits // bits

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and vectors of the largest tile of a product whose sums stay in registers."""
        if self.registers >= 32:
            return (12, 2) if self.vector_bits >= 512 else (8, 3)
        return (6, 2)


def host() -> Target:
    """The processor that this runs on."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    triple = llvm.get_process_triple()
    arm = triple.startswith(("aarch64", "arm64"))
    wide = bool(features.get("avx512f") and features.get("avx512vl") and features.get("avx512dq"))
    return Target(
        llvm.get_host_cpu_name(),
        triple,
        features.flatten(),
        vector_bits=512 if wide else 256 if features.get("avx2") else 128,
        registers=32 if wide or arm else 16,
        has_fma=arm or bool(features.get("fma")),
    )
