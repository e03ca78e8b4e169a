"""What a training may be told, each with a type, a range and a sentence: the flags, the TOML keys, the arguments."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from elman.errors import ArgumentError

Task = Literal["forecast", "classify", "regress", "tag", "generate", "detect"]


class Settings(BaseModel):
    """Everything that `elman.fit`, `elman train` and its TOML file take; what is left out is chosen from the data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # The question
    task: Task | None = Field(None, description="What to learn: forecast, classify, regress, tag, generate or detect.")
    target: tuple[str, ...] = Field((), description="The column to learn; for a forecast there may be several.")
    horizon: int | None = Field(None, ge=1, description="Time steps to forecast. [forecast]")
    strategy: Literal["direct", "recursive"] = Field(
        "direct", description="Forecast all steps at once, or one after the other, each from those before. [forecast]"
    )
    history: int | None = Field(None, ge=1, description="Time steps to look back. [forecast, detect]")
    period: int | None = Field(None, ge=1, description="Time steps of one season, such as 24 for hours in a day.")
    quantiles: tuple[float, ...] = Field(
        (0.1, 0.9), description="Quantiles to forecast beside the median, each in (0, 1). [forecast]"
    )
    lowest: float | Literal["none"] | None = Field(
        None, description="No forecast is below this: 0 if the target never was negative, unless it is none. [forecast]"
    )
    highest: float | None = Field(None, description="No forecast is above this, such as 100 for per cent. [forecast]")
    tags: Literal["classes", "numbers"] | None = Field(None, description="What whole numbers in the target are. [tag]")
    labels: str | None = Field(
        None,
        description="The column that says which rows are anomalies [detect]; the array of labels in a .npz, or the "
        "file of those of a .npy [classify, regress].",
    )
    alarms: float = Field(1.0, gt=0, lt=500, description="False alarms to expect in 1,000 rows. [detect]")

    # The data
    data: str | None = Field(None, description="The file, folder or embedded set to learn from.")
    time: str | None = Field(None, description="The column of times.")
    ids: str | None = Field(None, description="The column that says to which series or sequence a row belongs.")
    known: tuple[str, ...] = Field((), description="Columns whose future is known when forecasting. [forecast]")
    drop: tuple[str, ...] = Field((), description="Columns to leave out.")
    every: str | None = Field(
        None,
        description="One time step, such as 5min, 1h, 1d, 1w: rows within it are averaged; or row: each row is one. "
        "[forecast]",
    )
    elapsed: bool | None = Field(
        None,
        description="Read the time since the last reading as a channel; tried where times are irregular. [forecast]",
    )
    gaps: Literal["mask", "since", "decay"] | None = Field(
        None, description="Missing values: marked, with the time since the last one, or for --cell grud. [forecast]"
    )
    duplicates: Literal["error", "first", "last", "mean"] = Field(
        "error", description="What to do with rows of the same series and time."
    )
    zone: str | None = Field(None, description="Time zone of times without one, such as Europe/Zurich.")
    time_format: str | None = Field(None, description="How times are written, such as %d.%m.%Y.")
    time_unit: Literal["s", "ms", "us", "ns"] = Field("s", description="Unit of a time column of numbers since 1970.")
    missing: tuple[str, ...] = Field((), description="Further words that mean a missing value.")

    memory: float | None = Field(
        None, gt=0, description="Gibibytes that a table may take; larger Parquet is learnt piece by piece."
    )

    # Sequences that are not a table, or a table of which each row is one
    steps: int | None = Field(
        None, ge=1, description="Each row, or sequence, is so many time steps: its values in order. [classify, regress]"
    )
    axes: Literal["series,time,channels", "series,channels,time"] | None = Field(
        None, description="The order of the axes of an array. [classify, regress]"
    )
    input: str | None = Field(None, description="The array of sequences in a .npz. [classify, regress]")
    size: tuple[int, int] | None = Field(
        None, description="Height and width to which images are brought. [classify, regress]"
    )
    colour: bool = Field(False, description="Read images in colour. [classify, regress]")
    scan: Literal["rows", "pixels"] | None = Field(
        None, description="What a time step of an image is. [classify, regress]"
    )

    # The split
    test: float = Field(0.2, ge=0, lt=1, description="Share of the data to test on.")
    validation: float = Field(0.1, gt=0, lt=1, description="Share of the data to choose on.")

    part: str | None = Field(
        None, description="The column that says train or test of each sequence. [classify, regress]"
    )
    group: str | None = Field(
        None,
        description="The column of what may not be divided, such as persons: a group is learnt from or tested on. "
        "[classify, regress]",
    )

    # The network
    cell: str = Field("gru", description="Cells of the network, by name: see `elman cells`.")
    hidden_size: int | None = Field(None, ge=1, description="Units of a layer.")
    num_layers: int | None = Field(None, ge=1, description="Layers.")
    dropout: float | None = Field(None, ge=0, lt=1, description="Probability that an output is dropped in training.")
    zoneout: float | None = Field(
        None, ge=0, lt=1, description="Probability that a unit of the state stays as it was, in training."
    )
    recurrent_dropout: float | None = Field(
        None, ge=0, lt=1, description="Probability that weights see nothing of a unit of the state, in training."
    )
    weight_drop: float | None = Field(
        None, ge=0, lt=1, description="Probability that a recurrent weight is dropped, in training."
    )
    cell_argument: tuple[str, ...] = Field(
        (), description="An argument of the cell as name=value, such as forget_bias=5."
    )
    bidirectional: bool | None = Field(None, description="Read sequences backwards too. [tag, classify, regress]")
    frame: int | None = Field(None, ge=1, description="Time steps that the network reads as one. [classify, regress]")
    noise: float | None = Field(
        None,
        ge=0,
        description="Noise added to every value in training, in standard deviations. [classify, regress]",
    )
    drift: float | None = Field(
        None,
        ge=0,
        description="Offset added to every sequence in training, in standard deviations. [classify, regress]",
    )

    # The training
    minutes: float = Field(3.0, gt=0, description="About how long to train, in minutes.")
    epochs: int | None = Field(None, ge=0, description="How often to learn from each example, at most.")
    tbptt: int | None = Field(None, ge=1, description="Characters through which a gradient reaches back. [generate]")
    batch_size: int | None = Field(None, ge=1, description="Examples of one step.")
    learning_rate: float | None = Field(None, gt=0, description="The highest learning rate.")
    weight_decay: float = Field(1e-2, ge=0, description="Share by which weights shrink, in learning rates a step.")
    warm_up: float | None = Field(None, ge=0, lt=1, description="Share of the steps in which the learning rate rises.")
    clip: float = Field(1.0, gt=0, description="The longest gradient.")
    average: float | None = Field(
        None, ge=0, lt=1, description="Keep a moving average of the weights with this decay, such as 0.999."
    )
    autocast: bool = Field(False, description="Compute the loss in bfloat16 where PyTorch holds that to be safe.")
    class_weights: Literal["balanced"] | None = Field(
        None, description="Have each class weigh alike in the loss, however rare it is. [tag, classify]"
    )
    label_smoothing: float | None = Field(
        None, ge=0, lt=1, description="Share of each class that is spread over all classes in training. [tag, classify]"
    )
    parallel: Literal["ddp", "fsdp"] = Field(
        "ddp", description="What each process of torchrun holds: the whole model (ddp), or a part of it (fsdp)."
    )
    seed: int = Field(0, ge=0, description="Of every random number.")
    repeats: int = Field(1, ge=1, description="Trainings with as many seeds, to see the spread of the score.")
    threads: int | None = Field(None, ge=1, description="Processor threads; few for small networks.")

    @field_validator("cell_argument", mode="before")
    @classmethod
    def _of_a_table(cls, value: Any) -> Any:
        """In TOML and Python, the arguments of the cell may stand in a table."""
        return tuple(f"{name}={one}" for name, one in value.items()) if isinstance(value, Mapping) else value

    def given(self) -> dict[str, Any]:
        """What was set, and nothing that was left to its default."""
        return {name: value for name, value in self.model_dump().items() if name in self.model_fields_set}

    def only(self, task: str, used: frozenset[str]) -> None:
        """Refuse a setting that a task has no use for, so that no flag is ignored in silence.

        Args:
            task: What is learnt.
            used: The settings that this task reads beside those that every task reads.

        Raises:
            ArgumentError: Another one was set.
        """
        for name in sorted(self.model_fields_set - used - _EVERYWHERE):
            raise ArgumentError(
                f"{flag(name)} was given, and {task} has no use for it; leave it out, or choose another --task"
            )


