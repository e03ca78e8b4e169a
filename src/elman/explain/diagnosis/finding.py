"""What was found in a network, in words and with the number behind it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["problem", "hint"]


class NotMeasured(Exception):
    """A measure that cannot be taken of this trace; the message says why."""


@dataclass(frozen=True)
class Finding:
    """Something about a network that its owner may want to change.

    Args:
        what: What was found, in words.
        number: The number behind it.
        of: What that number is, with its unit.
        advice: What to try.
        where: The layer and direction; empty for the network as a whole.
        severity: `"problem"`, which keeps a network from learning; or `"hint"`.
    """

    what: str
    number: float
    of: str
    advice: str
    where: str = ""
    severity: Severity = "hint"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.what}\n    {self.of}: {self.number:.3g}\n    Try: {self.advice}"
