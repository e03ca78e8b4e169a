"""Trainings on several gloo processes, as a program: `python ranks.py SCENARIO FOLDER` writes what came of them.

The processes are forked from this one, so that PyTorch is imported once. Each scenario is a function below; process 0
of each run writes its weights and losses to FOLDER/NAME.pt.
"""

import faulthandler
import math
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent))

from elman.errors import ElmanError
from elman.training import Callback, fit
from elman.training.distributed import World, joined, world
from models.modelling import classifier, forecaster, sequence_examples, window_examples
from training.killing import ended, fork
from training.stream import Waves, next_value

STUCK = 100.0  # seconds after which a process says where it stands, and ends


class Exact(nn.Module):
    """A line, whose loss is the mean of so many rows; for odd and empty shares of a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def loss(self, x, y):
        return (self.layer(x) - y).square().mean()


class Points:
    def __init__(self, count: int = 23) -> None:
        generator = torch.Generator().manual_seed(0)
        self.x = torch.randn(count, 2, generator=generator)
        self.y = self.x.sum(dim=1, keepdim=True)

    def __len__(self):
        return len(self.x)

    def batch(self, index):
        return self.x[index], self.y[index]


class Uneven(Waves):
    """Of two processes, the second has one chunk less."""

    def shard(self, rank, world):
        part = super().shard(rank, world)
        part.values = part.values[: len(part.values) - rank * self.chunk]
        return part


def learn(kind: str, **options):
    """A training of small odd sizes; the model and its history."""
    torch.manual_seed(int(os.environ.get("RANK", "0")))  # processes begin with weights of their own
    if kind == "windows":
        model, train = forecaster(), window_examples(slice(0, 60))
        model.prepare(train)
        options = {
            "epochs": 2,
            "batch_size": 9,
            "validation": window_examples(slice(80, 120)),
            "average": 0.9,
            **options,
        }
    elif kind == "sequences":
        model, train = classifier(bidirectional=True), sequence_examples(23)
        model.prepare(train)
        options = {"epochs": 2, "batch_size": 11, **options}
    elif kind == "points":
        model, train = Exact(), Points()
        options = {"epochs": 2, "batch_size": 11, "learning_rate": 0.1, **options}
    else:
        model, train = next_value(), Waves(rows=1 if kind == "row" else 3)
        options = {"epochs": 2, "validation": Waves(rows=5, seed=1), "learning_rate": 0.02, **options}
    return model, fit(model, train, **options)


def kept(model, history) -> dict:
    losses = [loss for record in history.records for loss in (record.train_loss, record.validation_loss)]
    losses = [loss for loss in losses if loss is not None]
    return {"weights": model.state_dict(), "losses": losses, "kept": history.kept_epoch}


def as_torchrun(size: int, work) -> list[int]:
    """Run the work on so many processes with the environment that `torchrun` sets; the exit code of each.

    They meet in a store that this process keeps, as those of `torchrun` meet in one of their agent: a port that was
    free a moment ago may be another's by the time a process listens at it.
    """
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False, timeout=timedelta(seconds=60))

    def one(rank: int) -> None:
        faulthandler.dump_traceback_later(STUCK, exit=True)
        given = {"RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": store.port}
        given["TORCHELASTIC_USE_AGENT_STORE"] = True
        os.environ.update({name: str(value) for name, value in given.items()})
        work(rank)

    return [ended(process) for process in [fork(lambda rank=rank: one(rank)) for rank in range(size)]]


def on_ranks(size: int, work) -> list[int]:
    """Run the work on so many processes that are joined; the exit code of each."""

    def one(rank: int) -> None:
        with joined(timeout=20):
            work(rank)

    return as_torchrun(size, one)


def run(to: Path, name: str, size: int, kind: str, **options) -> list[int]:
    """Train on so many processes, and write what each of them has."""

    def work(rank: int) -> None:
        torch.save(kept(*learn(kind, **options)), to / f"{name}.{rank}.pt")

    if size == 1:
        return [ended(fork(lambda: work(0)))]
    return on_ranks(size, work)


def same_as_one(folder: Path) -> None:
    torch.set_default_dtype(torch.float64)
    for kind in ("windows", "sequences", "points", "stream", "row"):
        for size in (1, 2):
            assert set(run(folder, f"{kind}.{size}", size, kind)) == {0}


def divided(folder: Path) -> None:
    torch.set_default_dtype(torch.float64)
    for kind in ("windows", "stream"):
        assert set(run(folder, f"{kind}.1", 1, kind)) == {0}
        assert set(run(folder, f"{kind}.2", 2, kind, strategy="fsdp")) == {0}


class Die(Callback):
    """Kills a process in the middle of an epoch, after a state was written."""

    def __init__(self, after: int) -> None:
        self.left = after

    def on_step(self, step, steps):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def killed(folder: Path) -> None:
    torch.set_default_dtype(torch.float64)
    for kind, numbers in (("windows", (1, 2)), ("stream", (1, 3))):
        assert run(folder, f"{kind}.whole", 1, kind) == [0]
        for again in numbers:
            state = folder / f"{kind}.{again}"
            codes = run(folder, "none", 2, kind, folder=state, checkpoint_seconds=0.0, callbacks=[Die(9)])
            assert codes[0] == -signal.SIGKILL
            assert codes[1] == 1
            assert set(run(folder, f"{kind}.resumed{again}", again, kind, folder=state)) == {0}


def agreed(folder: Path) -> None:
    """One process has a fault, is told to stop, has fewer chunks, or trains while the other waits."""

    def fault(rank: int) -> None:
        points = Points()
        points.x *= math.nan if rank else 1.0
        model = Exact()
        try:
            fit(model, points, epochs=3, batch_size=23, learning_rate=0.1)
        except ElmanError as error:
            torch.save(str(error), folder / f"fault.{rank}.pt")

    def ctrl_c(rank: int) -> None:
        class Press(Points):
            def batch(self, index):
                if rank and 0 in index:
                    signal.raise_signal(signal.SIGINT)
                return super().batch(index)

        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            fit(Exact(), Press(), epochs=3, batch_size=11, folder=folder / "pressed")
        except KeyboardInterrupt:
            torch.save("interrupted", folder / f"pressed.{rank}.pt")

    def uneven(rank: int) -> None:
        model = next_value()
        history = fit(model, Uneven(), Uneven(seed=1), epochs=3)
        torch.save(kept(model, history), folder / f"uneven.{rank}.pt")

    def full(rank: int) -> None:
        taken = folder / "taken"
        taken.write_text("a file where the folder should be")
        try:
            fit(Exact(), Points(), epochs=1, folder=taken)
        except ElmanError as error:
            torch.save(str(error), folder / f"full.{rank}.pt")

    def alone(rank: int) -> None:
        def work() -> dict:
            assert world() == World()
            return kept(*learn("points", folder=folder / "alone"))

        torch.save(world().on_first(work), folder / f"alone.{rank}.pt")
        assert world() == World(rank, 2)

    for work in (fault, ctrl_c, uneven, full, alone):
        assert on_ranks(2, work) == [0, 0], work.__name__


def torchrun(folder: Path) -> None:
    """What one process of `torchrun` does."""
    torch.set_default_dtype(torch.float64)
    with joined() as world:
        torch.save(kept(*learn("sequences")), folder / f"torchrun.{world.rank}.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    globals()[sys.argv[1]](Path(sys.argv[2]))
