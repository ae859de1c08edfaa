"""Shapes that are known while the text is written: what may be said of them, and what not."""

import numpy as np
import pytest
from oracles import check_gradient, complex_step

from srcgrad import grad


def stages(x, rounds):
    y, slope = np.zeros(len(x)), np.zeros(len(x))
    for _ in range(rounds):
        for i in range(1, len(x)):
            slope[i] = x[i] * y[i - 1]
        slope[0] = x[0]
        middle = y + 0.5 * slope
        for i in range(1, len(x)):
            slope[i] = x[i] * middle[i - 1]
        for i in range(len(x)):
            y[i] += 0.1 * slope[i]
    return y[-1] ** 2


def growing(x, rounds):
    total = np.zeros(1)
    for _ in range(rounds):
        total = total * 0.5 + np.sin(x) * total + x
    return np.sum(total * total)


def stretched_in_the_last_round(x, rounds):
    seen = np.ones(1)
    total = 0.0
    for k in range(rounds):
        twice = 2.0 * seen
        if k == 1:
            seen = seen + x
        total += np.sum(twice * seen * x[0])
    return total


def swapped(x, rounds):
    a, b = np.zeros(len(x)) + 0.5, np.zeros(1) + 0.25
    for _ in range(rounds):
        a, b = b, a
        a = a * np.cos(b)
    return np.sum(a * x) + np.sum(b * x)


def grown_from_a_slice(x, rounds):
    t = x[:1] * 1.0
    for _ in range(rounds):
        t = t + x
    return np.sum(t * t)


def grown_in_a_branch(x, rounds):
    t = x[:1] * 1.0
    u = t * 2
    if rounds > 1:
        t = t * x
    w = t * u
    return np.sum(w * x)


@pytest.mark.parametrize(
    "f",
    [
        stages,
        growing,
        stretched_in_the_last_round,
        swapped,
        grown_from_a_slice,
        grown_in_a_branch,
    ],
)
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_shapes_that_change_in_loops(f, rounds):
    x = np.array([0.5, -0.25, 0.75])
    check_gradient(f, x, rounds, wrt="x", oracle=complex_step, rtol=1e-11)


def test_arrays_of_one_size_need_no_test_at_run_time():
    text = grad(stages, wrt="x").source(np.ones(3), 2, level="loops")
    assert "stretch" not in text and "broadcast" not in text


def test_an_array_is_recorded_whole_rather_than_each_element_that_is_read():
    text = grad(stages, wrt="x").source(np.ones(3), 2)
    assert text.count(".append(") == 1 and "[_, i] = s8" not in text
