import subprocess
import sys
from types import ModuleType

import pytest

import elman

PUBLIC = [
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


def in_a_fresh_interpreter(program):
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_public_names_are_these():
    assert elman.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_imported(name):
    assert getattr(elman, name) is not None
    assert name in dir(elman)


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="unfodl"):
        elman.unfodl  # noqa: B018


def test_unfold_stays_the_function_after_its_folder_is_imported():
    import elman.unfold.loop

    assert not isinstance(elman.unfold, ModuleType)
    assert elman.unfold is sys.modules["elman.unfold"].unfold


@pytest.mark.parametrize(
    "before",
    [
        "import elman.unfold.loop",
        "import elman; elman.unfold; import elman.unfold.loop",
        "from elman import unfold",
    ],
)
def test_unfold_is_the_function_in_a_fresh_interpreter_too(before):
    in_a_fresh_interpreter(
        f"{before}\nimport elman, types\nassert isinstance(elman.unfold, types.FunctionType), elman.unfold"
    )


def test_importing_the_package_does_not_import_torch():
    in_a_fresh_interpreter("import sys, elman; elman.__version__; dir(elman); assert 'torch' not in sys.modules")
