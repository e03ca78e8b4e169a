"""Ridge regression on lags: the linear forecast that many recurrent networks lose to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from elman.data import Scaler, Windows, filled_inputs, interpolated
from elman.errors import ArgumentError
from elman.models.baselines.scores import mean_absolute_error

_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0)


@dataclass(frozen=True, eq=False)
class Ridge:
    r"""A linear forecast from every value of the history, with its weights held small.

    $$ W = \arg\min_W \lVert Y - \bar Y - (X - \bar X) W \rVert^2 + \lambda \lVert W \rVert^2 $$

    A row of $X$ is the whole history of one window, all channels scaled, missing values filled
    (`elman.data.filled_inputs`; 0, the mean, before a channel's first value); a row of $Y$ is its whole target.
    Fit it with `Ridge.fit`.

    Args:
        scaler: Of all channels, fitted on the training part.
        strength: $\lambda$.
        centre: $\bar X$, `(features,)`.
        weights: $W$, `(features, horizon · targets)`.
        mean: $\bar Y$, `(horizon · targets,)`, scaled as the target channels are.
        mask: Whether the features also say which values were missing.
    """

    scaler: Scaler
    strength: float
    centre: Float64[np.ndarray, " features"]
    weights: Float64[np.ndarray, "features outputs"]
    mean: Float64[np.ndarray, " outputs"]
    mask: bool

    @classmethod
    def fit(
        cls,
        train: Windows,
        *,
        known: Float64[np.ndarray, "time known"] | None = None,
        mask: bool = False,
        strengths: Sequence[float] = _STRENGTHS,
    ) -> Ridge:
        """The weights of least squares, with the strength that did best on the last fifth of the training part.

        The strength is chosen by fitting on the first four fifths; the weights are then fitted on all of it.
        A missing target is taken from the line between its measured neighbours in the training part.

        Args:
            train: Windows whose targets all lie in the training part, in time order.
            known: `(time, known)`, what is known ahead of every row, such as `elman.data.calendar(times)`. The
                row of the origin is used.
            mask: Add, for every value of the history, whether it was missing.
            strengths: The values of λ to choose from, each above 0.

        Raises:
            ArgumentError: There are no strengths above 0, or too few windows to hold a fifth back.
        """
        if not strengths or min(strengths) <= 0:
            raise ArgumentError(f"strengths are {list(strengths)}; expected at least one, each above 0")
        if len(strengths) == 1:
            return cls._solve(train, known, mask, strengths)[0]
        end = int(train.origins[-1]) + train.horizon if len(train) else 0
        cut = end - (end - int(train.origins[0])) // 5 if len(train) else 0
        first, last = train.within(slice(0, cut)), train.within(slice(cut, end))
        if not len(first) or not len(last):
            raise ArgumentError(
                f"{len(train)} training windows are too few to choose the strength on a fifth of them; "
                f"give more rows, or a single strength"
            )
        measured = last.outputs()
        fits = cls._solve(first, known, mask, strengths)
        best = min(fits, key=lambda fit: mean_absolute_error(fit.predict(last, known=known), measured))
        return cls._solve(train, known, mask, [best.strength])[0]

    def predict(
        self, windows: Windows, *, known: Float64[np.ndarray, "time known"] | None = None
    ) -> Float64[np.ndarray, "windows horizon targets"]:
        """The forecast of each window, in the units of the targets.

        Args:
            windows: Windows of the same history, horizon, channels and targets as in `fit`.
            known: As in `fit`.

        Raises:
            ArgumentError: The windows have another number of features than those of `fit`.
        """
        features = _features(windows, self.scaler, known, self.mask)
        if features.shape[1] != len(self.centre):
            raise ArgumentError(
                f"windows give {features.shape[1]} features; the ridge was fitted on {len(self.centre)}. "
                f"Give the same history, channels and known columns"
            )
        scaled = (features - self.centre) @ self.weights + self.mean
        scaled = scaled.reshape(len(windows), windows.horizon, len(windows.targets))
        return self.scaler.select(windows.targets).inverse(scaled)

    @classmethod
    def _solve(
        cls,
        train: Windows,
        known: Float64[np.ndarray, "time known"] | None,
        mask: bool,
        strengths: Sequence[float],
    ) -> list[Ridge]:
        if not len(train):
            raise ArgumentError("there are no training windows; expected at least one. Give more rows")
        part = train.values[: train.origins.max() + train.horizon]
        scaler = Scaler.fit(part)
        features = _features(train, scaler, known, mask)
        targets = replace(train, values=interpolated(part, train.starts)).outputs()
        targets = scaler.select(train.targets).transform(targets).reshape(len(train), -1)

        centre, mean = features.mean(axis=0), targets.mean(axis=0)
        features -= centre
        gram, moment = features.T @ features, features.T @ (targets - mean)
        diagonal = np.eye(len(gram))
        return [
            cls(scaler, strength, centre, np.linalg.solve(gram + strength * diagonal, moment), mean, mask)
            for strength in strengths
        ]


def _features(
    windows: Windows, scaler: Scaler, known: Float64[np.ndarray, "time known"] | None, mask: bool
) -> Float64[np.ndarray, "windows features"]:
    parts = [np.nan_to_num(scaler.transform(filled_inputs(windows)))]
    if mask:
        parts.append(np.isnan(windows.inputs()).astype(np.float64))
    if known is not None:
        if len(known) != len(windows.values):
            raise ArgumentError(
                f"known has {len(known)} rows; the series has {len(windows.values)}. Give one for each row"
            )
        parts.append(known[windows.origins])
    return np.concatenate([part.reshape(len(windows), -1) for part in parts], axis=1)
