"""`elman predict`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def predict(
    model: Path,
    data: str,
    *,
    horizon: int | None = None,
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
    horizon
        Time steps to forecast, if not as many as the model was trained for; a recursive forecaster gives any number.
    out
        A file to write instead: .csv, .tsv, .json or .parquet.
    overwrite
        Replace that file if it exists.
    as_json
        Print JSON, a list of rows.
    """
    import sys

    from elman.cli.models import fitted
    from elman.data.writing import check_writable, json_of, text_of, write_frames
    from elman.errors import ArgumentError
    from elman.tasks.forecast import ForecastModel

    if out is not None:
        check_writable(out, overwrite=overwrite)
    known = fitted(model)
    if horizon is None:
        found = known.pieces(data)
    elif isinstance(known, ForecastModel):
        found = known.pieces(data, horizon=horizon)
    else:
        raise ArgumentError(f"{model}: learnt to {known.task}; --horizon is for forecasts. Leave it out")
    if out is not None:
        write_frames(found, out, overwrite=overwrite)
    elif as_json:
        sys.stdout.writelines(json_of(found))
        print()
    else:
        sys.stdout.writelines(text_of(found))
