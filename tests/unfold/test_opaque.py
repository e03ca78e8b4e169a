"""`unfold` as one operation of PyTorch, tested in a process without the checks of annotations."""

import os
import subprocess
import sys
from pathlib import Path


def test_it_is_one_operation_for_compile_and_export():
    tests = Path(__file__).with_name("as_one_operation.py")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--show-capture=no", str(tests)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["ELMAN_TESTS_UNCHECKED"] = "1"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
