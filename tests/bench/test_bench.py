"""The benchmark: what it refuses, what it says and what it writes. No time is asserted."""

import json
import time

import pytest
import torch

from elman import bench
from elman.bench import contenders, measure
from elman.bench.contenders import OURS
from elman.bench.parity import check_parity
from elman.bench.report import HEAD
from elman.bench.timing import at_most, interleave
from elman.cli import main

TINY = bench.Shape("M", 2, 7, 3, 5)
RAGGED = bench.Shape("ragged", 3, 12, 3, 5)


def row(kind="rnn", rival="torch.nn.RNN", ratio=2.0, mode="backward", threads=1, milliseconds=1.5, shape=TINY):
    case = bench.Case(kind, shape, mode, threads)
    rivals = (bench.Rival(rival, milliseconds * ratio, ratio, 0.0),)
    return bench.Row(case, milliseconds, 1e-7, 12.0, rivals)


def run(*arguments):
    """The exit code of `elman bench`."""
    with pytest.raises(SystemExit) as leaving:
        main(["bench", *arguments])
    return leaving.value.code


def report(*rows, **figures):
    return bench.Report({"processor": "a processor"}, {1: 100.0}, list(rows), **figures)


@pytest.mark.parametrize("mode", bench.MODES)
@pytest.mark.parametrize("shape", [TINY, RAGGED], ids=["even", "ragged"])
@pytest.mark.parametrize("kind", bench.KINDS)
def test_every_contender_gives_the_same_numbers(kind, shape, mode):
    found = measure.measure(bench.Case(kind, shape, mode, 1), 0.0)
    assert found.wrong is None
    assert found.rivals
    assert all(rival.error < 1e-4 for rival in found.rivals)


@pytest.mark.parametrize("mode", bench.MODES)
def test_jax_gives_the_same_numbers(mode):
    pytest.importorskip("jax")
    found = measure.measure(bench.Case("own", RAGGED, mode, 1), 0.0)
    assert "JAX lax.scan" in [rival.name for rival in found.rivals]


@pytest.mark.parametrize("fault", [lambda y: y * 1.001, lambda y: y.roll(1, 0), lambda y: y * torch.nan])
@pytest.mark.parametrize("place", [0, 1, -1], ids=["output", "first gradient", "last gradient"])
def test_a_wrong_answer_is_not_timed(place, fault, monkeypatch):
    calls, skipped = contenders.contenders(bench.Case("gru", TINY, "backward", 1))
    right = calls[OURS]

    def wrong():
        numbers = right()
        numbers[place] = fault(numbers[place])
        return numbers

    monkeypatch.setattr(measure, "contenders", lambda case: (calls | {OURS: wrong}, skipped))
    monkeypatch.setattr(measure, "interleave", lambda *_: pytest.fail("it was timed"))
    found = measure.measure(bench.Case("gru", TINY, "backward", 1), 0.0)
    assert found.wrong is not None
    assert found.wrong.startswith("elman: the ")
    assert "WRONG, not timed: elman: the" in bench.table(found, 100.0)[0]


def test_a_wrong_answer_leaves_with_one_and_says_which(monkeypatch, capsys):
    wrong = bench.Row(bench.Case("gru", TINY, "backward", 1), wrong="elman: the output is off")
    monkeypatch.setattr(bench, "sweep", lambda *_: report(wrong))
    assert run() == 1
    assert "gru 2x7x3x5 backward, 1 thread: elman: the output is off" in capsys.readouterr().err


def test_a_missing_gradient_is_a_wrong_answer():
    with pytest.raises(bench.WrongAnswer, match="1 tensor"):
        check_parity("rival", [torch.ones(2)], [torch.ones(2), torch.ones(3)])


def test_a_line_of_the_table_stands_under_its_head():
    (line,) = bench.table(row(), 100.0)
    assert line.split() == ["rnn", "2x7x3x5", "backward", "1.500", "torch.nn.RNN", "3.000", "2.00×", "12.0", "12%"]
    for title, value in [("ours, ms", "1.500"), ("its ms", "3.000"), ("ratio", "2.00×"), ("of sgemm", "12%")]:
        assert HEAD.index(title) + len(title) == line.index(value) + len(value)


