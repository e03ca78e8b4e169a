"""Operations that draw random numbers: all of a sequence at once, where the state has no say in what is drawn.

A mask of dropout on the state is as random after ten steps as before the first one. So it is no part of the core: it
is a value of the input part, one row for each time step and row, and all that is left in the core is a product.
"""

from typing import Any

import torch
from torch import Tensor, fx

from elman.unfold.compiled.aten.call import Call, Handler, NotCapturable, Untranslatable, row_shape, value_of
from elman.unfold.compiled.graph import Value

# Of their first argument they read the shape alone. `bernoulli` of these two is told a number; of others it reads the
# probabilities in its argument.
_OF_A_SHAPE = frozenset((
    "rand_like.default", "randn_like.default", "randint_like.default", "randint_like.low_dtype", "bernoulli.p",
    "bernoulli_.float", "uniform_.default", "normal_.default", "exponential_.default", "geometric_.default",
    "cauchy_.default", "log_normal_.default", "random_.default", "random_.from", "random_.to",
))  # fmt: skip


def draws(target: Any) -> bool:
    """Whether an operation draws random numbers, as PyTorch tags it."""
    return torch.Tag.nondeterministic_seeded in getattr(target, "tags", ())


def template_of(node: fx.Node) -> fx.Node | None:
    """The operand, with a batch axis, that an operation takes no more from than a shape."""
    first = node.args[0] if node.args else None
    if not isinstance(first, fx.Node) or str(node.target).removeprefix("aten.") not in _OF_A_SHAPE:
        return None
    return first if row_shape(first.meta["val"])[0] else None


def check_rows(name: str, batched: bool) -> None:
    """Refuse what every time step would draw anew for all rows together: a draw belongs to a row."""
    if not batched:
        raise NotCapturable(
            f"{name!r} draws numbers that all rows share, anew in each step; draw them for each row, as "
            "torch.rand_like(h) does, or before the sequence"
        )


def _dropout(call: Call, x: Any, p: float, train: bool) -> Value:
    if not train or p == 0:
        return value_of(x)
    check_rows("dropout", call.batched)
    if p == 1:
        return call.G.mul(value_of(x), 0.0)
    shape = call.shape

    def dropout(input: Tensor) -> Tensor:
        """A new mask at each call."""
        return input.new_empty((input.shape[0], *shape)).bernoulli_(1 - p).div_(1 - p)

    mask = call.G.make("torch", (call.input,), shape, batched=True, attributes=(dropout,))
    return call.G.mul(*call.operands(x, mask))


def _only_while_training(call: Call, x: Any, p: float, train: bool) -> Value:
    if train and p:
        raise Untranslatable
    return value_of(x)


CHANCE: dict[str, Handler] = {"dropout": _dropout}
CHANCE |= dict.fromkeys(("alpha_dropout", "feature_dropout", "feature_alpha_dropout"), _only_while_training)
