"""The yardstick for speed: Elman and what a user would pick instead, in turn, once both give the same numbers."""

from elman.bench.cases import KINDS, MODES, Case, Kind, Mode
from elman.bench.goals import Verdict, verdicts
from elman.bench.machine import describe_machine
from elman.bench.parity import WrongAnswer
from elman.bench.report import table, verdict_lines
from elman.bench.rows import Report, Rival, Row
from elman.bench.shapes import SHAPES, Shape, find_shapes
from elman.bench.sweep import sweep

__all__ = [
    "KINDS",
    "MODES",
    "SHAPES",
    "Case",
    "Kind",
    "Mode",
    "Report",
    "Rival",
    "Row",
    "Shape",
    "Verdict",
    "WrongAnswer",
    "describe_machine",
    "find_shapes",
    "sweep",
    "table",
    "verdict_lines",
    "verdicts",
]
