"""A copy of a module that may have other tensors, and that a later change of the module does not reach."""

from typing import Any

from torch import Tensor, nn


def twin(module: Any, new: dict[int, Tensor] | None = None) -> Any:
    """A copy of the module, and of those within it, on the same tensors.

    Args:
        module: It is left as it is.
        new: The tensors that stand in the place of others, by the `id` of those.
    """
    instead = new or {}
    made = object.__new__(type(module))
    made.__dict__.update(module.__dict__)
    for table in ("_parameters", "_buffers"):
        made.__dict__[table] = {k: instead.get(id(one), one) for k, one in module.__dict__[table].items()}
    within: dict[str, nn.Module | None] = module.__dict__["_modules"]
    made.__dict__["_modules"] = {k: None if one is None else twin(one, instead) for k, one in within.items()}
    return made
