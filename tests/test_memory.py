"""The memory that gradients free stays with the process."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


def running(x):
    y = np.zeros_like(x)
    y[0] = np.sin(x[0])
    for k in range(1, len(x)):
        y[k] = np.sin(y[k - 1] * x[k])
    return np.sum(y * y)


PROGRAM = """
import resource
import numpy as np
from test_memory import running
from srcgrad import value_and_grad

x = np.linspace(0.1, 1.0, 100_000)
gradient = value_and_grad(running)
for _ in range(3):
    gradient(x)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    gradient(x)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**settings: str) -> int:
    """Pages that ten calls touch for the first time, in a process of its own."""
    paths = [str(Path(__file__).parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **settings}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_calls_take_no_fresh_pages() -> None:
    fixed = faults(MALLOC_TRIM_THRESHOLD_="131072", MALLOC_MMAP_THRESHOLD_="131072")
    assert faults() < fixed / 10
    assert fixed > 1000  # what was chosen stays
