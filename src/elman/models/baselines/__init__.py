"""What a network has to beat: forecasts and classes found by simpler means, on the same windows and split."""

from elman.models.baselines.convolution import ConvNet, channels_within
from elman.models.baselines.naive import last_value, majority_class, seasonal_naive
from elman.models.baselines.neighbour import dynamic_time_warping, nearest_neighbour
from elman.models.baselines.ridge import Ridge
from elman.models.baselines.scores import mean_absolute_error

__all__ = [
    "mean_absolute_error",
    "last_value",
    "seasonal_naive",
    "Ridge",
    "majority_class",
    "nearest_neighbour",
    "dynamic_time_warping",
    "ConvNet",
    "channels_within",
]
