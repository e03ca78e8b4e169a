import subprocess
import sys
from pathlib import Path

import pytest

from elman.data import memory
from elman.data.memory import usable_memory


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it there")
def test_half_of_the_machine_at_most_is_to_be_used():
    total = Path("/proc/meminfo").read_text(encoding="ascii").split("MemTotal:")[1].split()[0]
    assert 0 < usable_memory() <= int(total) * 1024 / 2


def test_a_container_may_have_less(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_LIMIT", limit)
    free = usable_memory()
    limit.write_text("max\n")
    assert usable_memory() == free
    limit.write_text(f"{2**20}\n")
    assert usable_memory() == 2**19


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_process_may_have_less():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))\n"
        "from elman.data.memory import usable_memory; print(usable_memory())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(run.stdout) <= 2**32
