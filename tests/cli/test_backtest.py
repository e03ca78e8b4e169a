"""`elman backtest`, as a shell sees it."""

import json

import numpy as np
import pytest

from elman.cli import main

FLAGS = ["--horizon", "3", "--history", "8", "--epochs", "1", "--hidden-size", "4"]


def ran(*arguments) -> int | str | None:
    try:
        main([str(one) for one in arguments])
    except SystemExit as stop:
        return stop.code
    return 0


@pytest.fixture(scope="module")
def river(tmp_path_factory):
    """A file, and beside it the folder of a model that was trained on it."""
    path = tmp_path_factory.mktemp("river") / "river.csv"
    level = 3 + np.sin(2 * np.pi * np.arange(200) / 24) + 0.1 * np.random.default_rng(0).normal(size=200)
    lines = [f"2024-03-{1 + hour // 24:02}T{hour % 24:02}:00:00Z,{value:.3f}" for hour, value in enumerate(level)]
    path.write_text("\n".join(["when,level", *lines]) + "\n", encoding="utf-8")
    assert ran("train", path, *FLAGS, "--out", path.parent / "model") == 0
    return path


def test_every_fold_is_a_column_beside_the_baselines(river, capsys):
    assert ran("backtest", river.parent / "model", river, "--folds", "2") == 0
    out = capsys.readouterr().out
    assert "trained anew at each of 2 origins" in out
    assert "fold 1: 1 forecast from 2024-03-09T02:00 on" in out
    assert "fold 2: 1 forecast from 2024-03-09T05:00 on" in out
    assert ["fold", "1", "fold", "2", "mean", "std"] in [line.split() for line in out.splitlines()]
    assert "ridge regression" in out
    assert "Over all folds the recurrent network (gru) is" in out


def test_json_is_json_and_the_forecasts_can_be_kept(river, capsys, tmp_path):
    kept = tmp_path / "forecasts.csv"
    flags = ["--no-refit", "--folds", "3", "--step", "2", "--json", "--out", kept]
    assert ran("backtest", river.parent / "model", river, *flags) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["refit"], found["step"], len(found["folds"])) == (False, 2, 3)
    assert set(found["summary"]) == {score["method"] for score in found["folds"][0]["scores"]}
    rows = kept.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "when,level,level_0.1,level_0.9,origin"
    assert len(rows) == 1 + 3 * 3


def test_the_kept_model_is_not_scored_on_what_it_has_learnt_from(river, capsys):
    assert ran("backtest", river.parent / "model", river, "--no-refit", "--folds", "20") == 2
    assert "leave out --no-refit" in capsys.readouterr().err


def test_a_model_of_another_task_is_refused(river, capsys, tmp_path):
    text = tmp_path / "book.txt"
    text.write_text("the rain in spain stays mainly in the plain\n" * 100, encoding="utf-8")
    assert ran("train", text, "--epochs", "1", "--hidden-size", "4", "--out", tmp_path / "book") == 0
    capsys.readouterr()
    assert ran("backtest", tmp_path / "book", river) == 2
    assert "learnt to generate; a backtest is for forecasts" in capsys.readouterr().err


def test_predict_reaches_as_far_as_it_is_told_if_the_model_can(river, capsys):
    assert ran("predict", river.parent / "model", river, "--horizon", "2") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert ran("predict", river.parent / "model", river, "--horizon", "9") == 2
    assert "--strategy recursive" in capsys.readouterr().err
