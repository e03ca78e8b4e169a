"""Ridge regression whose strength is found by leaving each sample out, all in one decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from elman.errors import ArgumentError

_STRENGTHS = tuple(10.0**power for power in range(-3, 7))


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    r"""A linear function with small weights, of the strength that errs least on samples left out.

    With $X - \bar X = U S V^\top$, the fitted values of every strength are $H (Y - \bar Y) + \bar Y$ where

    $$ H = U \frac{S^2}{S^2 + \lambda} U^\top + \frac{1}{n}, $$

    and the error on a sample that was left out is its residual over $1 - H_{ii}$, without another fit. Differs from
    `Ridge`, which serves time series: a value of the past must not be judged by those after it.

    Args:
        strength: $\lambda$, with the least squared error on samples left out.
        centre: $\bar X$, `(features,)`.
        weights: `(features, outputs)`.
        mean: $\bar Y$, `(outputs,)`.

    Reference:
        Golub, Heath, Wahba. Generalized Cross-Validation as a Method for Choosing a Good Ridge Parameter. 1979.
        https://doi.org/10.1080/00401706.1979.10489751
    """

    strength: float
    centre: Float64[np.ndarray, " features"]
    weights: Float64[np.ndarray, "features outputs"]
    mean: Float64[np.ndarray, " outputs"]

    @classmethod
    def fit(
        cls,
        features: Float64[np.ndarray, "samples features"],
        targets: Float64[np.ndarray, "samples outputs"],
        *,
        strengths: Sequence[float] = _STRENGTHS,
    ) -> LeaveOneOut:
        """The weights of least squares under the best of these strengths; the time grows with the smaller side cubed.

        Args:
            features: Features of each sample, of like scale, as the penalty holds all of them alike.
            targets: What to predict; several outputs share one strength.
            strengths: The values of λ to choose from, each above 0.

        Raises:
            ArgumentError: The sides have different numbers of samples, or none, or there are no strengths above 0.
        """
        if len(features) != len(targets) or not len(features):
            raise ArgumentError(
                f"{len(features)} rows of features and {len(targets)} of targets; expected as many of each, at least 1"
            )
        if not strengths or min(strengths) <= 0:
            raise ArgumentError(f"strengths are {list(strengths)}; expected at least one, each above 0")
        centre, mean = features.mean(axis=0), targets.mean(axis=0)
        x, y = features - centre, targets - mean
        wide = x.shape[1] > x.shape[0]
        squares, vectors = np.linalg.eigh(x @ x.T if wide else x.T @ x)
        # Directions without any spread, as rounding leaves them, carry nothing.
        kept = squares > max(squares.max(initial=0), 0) * max(x.shape) * np.finfo(np.float64).eps
        squares, vectors = squares[kept], vectors[:, kept]
        u = vectors if wide else x @ vectors / np.sqrt(squares)
        v = x.T @ vectors / np.sqrt(squares) if wide else vectors

        moment, leverage = u.T @ y, u**2
        errors = []
        for strength in strengths:
            shrink = squares / (squares + strength)
            residuals = y - u @ (shrink[:, None] * moment)
            alone = np.maximum(1 - leverage @ shrink - 1 / len(x), 1e-10)
            errors.append(((residuals / alone[:, None]) ** 2).sum())
        strength = strengths[int(np.argmin(errors))]
        weights = v @ ((np.sqrt(squares) / (squares + strength))[:, None] * moment)
        return cls(strength, centre, weights, mean)

    def predict(self, features: Float64[np.ndarray, "samples features"]) -> Float64[np.ndarray, "samples outputs"]:
        """The outputs of each sample.

        Raises:
            ArgumentError: There is another number of features than in `fit`.
        """
        if features.shape[1] != len(self.centre):
            raise ArgumentError(f"samples have {features.shape[1]} features; the fit had {len(self.centre)}")
        return (features - self.centre) @ self.weights + self.mean
