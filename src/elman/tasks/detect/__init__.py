"""Detect: rows that are far from what was to be expected after the rows before them."""

from elman.tasks.detect.learning import learn, validate
from elman.tasks.detect.model import DetectModel
from elman.tasks.detect.stream import Stream

__all__ = ["learn", "validate", "DetectModel", "Stream"]
