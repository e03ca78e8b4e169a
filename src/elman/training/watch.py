"""Who looks on while one method after the other is trained."""

from collections.abc import Callable

from elman.training.callbacks import Callback

# Called with the name of a method before its work begins; the callback that it returns follows its training.
Watch = Callable[[str], Callback]


def nobody_watches(method: str) -> Callback:
    """A `Watch` that shows nothing."""
    return Callback()
