"""`elman show`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def show(model: Path, *, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """Show what a trained model is, what it was trained on, and its scores.

    Parameters
    ----------
    model
        The folder of the model.
    as_json
        Print its configuration as JSON.
    """
    import json

    from elman.cli.models import fitted
    from elman.models.describe import count_parameters
    from elman.models.saving import read_config

    config = read_config(model)
    if as_json:
        print(json.dumps(config, indent=2, ensure_ascii=False))
        return
    known = fitted(model)
    arguments = config["arguments"]
    print(f"{config['model']} over {arguments['cell']}, {count_parameters(known.model):,} parameters that were learnt")
    print("  " + ", ".join(f"{name}={value}" for name, value in arguments.items() if _short(value)))
    print(f"written by {config['written_by']}\n")
    print(known.report)


def _short(value: object) -> bool:
    return not isinstance(value, dict) and len(str(value)) < 60
