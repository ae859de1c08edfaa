"""Processes: what can only be measured in a fresh one.

In: a problem, a size, a tool. Out: seconds until the first result, cold and from the disk
cache, and the memory that a call adds at most.

Invariant: every process is new, on one thread, with caches of its own.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .problem import Problem, Size
from .tools import ONE_THREAD, TOOLS, one_thread

ROOT = Path(__file__).parent.parent.parent
CACHED = ("srcgrad", "hand")
"""Tools with a disk cache."""

WARM_STARTS = 3
"""Of these the median is reported."""


@dataclass(frozen=True)
class Fresh:
    """One fresh process.

    Attributes
    ----------
    total : float
        Seconds from the start of the process to the first result, all imports included.
    first : float
        Seconds for the tool: its imports, and the first call.
    memory : float
        MB that further calls add at most to the process.
    """

    total: float
    first: float
    memory: float


def measure(problem: Problem, size: Size, tool: str, limit: float) -> dict[str, Fresh | None]:
    """Cold, and warm where the tool has a disk cache."""
    with tempfile.TemporaryDirectory(prefix="srcgrad-bench-") as folder:
        found = {"cold": start(problem, size, tool, folder, limit)}
        if tool in CACHED and found["cold"] is not None:
            again = [start(problem, size, tool, folder, limit) for _ in range(WARM_STARTS)]
            done = sorted((f for f in again if f is not None), key=lambda f: f.total)
            found["warm"] = done[len(done) // 2] if done else None
    return found


def start(problem: Problem, size: Size, tool: str, folder: str, limit: float) -> Fresh | None:
    """Run one process; None if it fails or takes too long."""
    environment = {
        **os.environ,
        **ONE_THREAD,
        "SRCGRAD_CACHE_DIR": f"{folder}/srcgrad",
        "NUMBA_CACHE_DIR": f"{folder}/numba",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    family = problem.data.__module__  # only this one is imported, and what it needs
    what = json.dumps([family, problem.name, size, tool, time.time()])
    command = [sys.executable, "-m", "tests.benchmarks.processes", what]
    try:
        done = subprocess.run(
            command, env=environment, cwd=ROOT, timeout=limit, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return None
    return Fresh(**json.loads(done.stdout)) if done.returncode == 0 else None


def main() -> None:
    """The measured process."""
    family, name, size, tool, began = json.loads(sys.argv[1])
    one_thread()
    problems = importlib.import_module(family).PROBLEMS
    problem = next(p for p in problems if p.name == name)
    args = problem.arguments(tuple(size))
    before = time.perf_counter()
    run = TOOLS[tool](problem, args)
    if run is None:
        sys.exit(f"{tool} has no form of {name}")
    run()
    first, total = time.perf_counter() - before, time.time() - began
    run()
    with Peak() as peak:
        for _ in range(3):
            run()
    print(json.dumps(asdict(Fresh(total, first, peak.megabytes))))


class Peak:
    """The memory that the process holds at most meanwhile, beyond what it held before."""

    def __init__(self) -> None:
        self.megabytes = 0.0

    def __enter__(self) -> Peak:
        reset_peak()
        self._before = status("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.megabytes = max(status("VmHWM") - self._before, 0.0)


def reset_peak() -> None:
    """Let the kernel forget the highest memory so far, where it can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def status(field: str) -> float:
    """A number of MB from the process's status; 0 where there is none."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in text.splitlines() if x.startswith(field)), 0.0)


if __name__ == "__main__":
    main()
