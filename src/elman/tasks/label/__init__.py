"""Label: a class, or a number, for a whole sequence; the tasks classify and regress."""

from elman.tasks.label.learning import learn
from elman.tasks.label.model import LabelModel
from elman.tasks.label.source import asks_for_labels

__all__ = ["learn", "LabelModel", "asks_for_labels"]
