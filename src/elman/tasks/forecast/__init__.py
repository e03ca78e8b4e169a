"""Forecast: the next steps of one or many series."""

from elman.tasks.forecast.folds import Backtest, Fold
from elman.tasks.forecast.learning import learn, validate
from elman.tasks.forecast.model import ForecastModel

__all__ = ["learn", "validate", "Backtest", "Fold", "ForecastModel"]
