"""``python -m tests.benchmarks``: problems x sizes x tools, into a table and plots.

In: options. Out: a folder with the report of ``report``.

Invariant: a tool is timed only after its result agreed with the gradient by hand, which the
tests hold against differences and against GradBench's own results.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .problem import Problem, Size, relative_error
from .readme import MEASURED, renew
from .tools import TOOLS, Run, as_numpy, installed, one_thread

TOLERANCE = 1e-8
QUICK = ("gmm", "lstm", "ode", "llsq", "lse_numpy", "kmeans", "network", "rosenbrock", "dtw")
RATIOS = (
    ("srcgrad", "hand"),
    ("srcgrad", "primal"),
    ("jax", "srcgrad"),
    ("autograd", "srcgrad"),
    ("torch", "srcgrad"),
)
STARTED = ("srcgrad", "hand", "jax", "torch")
"""The tools that are started in fresh processes."""


def options() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--problems", help="names, separated by commas; all if left out")
    parser.add_argument("--tools", help=f"of {', '.join(TOOLS)}; all that are installed")
    parser.add_argument("--sizes", default="all", help="positions (0,1), or: all, small, large")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each problem and size")
    parser.add_argument("--limit", type=float, default=10.0, help="longest call, in seconds")
    parser.add_argument("--processes", default="all", help="problems in fresh processes; or: none")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--quick", action="store_true", help="two minutes: fewer of everything")
    parser.add_argument(
        "--readme",
        action="store_true",
        help="into the README: all problems, or --problems anew and the others as they were",
    )
    chosen = parser.parse_args()
    if chosen.readme:
        chosen.seconds, chosen.limit, chosen.out = 0.3, min(chosen.limit, 5.0), MEASURED
    if chosen.quick:
        chosen.problems = chosen.problems or ",".join(QUICK)
        chosen.tools = chosen.tools or "srcgrad,primal,hand,jax"
        chosen.sizes = "1" if chosen.sizes == "all" else chosen.sizes
        chosen.seconds = min(chosen.seconds, 0.3)
        chosen.processes = "rosenbrock" if chosen.processes == "all" else chosen.processes
    return chosen


def main() -> None:
    """Measure, and write after each problem."""
    chosen = options()
    one_thread()  # before anything is imported that has threads of its own
    from .catalogue import PROBLEMS
    from .report import Processes, Result, read, write

    problems = chosen.problems.split(",") if chosen.problems else list(PROBLEMS)
    tools = chosen.tools.split(",") if chosen.tools else installed()
    for unknown in [*(set(problems) - set(PROBLEMS)), *(set(tools) - set(TOOLS))]:
        sys.exit(f"{unknown} is neither a problem ({', '.join(PROBLEMS)}) nor a tool")
    alone = {"all": problems, "none": []}.get(chosen.processes, chosen.processes.split(","))
    results: list[Result] = []
    processes: Processes = {}
    if chosen.readme and chosen.problems:  # the others as they were measured before
        results, processes = read(chosen.out, without=problems)
    place = list(PROBLEMS).index
    for name in problems:
        problem = PROBLEMS[name]
        sizes = sizes_of(problem, chosen.sizes)
        with tempfile.TemporaryDirectory(prefix="srcgrad-bench-") as folder:
            os.environ["SRCGRAD_CACHE_DIR"] = f"{folder}/srcgrad"
            if name in alone:
                processes[name] = started(problem, sizes[len(sizes) // 2], tools, Path(folder))
            last: dict[str, float] = {}
            for size in sizes:
                results.append(one(problem, size, tools, last, chosen))
                report_line(results[-1])
        results.sort(key=lambda result: place(result.problem))
        write(chosen.out, results, {n: processes[n] for n in PROBLEMS if n in processes})
    if chosen.readme:
        renew()
    print((chosen.out / "results.md").read_text())


def started(problem: Problem, size: Size, tools: list[str], folder: Path) -> dict[str, Any]:
    """One problem in fresh processes: for each tool what ``Fresh`` says, cold and warm."""
    from .processes import measure

    found = measure(problem, size, [t for t in STARTED if t in tools], folder, limit=120.0)
    return {
        tool: {"size": size, **{k: asdict(v) if v else None for k, v in starts.items()}}
        for tool, starts in found.items()
    }


def sizes_of(problem: Problem, wish: str) -> list[Size]:
    """The sizes that are asked for."""
    named = {"all": range(len(problem.sizes)), "small": [0], "large": [-1]}
    places = named.get(wish) or [int(k) for k in wish.split(",")]
    return [problem.sizes[k] for k in places if k < len(problem.sizes)]


def one(problem: Problem, size: Size, tools: list[str], last: dict[str, float], chosen: Any) -> Any:
    """One problem at one size: compare, then time."""
    from .report import Result
    from .timing import race

    result = Result(problem.name, size)
    args = problem.arguments(size)
    expected = as_numpy(problem.hand(*args))
    runs: dict[str, Run] = {}
    for tool in tools:
        if last.get(tool, 0.0) > chosen.limit / 10:
            result.failures[tool] = f"{last[tool]:.1f} s at the size before"
            continue
        try:
            run = TOOLS[tool](problem, args)
            if run is None:
                result.failures[tool] = "has no form of it"
                continue
            got = as_numpy(run())
        except Exception as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            result.failures[tool] = " ".join([type(error).__name__, *lines[:3]])[:200]
            continue
        wanted = expected[0] if tool == "primal" else expected
        off = relative_error(got, wanted)
        if not off < TOLERANCE:
            result.failures[tool] = f"a wrong result: off by {off:.1e}"
            continue
        start = time.process_time()
        run()
        last[tool] = time.process_time() - start
        runs[tool] = run
    slow = {tool: last[tool] for tool in runs if last[tool] > 1.0}  # once is enough
    times = race(runs, chosen.seconds, slow)
    result.times = {tool: times.median(tool) for tool in runs}
    for above, below in RATIOS:
        if above in runs and below in runs:
            result.ratios[f"{above}/{below}"] = times.ratio(above, below)
    return result


def report_line(result: Any) -> None:
    """Progress on the screen."""
    from .report import duration, number, shown

    times = ", ".join(f"{tool} {duration(t)}" for tool, t in result.times.items())
    ratios = ", ".join(f"{name} {number(r)}" for name, r in result.ratios.items())
    failed = "; ".join(f"{tool}: {why}" for tool, why in result.failures.items())
    print(f"{result.problem} {shown(result.size)}: {times}; {ratios}; {failed}", file=sys.stderr)


if __name__ == "__main__":
    main()
