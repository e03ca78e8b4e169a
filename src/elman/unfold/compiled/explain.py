"""A plan in words."""

from collections import Counter
from collections.abc import Sequence

from elman.unfold.compiled.core import Core
from elman.unfold.compiled.graph import Factors, Shape, Value, products_of


def in_words(core: Core) -> dict[str, str]:
    """What each part of a step holds, what the core multiplies, and what is saved for the backward pass."""
    plan, training = core.plan, core.training
    outside = [value for value in (plan.captured.output,) if all(value is not one for one in plan.exports)]
    products = [factors for value in plan.core if value.op == "linear" for factors in products_of(value)]
    return {
        "parameters": ", ".join(map(_parameter, plan.parameters)) or "nothing that the core reads",
        "input": f"{_sizes(plan.sequences)}, once for all time steps" if plan.sequences else "nothing",
        "core": f"{_counted([value.op for value in plan.core])} of a step",
        "multiplies": "; ".join(_product(value) for value in products) or "nothing with a matrix",
        "output": f"{_sizes(outside)}, once for all time steps"
        if outside
        else "nothing: the output is a value of the core",
        "saved": (
            f"{_sizes(training.saved)} of every step and row"
            if training.saved
            else "nothing: what the gradient reads is at hand"
        ),
    }


def _parameter(value: Value) -> str:
    if value.op == "parameter":
        return f"{value.attributes[0]} {_shape(value.shape)}"
    below = [part for part in value.inputs if not part.batched]
    return f"{value.op} of {_parameter(below[0])}" if below else f"{value.op} {_shape(value.shape)}"


def _product(factors: Factors) -> str:
    x, weight, transposed = factors
    return f"{x.shape[-1]} numbers by {_parameter(weight)}, to {weight.shape[0 if transposed else 1]}"


def _sizes(values: Sequence[Value]) -> str:
    counts = Counter(value.shape for value in values)
    return ", ".join(f"{count} value{'s' * (count > 1)} of {_shape(shape)}" for shape, count in counts.items())


def _shape(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def _counted(names: Sequence[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in Counter(names).items())
