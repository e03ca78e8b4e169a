"""The film: what it shows is the network's own, every caption can be read, and the file is whole."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import elman
from elman.cli import main
from elman.errors import ArgumentError, DataError
from elman.explain.program import NoProgram, program_of_cell
from elman.explain.video import check_video, film_of, single_film, write_video
from elman.explain.video.actor import Actor, Ahead, Beside, Chances, Row, Written
from elman.explain.video.arithmetic import values_of
from elman.explain.video.canvas import HEIGHT, WIDTH, Canvas, text_width
from elman.explain.video.film import CAPTION_SIZE, STAGE, Film, Scene, reading_time, wrapped
from elman.explain.video.running import counted, running, scores
from zoo import ALL_CELLS, INPUT


@pytest.mark.parametrize("specimen", ALL_CELLS, ids=lambda specimen: specimen.name)
def test_the_numbers_of_a_step_are_those_of_the_cell(specimen):
    cell = specimen.cell().eval()
    try:
        program = program_of_cell(cell)
    except NoProgram:
        pytest.skip("its step is no program, and the page says so")
    like = next(cell.parameters())
    torch.manual_seed(0)
    x = torch.randn(1, INPUT).to(like)
    with torch.no_grad():
        _, state = cell.step(x, cell.initial_state(1))
        output, new = cell.step(x, state)
    values = values_of(program, x[0], [part[0] for part in state])
    torch.testing.assert_close(values[program["output"]].to(like), output[0], rtol=1e-5, atol=1e-6)
    for at, part in zip(program["states"], new, strict=True):
        torch.testing.assert_close(values[at].to(like), part[0], rtol=1e-5, atol=1e-6)


def actor(result=None, *, steps: int = 30, features: int = 2) -> Actor:
    random = np.random.default_rng(0)
    return Actor(
        title="a title",
        about="what it reads",
        cell="GRU",
        layers=1,
        both_ways=False,
        units=6,
        names=[f"channel {at}" for at in range(features)],
        input=random.normal(size=(steps, features)),
        state=random.normal(size=(steps, 6)),
        rows=[Row("h = x", random.normal(size=6))],
        result=result,
        counted=0.8 ** np.arange(steps)[::-1],
        scores=[("a simple method", 2.0, False), ("the network", 1.5, True)],
        metric="mean absolute error (lower is better)",
        verdict="The network is better.",
    )


FIVE = np.arange(5.0)
RESULTS = {
    "classes": Chances(["a", "b", "c"], np.full((30, 3), 1 / 3), 1),
    "ahead": Ahead("sales", np.arange(30.0), FIVE, np.array([1, 2, np.nan, 4, 5]), FIVE - 1, FIVE + 1),
    "beside": Beside("price", np.arange(30.0), None),
    "text": Written(["a"] * 30, [["a", "b"]] * 30, np.full((30, 2), 0.5)),
    "nothing": None,
}  # fmt: skip


@pytest.mark.parametrize("kind", RESULTS)
def test_a_sequence_is_drawn_whatever_comes_of_it(kind):
    scene = running(actor(RESULTS[kind]))
    film = Film("film", [scene])
    begin, end = (np.asarray(film.frame(scene, share)) for share in (0.05, 1.0))
    assert begin.shape == (HEIGHT, WIDTH, 3)
    assert (begin != end).any()


@pytest.mark.parametrize("kind", RESULTS)
def test_every_moment_of_the_later_scenes_can_be_drawn(kind):
    given = actor(RESULTS[kind])
    for scene in (running(given), counted(given), scores(given)):
        assert scene is not None
        for share in np.linspace(0, 1, 41):
            scene.draw(Canvas(), float(share))


def test_many_features_are_drawn_as_a_picture():
    scene = running(actor(RESULTS["classes"], features=9))
    assert Film("film", [scene]).frame(scene, 1.0).size == (WIDTH, HEIGHT)


def test_what_counted_and_the_scores():
    half = counted(actor())
    assert "before the last 4 steps" in half.caption  # 0.8 ** 4 is less than a half
    assert counted(actor(steps=2)) is None
    assert scores(actor()).caption == "The network is better."


def test_the_film_of_the_tutorial_can_be_read():
    film = single_film(5)
    assert 20 <= film.seconds <= 60
    for scene in film.scenes:
        assert scene.time >= reading_time(scene.caption)
        lines = wrapped(scene.caption)
        assert len(lines) <= 2
        assert all(text_width(line, CAPTION_SIZE) <= WIDTH - 160 for line in lines)
    # What is drawn stays above the band of the caption.
    for scene in film.scenes:
        image = np.asarray(film.frame(scene, 1.0))
        band = image[STAGE + 4 : STAGE + 10]
        assert (band == band[0, 0]).all(), scene.caption


@pytest.mark.parametrize("neurons", [1, 33])
def test_the_film_of_any_size(neurons):
    film = single_film(neurons)
    for scene in film.scenes:
        assert film.frame(scene, 0.6).size == (WIDTH, HEIGHT)


def small_film() -> Film:
    def draw(canvas, share):
        canvas.area(100 + 300 * share, 200, 100, 100, "#13803a")

    class Quick(Scene):
        time = property(lambda self: self.seconds)

    return Film("film", [Quick("a caption", draw, 0.3), Quick("another", draw, 0.2)])


def test_an_mp4_holds_every_frame(tmp_path):
    av = pytest.importorskip("av")
    file = tmp_path / "there" / "film.mp4"
    told = []
    write_video(small_film(), file, progress=lambda done, count: told.append((done, count)))
    with av.open(str(file)) as read:
        frames = list(read.decode(video=0))
    assert len(frames) == 15
    assert (frames[0].width, frames[0].height) == (WIDTH, HEIGHT)
    assert told[-1] == (15, 15)
    assert [one.name for one in file.parent.iterdir()] == ["film.mp4"]


def test_a_gif_holds_them_too(tmp_path):
    image = pytest.importorskip("PIL.Image")
    file = tmp_path / "film.gif"
    write_video(small_film(), file)
    with image.open(file) as read:
        assert read.size == (WIDTH, HEIGHT)
        assert read.n_frames == 5


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path, monkeypatch):
    with pytest.raises(ArgumentError, match=r"ends in \.mp4 or \.gif"):
        check_video(Path("film.avi"))
    there = tmp_path / "film.gif"
    there.write_bytes(b"kept")
    with pytest.raises(ArgumentError, match="--overwrite"):
        check_video(there)
    with pytest.raises(DataError, match="cannot be written"):
        write_video(small_film(), there / "film.gif")
    assert there.read_bytes() == b"kept"
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ArgumentError, match=r"elman\[video\]"):
        check_video(tmp_path / "film.mp4")


def elman_said(capsys, *arguments) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(one) for one in arguments])
    said = capsys.readouterr()
    return int(stopped.value.code or 0), said.out + said.err


def test_explain_on_the_command_line(tmp_path, capsys):
    """A page of a trained model; what stands in the way is said first."""
    model = elman.fit("japanese_vowels", task="classify", minutes=0.01, epochs=1, hidden_size=5)
    folder = tmp_path / "a model"
    model.save(folder)
    code, said = elman_said(capsys, "explain", folder)
    assert (code, "name the data" in said) == (2, True)
    page = tmp_path / "report.html"
    asked = ("explain", folder, "japanese_vowels", "--out", page, "--sequences", 2)
    code, said = elman_said(capsys, *asked)
    assert (code, "2 sequences" in said) == (0, True)
    assert page.stat().st_size < 1e6
    code, said = elman_said(capsys, *asked)
    assert (code, "--overwrite" in said) == (2, True)
    code, said = elman_said(capsys, "explain", folder, "--video", tmp_path / "film.avi")
    assert (code, ".mp4 or .gif" in said) == (2, True)


def test_the_film_of_a_trained_model():
    model = elman.fit("co2_weekly", horizon=4, history=8, minutes=0.01, epochs=1, hidden_size=5)
    film = film_of(model, "co2_weekly")
    assert 20 <= film.seconds <= 60
    for scene in film.scenes:
        for share in np.linspace(0, 1, 12):
            canvas = Canvas()
            scene.draw(canvas, float(share))
