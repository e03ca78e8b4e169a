import pytest

from elman.unfold import engines
from zoo import ALL_CELLS


@pytest.fixture(autouse=True)
def _the_reference(request, monkeypatch):
    """These tests hold the loop to the last bit; the compiled engine is held against the loop in its own folder."""
    if "compiled" not in str(request.path):
        monkeypatch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})


@pytest.fixture(params=ALL_CELLS, ids=lambda specimen: specimen.name)
def specimen(request):
    return request.param


@pytest.fixture
def cell(specimen):
    return specimen.cell()
