"""``python -m tests.benchmarks.overhead``: what a call of a gradient costs by itself.

In: nothing. Out: a table on the screen: nanoseconds a call, srcgrad's against a dispatcher
written by hand with the same arguments and results, from Python and inside a compiled loop.

Invariant: both sides compute the same, and are timed in turns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from srcgrad import grad
from srcgrad.gates import sigmoid

from .problem import flat, hand_written
from .report import duration, number, table
from .timing import race
from .tools import one_thread

SCALE = 1.0
WEIGHTS = np.array([1.0, 2.0, 3.0])


def neuron(w0, x0, w1, x1, w2):
    return 1.0 / (1.0 + math.exp(-(w0 * x0 + w1 * x1 + w2)))


def neuron_gate(w0, x0, w1, x1, w2):
    return sigmoid(w0 * x0 + w1 * x1 + w2)


def neuron_captured(w0, x0, w1, x1, w2):
    return SCALE / (1.0 + math.exp(-(w0 * x0 + w1 * x1 + w2)))


@hand_written
def neuron_hand(w0, x0, w1, x1, w2):
    y = 1.0 / (1.0 + math.exp(-(w0 * x0 + w1 * x1 + w2)))
    g = (1.0 - y) * y
    return g * x0, g * w0, g * x1, g * w1, g


def misfit(W, x, t):
    total = 0.0
    for i in range(W.shape[0]):
        s = 0.0
        for j in range(W.shape[1]):
            s += W[i, j] * x[j]
        total += (s - t[i]) ** 2
    return total


@hand_written
def misfit_hand(W, x, t):
    gW, gx, gt = np.empty_like(W), np.zeros_like(x), np.empty_like(t)
    for i in range(W.shape[0]):
        s = 0.0
        for j in range(W.shape[1]):
            s += W[i, j] * x[j]
        g = 2.0 * (s - t[i])
        gt[i] = -g
        for j in range(W.shape[1]):
            gW[i, j] = g * x[j]
            gx[j] += g * W[i, j]
    return gW, gx, gt


def weighted(x):
    total = 0.0
    for i in range(len(x)):
        total += WEIGHTS[i] * x[i] * x[i]
    return total


@hand_written
def weighted_hand(x, weights):
    g = np.empty(len(x))
    for i in range(len(x)):
        g[i] = 2.0 * weights[i] * x[i]
    return g


def loop_of(gradient: Any) -> Callable[[int], float]:
    """A compiled loop that calls a gradient of five scalars."""

    @numba.njit
    def loop(rounds):
        total = 0.0
        for _ in range(rounds):
            total += gradient(total, -1.0, -3.0, -2.0, -3.0)[0]
        return total

    return loop


Run = Callable[[], Any]


def call(function: Callable[..., Any], *args: Any) -> Run:
    """A call, to be timed."""
    return lambda: function(*args)


def cases() -> dict[str, tuple[Run, Run, int]]:
    """By name: srcgrad's call, the one by hand, how many gradients are in each."""
    scalars, three = (2.0, -1.0, -3.0, -2.0, -3.0), np.ones(3)
    by_hand = call(neuron_hand, *scalars)
    found = {
        "5 scalars": (call(grad(neuron), *scalars), by_hand, 1),
        "5 scalars, a gate": (call(grad(neuron_gate), *scalars), by_hand, 1),
        "5 scalars, a captured number": (call(grad(neuron_captured), *scalars), by_hand, 1),
    }
    for n, m in ((3, 4), (30, 40), (100, 100)):
        arrays = np.ones((n, m)), np.ones(m), np.ones(n)
        ours, theirs = call(grad(misfit), *arrays), call(misfit_hand, *arrays)
        found[f"3 arrays, {n} x {m}"] = ours, theirs, 1
    ours, theirs = call(grad(weighted), three), call(weighted_hand, three, WEIGHTS)
    found["an array, a captured array"] = ours, theirs, 1
    ours, theirs = call(loop_of(grad(neuron)), 1000), call(loop_of(neuron_hand), 1000)
    found["5 scalars, in a compiled loop"] = ours, theirs, 1000
    return found


def main() -> None:
    """Measure and print."""
    one_thread()
    rows = []
    for name, (ours, theirs, calls) in cases().items():
        np.testing.assert_allclose(flat(ours()), flat(theirs()), rtol=1e-9)
        times = race({"srcgrad": ours, "hand": theirs}, seconds=1.0)
        each = [duration(times.median(tool) / calls) for tool in ("srcgrad", "hand")]
        rows.append([name, *each, number(times.ratio("srcgrad", "hand"))])
    print(table(["a call with", "srcgrad", "by hand", "ratio"], rows))


if __name__ == "__main__":
    main()
