"""Report: what was measured, as JSON, as a Markdown page, as plots.

In: ``Result``s. Out: ``results.json``, ``results.md``, ``times.png``, ``ratios.png`` in a folder.

Invariant: the page says what the figures depend on: machine, versions, command.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .problem import Size


@dataclass
class Result:
    """One problem at one size.

    Attributes
    ----------
    times : dict
        Median seconds for a call by tool.
    ratios : dict
        Medians of the rounds' ratios: "srcgrad/hand", ...
    failures : dict
        Why a tool is missing.
    """

    problem: str
    size: Size
    times: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


Processes = dict[str, dict[str, dict[str, Any]]]
"""By problem and tool: size, cold, warm."""


def write(folder: Path, results: Sequence[Result], processes: Processes) -> None:
    """All of the report."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "machine": machine(),
        "results": [asdict(r) for r in results],
        "processes": processes,
    }
    (folder / "results.json").write_text(json.dumps(content, indent=1) + "\n")
    (folder / "results.md").write_text(page(results, processes))
    try:
        plot_times(folder / "times.png", results)
        plot_ratios(folder / "ratios.png", results)
    except ImportError:
        print("no plots: matplotlib is not installed (extra `bench`)", file=sys.stderr)


def read(folder: Path, without: Collection[str] = ()) -> tuple[list[Result], Processes]:
    """What ``write`` wrote there, but for some problems."""
    content = json.loads((folder / "results.json").read_text())
    kept = [r for r in content["results"] if r["problem"] not in without]
    results = [Result(**{**r, "size": tuple(r["size"])}) for r in kept]
    return results, {n: p for n, p in content["processes"].items() if n not in without}


def machine() -> dict[str, str]:
    """What figures depend on."""
    names = ("srcgrad", "numba", "numpy", "jax", "autograd", "torch")
    found = {"python": platform.python_version(), "processor": processor()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | {"command": " ".join(["python -m tests.benchmarks", *sys.argv[1:]])}


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} processors"


def page(results: Sequence[Result], processes: Processes) -> str:
    """The Markdown page."""
    about = "\n".join(f"- {name}: {value}" for name, value in machine().items())
    parts = ["# Benchmark", about, "## Value and gradient, one call, one thread", times(results)]
    missing = [
        f"- {r.problem} {shown(r.size)}, {tool}: {why}"
        for r in results
        for tool, why in r.failures.items()
    ]
    if missing:
        parts += ["Not measured:", "\n".join(missing)]
    if processes:
        parts += ["## In fresh processes", fresh(processes, results)]
    return "\n\n".join(parts) + "\n"


def tools_of(results: Iterable[Result]) -> list[str]:
    """Every tool that has a time, in the order of the first."""
    return list(dict.fromkeys(tool for r in results for tool in r.times))


def times(results: Sequence[Result]) -> str:
    """Times and ratios, a row for each problem and size."""
    tools = tools_of(results)
    ratios = list(dict.fromkeys(name for r in results for name in r.ratios))
    rows = [
        [r.problem, shown(r.size)]
        + [duration(r.times.get(t)) for t in tools]
        + [number(r.ratios.get(name)) for name in ratios]
        for r in results
    ]
    return table(["problem", "size", *tools, *ratios], rows)


def fresh(processes: Processes, results: Sequence[Result]) -> str:
    """Compilation, warm start, memory, and a call at the smallest size."""
    smallest: dict[str, Result] = {}
    for r in results:
        smallest.setdefault(r.problem, r)
    rows = []
    for problem, by_tool in processes.items():
        for tool, found in by_tool.items():
            cold, warm = found.get("cold") or {}, found.get("warm") or {}
            call = smallest[problem].times.get(tool) if problem in smallest else None
            seconds = [duration(x.get(k)) for x in (cold, warm) for k in ("total", "first")]
            memory = (warm or cold).get("memory")
            rows.append([problem, shown(found["size"]), tool, *seconds, number(memory),
                         duration(call)])  # fmt: skip
    heads = ["problem", "size", "tool", "cold: process", "cold: first call", "warm: process"]
    heads += ["warm: first call", "memory added (MB), largest size", "a call, smallest size"]
    return table(heads, rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(size: Sequence[int]) -> str:
    """A size as text."""
    return " x ".join(map(str, size))


def duration(seconds: float | None) -> str:
    """Seconds in a unit that suits them, three digits."""
    if seconds is None:
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{digits(seconds / scale)} {unit}"
    return f"{digits(seconds * 1e9)} ns"


def number(value: float | None) -> str:
    """A number with three digits."""
    return "-" if value is None else digits(value)


def digits(value: float) -> str:
    """Three digits, no exponent."""
    if value <= 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:.{places}f}"


def plot_times(path: Path, results: Sequence[Result]) -> None:
    """A panel for each problem: time against size, both logarithmic, a line for each tool."""
    plt = pyplot()
    names, tools = list(dict.fromkeys(r.problem for r in results)), tools_of(results)
    columns = min(4, len(names))
    height = math.ceil(len(names) / columns)
    figure, axes = plt.subplots(
        height, columns, figsize=(3.6 * columns, 2.9 * height), squeeze=False
    )
    for axis in axes.flat[len(names) :]:
        axis.axis("off")
    for axis, name in zip(axes.flat, names, strict=False):
        mine = [r for r in results if r.problem == name]
        for k, tool in enumerate(tools):
            points = [(math.prod(r.size), r.times[tool]) for r in mine if tool in r.times]
            axis.loglog(*zip(*points, strict=True) if points else ([], []), "o-", markersize=3,
                        color=f"C{k}", label=tool)  # fmt: skip
        axis.set_title(name, fontsize=10)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
    for axis in axes[:, 0]:
        axis.set_ylabel("seconds a call", fontsize=8)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=len(tools), frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.4 / (2.9 * height)))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def plot_ratios(path: Path, results: Sequence[Result]) -> None:
    """Gradient time in terms of the primal's, at the largest size measured."""
    plt = pyplot()
    largest = [r for r in {r.problem: r for r in results}.values() if "primal" in r.times]
    tools = [t for t in tools_of(largest) if t != "primal"]
    figure, axis = plt.subplots(figsize=(max(6.0, 0.7 * len(largest)), 4.0))
    for k, tool in enumerate(tools):
        places = [i + k * 0.8 / len(tools) for i in range(len(largest))]
        heights = [r.times.get(tool, math.nan) / r.times["primal"] for r in largest]
        axis.bar(places, heights, width=0.8 / len(tools), label=tool, color=f"C{k}", align="edge")
    axis.set_yscale("log")
    axis.axhline(1.0, color="black", linewidth=0.6)
    names = [f"{r.problem}\n{shown(r.size)}" for r in largest]
    axis.set_xticks([i + 0.4 for i in range(len(largest))], names, rotation=70, fontsize=7)
    axis.set_ylabel("value and gradient / primal under @njit")
    axis.legend(frameon=False, ncols=len(tools) or 1)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def pyplot() -> Any:
    """Matplotlib without a window."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt
