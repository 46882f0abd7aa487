"""What a process costs: children count, and one that fails is told."""

from __future__ import annotations

import os
import sys

import pytest

from crm_assets.bench.measuring import ProgramFailed, measure_process

BURN = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"
HOLD = "import time; held = b'x' * 150_000_000; time.sleep(3)"


def run(code: str):
    return measure_process([sys.executable, "-c", code], os.environ)


def test_cpu_of_children_counts():
    measured = run(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])")
    assert 0.4 <= measured.cpu <= measured.wall + 0.2


@pytest.mark.skipif(not os.path.exists("/proc"), reason="sums over processes are read from /proc")
def test_memory_of_children_is_added():
    child = f"subprocess.Popen([sys.executable, '-c', {HOLD!r}])"
    measured = run(f"import subprocess, sys\nfor p in [{child}, {child}]: p.wait()")
    assert 0.3 < measured.peak < 0.6


def test_a_program_that_fails_is_told_with_what_it_printed():
    with pytest.raises(ProgramFailed, match="ended with 3:\nlast words"):
        run("print('last words'); raise SystemExit(3)")
