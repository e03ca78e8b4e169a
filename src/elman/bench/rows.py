"""What a run found out."""

from dataclasses import dataclass, field

from elman.bench.cases import Case


@dataclass(frozen=True)
class Rival:
    """One rival's time on one case, and how many times faster Elman is."""

    name: str
    milliseconds: float
    ratio: float
    error: float


@dataclass(frozen=True)
class Row:
    """One case: Elman's time beside each rival's.

    `wrong` says whose numbers were not the reference's; then nothing was timed. `skipped` holds the rivals left out,
    each with the reason.
    """

    case: Case
    milliseconds: float = 0.0
    error: float = 0.0
    gflops: float = 0.0
    rivals: tuple[Rival, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    wrong: str | None = None


@dataclass
class Report:
    """A whole run.

    Args:
        machine: Processor, system and versions.
        sgemm: GFLOP/s of a product of two 1024x1024 matrices, by the number of threads.
        rows: In the order of measuring.
        first_call: Seconds of the first call of a new cell with its gradient, compiled and from the disk cache.
        overhead: Microseconds of one forward call on (1, 1, 1, 32), by who is called.
        memory: Megabytes at the peak of forward and backward, by cell and shape, then by who is called.
    """

    machine: dict[str, str | int | None]
    sgemm: dict[int, float] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    first_call: dict[str, float] = field(default_factory=dict)
    overhead: dict[str, float] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
