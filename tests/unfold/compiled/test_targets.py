"""Code for processors that are not at hand, and the narrower ones that are."""

import platform

import pytest
import torch

import elman
from elman.unfold.compiled import core, prepare
from elman.unfold.compiled.machine import build_module, compile_object
from elman.unfold.compiled.target import Target, host
from engines import assert_the_same

X86 = "x86_64-unknown-linux-gnu"
TARGETS = {
    "AVX-512": Target("skylake-avx512", X86, "", 512, 32, has_fma=True),
    "AVX2": Target("haswell", X86, "", 256, 16, has_fma=True),
    "SSE2": Target("x86-64", X86, "", 128, 16, has_fma=False),
    "NEON": Target("cortex-a72", "aarch64-unknown-linux-gnu", "", 128, 32, has_fma=True),
}
CELLS = {
    "lstm": lambda: elman.LSTM(3, 17),
    "gru of the paper": lambda: elman.GRU(3, 17, reset_after=False),
    "mlstm": lambda: elman.MLSTM(3, 6, num_heads=2),
    "layer norm": lambda: elman.LayerNormLSTM(3, 5),
}


@pytest.mark.parametrize(("cell", "bits"), [("lstm", 64), *((cell, 32) for cell in CELLS)])
@pytest.mark.parametrize("target", TARGETS)
def test_every_kernel_becomes_an_object_for_every_processor(target, cell, bits):
    prepared = prepare._prepare_once(CELLS[cell](), torch.zeros(2, 2, 3))
    training = prepared.plain.core.training
    for program in (prepared.plain.core.inference_program, training.forward, training.backward):
        module, _ = build_module(program, TARGETS[target], bits)
        code = compile_object(module, TARGETS[target])
        assert code[:4] == b"\x7fELF"
        machine = int.from_bytes(code[18:20], "little")
        assert machine == (183 if "aarch64" in TARGETS[target].triple else 62)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="runs code of an x86-64")
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("target", ["AVX2", "SSE2"])
def test_narrower_vectors_give_the_numbers_of_the_loop(target, cell, monkeypatch):
    if target == "AVX2" and host().vector_bits < 256:
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(core, "host", lambda: TARGETS[target])
    monkeypatch.setattr(prepare, "_by_program", {})
    assert_the_same(CELLS[cell](), reset=True, lengths=[6, 2, 0, 5, 1], return_states=True)
    assert_the_same(CELLS[cell](), time=3, batch=23)
