"""The main job, three times, on data that ships: weather forecast, voices told apart, digits read.

Each returns the model with its score beside those of simpler methods on the same test part.
"""

from elman.training.jobs.digits import read_digits
from elman.training.jobs.result import JobResult, Score
from elman.training.jobs.voices import tell_voices
from elman.training.jobs.weather import forecast_weather
from elman.training.watch import Watch

__all__ = ["forecast_weather", "tell_voices", "read_digits", "JobResult", "Score", "Watch"]
