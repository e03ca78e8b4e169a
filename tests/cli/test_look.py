"""`elman look`, as a shell sees it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from elman.cli.app import app
from elman.data import load
from elman.data.embedded import _FILES
from elman.errors import ArgumentError, DataError


def run(*arguments) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "elman", "look", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def look(capsys):
    def lines(*arguments) -> list[str]:
        app(["look", *map(str, arguments)], exit_on_error=False, result_action="return_value")
        return capsys.readouterr().out.splitlines()

    return lines


def archive(path, part, sequences=6):
    """A file of a published archive: one channel, two classes, unequal lengths."""
    random = np.random.default_rng(len(part))
    header = "@problemName Waves\n@classLabel true low high\n@data\n"
    rows = [",".join(f"{value:.3f}" for value in random.normal(size=5 + at)) for at in range(sequences)]
    file = path / f"Waves_{part}.ts"
    file.write_text(header + "".join(f"{row}:{('low', 'high')[at % 2]}\n" for at, row in enumerate(rows)))
    return file


def test_a_real_file():
    words = run(_FILES / "jfk_weather.csv.gz").stdout
    assert "8,706 rows, 9 columns" in words
    assert 'time column "time_hour": 2013-01-01T06:00:00 to ' in words
    assert "one step is 1 hour; 24 missing in" in words
    assert "▁" in words
    assert "█" in words


def test_a_step_is_found_among_readings_that_drift(look):
    words = look(_FILES / "glucose.csv.gz")
    assert "one step is 5 minutes; 5,686 missing in 187 gaps" in words[1]
    assert not any("no distance between two rows is usual" in line for line in words)


def test_json_is_json(look):
    found = json.loads("\n".join(look(_FILES / "co2_weekly.csv.gz", "--json")))
    assert found["times"]["step"] == 7 * 86400
    assert found["columns"][0]["name"] == "co2"


def test_what_is_wrong_is_said(look, tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("day,sold\n2024-01-01,3\n2024-01-03,inf\n2024-01-02,4\n", encoding="utf-8")
    words = "\n".join(look(path))
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
    assert "none.csv: no such file or folder" in result.stderr
    assert "Traceback" not in result.stderr


def test_months_series_and_tasks_are_said(look, tmp_path):
    path = tmp_path / "sales.csv"
    rows = [f"{shop},2024-{month:02}-01,{month}" for shop in ("north", "south") for month in (1, 2, 3, 5)]
    path.write_text("shop,month,sold\n" + "\n".join(rows) + "\n", encoding="utf-8")
    words = "\n".join(look(path))
    assert "one step is 1 month; 1 missing in 1 gap" in words
    assert 'series by "shop"' in words
    assert "tasks that fit:\n  forecast: sold\n" in words
    assert f"  elman train {path} --task forecast --target sold" in words


def test_a_format_and_words_for_missing_are_flags(look, tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("day,sold\n01/02/2024,3\n02/02/2024,none\n03/02/2024,x?\n", encoding="utf-8")
    with pytest.raises(ArgumentError, match="--time-format '%d/%m/%Y'"):
        look(path)
    words = "\n".join(look(path, "--time", "day", "--time-format", "%d/%m/%Y", "--missing", "x?"))
    assert "--target sold --time day --time-format %d/%m/%Y --missing 'x?'" in words
    assert "one step is 1 day" in words
    assert "sold     number        2" in words


def test_an_embedded_set_goes_by_its_name(look):
    voices = look("japanese_vowels")
    assert voices[:2] == [
        "japanese_vowels: 640 sequences, of 7 to 29 time steps (median 15), 12 channels",
        "split as published: 270 train, 370 test",
    ]
    assert voices[-2:] == ["task that fits: classify", "  elman train japanese_vowels --task classify"]
    assert "  elman train shakespeare --task generate" in look("shakespeare")
    assert look("co2_weekly")[0].startswith("co2_weekly.csv.gz: 2,284 rows")


def test_a_file_wins_over_an_embedded_set_of_its_name(look, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.eye(3, dtype=np.uint8)).save(tmp_path / "one.png")
    (tmp_path / "digits").mkdir()
    (tmp_path / "one.png").rename(tmp_path / "digits" / "one.png")
    assert look("digits")[0] == "digits: 1 sequence, each of 3 time steps, 3 channels"


def test_the_published_test_part_lies_beside_the_training_part(look, tmp_path):
    archive(tmp_path, "TEST", 4)
    words = look(archive(tmp_path, "TRAIN"))
    assert words[:3] == [
        "Waves: 10 sequences, of 5 to 10 time steps (median 7), 1 channel",
        "split as published: 6 train, 4 test",
        "Waves_TEST.ts is the test part",
    ]
    assert [line.split()[:4] for line in words if line.startswith(("low", "high"))] == [
        ["low", "5", "3", "2"], ["high", "5", "3", "2"]
    ]  # fmt: skip


def test_a_file_of_the_archive_has_no_column_names(look, tmp_path):
    path = tmp_path / "Waves_TRAIN.tsv"
    path.write_text("1\t0.5\t0.7\t0.9\n2\t0.1\t0.2\t0.3\n" * 2)
    words = look(path)
    assert words[0] == "Waves_TRAIN.tsv: 4 sequences, each of 3 time steps, 1 channel"
    assert words[words.index("to mend, or to know:") + 1] == "  2 sequences are copies of others"


def test_numbers_are_to_be_regressed_and_flags_are_in_the_command(look, tmp_path):
    path = tmp_path / "walks.npz"
    random = np.random.default_rng(0)
    np.savez(path, walks=random.normal(size=(9, 2, 20)), y=random.normal(size=9))
    words = look(path, "--input", "walks", "--axes", "series,channels,time")
    assert words[0] == "walks.npz: 9 sequences, each of 20 time steps, 2 channels"
    assert words[-1] == f"  elman train {path} --task regress --axes series,channels,time --input walks"
    assert any(line.startswith("labels: numbers from") for line in words)


def test_axes_that_seem_swapped_are_questioned(look, tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(0).normal(size=(9, 2, 20)))
    assert any("say --axes series,channels,time" in line for line in look(path))
    assert not any("--axes" in line for line in look(path, "--axes", "series,time,channels"))


def test_images_are_sequences_with_a_folder_for_each_class(look, tmp_path):
    for name, image in (("dot", np.eye(4)), ("bar", np.ones((4, 4)))):
        (tmp_path / "shapes" / name).mkdir(parents=True)
        for number in range(2):
            Image.fromarray((255 * image).astype(np.uint8)).save(tmp_path / "shapes" / name / f"{number}.png")
    words = look(tmp_path / "shapes", "--size", "2", "3", "--scan", "pixels")
    assert words[0] == "shapes: 4 sequences, each of 6 time steps, 1 channel"
    assert words[words.index("task that fits: classify") + 1].endswith("--task classify --size 2 3 --scan pixels")


def test_a_text_may_not_command_the_terminal(look, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("red \x1b[31m\n" * 100)
    words = look(path)
    assert words[0] == "notes.txt: 1,000 characters, 10 different, 100 lines"
    assert "\x1b" not in "".join(words)
    assert words[3] == "  red \\x1b[31m"


def test_rows_that_look_like_sequences_are_pointed_out_and_a_wide_table_is_cut(look, tmp_path):
    path = tmp_path / "wide.csv"
    random = np.random.default_rng(0)
    names = [f"t{step}" for step in range(60)]
    rows = [",".join(f"{value:.3f}" for value in random.normal(size=60)) + f",{'ab'[at % 2]}" for at in range(6)]
    path.write_text(",".join([*names, "label"]) + "\n" + "\n".join(rows) + "\n")
    words = look(path)
    assert [line.split()[0] for line in words[4:25]] == [*names[:15], "…", *names[-4:], "label"]
    assert words[19] == "… 41 more; --json has all"
    assert words[-2:] == [
        'each row looks like a sequence of 60 time steps, "t0" to "t59", and "label" like its label:',
        f"  elman train {path} --task classify",
    ]
    assert len(json.loads("".join(look(path, "--json")))["columns"]) == 61


def test_the_column_of_the_labels_is_asked_for_where_none_has_a_usual_name(look, tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"t{step}" for step in range(9)) + "\n" + f"{','.join('123456789')}\n" * 3)
    assert f"  elman train {path} --target COLUMN" in look(path)


def test_rows_that_share_a_time_are_a_question_with_its_answers(look):
    words = look("glucose")
    assert any("name their column with --ids" in line for line in words)
    assert "  elman train glucose --task forecast --target glucose --duplicates mean" in words


@pytest.mark.parametrize("name", ["japanese_vowels", "shakespeare"])
def test_json_has_what_is_shown(look, name):
    found = json.loads("\n".join(look(name, "--json")))
    if name == "shakespeare":
        assert found["characters"] == len(load(name))
        assert found["most_frequent"][0]["character"] == " "
    else:
        assert found["sequences"] == len(load(name))
        assert found["classes"][2] == {"name": "speaker 3", "sequences": 118, "parts": {"train": 30, "test": 88}}
        assert found["steps"] == {"shortest": 7, "median": 15.0, "longest": 29}


def test_a_flag_for_other_data_is_not_ignored(look, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(ArgumentError, match=r"--axes says how a set of sequences is read, and .*a.txt is a text"):
        look(tmp_path / "a.txt", "--axes", "series,time,channels")
    with pytest.raises(ArgumentError, match="--time says how a table is read, and digits is a set of sequences"):
        look("digits", "--time", "day")
    with pytest.raises(ArgumentError, match="--size says how a set of sequences is read, and co2_weekly is a table"):
        look("co2_weekly", "--size", "3", "3")


def test_what_cannot_be_read_is_refused_with_what_can(look, tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"")
    with pytest.raises(ArgumentError, match=r"a\.xlsx cannot be read\. What can: tables"):
        look(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match="jfk_weather"):
        look("jfk")
