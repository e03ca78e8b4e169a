"""Which method a report speaks for, and of whom it is said to be better."""

from dataclasses import replace

from elman.tasks.report import Metric, Report, Score

SCORES = (Score("last value", (3.0,)), Score("ridge", (2.0,)), Score("linear path", (1.5,), own=True))
REPORT = Report("forecast", "temp", "the end", (Metric("error"),), (*SCORES, Score("network", (1.8,), own=True)))


def test_a_part_of_the_network_is_no_rival_of_it():
    assert REPORT.verdict == "The network is better than the next best, ridge, by 10.0 %."


def test_a_network_that_loses_is_said_to_lose():
    worse = replace(REPORT, scores=(*SCORES, Score("network", (2.0,))))
    assert worse.verdict == "The network is no better than ridge: use that, it is simpler."


def test_the_model_that_is_kept_is_judged_and_not_the_one_with_help():
    helped = replace(REPORT, scores=(*REPORT.scores, Score("network, with help", (0.5,), own=True)), kept="network")
    assert helped.verdict == REPORT.verdict


def test_where_high_is_good_the_highest_rival_is_the_one_to_beat():
    accuracy = (Metric("accuracy", lower_is_better=False),)
    assert (
        replace(REPORT, metrics=accuracy).verdict
        == "The network is no better than last value: use that, it is simpler."
    )


def test_where_neither_low_nor_high_is_good_nothing_is_said():
    assert replace(REPORT, metrics=(Metric("flagged", lower_is_better=None),)).verdict == ""


def test_a_report_is_read_back_as_it_was_written():
    assert Report.from_dict(REPORT.to_dict()) == REPORT
