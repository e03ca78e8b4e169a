"""Recurrent neural networks in PyTorch from one time step.

A person writes one time step of a network; Elman unfolds it through time, trains it on data that changes
over time, and shows what happened at every instant.

>>> import elman, torch
>>> layer = elman.Recurrent("gru", input_size=3, hidden_size=5)
>>> output, state = layer(torch.randn(7, 2, 3))
>>> output.shape
torch.Size([7, 2, 5])
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from elman._version import __version__

# The public names and where each lives. Loaded at first use, so that `elman --help` need not import torch.
_HOMES = {
    "Cell": "elman.cells",
    "State": "elman.cells",
    "tap": "elman.cells",
    "SingleRNN": "elman.cells",
    "Elman": "elman.cells",
    "LSTM": "elman.cells",
    "GRU": "elman.cells",
    "PeepholeLSTM": "elman.cells",
    "LayerNormLSTM": "elman.cells",
    "SLSTM": "elman.cells",
    "MLSTM": "elman.cells",
    "GRUD": "elman.cells",
    "MGU": "elman.cells",
    "LiGRU": "elman.cells",
    "MinGRU": "elman.cells",
    "IndRNN": "elman.cells",
    "RHN": "elman.cells",
    "CoRNN": "elman.cells",
    "Unfolded": "elman.unfold",
    "unfold": "elman.unfold",
    "Trace": "elman.explain",
    "trace": "elman.explain",
    "Diagnosis": "elman.explain",
    "diagnose": "elman.explain",
    "Why": "elman.unfold",
    "why": "elman.unfold",
    "Recurrent": "elman.layers",
    "Zoneout": "elman.layers",
    "VariationalDropout": "elman.layers",
    "WeightDrop": "elman.layers",
    "detach": "elman.layers",
    "accelerate": "elman.layers",
    "Forecaster": "elman.models",
    "Classifier": "elman.models",
    "Regressor": "elman.models",
    "WindowExamples": "elman.models",
    "SequenceExamples": "elman.models",
    "save": "elman.models",
    "fit": "elman.tasks",
    "load": "elman.tasks",
    "Report": "elman.tasks",
    "History": "elman.training",
    "Callback": "elman.training",
    "RecurrentClassifier": "elman.estimators",
    "RecurrentRegressor": "elman.estimators",
    "RecurrentForecaster": "elman.estimators",
    "ElmanError": "elman.errors",
    "ArgumentError": "elman.errors",
    "ContractError": "elman.errors",
    "DataError": "elman.errors",
    "EngineError": "elman.errors",
}
_MODULES = ("nn", "data", "cells", "models", "training", "tasks", "estimators", "explain")

if TYPE_CHECKING:
    from elman import cells, data, explain, models, nn, tasks, training
    from elman import estimators as estimators
    from elman.cells import (
        GRU,
        GRUD,
        LSTM,
        MGU,
        MLSTM,
        RHN,
        SLSTM,
        Cell,
        CoRNN,
        Elman,
        IndRNN,
        LayerNormLSTM,
        LiGRU,
        MinGRU,
        PeepholeLSTM,
        SingleRNN,
        State,
        tap,
    )
    from elman.errors import ArgumentError, ContractError, DataError, ElmanError, EngineError
    from elman.estimators import RecurrentClassifier as RecurrentClassifier
    from elman.estimators import RecurrentForecaster as RecurrentForecaster
    from elman.estimators import RecurrentRegressor as RecurrentRegressor
    from elman.explain import Diagnosis, Trace, diagnose, trace
    from elman.layers import Recurrent, VariationalDropout, WeightDrop, Zoneout, accelerate, detach
    from elman.models import Classifier, Forecaster, Regressor, SequenceExamples, WindowExamples, save
    from elman.tasks import Report, fit, load
    from elman.training import Callback, History
    from elman.unfold import Unfolded, Why, unfold, why

# Without the estimators, which need scikit-learn: `from elman import *` must work where it is not installed.
__all__ = [
    "__version__",
    "Cell",
    "State",
    "tap",
    "SingleRNN",
    "Elman",
    "LSTM",
    "GRU",
    "PeepholeLSTM",
    "LayerNormLSTM",
    "SLSTM",
    "MLSTM",
    "GRUD",
    "MGU",
    "LiGRU",
    "MinGRU",
    "IndRNN",
    "RHN",
    "CoRNN",
    "Unfolded",
    "unfold",
    "Trace",
    "trace",
    "Diagnosis",
    "diagnose",
    "Why",
    "why",
    "Recurrent",
    "Zoneout",
    "VariationalDropout",
    "WeightDrop",
    "detach",
    "accelerate",
    "Forecaster",
    "Classifier",
    "Regressor",
    "WindowExamples",
    "SequenceExamples",
    "save",
    "fit",
    "load",
    "Report",
    "History",
    "Callback",
    "nn",
    "data",
    "cells",
    "models",
    "training",
    "tasks",
    "explain",
    "ElmanError",
    "ArgumentError",
    "ContractError",
    "DataError",
    "EngineError",
]


class _Package(ModuleType):
    """This package: a public function is not hidden by the folder of the same name.

    Importing the folder `elman/unfold/` sets the attribute `unfold` of its parent to the module, whenever that
    happens to be; `elman.unfold` must stay the function.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(f"elman.{name}")
    else:
        raise AttributeError(f"module 'elman' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
