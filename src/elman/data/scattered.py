"""Windows that lie far apart, and of the series only the rows around each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from elman.data.joined import Joined
from elman.data.records import Series
from elman.data.windowing import Windows


def scattered(
    series: Sequence[Series],
    history: int,
    horizon: int,
    targets: Sequence[int],
    *,
    first: Int64[np.ndarray, " series"],
    stop: Int64[np.ndarray, " series"],
    stride: int,
    reach: int,
) -> tuple[Joined, Windows]:
    """The windows that `join` and `Joined.windows` give, each with a copy of its own rows.

    That takes less memory than the whole series where the windows do not overlap; and of series that lie on disk,
    nothing else is read.

    Args:
        series: At least one, each on a regular time grid.
        history: Rows read.
        horizon: Rows forecast.
        targets: The columns forecast.
        first: The first row that a target may have, in each series.
        stop: One more than the last.
        stride: Rows from one window of a series to the next.
        reach: Rows kept before each origin, at least `history`; as far as they reach before the series they are empty.

    Returns:
        The stretches of rows one after the other, and the window of each.

    Example:
        >>> import elman
        >>> co2 = elman.data.load("co2_weekly").regular()
        >>> low, high = np.array([1]), np.array([len(co2)])
        >>> joined, cut = scattered([co2], 4, 2, [0], first=low, stop=high, stride=500, reach=5)
        >>> joined.values.shape, cut.origins.tolist()
        ((35, 1), [5, 12, 19, 26, 33])
    """
    span = reach + horizon
    candidates = [
        np.arange(max(low, 1), min(high, len(one)) - horizon + 1, stride)
        for one, low, high in zip(series, first.tolist(), stop.tolist(), strict=True)
    ]
    most = sum(len(origins) for origins in candidates)
    values = np.empty((most, span, len(series[0].channels)))
    times = np.empty((most, span), dtype=np.result_type(*{one.times.dtype for one in series}))
    of, count = np.empty(most, dtype=np.int64), 0
    for at, (one, origins) in enumerate(zip(series, candidates, strict=True)):
        if not len(origins):
            continue
        rows = origins[:, None] + np.arange(-reach, horizon)
        found = one.values[np.maximum(rows, 0)]
        found[rows < 0] = np.nan
        measured = np.any(~np.isnan(found[..., list(targets)]), axis=2)
        kept = measured[:, reach:].any(axis=1) & measured[:, reach - history : reach].any(axis=1)
        here = slice(count, count + int(kept.sum()))
        values[here], times[here], of[here] = found[kept], one.times[np.maximum(rows[kept], 0)], at
        times[here][rows[kept] < 0] = np.datetime64("NaT")
        count = here.stop
    starts = np.arange(count) * span
    joined = Joined(
        values[:count].reshape(count * span, -1),
        times[:count].reshape(-1),
        starts,
        np.full(count, span),
        pad=0,
        of=of[:count],
        whole=False,
    )
    return joined, Windows(joined.values, history, horizon, starts + reach, tuple(targets), tuple(starts.tolist()))
