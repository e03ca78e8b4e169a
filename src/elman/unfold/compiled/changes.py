"""Changes in place, which a graph does not know: its values are made once and stay.

`gates += h @ U` writes into the memory of `gates`. In the graph it makes another value, and the step goes on with that
one. The two are the same as long as nobody else looks at that memory: no view of it, and no caller whose input, state
or parameter it is. Where somebody may, the step is refused; it would give other numbers in silence.
"""

from typing import Any

import torch
from torch import fx

from elman.unfold.compiled.aten.call import NotCapturable

# Operations whose result is memory of its own, beside those that PyTorch tags as pointwise.
_MAKE_THEIR_OWN = frozenset((
    "addmm", "baddbmm", "bernoulli", "bmm", "cat", "empty", "empty_like", "full", "full_like", "layer_norm",
    "lift_fresh_copy", "linear", "matmul", "mean", "mm", "new_empty", "new_full", "new_ones", "new_zeros", "ones",
    "ones_like", "rand", "rand_like", "randn", "randn_like", "softmax", "stack", "sum", "zeros", "zeros_like",
))  # fmt: skip


def check_change(node: fx.Node, name: str, known: dict[fx.Node, Any]) -> None:
    """Refuse an operation that changes memory which something else may look at.

    Args:
        node: The operation.
        name: How it is called.
        known: What the nodes before it stand for.

    Raises:
        NotCapturable: If it does.
    """
    written: Any = node.args[0] if node.args else None
    others = any(argument.alias_info and argument.alias_info.is_write for argument in _schema(node).arguments[1:])
    given = getattr(known.get(written), "op", None) in ("input", "state")
    seen = [one for one in getattr(written, "users", ()) if one.op != "output" and not _is_its_own(one)]
    if others or given or seen or not _is_its_own(written):
        raise NotCapturable(
            f"{name!r} changes a tensor in place that something else may look at: the caller, or a view of it. Make a "
            "new one instead, as x = x + y, torch.where and torch.cat do"
        )


def _is_its_own(node: Any) -> bool:
    """Whether the result of an operation is memory that nothing had before."""
    if not isinstance(node, fx.Node) or _schema(node) is None:
        return False
    schema: Any = _schema(node)
    if schema.is_mutable:  # what it changed was new memory, or it has been refused already
        return True
    return torch.Tag.pointwise in getattr(node.target, "tags", ()) or schema.name.split("::")[1] in _MAKE_THEIR_OWN


def _schema(node: fx.Node) -> Any:
    return getattr(node.target, "_schema", None)
