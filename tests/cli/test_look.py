"""`elman look`, as a shell sees it."""

import json
import subprocess
import sys

from elman.data.embedded import _FILES


def run(*arguments) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "elman", "look", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_real_file():
    words = run(_FILES / "jfk_weather.csv.gz").stdout
    assert "8,706 rows, 9 columns" in words
    assert 'time column "time_hour": 2013-01-01T06:00:00 to ' in words
    assert "one step is 1 hour; 24 missing in" in words
    assert "▁" in words
    assert "█" in words


def test_irregular_times():
    assert "no distance between two rows is usual" not in run(_FILES / "glucose.csv.gz").stdout
    assert "one step is 5 minutes" in run(_FILES / "glucose.csv.gz").stdout


def test_json_is_json():
    found = json.loads(run(_FILES / "co2_weekly.csv.gz", "--json").stdout)
    assert found["times"]["step"] == 7 * 86400
    assert found["columns"][0]["name"] == "co2"


def test_what_is_wrong_is_said(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("day,sold\n2024-01-01,3\n2024-01-03,inf\n2024-01-02,4\n", encoding="utf-8")
    words = run(path).stdout
    assert "to mend, or to know" in words
    assert "1 infinite numbers" in words
    assert "1 rows are earlier" in words


def test_two_times_are_a_question_with_its_answer(tmp_path):
    path = tmp_path / "trips.csv"
    path.write_text("out,back,km\n2024-01-01,2024-01-02,3\n2024-01-02,2024-01-03,5\n", encoding="utf-8")
    result = run(path)
    assert result.returncode == 2
    assert "--time out" in result.stderr
    assert run(path, "--time", "back").returncode == 0


def test_a_file_that_is_not_there(tmp_path):
    result = run(tmp_path / "none.csv")
    assert result.returncode == 1
    assert "none.csv is not there" in result.stderr
    assert "Traceback" not in result.stderr


def test_months_series_and_tasks_are_said(tmp_path):
    path = tmp_path / "sales.csv"
    rows = [f"{shop},2024-{month:02}-01,{month}" for shop in ("north", "south") for month in (1, 2, 3, 5)]
    path.write_text("shop,month,sold\n" + "\n".join(rows) + "\n", encoding="utf-8")
    words = run(path).stdout
    assert "one step is 1 month; 1 missing in 1 gap" in words
    assert 'series by "shop"' in words
    assert "tasks that fit:\n  forecast: sold\n" in words


def test_a_format_and_words_for_missing_are_flags(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("day,sold\n01/02/2024,3\n02/02/2024,none\n03/02/2024,x?\n", encoding="utf-8")
    asked = run(path)
    assert asked.returncode == 2
    assert "--time-format '%d/%m/%Y'" in asked.stderr
    words = run(path, "--time", "day", "--time-format", "%d/%m/%Y", "--missing", "x?").stdout
    assert "one step is 1 day" in words
    assert "sold     number        2" in words
