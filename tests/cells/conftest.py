import pytest

from zoo import ALL_CELLS


@pytest.fixture(params=ALL_CELLS, ids=lambda specimen: specimen.name)
def specimen(request):
    return request.param


@pytest.fixture
def cell(specimen):
    return specimen.cell()
