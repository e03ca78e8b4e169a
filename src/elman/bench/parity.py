"""The same numbers first: a wrong answer is not timed."""

from collections.abc import Sequence

from torch import Tensor

from elman.errors import ElmanError

# Largest difference of float32 results, as a share of the largest entry: of an output, of a parameter's gradient (a
# sum over all time steps and rows).
OUTPUT, GRADIENT = 2e-5, 1e-4


class WrongAnswer(ElmanError):
    """A contender's numbers are not those of the reference, so that its time means nothing."""


def check_parity(name: str, came: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """The largest difference, as a share of the largest entry of the same tensor.

    Args:
        name: Whose numbers came.
        came: The output, then the gradient of each parameter.
        expected: The same of the reference.

    Raises:
        WrongAnswer: If a shape differs, or a number by more than rounding; NaN is wrong.
    """
    if len(came) != len(expected):
        raise WrongAnswer(f"{name}: {len(came)} tensor(s) came; expected {len(expected)}: output and gradients")
    worst = 0.0
    for place, (one, other) in enumerate(zip(came, expected, strict=True)):
        what, most = ("output", OUTPUT) if place == 0 else (f"gradient of parameter {place}", GRADIENT)
        if one.shape != other.shape:
            raise WrongAnswer(f"{name}: the {what} has shape {tuple(one.shape)}; expected {tuple(other.shape)}")
        error = ((one - other).abs().max() / other.abs().max().clamp_min(1e-30)).item()
        if not error <= most:
            raise WrongAnswer(f"{name}: the {what} is off by {error:.1e} of its largest entry; {most:.0e} is rounding")
        worst = max(worst, error)
    return worst
