"""Who runs: Elman first, then what a user would pick instead. Each is a call that returns output and gradients."""

import importlib.util
import shutil
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import elman.nn
from elman.bench.cases import Case, Kind
from elman.bench.own import OwnLSTM
from elman.cells import Cell
from elman.unfold import unfold

# One measured call: the output, then the gradient of each parameter if the mode asks for it.
Call = Callable[[], list[Tensor]]

OURS = "elman"
TWINS: dict[Kind, tuple[type, type]] = {
    "rnn": (elman.nn.RNN, nn.RNN),
    "gru": (elman.nn.GRU, nn.GRU),
    "lstm": (elman.nn.LSTM, nn.LSTM),
}


def contenders(case: Case) -> tuple[dict[str, Call], dict[str, str]]:
    """The calls to be compared, Elman's first, and the rivals left out, each with the reason."""
    torch.manual_seed(0)
    shape = case.shape
    input = torch.randn(shape.time, shape.batch, shape.input)
    gradient = torch.randn(shape.time, shape.batch, shape.hidden) if case.mode == "backward" else None
    if case.kind != "own":
        return _twins(case, input, gradient), {}
    return _own(case, input, gradient)


def _twins(case: Case, input: Tensor, gradient: Tensor | None) -> dict[str, Call]:
    ours, theirs = (kind(case.shape.input, case.shape.hidden) for kind in TWINS[case.kind])
    ours.load_state_dict(theirs.state_dict())
    fed: Tensor | PackedSequence = input
    if case.lengths:
        lengths = torch.tensor(case.lengths)
        fed = pack_padded_sequence(input, lengths, enforce_sorted=False)
        if gradient is not None:
            gradient = pack_padded_sequence(gradient, lengths, enforce_sorted=False).data

    def run(module: nn.RNN | nn.GRU | nn.LSTM) -> Call:
        def output() -> Tensor:
            result = module(fed)[0]
            return result.data if isinstance(result, PackedSequence) else result

        return _call(output, list(module.parameters()), gradient)

    return {OURS: run(ours), f"torch.nn.{type(theirs).__name__}": run(theirs)}


def _own(case: Case, input: Tensor, gradient: Tensor | None) -> tuple[dict[str, Call], dict[str, str]]:
    cell = OwnLSTM(case.shape.input, case.shape.hidden)
    parameters = list(cell.parameters())

    def by(engine: str) -> Call:
        return _call(lambda: unfold(cell, input, lengths=case.lengths, engine=engine).output, parameters, gradient)

    calls, skipped = {OURS: by("auto"), "Python loop": by("loop")}, {}
    if case.shape.group != "S":
        skipped["torch.compile of a step"] = "measured on the shapes of group S alone: each compiles for many seconds"
    elif not any(map(shutil.which, ("c++", "g++", "clang++"))):
        skipped["torch.compile of a step"] = "it needs a C++ compiler, and there is none here"
    else:
        calls["torch.compile of a step"] = _call(_compiled_step(cell, input), parameters, gradient)
    if importlib.util.find_spec("jax") is None:
        skipped["JAX lax.scan"] = "jax is not installed; pip install 'elman[bench]'"
    else:
        from elman.bench.jax_scan import jax_scan

        calls["JAX lax.scan"] = jax_scan(cell, input, case.lengths, gradient)
    return calls, skipped


def _compiled_step(cell: Cell, input: Tensor) -> Callable[[], Tensor]:
    # What was compiled for other cases counts against a limit, beyond which PyTorch runs the plain step in silence.
    torch.compiler.reset()
    step = torch.compile(cell.step, fullgraph=True)

    def output() -> Tensor:
        state = cell.initial_state(input.shape[1])
        outputs = []
        for x in input:
            y, state = step(x, state)
            outputs.append(y)
        return torch.stack(outputs)

    return output


def _call(output: Callable[[], Tensor], parameters: list[nn.Parameter], gradient: Tensor | None) -> Call:
    def forward() -> list[Tensor]:
        with torch.no_grad():
            return [output()]

    def backward() -> list[Tensor]:
        y = output()
        return [y.detach(), *torch.autograd.grad(y, parameters, gradient)]

    return forward if gradient is None else backward
