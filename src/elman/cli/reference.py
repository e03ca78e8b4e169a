"""The reference of all commands as Markdown, from the commands themselves: `python -m elman.cli.reference`."""

import sys

from elman.cli.app import app

_NOTE = "<!-- Made from the code by `make reference`; a test compares the two. Change the code, not this page. -->\n\n"


def reference() -> str:
    """What `--help` says of every command, as one page."""
    return _NOTE + app.generate_docs(heading_level=1).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
