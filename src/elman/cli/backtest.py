"""`elman backtest`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def backtest(
    model: Path,
    data: str,
    *,
    folds: int = 5,
    step: int | None = None,
    refit: bool = True,
    out: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Forecast from several origins in the past, each as if nothing after it had happened yet, and score that.

    By default every fold is a training of its own, with the settings of the model, on what lies before its origin:
    that takes as long as so many trainings. With --no-refit the model forecasts as it is.

    Parameters
    ----------
    model
        The folder of a forecaster.
    data
        Data of the form that the model was trained on; the same, with --refit.
    folds
        How many origins; the forecast from the last one ends with the data.
    step
        Time steps from one origin to the next; by default the horizon, so that no two forecasts overlap.
    refit
        Train anew at each origin. Without, only origins after all that the model has learnt from are allowed.
    out
        A file for the forecasts, each with its origin: .csv, .tsv, .json or .parquet.
    overwrite
        Replace that file if it exists.
    as_json
        Print JSON for another program to read.
    """
    import json

    from elman.cli.models import fitted
    from elman.cli.watching import watch
    from elman.data.writing import check_writable, write_frame
    from elman.errors import ArgumentError
    from elman.tasks.forecast import ForecastModel

    if out is not None:
        check_writable(out, overwrite=overwrite)
    known = fitted(model)
    if not isinstance(known, ForecastModel):
        raise ArgumentError(f"{model}: learnt to {known.task}; a backtest is for forecasts. Score it with evaluate")
    found = known.backtest(data, folds=folds, step=step, refit=refit, watch=watch(None))
    if out is not None:
        write_frame(found.forecasts, out, overwrite=overwrite)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        return
    print(f"{found.title}; {'trained anew at' if refit else 'the model as it is, from'} each of {folds} origins")
    for number, fold in enumerate(found.folds, 1):
        print(f"  fold {number}: {fold.forecasts:,} {_forecasts(fold.forecasts)} from {fold.origin} on")
    metric = found.metrics[0]
    print(f"\n{metric.name}, {metric.unit}\n{found.table()}\n")
    if found.verdict:
        print(found.verdict)
    for note in found.notes:
        print(f"{note[0].upper()}{note[1:]}.")


def _forecasts(count: int) -> str:
    return "forecast" if count == 1 else "forecasts"
