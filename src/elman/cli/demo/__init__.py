"""`elman demo`."""

from elman.cli.demo.command import demo

__all__ = ["demo"]
