"""What a training takes is the time of the network, not of what is made ready for it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("shares.py")


@pytest.mark.parametrize("name", ["weather, forecast", "weather, tag", "voices, classify", "digits, classify"])
def test_four_fifths_of_a_training_are_spent_in_the_network(name):
    done = subprocess.run([sys.executable, PROGRAM, name], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    share = float(done.stdout.split(": ")[1].split(" %")[0])
    assert share > 80, done.stdout
