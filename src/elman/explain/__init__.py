"""Pictures of networks and of what happens in them."""

from elman.explain.drawing import folded, unfolded

__all__ = ["folded", "unfolded"]
