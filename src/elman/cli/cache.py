"""`elman cache`."""

import json
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

_STATES = {
    "off": "off: ELMAN_CACHE says so, or there is no home folder",
    "missing": "not there yet: made when the first cell is compiled",
    "trusted": "trusted: only you can write in it",
    "read-only": "read-only: what is in it is used, nothing is added",
}


def cache(
    *,
    clear: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Show the compiled code that is kept on disk, or clear it.

    Parameters
    ----------
    clear
        Delete every entry; other files in the folder stay.
    as_json
        Print JSON for another program to read.
    """
    from elman.unfold.compiled.cache import clear as delete
    from elman.unfold.compiled.cache import contents

    deleted = delete() if clear else None
    found = contents()
    if as_json:
        print(json.dumps(asdict(found) | ({} if deleted is None else {"deleted": deleted}), indent=2))
        return
    if deleted is not None:
        print(f"deleted   {deleted} {'entry' if deleted == 1 else 'entries'}")
    print(f"folder    {found.folder or 'none'}")
    print(f"state     {_STATES.get(found.state) or f'{found.state}: {found.why}'}")
    print(f"entries   {found.entries:,}")
    print(f"size      {found.bytes / 2**20:.1f} MiB of at most {found.limit / 2**20:.0f} MiB")
