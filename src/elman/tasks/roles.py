"""Which columns are the time and the names, as far as that was said, and what was taken for granted otherwise."""

from elman.data.frame import Frame
from elman.data.roles import find_ids, find_time
from elman.tasks.report import Taken
from elman.tasks.settings import Settings


def time_and_ids(frame: Frame, settings: Settings) -> tuple[str | None, str | None, list[Taken]]:
    """The column of times, that of series names, and what was taken for granted; `None` where there is none.

    Raises:
        ArgumentError: Several columns could be meant; the message names them.
    """
    taken: list[Taken] = []
    time = settings.time or find_time(frame)
    ids = settings.ids or find_ids(frame, time)
    if settings.time is None:
        taken.append(Taken(f'times are in "{time}"' if time else "rows are steps of equal length", "--time"))
    if settings.ids is None:
        taken.append(Taken(f'the series are told apart by "{ids}"' if ids else "all rows are one series", "--ids"))
    return time, ids, taken
