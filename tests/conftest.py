import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import jaxtyping
import pytest
import torch

# The helpers beside the tests (oracles, zoo, tolerances) are imported by their plain names.
sys.path.insert(0, str(Path(__file__).parent))

# Before elman is imported: every jaxtyping annotation of these floors is then checked at each call.
if "ELMAN_TESTS_UNCHECKED" not in os.environ:  # torch.compile cannot read the checker
    jaxtyping.install_import_hook(["elman.cells", "elman.unfold", "elman.layers"], "checking.check")

# Never the user's own cache of compiled code, but one for the run: xdist's workers inherit it from their controller.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["ELMAN_CACHE"] = tempfile.mkdtemp(prefix="elman-tests-")
    atexit.register(shutil.rmtree, os.environ["ELMAN_CACHE"], ignore_errors=True)

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