def test_a_floor_is_missed_below_it_and_not_at_it():
    missed = [v for v in bench.verdicts(report(row(ratio=0.99), row(ratio=1.0))) if v.floor]
    assert [(v.value, v.wanted, v.met) for v in missed] == [(0.99, 1.0, False)]
    assert "rnn 2x7x3x5 backward, 1 thread: torch.nn.RNN" in "\n".join(bench.verdict_lines(missed))


def test_the_mean_of_a_group_is_geometric_and_stands_beside_its_goal():
    (mean,) = [v for v in bench.verdicts(report(row(ratio=1.0), row(ratio=4.0))) if not v.floor]
    assert mean.value == pytest.approx(2.0)
    assert (mean.wanted, mean.met) == (1.8, True)


def test_two_threads_are_held_against_one():
    rows = [row(threads=1, milliseconds=3.0), row(threads=2, milliseconds=2.0)]
    (gain,) = [v for v in bench.verdicts(report(*rows)) if "two threads" in v.what]
    assert (gain.value, gain.met) == (pytest.approx(1.5), False)


def test_a_slow_first_call_misses_its_floor():
    found = bench.verdicts(report(first_call={"compiled": 2.0, "from the disk cache": 0.01}))
    assert [(v.value, v.wanted) for v in found if v.floor] == [(2.0, 1.5)]
    assert [v.met for v in found if not v.floor] == [False, True]


def test_backward_counts_two_products_for_each_weight_and_one_for_the_state():
    forward, both = (bench.Case("rnn", TINY, mode, 1).flops for mode in bench.MODES)
    steps, width, hidden = 2 * 7, 3 + 5, 5
    assert forward == 2 * steps * hidden * width
    assert both == forward + 2 * steps * hidden * (width + hidden)


def test_padding_is_no_work():
    case = bench.Case("rnn", RAGGED, "forward", 1)
    assert case.lengths is not None
    assert max(case.lengths) == RAGGED.time
    assert case.flops == 2 * sum(case.lengths) * 5 * (3 + 5)


def test_contenders_take_turns():
    order = []
    interleave({name: lambda name=name: order.append(name) or torch.randn(300, 300).sum() for name in "AB"}, 0.0)
    turns = [name for name, before in zip(order, [None, *order], strict=False) if name != before]
    assert "".join(turns[-4:]) == "ABAB"


def test_a_call_that_takes_too_long_is_stopped():
    with pytest.raises(TimeoutError), at_most(0.05):
        time.sleep(10)


def test_json_holds_the_machine_every_row_and_every_verdict(tmp_path, monkeypatch, capsys):
    found = report(row(), first_call={"compiled": 0.1})
    monkeypatch.setattr(bench, "sweep", lambda *_: found)
    assert run("--json", str(tmp_path / "bench.json")) == 0
    written = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert written["machine"] == found.machine
    assert written["sgemm"] == {"1": 100.0}
    assert written["rows"][0]["case"]["shape"] == {"group": "M", "batch": 2, "time": 7, "input": 3, "hidden": 5}
    assert written["rows"][0]["rivals"][0]["ratio"] == 2.0
    assert len(written["verdicts"]) == len(bench.verdicts(found))


def test_groups_and_names_stand_for_shapes():
    assert [shape.name for shape in bench.find_shapes(["L", "16x100x8x32"])] == [
        "16x100x8x32",
        "32x50x1024x1024",
        "1x50x1024x1024",
    ]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--shapes", "16x100x8x33"], "16x100x8x32"),
        (["--cells", "lstm,gur"], "'gur'"),
        (["--modes", "sideways"], "backward"),
        (["--threads", "0"], "'0'"),
        (["--threads", "two"], "'two'"),
        (["--seconds", "-1"], "more than 0"),
        (["--json", "nowhere/at/all.json"], "no folder"),
    ],
)
def test_a_wrong_argument_leaves_with_two_before_any_work(arguments, word, monkeypatch, capsys):
    monkeypatch.setattr(bench, "sweep", lambda *_: pytest.fail("it went to work"))
    assert run(*arguments) == 2
    assert word in capsys.readouterr().err


def test_the_command_runs_from_end_to_end(tmp_path, capfd):
    options = ["--shapes", "1x100x1x32", "--cells", "rnn", "--modes", "forward", "--threads", "1", "--seconds", "0.01"]
    assert run(*options, "--json", str(tmp_path / "bench.json")) == 0
    assert "torch.nn.RNN" in capfd.readouterr().out
    (measured,) = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["rows"]
    assert measured["wrong"] is None
    assert measured["milliseconds"] > 0
