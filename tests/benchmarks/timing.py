"""Timing: several functions against each other, round by round.

In: functions without parameters. Out: for each the median time of a call.

Invariant: in every round each function is timed once, so that what slows the machine down for a
while slows all of them; ratios are medians of the rounds' own ratios. It is the processor's time
that counts: on one thread that is the clock's on an idle machine, and near to it on a busy one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SAMPLE = 0.003
"""Seconds that one sample lasts at least: quick functions are called many times in it."""


@dataclass(frozen=True)
class Times:
    """Seconds for a call, by function and round."""

    rounds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """The median time of one function."""
        return statistics.median(self.rounds[name])

    def ratio(self, above: str, below: str) -> float:
        """How many times longer one takes than another."""
        pairs = zip(self.rounds[above], self.rounds[below], strict=True)
        return statistics.median(a / b for a, b in pairs)


def race(
    runs: Mapping[str, Callable[[], Any]],
    seconds: float,
    known: Mapping[str, float] | None = None,
    most: int = 25,
) -> Times:
    """Time functions against each other for about so many seconds.

    Each has been called before, so that nothing is compiled here. What is ``known`` is not timed.
    """
    known = known or {}
    counts = {name: calls_for_a_sample(run) for name, run in runs.items() if name not in known}
    found: dict[str, list[float]] = {name: [] for name in runs}
    start = time.perf_counter()
    for number in range(most):
        for name, run in runs.items():
            found[name].append(known[name] if name in known else sample(run, counts[name]))
        if number >= 2 and time.perf_counter() - start > seconds:
            break
    return Times(found)


def calls_for_a_sample(run: Callable[[], Any]) -> int:
    """How many calls make a sample long enough."""
    count = 1
    while sample(run, count) * count < SAMPLE:
        count *= 2
    return count


def sample(run: Callable[[], Any], count: int) -> float:
    """Seconds for a call, over ``count`` calls."""
    start = time.process_time()
    for _ in range(count):
        run()
    return (time.process_time() - start) / count
