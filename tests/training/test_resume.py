import errno
import json
import resource
import signal

import pytest
import torch

from elman.errors import ArgumentError, DataError, ElmanError
from elman.training import Callback, checkpoint, fit
from models.modelling import forecaster, window_examples
from training.killing import KINDS, train

TRAIN = slice(0, 80)


class Broken(Exception):
    """What a test breaks a training off with."""


class Break(Callback):
    """Breaks off after so many steps, and counts them."""

    def __init__(self, after: int | None = None) -> None:
        self.after = after
        self.steps = 0
        self.finished = None

    def on_step(self, step, steps):
        self.steps += 1
        if self.steps == self.after:
            raise Broken

    def on_resume(self, history):
        self.finished = history.epochs


class Press(Callback):
    """Presses Ctrl-C in a step, as often as told."""

    def __init__(self, at: int, times: int = 1) -> None:
        self.at, self.times, self.steps, self.ending = at, times, 0, None

    def on_step(self, step, steps):
        self.steps += 1
        if self.steps == self.at:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)

    def on_end(self, history):
        self.ending = history.ending


def prepared():
    torch.manual_seed(0)
    model = forecaster(dropout=0.3)
    model.prepare(window_examples(TRAIN))
    return model


def same(one, other) -> bool:
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def records(folder) -> list[dict]:
    lines = map(json.loads, (folder / "history.jsonl").read_text().splitlines())
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_goes_on_from_the_middle_of_an_epoch_as_if_it_had_never_stopped(kind, tmp_path):
    undisturbed, stopped = tmp_path / "a", tmp_path / "b"
    whole = train(kind, undisturbed)
    for after in (3, 14):
        with pytest.raises(Broken):
            train(kind, stopped, checkpoint_seconds=0.0, callbacks=[Break(after)])
    resumed = train(kind, stopped)
    assert same(whole, resumed)
    assert records(undisturbed) == records(stopped)


def test_what_was_done_is_not_done_again(tmp_path):
    whole, first, second = Break(), Break(9), Break()
    train("stream", tmp_path / "a", callbacks=[whole])
    with pytest.raises(Broken):
        train("stream", tmp_path / "b", checkpoint_seconds=0.0, callbacks=[first])
    train("stream", tmp_path / "b", callbacks=[second])
    assert 9 <= first.steps + second.steps - whole.steps + 9 <= 10
    assert second.finished == 0


def test_a_finished_folder_gives_its_weights_and_history_at_once(tmp_path):
    model = train("windows", tmp_path)
    again = Break()
    assert same(model, train("windows", tmp_path, callbacks=[again]))
    assert (again.steps, again.finished) == (0, 6)
    assert [record["epoch"] for record in records(tmp_path)] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.5}, r"learning_rate is 0.5, there it was 0.002\. Give the same settings to go on"),
        ({"seed": 3}, "seed is 3, there it was 0"),
        ({"average": 0.5}, "average is 0.5, there it was None"),
    ],
)
def test_the_state_of_other_settings_is_refused_with_what_differs(change, message, tmp_path):
    fit(prepared(), window_examples(TRAIN), epochs=1, folder=tmp_path)
    with pytest.raises(ArgumentError, match=message):
        fit(prepared(), window_examples(TRAIN), **{"epochs": 1, "folder": tmp_path, **change})


def test_the_state_of_other_data_or_another_model_is_refused(tmp_path):
    fit(prepared(), window_examples(TRAIN), epochs=1, folder=tmp_path)
    with pytest.raises(ArgumentError, match="train is 42 examples, there it was 72 examples"):
        fit(prepared(), window_examples(slice(0, 50)), epochs=1, folder=tmp_path)
    with pytest.raises(ArgumentError, match=r"head.weight of the model is \[4, 12\], there it was \[4, 10\]"):
        fit(forecaster(hidden_size=6), window_examples(TRAIN), epochs=1, folder=tmp_path)


def test_a_damaged_or_later_state_is_refused_by_name(tmp_path):
    file = tmp_path / "state.pt"
    file.write_bytes(b"PK not a state")
    with pytest.raises(DataError, match=r"state\.pt: cannot be read .* remove it to begin anew"):
        fit(prepared(), window_examples(TRAIN), epochs=1, folder=tmp_path)
    torch.save({"format": "elman training state", "version": 99}, file)
    with pytest.raises(DataError, match="has format version 99"):
        fit(prepared(), window_examples(TRAIN), epochs=1, folder=tmp_path)


def test_a_state_holds_no_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    torch.save({"format": "elman training state", "version": 1, "evil": Evil()}, tmp_path / "state.pt")
    with pytest.raises(DataError, match="cannot be read"):
        fit(prepared(), window_examples(TRAIN), epochs=1, folder=tmp_path)


def test_on_a_full_disk_the_last_state_stays_and_training_goes_on_from_it(tmp_path):
    whole = train("windows", tmp_path / "a")
    stopped = tmp_path / "b"
    with pytest.raises(Broken):
        train("windows", stopped, checkpoint_seconds=0.0, callbacks=[Break(12)])
    before = (stopped / "run" / "state.pt").read_bytes()

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(ElmanError, match=r"cannot be written \(File too large; .*Make room, and start the same"):
            train("windows", stopped, checkpoint_seconds=0.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in (stopped / "run").iterdir()] == ["state.pt"]
    assert (stopped / "run" / "state.pt").read_bytes() == before
    assert same(whole, train("windows", stopped))


def test_a_disk_that_fails_to_sync_leaves_the_last_state(tmp_path, monkeypatch):
    checkpoint.write_state(tmp_path, {}, {"number": 1})

    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(ElmanError, match="No space left on device"):
        checkpoint.write_state(tmp_path, {}, {"number": 2})
    state = checkpoint.read_state(tmp_path, {})
    assert state is not None
    assert state["number"] == 1


def test_ctrl_c_finishes_the_step_and_the_same_call_goes_on(tmp_path):
    whole = train("sequences", tmp_path / "a")
    press, again = Press(at=7), Break()
    with pytest.raises(KeyboardInterrupt):
        train("sequences", tmp_path / "b", checkpoint_seconds=1e9, callbacks=[press])
    assert (press.steps, press.ending) == (7, "interrupted")
    assert same(whole, train("sequences", tmp_path / "b", callbacks=[again]))
    assert again.steps == 8 * 5 - 7
    assert records(tmp_path / "a") == records(tmp_path / "b")


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train("sequences", tmp_path, checkpoint_seconds=1e9, callbacks=[Press(at=2, times=2)])
    assert not (tmp_path / "run").exists()


def test_the_handler_of_ctrl_c_is_left_as_it_was(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    train("stream", tmp_path)
    assert signal.getsignal(signal.SIGINT) is before
