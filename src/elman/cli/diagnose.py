"""`elman diagnose`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def diagnose(
    model: Path,
    data: str | None = None,
    *,
    sequences: int = 32,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Say what a trained network does with its gates, units, memory and gradients, and what to try.

    Parameters
    ----------
    model
        The folder of the model: of a run of `elman train`, or written by `save`.
    data
        Data of the form that the model was trained on; by default those that the run learnt from.
    sequences
        How many sequences, or windows of a series, to look at.
    as_json
        Print JSON for another program to read.
    """
    import json

    from elman.cli.models import fitted, learnt_from
    from elman.explain import diagnose as diagnosed
    from elman.explain.sample import sample

    chosen = sample(fitted(model), data or learnt_from(model, "diagnose"), most=sequences)
    seen = chosen.trace()
    width = seen.inputs.shape[-1] if seen.inputs.ndim == 3 else 0
    names = chosen.channels if chosen.channels is not None and len(chosen.channels) == width else None
    found = diagnosed(seen, channels=names)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(f"{model}: {chosen.note}\n{found}")
