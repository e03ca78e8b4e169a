"""A report in lines of text."""

from collections.abc import Sequence

from elman.bench.goals import Verdict
from elman.bench.rows import Row

HEAD = (
    f"{'cell':5}{'shape':17}{'mode':10}{'ours, ms':>9}  {'rival':24}{'its ms':>9}{'ratio':>8}"
    f"{'GFLOP/s':>9}{'of sgemm':>10}"
)


def table(row: Row, sgemm: float) -> list[str]:
    """The lines of one row: one for each rival, or the word of what is wrong."""
    case = row.case
    head = f"{case.kind:5}{case.shape.name:17}{case.mode:10}"
    if row.wrong:
        return [f"{head}WRONG, not timed: {row.wrong}"]
    share = f"{row.gflops:9.1f}{row.gflops / sgemm:10.0%}"
    return [
        f"{head}{_short(row.milliseconds):>9}  {rival.name:24}{_short(rival.milliseconds):>9}"
        f"{_ratio(rival.ratio):>8}{share}"
        for rival in row.rivals
    ]


def verdict_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """Floors that are missed, then geometric means and single figures, each beside its goal."""
    floors = [each for each in verdicts if each.floor]
    lines = ["Floors missed:"] if floors else ["No floor is missed."]
    lines += [f"  {each.what}: {_value(each)}, the floor is {_wanted(each)}" for each in floors]
    lines += ["", "Geometric means and single figures:"]
    for each in verdicts:
        if not each.floor:
            goal = "" if each.wanted is None else f", goal {_wanted(each)}: {'met' if each.met else 'missed'}"
            lines.append(f"  {each.what}: {_value(each)}{goal}")
    return lines


def _short(milliseconds: float) -> str:
    return f"{milliseconds:.3f}" if milliseconds < 10 else f"{milliseconds:.1f}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.1f}×"


def _value(verdict: Verdict) -> str:
    return f"{verdict.value:.3g}{verdict.unit}"


def _wanted(verdict: Verdict) -> str:
    return f"{verdict.wanted:g}{verdict.unit}"
