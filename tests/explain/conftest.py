import pytest

from elman.unfold import engines
from zoo import ALL_CELLS


@pytest.fixture(params=ALL_CELLS, ids=lambda specimen: specimen.name)
def cell(request):
    return request.param.cell()


@pytest.fixture
def by_the_loop(monkeypatch):
    """Nothing is compiled: each cell would take seconds, and the engines are held against the loop elsewhere."""
    monkeypatch.setattr(engines, "ENGINES", {"loop": engines.ENGINES["loop"]})