_EVERYWHERE = frozenset(
    [
        "task",
        "data",
        "test",
        "validation",
        "cell",
        "hidden_size",
        "num_layers",
        "dropout",
        "zoneout",
        "recurrent_dropout",
        "weight_drop",
        "minutes",
        "epochs",
        "batch_size",
        "learning_rate",
        "weight_decay",
        "clip",
        "cell_argument",
        "warm_up",
        "average",
        "autocast",
        "parallel",
        "seed",
        "repeats",
        "threads",
    ]
)


def flag(name: str) -> str:
    """The flag of a setting, as one types it."""
    return "--" + name.replace("_", "-")


def settings(values: Mapping[str, Any], source: str = "") -> Settings:
    """Settings from plain values.

    Args:
        values: As of a TOML file or of keyword arguments; `None` counts as left out. One word may stand for a list.
        source: The file to name in an error.

    Raises:
        ArgumentError: There is no such key, or a value does not fit; the message names the key.
    """
    where = f"{source}: " if source else ""
    plain = {}
    for name, value in values.items():
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ArgumentError(f"{where}unknown key {name!r}; {hint}Known: {', '.join(Settings.model_fields)}")
        if value is not None:
            many = "tuple" in str(Settings.model_fields[name].annotation)
            plain[name] = (value,) if many and isinstance(value, str | float | int) else value
    try:
        return Settings.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ArgumentError(f"{where}{key} is {first['input']!r}: {first['msg'].lower()}") from None


def read_settings(file: str | Path, over: Mapping[str, Any] = {}) -> Settings:
    """Settings of a TOML file, with others laid over them.

    Args:
        file: TOML; every key is one of `Settings`.
        over: What wins over the file.

    Raises:
        ArgumentError: The file cannot be read, or a key or value does not fit.
    """
    import tomllib

    path = Path(file)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArgumentError(f"{path}: cannot be read ({error.strerror}); expected a file of settings") from None
    except ValueError as error:
        raise ArgumentError(f"{path}: is not TOML ({error}); `elman train --print-config` prints an example") from None
    settings(values, str(path))
    return settings({**values, **over})


def written(values: Settings) -> str:
    """The settings as TOML, each under its sentence; what was not said stands as a comment, with its default."""
    import tomlkit

    document = tomlkit.document()
    for name, field in Settings.model_fields.items():
        document.add(tomlkit.comment(field.description or ""))
        value = values.model_dump()[name]
        if name in values.model_fields_set and value is not None:
            document.add(name, list(value) if isinstance(value, tuple) else value)
        else:
            document.add(tomlkit.comment(_left_out(name, value)))
    return tomlkit.dumps(document)


def _left_out(name: str, value: Any) -> str:
    import tomlkit

    if value is None:
        return f"{name} ="
    return f"{name} = {tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()}"
