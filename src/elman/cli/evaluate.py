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

    from elman.cli.models import fitted

    report = fitted(model).evaluate(data)
    if as_json:
        print(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(report)
