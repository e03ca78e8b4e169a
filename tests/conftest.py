import sys
from pathlib import Path

import jaxtyping
import pytest
import torch

# The helpers beside the tests (oracles, zoo, tolerances) are imported by their plain names.
sys.path.insert(0, str(Path(__file__).parent))

# Before elman is imported: every jaxtyping annotation of these floors is then checked at each call.
jaxtyping.install_import_hook(["elman.cells", "elman.unfold", "elman.layers"], "checking.check")

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True, warn_only=True)
torch.utils.deterministic.fill_uninitialized_memory = True


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture
def as_a_user_sees_it():
    """Without the checks of annotations, which a user does not have: the library's own errors must come."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
