"""Tune: look for the network and the training that err least on the validation part."""

from elman.tasks.tune.search import Outcome, Tuned, tune

__all__ = ["tune", "Tuned", "Outcome"]
