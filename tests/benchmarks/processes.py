"""Processes: what can only be measured in a fresh one.

In: a problem, a size, a tool. Out: seconds until the first result, cold and from the disk
cache, and the memory that a call at the largest size adds at most.

Invariant: every process is new, on one thread, with caches of its own.
"""

from __future__ import annotations

import compileall
import contextlib
import ctypes
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .problem import Problem, Size
from .tools import ONE_THREAD, TOOLS, one_thread

ROOT = Path(__file__).parent.parent.parent
CACHED = ("srcgrad", "hand")
"""Tools with a disk cache."""

PACKAGES = {"primal": "numba", "hand": "numba"}
"""What a tool imports, where that is not its own name."""

WARM_STARTS = 3
"""Of these the median is reported."""


@dataclass(frozen=True)
class Fresh:
    """One fresh process.

    Attributes
    ----------
    total : float
        Seconds of the processor from the start of the process to the first result, all imports
        included.
    first : float
        Seconds of the processor for the first call, imports aside.
    memory : float or None
        MB that a call at the largest size adds at most to the process, if that was asked for.
    """

    total: float
    first: float
    memory: float | None = None


Starts = dict[str, dict[str, Fresh | None]]
"""By tool: cold, and warm where the tool has a disk cache."""


def measure(
    problem: Problem, size: Size, tools: Sequence[str], folder: Path, limit: float
) -> Starts:
    """Start every tool cold, then those with a disk cache warm and in turns."""
    compileall.compile_dir(ROOT / "srcgrad", quiet=2)  # as it is where it was installed
    found: Starts = {}
    cached = [tool for tool in tools if tool in CACHED]
    for tool in tools:
        found[tool] = {"cold": start(problem, size, tool, folder, limit, tool not in cached)}
    warm: dict[str, list[Fresh]] = {tool: [] for tool in cached}
    for number in range(WARM_STARTS):
        for tool in cached:
            one = start(problem, size, tool, folder, limit, number == 0)
            warm[tool] += [one] if one else []
    for tool, starts in warm.items():
        found[tool]["warm"] = middle(starts)
    return found


def middle(starts: Sequence[Fresh]) -> Fresh | None:
    """The medians; the memory is that of the start that measured it."""
    if not starts:
        return None
    total, first = (
        statistics.median(getattr(s, name) for s in starts) for name in ("total", "first")
    )
    return Fresh(total, first, next((s.memory for s in starts if s.memory is not None), None))


def start(
    problem: Problem, size: Size, tool: str, folder: Path, limit: float, memory: bool = False
) -> Fresh | None:
    """Run one process; None if it fails or takes too long."""
    from .catalogue import FAMILY_OF  # here: the process that is measured imports one family

    environment = {
        **os.environ,
        **ONE_THREAD,
        "SRCGRAD_CACHE_DIR": f"{folder}/srcgrad",
        "NUMBA_CACHE_DIR": f"{folder}/numba",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    what = json.dumps([FAMILY_OF[problem.name], problem.name, size, tool, memory])
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
    family, name, size, tool, memory = json.loads(sys.argv[1])
    one_thread()
    problems = importlib.import_module(family).PROBLEMS
    problem = next(p for p in problems if p.name == name)
    args = problem.arguments(tuple(size))
    importlib.import_module(PACKAGES.get(tool, tool))
    before = time.process_time()
    run = TOOLS[tool](problem, args)
    if run is None:
        sys.exit(f"{tool} has no form of {name}")
    run()
    total = time.process_time()
    first = total - before
    added = memory_of(problem, tool) if memory else None
    print(json.dumps(asdict(Fresh(total, first, added))))


def memory_of(problem: Problem, tool: str) -> float:
    """MB that a call at the largest size adds at most."""
    run = TOOLS[tool](problem, problem.arguments(problem.sizes[-1]))
    assert run is not None
    give_back_memory()
    run()
    time.sleep(0.2)  # JAX frees its buffers a little later
    with Peak() as peak:
        run()
    return peak.megabytes


def give_back_memory() -> None:
    """Have the C library return what is freed, so that what is held is what is in use."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        threshold, trim = -3, -1  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of malloc.h
        library.mallopt(threshold, 65536)
        library.mallopt(trim, 65536)
        library.malloc_trim(0)


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
