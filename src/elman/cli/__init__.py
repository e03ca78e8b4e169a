"""The command line: parse, call, print."""

from elman.cli.app import main

__all__ = ["main"]
