"""Forecast: the next steps of one or many series."""

from elman.tasks.forecast.learning import learn
from elman.tasks.forecast.model import ForecastModel

__all__ = ["learn", "ForecastModel"]
