"""Readme: the README's table of the benchmark, from the last measurement that was kept.

In: ``measured/results.json``, which ``python -m tests.benchmarks --readme`` writes. Out: the text
between two marks of the README; ``python -m tests.benchmarks.readme`` puts it there.

Invariant: the README says nothing of a measurement that is not in the JSON; a test compares them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .report import digits, duration, number, shown, table

MEASURED = Path(__file__).parent / "measured"
README = Path(__file__).parent.parent.parent / "README.md"
BEGIN, END = "<!-- benchmark: begin -->\n", "<!-- benchmark: end -->"

HEADS = (
    *("problem", "size", "gradient", "srcgrad / hand", "srcgrad / primal"),
    *("jax / srcgrad", "autograd / srcgrad", "compiling: srcgrad, jax", "warm start / hand"),
    "memory / hand",
)
LITTLE = 0.5
"""MB below which a call is taken to need no memory."""

RATIOS = ("srcgrad/hand", "srcgrad/primal", "jax/srcgrad", "autograd/srcgrad")


def renew() -> None:
    """Put the last measurement into the README."""
    before, _, after = parts(README.read_text())
    README.write_text(before + BEGIN + section(measured()) + END + after)


def parts(text: str) -> tuple[str, str, str]:
    """What is before, between and after the marks."""
    before, _, rest = text.partition(BEGIN)
    between, _, after = rest.partition(END)
    return before, between, after


def measured() -> dict[str, Any]:
    """The measurement that was kept."""
    found: dict[str, Any] = json.loads((MEASURED / "results.json").read_text())
    return found


def section(content: dict[str, Any]) -> str:
    """The table, and what it was made with."""
    machine = content["machine"]
    names = ("python", "numba", "numpy", "jax", "autograd", "torch")
    versions = ", ".join(f"{name} {machine[name]}" for name in names if name in machine)
    largest = {r["problem"]: r for r in content["results"]}
    rows = [row(r, content["processes"].get(name, {})) for name, r in largest.items()]
    made = f"({machine['processor']}; {versions}. {machine.get('note', '')}".rstrip()
    return f"{table(HEADS, rows)}\n\n{made})\n"


def row(result: dict[str, Any], starts: dict[str, Any]) -> list[str]:
    """One problem at its largest size."""
    ratios = [number(result["ratios"].get(name)) for name in RATIOS]
    ours, hand, jax = (starts.get(tool, {}) for tool in ("srcgrad", "hand", "jax"))
    compiling = ", ".join(seconds(x.get("cold")) for x in (ours, jax))
    return [
        *(f"`{result['problem']}`", shown(result["size"])),
        *(duration(result["times"].get("srcgrad")), *ratios, compiling),
        quotient(ours.get("warm"), hand.get("warm"), "total", 0.0),
        quotient(ours.get("warm"), hand.get("warm"), "memory", LITTLE),
    ]


def seconds(start: dict[str, Any] | None) -> str:
    """The first call of a process."""
    return digits(start["first"]) + " s" if start else "-"


def quotient(
    above: dict[str, Any] | None, below: dict[str, Any] | None, name: str, least: float
) -> str:
    """A ratio, where both are there and large enough to be measured."""
    a, b = ((x or {}).get(name) for x in (above, below))
    return digits(a / b) if a and b and min(a, b) >= least else "-"


if __name__ == "__main__":
    renew()
