"""A trace in a file: safetensors, with all that is not a tensor as JSON in its header. Nothing is pickled."""

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from elman._version import __version__
from elman.errors import DataError
from elman.explain.record import Record

if TYPE_CHECKING:
    from elman.explain.trace_of import Trace

VERSION = 1
_KEY = "elman_trace"
_OWN = ("inputs", "outputs", "lengths", "times", "rows", "input_gradient")
_OF_A_RECORD = ("times", "steps", "input", "output", "reset")
_GROUPS = ("states", "taps", "gradients")


def save(trace: "Trace", file: Path) -> None:
    """See `Trace.save`."""
    tensors: dict[str, Tensor] = {}
    for name in _OWN:
        _put(tensors, name, getattr(trace, name))
    records = []
    for index, record in enumerate(trace.records):
        place = f"records/{index}"
        for name in _OF_A_RECORD:
            _put(tensors, f"{place}/{name}", getattr(record, name))
        for group in _GROUPS:
            for name, value in getattr(record, group).items():
                _put(tensors, f"{place}/{group}/{name}", value)
        for part, value in enumerate(record.first):
            _put(tensors, f"{place}/first/{part}", value)
        records.append(
            {
                "label": record.label,
                "kind": record.kind,
                "reverse": record.reverse,
                "length": record.length,
                "squashes": record.squashes,
                "first": len(record.first),
                **{group: list(getattr(record, group)) for group in _GROUPS},
            }
        )
    plain = {"version": VERSION, "written_by": f"elman {__version__}", "kind": trace.kind, "loss": trace.loss}
    plain["records"] = records
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as aside:
        save_file(tensors, Path(aside) / "new", {_KEY: json.dumps(plain)})
        os.replace(Path(aside) / "new", file)


def load(file: Path) -> "Trace":
    """See `Trace.load`."""
    from elman.explain.trace_of import Trace

    try:
        with safe_open(file, framework="pt") as opened:
            plain = json.loads((opened.metadata() or {}).get(_KEY, "null"))
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # it is no dict
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise DataError(f"{file}: no trace can be read from it: {error}") from error
    if not isinstance(plain, dict) or plain.get("version") != VERSION:
        came = plain.get("version") if isinstance(plain, dict) else None
        raise DataError(
            f"{file}: expected a trace of version {VERSION}, written by Trace.save; this is {came or 'none'}"
        )
    try:
        records = [_record(tensors, f"records/{index}", one) for index, one in enumerate(plain["records"])]
        own = {name: tensors.get(name) for name in _OWN}
        return Trace(kind=plain["kind"], loss=plain["loss"], records=records, **own)  # pyright: ignore[reportArgumentType]
    except (KeyError, TypeError) as error:
        raise DataError(f"{file}: the trace in it lacks {error}; save it anew") from error


def _record(tensors: dict[str, Tensor], place: str, plain: dict[str, Any]) -> Record:
    groups = {group: {name: tensors[f"{place}/{group}/{name}"] for name in plain[group]} for group in _GROUPS}
    return Record(
        label=plain["label"],
        kind=plain["kind"],
        reverse=plain["reverse"],
        length=plain["length"],
        squashes=plain["squashes"],
        first=tuple(tensors[f"{place}/first/{part}"] for part in range(plain["first"])),
        **{name: tensors.get(f"{place}/{name}") for name in _OF_A_RECORD},  # pyright: ignore[reportArgumentType]
        **groups,
    )


def _put(tensors: dict[str, Tensor], name: str, value: Any) -> None:
    """A copy: safetensors refuses two names for one memory."""
    if isinstance(value, Tensor):
        tensors[name] = value.detach().clone().contiguous()
