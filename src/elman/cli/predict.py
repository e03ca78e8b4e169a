"""`elman predict`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def predict(
    model: Path,
    data: str,
    *,
    out: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """What a trained model says of data: forecasts, classes, numbers; as CSV on standard output or in a file.

    Parameters
    ----------
    model
        The folder of the model: of a run of `elman train`, or written by `save`.
    data
        Data of the form that the model was trained on.
    out
        A file to write instead: .csv, .tsv, .json or .parquet.
    overwrite
        Replace that file if it exists.
    as_json
        Print JSON, a list of rows.
    """
    import json

    from elman.cli.models import fitted
    from elman.data.writing import as_rows, as_text, write_frame

    table = fitted(model).predict(data)
    if out is not None:
        write_frame(table, out, overwrite=overwrite)
    elif as_json:
        print(json.dumps(as_rows(table), indent=1, ensure_ascii=False))
    else:
        print(as_text(table), end="")
