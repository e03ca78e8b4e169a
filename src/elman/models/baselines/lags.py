"""Tag every step of a sequence by a linear function of the last few steps."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view

from elman.data import Scaler, carried
from elman.errors import ArgumentError
from elman.models.baselines.least_squares import LeaveOneOut


def logistic_lags(
    train: Sequence[np.ndarray],
    tags: Sequence[Int64[np.ndarray, " time"]],
    samples: Sequence[np.ndarray],
    *,
    lags: int = 5,
    strength: float = 1.0,
) -> list[Int64[np.ndarray, " time"]]:
    r"""The likeliest tag of each step, by multinomial logistic regression on this step and those before it.

    $$ \min_{W, b} \; -\sum_i \log \mathrm{softmax}(W x_i + b)_{c_i} + \tfrac{\lambda}{2} \lVert W \rVert^2 $$

    Channels are scaled as over the training part. A missing value is the last one measured before it; before the
    first one, and before the sequence, stands the mean.

    Args:
        train: Training sequences, each `(time_i, channels)`.
        tags: The tag of every step of each of them, `(time_i,)`; one below 0 is unknown and left out.
        samples: The sequences to tag.
        lags: Steps that are read: this one and `lags - 1` before it.
        strength: $\lambda$, above 0.

    Raises:
        ArgumentError: Tags and sequences do not match, no step has a tag, or lags or strength do not fit.

    Example:
        >>> import numpy as np
        >>> train = [np.array([[0.0], [1], [0], [0], [1], [1], [0]])]
        >>> before = [np.array([0, 0, 1, 0, 0, 1, 1])]
        >>> logistic_lags(train, before, [np.array([[1.0], [0], [0]])], lags=2, strength=0.01)[0].tolist()
        [0, 1, 0]
    """
    tag = logistic_tagger(train, tags, lags=lags, strength=strength)
    return [tag(sample) for sample in samples]


def logistic_tagger(
    train: Sequence[np.ndarray], tags: Sequence[Int64[np.ndarray, " time"]], *, lags: int = 5, strength: float = 1.0
) -> Callable[[np.ndarray], Int64[np.ndarray, " time"]]:
    """The function that gives one sequence the tags of `logistic_lags`; see there.

    Args:
        train: Training sequences, each `(time_i, channels)`.
        tags: The tag of every step of each of them.
        lags: Steps that are read.
        strength: As for `logistic_lags`.

    Raises:
        ArgumentError: As `logistic_lags`.
    """
    if not strength > 0:
        raise ArgumentError(f"strength is {strength}; expected a number above 0")
    scaler, features, known = _prepared(train, tags, lags)
    targets = known.astype(np.int64)
    used = targets >= 0
    if not used.any():
        raise ArgumentError("no step has a tag; expected at least one that is not below 0")
    classes, codes = np.unique(targets[used], return_inverse=True)
    weights, bias = _logistic(features[used], codes, len(classes), strength)
    return lambda sample: classes[(_lagged(sample, scaler, lags) @ weights + bias).argmax(axis=1)]


def linear_lags(
    train: Sequence[np.ndarray],
    tags: Sequence[Float64[np.ndarray, " time"]],
    samples: Sequence[np.ndarray],
    *,
    lags: int = 5,
) -> list[Float64[np.ndarray, " time"]]:
    """The number of each step, by ridge regression on this step and those before it.

    What is missing, and before the sequence, is taken as in `logistic_lags`.

    Args:
        train: Training sequences, each `(time_i, channels)`.
        tags: The number of every step of each of them, `(time_i,)`; a missing one (NaN) is left out.
        samples: The sequences to give numbers to.
        lags: Steps that are read: this one and `lags - 1` before it.

    Raises:
        ArgumentError: Tags and sequences do not match, no step has a number, or lags does not fit.
    """
    tag = linear_tagger(train, tags, lags=lags)
    return [tag(sample) for sample in samples]


def linear_tagger(
    train: Sequence[np.ndarray], tags: Sequence[Float64[np.ndarray, " time"]], *, lags: int = 5
) -> Callable[[np.ndarray], Float64[np.ndarray, " time"]]:
    """The function that gives one sequence the numbers of `linear_lags`; see there.

    Args:
        train: Training sequences, each `(time_i, channels)`.
        tags: The number of every step of each of them.
        lags: Steps that are read.

    Raises:
        ArgumentError: As `linear_lags`.
    """
    scaler, features, known = _prepared(train, tags, lags)
    used = ~np.isnan(known)
    if not used.any():
        raise ArgumentError("no step has a number; expected at least one that is not NaN")
    ridge = LeaveOneOut.fit(features[used], known[used, None])
    return lambda sample: ridge.predict(_lagged(sample, scaler, lags))[:, 0]


def _prepared(
    train: Sequence[np.ndarray], tags: Sequence[np.ndarray], lags: int
) -> tuple[Scaler, Float64[np.ndarray, "steps features"], Float64[np.ndarray, " steps"]]:
    """The scaler, and the features and the tag of every step of all sequences."""
    if lags < 1:
        raise ArgumentError(f"lags is {lags}; expected at least 1, the step itself")
    if not len(train) or [len(sequence) for sequence in train] != [len(sequence) for sequence in tags]:
        raise ArgumentError(
            f"{len(train)} training sequences and the tags of {len(tags)}; expected at least one sequence, and as "
            f"many tags as steps for each"
        )
    scaler = Scaler.fit(train)
    features = np.concatenate([_lagged(sequence, scaler, lags) for sequence in train])
    return scaler, features, np.concatenate(list(tags)).astype(np.float64)


def _lagged(sequence: np.ndarray, scaler: Scaler, lags: int) -> Float64[np.ndarray, "time features"]:
    scaled = np.nan_to_num(scaler.transform(carried(sequence)))
    padded = np.concatenate([np.zeros((lags - 1, scaled.shape[1])), scaled])
    return sliding_window_view(padded, lags, axis=0).reshape(len(sequence), -1)


def _logistic(
    features: np.ndarray, codes: np.ndarray, classes: int, strength: float
) -> tuple[Float64[np.ndarray, "features classes"], Float64[np.ndarray, " classes"]]:
    x, y = torch.from_numpy(features), torch.from_numpy(codes)
    weights = torch.zeros(x.shape[1], classes, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights, bias], max_iter=500, tolerance_grad=1e-7, tolerance_change=1e-12, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        penalty = strength / 2 * weights.square().sum() / len(x)
        value = torch.nn.functional.cross_entropy(x @ weights + bias, y) + penalty
        value.backward()
        return value

    optimizer.step(loss)  # pyright: ignore[reportArgumentType]
    return weights.detach().numpy(), bias.detach().numpy()
