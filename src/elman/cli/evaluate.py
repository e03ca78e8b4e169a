"""`elman evaluate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def evaluate(
    model: Path, data: str, *, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False
) -> None:
    """Score a trained model on data that hold the answers and that it was not trained on.

    Parameters
    ----------
    model
        The folder of the model.
    data
        Data of the form that the model was trained on.
    as_json
        Print JSON for another program to read.
    """
    import json
    from dataclasses import replace

    from elman.cli.models import fitted
    from elman.tasks.run import learnt_from

    report = fitted(model).evaluate(data)
    if learnt_from(model, data) and "published test part" not in report.split:
        report = replace(
            report, notes=(*report.notes, "the model learnt from a part of these data: the scores flatter")
        )
    if as_json:
        print(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(report)
