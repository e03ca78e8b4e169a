"""Trainings that are killed again and again, as a program: `python killing.py FOLDER` prints how often, by kind.

Each try is a process of its own, forked from this one, so that PyTorch is imported once. Ends with exit code 1 if
a process failed in another way than by the signal that was meant for it.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import torch
import torch._dynamo  # AdamW and DDP import it: here it is imported once, for all processes that are forked

sys.path.insert(0, str(Path(__file__).parent.parent))

from elman.training import checkpoint, fit
from models.modelling import classifier, forecaster, sequence_examples, window_examples
from training.stream import Waves, next_value

KINDS = ("windows", "sequences", "stream")


def train(kind: str, folder: Path, **options):
    """One training with everything on that a state has to hold; returns the model."""
    torch.set_num_threads(1)
    given = {"checkpoint_seconds": 0.02, "folder": folder / "run", "history_path": folder / "history.jsonl", **options}
    torch.manual_seed(0)
    if kind == "windows":
        model = forecaster(dropout=0.3, input_dropout=0.2)
        model.prepare(window_examples())
        validation = window_examples(slice(80, 120))
        fit(model, window_examples(), validation, epochs=6, batch_size=8, average=0.9, **given)
    elif kind == "sequences":
        model = classifier(dropout=0.3, noise=0.1, bidirectional=True)
        model.prepare(sequence_examples())
        fit(model, sequence_examples(), epochs=8, batch_size=5, **given)
    else:
        model = next_value(dropout=0.3)
        fit(model, Waves(steps=100), Waves(seed=1), epochs=5, average=0.9, patience=4, **given)
    return model


def fork(work) -> int:
    """The id of a new process that does the work and ends with exit code 0, or 1 if it raised."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(process: int) -> int:
    """The exit code of a process, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def finish(kind: str, folder: Path) -> None:
    torch.save(train(kind, folder).state_dict(), folder / "weights.pt")


def killed_at_random(kind: str, folder: Path, seconds: float) -> int:
    """Start the training until it is done, killing it after ever longer times; how often it was killed."""
    kills, chance = 0, random.Random(0)
    while True:
        process = fork(lambda: finish(kind, folder))
        until = time.monotonic() + chance.uniform(0.2, 0.6 + 0.1 * kills) * seconds
        while time.monotonic() < until:
            time.sleep(0.005)
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                assert os.waitstatus_to_exitcode(status) == 0
                return kills
        os.kill(process, signal.SIGKILL)
        code = ended(process)
        if code == 0:
            return kills
        assert code == -signal.SIGKILL
        kills += 1


def killed_while_writing(kind: str, folder: Path) -> int:
    """Start the training until it is done, killed at one moment of a write after the other."""
    kills = 0
    for name, calls in (("fsync", 1), ("replace", 2)):

        def work(name=name, calls=calls):
            real, count = getattr(os, name), [calls]

            def deadly(*arguments):
                count[0] -= 1
                if not count[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                real(*arguments)

            setattr(checkpoint.os, name, deadly)
            finish(kind, folder)

        assert ended(fork(work)) == -signal.SIGKILL
        kills += 1
    assert ended(fork(lambda: finish(kind, folder))) == 0
    return kills


def kill_one_kind(kind: str, folder: Path) -> tuple[int, int]:
    """Train undisturbed, killed at random and killed while writing; how often the last two were killed."""
    whole, killed, written = (folder / name for name in ("whole", "killed", "written"))
    for path in (whole, killed, written):
        path.mkdir(parents=True)
    started = time.monotonic()
    assert ended(fork(lambda: finish(kind, whole))) == 0
    return killed_at_random(kind, killed, time.monotonic() - started), killed_while_writing(kind, written)


if __name__ == "__main__":
    to = Path(sys.argv[1])
    sys.stdout.write(json.dumps({kind: kill_one_kind(kind, to / kind) for kind in KINDS}))
