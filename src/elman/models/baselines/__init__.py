"""What a network has to beat: forecasts, classes, tags and flags found by simpler means, on the same data and split."""

from elman.models.baselines.anomaly import rolling_z
from elman.models.baselines.class_scores import accuracy, log_loss, macro_f1
from elman.models.baselines.convolution import ConvNet, channels_within
from elman.models.baselines.event_scores import PrecisionRecall, precision_recall
from elman.models.baselines.kernels import RandomKernels
from elman.models.baselines.lags import linear_lags, linear_tagger, logistic_lags, logistic_tagger
from elman.models.baselines.least_squares import LeaveOneOut
from elman.models.baselines.naive import last_value, majority_by_step, majority_class, mean_value, seasonal_naive
from elman.models.baselines.neighbour import dynamic_time_warping, nearest_neighbour, neighbour_work
from elman.models.baselines.ngrams import NGrams
from elman.models.baselines.ridge import Ridge
from elman.models.baselines.scores import (
    coverage,
    mean_absolute_error,
    pinball,
    r2,
    root_mean_squared_error,
    scaled_error,
)
from elman.models.baselines.season import period_of
from elman.models.baselines.smoothing import exponential_smoothing

__all__ = [
    "mean_absolute_error",
    "root_mean_squared_error",
    "scaled_error",
    "pinball",
    "coverage",
    "r2",
    "accuracy",
    "macro_f1",
    "log_loss",
    "PrecisionRecall",
    "precision_recall",
    "last_value",
    "seasonal_naive",
    "period_of",
    "exponential_smoothing",
    "Ridge",
    "majority_class",
    "majority_by_step",
    "mean_value",
    "nearest_neighbour",
    "neighbour_work",
    "dynamic_time_warping",
    "RandomKernels",
    "LeaveOneOut",
    "logistic_lags",
    "linear_lags",
    "logistic_tagger",
    "linear_tagger",
    "ConvNet",
    "channels_within",
    "NGrams",
    "rolling_z",
]
