"""`elman cells`."""

import json
from typing import Annotated

from cyclopts import Parameter


def cells(
    *,
    input_size: int = 8,
    hidden_size: int = 64,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """List the cells that a name stands for: what each is, its size and its paper.

    Parameters
    ----------
    input_size
        Features of the input, for the count of parameters.
    hidden_size
        Units of the hidden state, for the count of parameters.
    as_json
        Print JSON for another program to read.
    """
    from elman.cells import CELLS, describe

    rows = []
    for name, cell in CELLS.items():
        about = describe(cell)
        count = sum(parameter.numel() for parameter in cell(input_size, hidden_size).parameters())
        papers = [
            {"paper": paper, "address": address} for paper, address in zip(about.papers, about.addresses, strict=True)
        ]
        rows.append({"name": name, "sentence": about.sentence, "parameters": count, "papers": papers})
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(map(len, CELLS))
    print(f"Parameters for {input_size} inputs and {hidden_size} units.\n")
    for row in rows:
        print(f"{row['name']:{width}} {row['parameters']:>9,}  {row['sentence']}")
        for paper in row["papers"]:
            print(f"{'':{width + 12}}{paper['paper']} {paper['address']}")
