"""`elman data`."""

import json
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter


def data(*, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """List the embedded data sets: what each is, what is hard about it, its source and its licence.

    Parameters
    ----------
    as_json
        Print JSON for another program to read.
    """
    from elman.data import catalogue

    if as_json:
        print(json.dumps([asdict(about) for about in catalogue()], indent=2, ensure_ascii=False))
        return
    for about in catalogue():
        print(f"{about.name:16} {about.title}")
        for label, text in (
            ("what", about.shape),
            ("hard", about.hard),
            ("source", about.source),
            ("licence", about.licence),
        ):
            print(f"{'':16} {label:8}{text}")
        print()
    print('In Python: elman.data.load("jfk_weather")')
