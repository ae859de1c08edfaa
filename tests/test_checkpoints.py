"""Rounds that are run again from their states: the same numbers as with records, less memory."""

import inspect
from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, flatten, run_text
from ordinary import one_in
from programs import CASES

from srcgrad import grad, pipeline
from srcgrad.backend.emit import emit
from srcgrad.transform.checkpoints import state
from srcgrad.transform.lower import lower

X = np.array([0.3, -0.8, 1.1, 0.6, -0.2])


def midpoint(x, steps):
    n = len(x)
    y, half, k = np.zeros(n), np.zeros(n), np.zeros(n)
    for _ in range(steps):
        k[0] = x[0]
        for i in range(1, n):
            k[i] = x[i] * y[i - 1]
        for i in range(n):
            half[i] = y[i] + 0.05 * k[i]
        k[0] = x[0]
        for i in range(1, n):
            k[i] = x[i] * half[i - 1] * half[i]
        for i in range(n):
            y[i] += 0.1 * k[i]
    return y[n - 1] + y[1]


def state_is_an_argument(x, steps):
    for _ in range(steps):
        for i in range(1, len(x)):
            a = x[i] * x[i - 1]
            b = a * x[i]
            x[i] = 0.5 * x[i] + a * b
    return np.sum(x)


def state_needed_before(x, steps):
    y = x * 2.0
    first = y[0] * y[1]
    for _ in range(steps):
        for i in range(1, len(x)):
            a = y[i] * y[i - 1]
            b = a * x[i] * y[i]
            y[i] = 0.5 * a * b
    return np.sum(y * y) * first


def left_from_the_round_before(x, steps):
    n = len(x)
    y, k = np.ones(n), np.ones(n)
    for _ in range(steps):
        for i in range(1, n):
            k[i] = x[i] * y[i - 1] * k[i]
        for i in range(n):
            a = y[i] * k[i]
            b = a * x[i]
            y[i] = a * b + 0.1 * k[0]
        k[0] = y[n - 1]
    return np.sum(y)


def carried_numbers(x, steps):
    total, speed = 0.0, 1.0
    y = np.ones(len(x))
    for _ in range(1, steps):
        for i in range(len(x)):
            a = y[i] * x[i]
            b = a * speed
            y[i] = a * b * 0.3 + x[i]
        speed = 0.9 * speed * y[0]
        total += speed * y[1]
    return total


def a_parameter_changes_afterwards(x, scale, steps):
    y = np.ones(len(x))
    for _ in range(steps):
        for i in range(len(x)):
            a = y[i] * x[i] * scale
            b = a * y[i]
            y[i] = a * b
    scale = 3.0 * scale
    x = x * scale
    return np.sum(y * x)


def branches(x, steps):
    y, k = np.ones(len(x)), np.zeros(len(x))
    for _ in range(steps):
        for i in range(len(x)):
            if y[i] > 0.5:
                k[i] = y[i] * x[i]
            a = k[i] * y[i]
            y[i] = a * x[i] + 0.3
    return np.sum(y)


def planes(x, steps):
    u, v = np.zeros((3, len(x))), np.zeros((3, len(x)))
    for _ in range(steps):
        for i in range(3):
            for j in range(len(x)):
                v[i, j] = x[j] * u[i, j] + 1.0
        for i in range(3):
            for j in range(1, len(x)):
                w = v[i, j] * v[i, j - 1]
                u[i, j] = w * x[j] + w * v[i, j]
    return np.sum(u)


def through_a_view(x, steps):
    u, v = np.ones((2, len(x))), np.zeros(len(x))
    for _ in range(steps):
        row = u[1]
        for j in range(len(x)):
            v[j] = row[j] * x[j] * u[0, j]
        for j in range(len(x)):
            row[j] = v[j] * row[j] + 0.5
    return np.sum(u)


NESTED = [c for c in CASES if inspect.getsource(c.function).count("for ") > 1]
"""Cases with loops in loops."""

PROGRAMS: list[tuple[Any, tuple[Any, ...], bool]] = [
    (midpoint, (X, 4), True),
    (midpoint, (X, 0), True),
    (state_is_an_argument, (X, 3), True),
    (state_needed_before, (X, 3), True),
    (left_from_the_round_before, (X, 3), True),
    (carried_numbers, (X, 5), True),
    (a_parameter_changes_afterwards, (X, 1.2, 3), True),
    (branches, (X, 4), True),
    (planes, (X, 3), True),
    (through_a_view, (X, 3), False),
]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds are run again whether or not that is a gain."""
    monkeypatch.setattr(state, "GAIN", 0.0)
    monkeypatch.setattr(state, "LEAST", 0.0)


def both(f: Any, args: Any, wrt: Any = None) -> tuple[str, str]:
    """The loops with and without checkpoints."""
    gradient = grad(f, wrt=wrt)
    derived: pipeline.Derived = gradient.derived(gradient._kinds(args))
    first, *others = derived.programs
    return tuple(  # type: ignore[return-value]
        emit(lower(first, checkpoints=flag), [lower(p, checkpoints=flag) for p in others], "loops")
        for flag in (True, False)
    )


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("f", "args", "taken"), PROGRAMS)
def test_programs(f: Any, args: tuple[Any, ...], taken: bool) -> None:
    check_gradient(f, *args, compiled=False)
    on, off = both(f, args)
    assert ("state_" in on) == taken, on
    copies = [tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args) for _ in "ab"]
    got, expected = (run_text(t)(*c) for t, c in zip((on, off), copies, strict=True))
    np.testing.assert_array_equal(list(flatten(got)), list(flatten(expected)))


def slope(x, y, k):
    k[0] = x[0]
    for i in range(1, len(x)):
        k[i] = x[i] * y[i - 1]


def heun(x, steps):
    n = len(x)
    y, first, second = np.zeros(n), np.zeros(n), np.zeros(n)
    for _ in range(steps):
        slope(x, y, first)
        slope(x, y + 0.1 * first, second)
        for i in range(n):
            y[i] += 0.05 * (first[i] + second[i])
    return y[n - 1]


def window(x, steps):
    y = np.ones(len(x))
    for i in range(2, len(x)):
        for j in range(3):
            a = y[i - j] * x[i]
            b = a * y[i]
            y[i] = a * b
    return y[len(x) - 1]


def test_not_where_the_state_is_larger_than_the_work() -> None:
    on, off = both(window, (X, 4))
    assert on == off


def test_where_it_is_a_gain() -> None:
    check_gradient(heun, X, 4, compiled=True)
    on, off = both(heun, (X, 4))
    assert on.count("np.empty((max(steps, 0), ") == 1, on
    assert off.count("np.empty((max(steps, 0), ") == 2, off


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("case", one_in(4, NESTED), ids=lambda case: case.name)
def test_on_and_off(case: Any) -> None:
    on, off = both(case.function, case.args, case.wrt)
    if on == off:
        return
    check_gradient(case.function, *case.args, wrt=case.wrt, rtol=case.rtol, compiled=False)
