"""Tag: a class, or a number, for every row of a sequence."""

from elman.tasks.tag.learning import learn, validate
from elman.tasks.tag.model import TagModel

__all__ = ["learn", "validate", "TagModel"]
