"""The main job, as a shell sees it."""

import json
import signal
import subprocess
import sys
import time

import pytest
import torch

import elman
from elman.cli.demo.lesson import print_lesson

DEMO = [sys.executable, "-m", "elman", "demo"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [*DEMO, "--quick", "--out", "runs/demo"], capture_output=True, text=True, timeout=120, cwd=path, check=True
    )
    (path / "stdout").write_text(done.stdout)
    (path / "stderr").write_text(done.stderr)
    return path


def test_every_job_is_scored_beside_its_baselines(folder):
    metrics = json.loads((folder / "runs/demo/metrics.json").read_text())
    methods = {name: [score["method"] for score in job["scores"]] for name, job in metrics["jobs"].items()}
    for baseline in ("last value", "seasonal naive (24 h)", "ridge regression", "convolutional network"):
        assert baseline in methods["weather"]
    for job in ("voices", "images"):
        assert {"majority class", "nearest neighbour", "convolutional network"} < set(methods[job])
    assert all(names[-1] == "recurrent network (gru)" for names in methods.values())
    assert metrics["settings"] == {"seed": 0, "cell": "gru", "quick": True}


def test_what_is_printed_is_what_is_written(folder):
    printed = (folder / "stdout").read_text()
    for job in json.loads((folder / "runs/demo/metrics.json").read_text())["jobs"].values():
        for score in job["scores"]:
            assert f"{score['score']:.{3 if job['unit'] else 4}f}" in printed


def test_the_models_can_be_loaded_and_the_histories_read(folder):
    for job in ("weather", "voices", "images"):
        assert elman.load(folder / "runs/demo" / job) is not None
    lines = (folder / "runs/demo/images-recurrent-network--gru.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]


def test_progress_is_plain_lines_on_standard_error(folder):
    assert "images: recurrent network (gru): epoch 1/2" in (folder / "stderr").read_text()
    assert "\x1b" not in (folder / "stderr").read_text() + (folder / "stdout").read_text()


def test_a_second_run_leaves_the_first_alone_and_gives_the_same_scores(folder):
    before = {file: file.read_bytes() for file in (folder / "runs/demo").rglob("*") if file.is_file()}
    subprocess.run([*DEMO, "--quick", "--out", "runs/demo"], capture_output=True, timeout=120, cwd=folder, check=True)
    assert all(file.read_bytes() == content for file, content in before.items())
    scores = []
    for run in ("demo", "demo-2"):
        jobs = json.loads((folder / "runs" / run / "metrics.json").read_text())["jobs"]
        scores.append({name: [score["score"] for score in job["scores"]] for name, job in jobs.items()})
    assert scores[0] == scores[1]


def test_an_interrupt_stops_it_and_says_what_was_kept(tmp_path):
    process = subprocess.Popen(
        [*DEMO, "--out", "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stderr is not None
    assert "weather" in process.stderr.readline()  # a network is being trained
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "stopped; kept in run" in errors
    assert "Traceback" not in errors
    assert list((tmp_path / "run").glob("weather-*.jsonl"))


def test_a_folder_that_cannot_be_made_is_refused_before_any_work(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = subprocess.run(
        [*DEMO, "--out", str(tmp_path / "file" / "run")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "cannot be made" in done.stderr
    assert "--out" in done.stderr


def test_the_first_lesson_prints_what_its_formulas_say(capsys):
    print_lesson(seed=0)
    printed = capsys.readouterr().out
    torch.manual_seed(0)
    Wx, Wy = torch.randn(4, 5), torch.randn(5, 5)
    X0 = torch.tensor([[0.0, 0.1, 0.2, 0.0], [0.3, 0.4, 0.5, 0.0]])
    X1 = torch.tensor([[0.9, 0.8, 0.7, 0.0], [0.6, 0.5, 0.4, 0.0]])
    Y0 = torch.tanh(X0 @ Wx)
    Y1 = torch.tanh(Y0 @ Wy + X1 @ Wx)
    for row in [*Y0.tolist(), *Y1.tolist()]:
        assert "  ".join(f"{number:7.4f}" for number in row) in printed
