"""Shadows that the backward sweep makes itself: with and without agree, none is kept."""

from typing import Any

import numba
import numpy as np
import pytest
from oracles import check_gradient, flatten, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower
from srcgrad.transform.lowering.late_shadows import late_shadows

X = np.array([0.3, -0.8, 1.1, 0.6, -0.2])


def recurrence(x, steps):
    h = np.zeros(len(x))
    total = 0.0
    for t in range(steps):
        new = np.zeros(len(x))
        for i in range(1, len(x)):
            new[i] = np.tanh(x[i] + h[i - 1] * h[i] * (t + 1))
        h = new
        total += h[2] * x[1]
    return total + np.sum(h * h)


def leapfrog(x, steps):
    before = x.copy()
    now = x.copy()
    for _ in range(steps):
        after = np.empty(len(x))
        for i in range(len(x)):
            after[i] = 2.0 * now[i] - before[i] + 0.1 * now[i - 1] * before[i] * x[i]
        before = now
        now = after
    return np.sum(now * before)


def growing(x, steps):
    h = np.ones(2)
    for t in range(steps):
        new = np.zeros(len(h) + 1)
        for i in range(len(h)):
            new[i] += h[i] * h[0] * x[t]
            new[i + 1] += h[i] * x[i]
        h = new
    return np.sum(h * h)


def never_read(x, steps):
    h = x.copy()
    for _ in range(steps):
        new = np.empty(len(x))
        for i in range(len(x)):
            new[i] = 0.5 * h[i] + 0.2 * h[i - 1]
        h = new
    return np.sum(h * x)


def two_at_once(x, steps):
    u = x.copy()
    v = np.ones(len(x))
    for _ in range(steps):
        a = np.empty(len(x))
        b = np.empty(len(x))
        for i in range(len(x)):
            a[i] = u[i] * v[i - 1]
            b[i] = v[i] + 0.1 * u[i] * u[i]
        u = a
        v = b
    return np.sum(u * v)


def kept_elsewhere(x, steps):
    h = x.copy()
    first = h
    for t in range(steps):
        new = np.empty(len(x))
        for i in range(len(x)):
            new[i] = h[i] * h[i - 1]
        if t == 1:
            first = new
        h = new
    return np.sum(h * first)


def changed_afterwards(x, steps):
    h = x.copy()
    for t in range(steps):
        new = np.empty(len(x))
        for i in range(len(x)):
            new[i] = h[i] * h[i - 1] + x[i]
        h[t] = new[0]
        h = new
        h[1] = h[2] * h[1]
    return np.sum(h * h)


def in_circles(x, steps):
    a = x.copy()
    b = x * 2.0
    c = np.ones(len(x))
    for _ in range(steps):
        c = a
        a = b
        b = c
        c = np.zeros(len(x))
        for i in range(len(x)):
            c[i] = a[i] * b[i] * b[i - 1]
        a[0] = c[1] * x[0]
    return np.sum(a * b + c)


def sometimes(x, steps):
    h = x.copy()
    for t in range(steps):
        new = np.empty(len(x))
        for i in range(len(x)):
            new[i] = h[i] * h[i - 1]
        if t != 1:
            h = new
    return np.sum(h * h)


def of_a_parameter(h, steps):
    for _ in range(steps):
        new = np.empty(len(h))
        for i in range(len(h)):
            new[i] = h[i] * h[i - 1]
        h = new
    return np.sum(h * h)


TAKEN: list[Any] = [recurrence, leapfrog, growing, never_read, two_at_once, of_a_parameter]
LEFT: list[Any] = [kept_elsewhere, changed_afterwards, in_circles, sometimes]


@pytest.mark.parametrize("f", TAKEN + LEFT, ids=lambda f: f.__name__)
@pytest.mark.parametrize("steps", [0, 1, 2, 4])
def test_with_and_without(f: Any, steps: int) -> None:
    first, *_ = derive(f, None, True, (numba.typeof(X), numba.int64)).programs
    assert (late_shadows(first) is not first) == (f in TAKEN), emit(first, [], "flat")
    texts = (emit(p, [], "loops") for p in (lower(first), lower(first, compact=False)))
    got, expected = (list(flatten(run_text(text)(X.copy(), steps))) for text in texts)
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    check_gradient(f, X, steps)


@pytest.mark.parametrize("f", [leapfrog, growing], ids=lambda f: f.__name__)
def test_compiled(f: Any) -> None:
    check_gradient(f, X, 3, compiled=True, without_value=False)


def test_no_shadow_is_kept() -> None:
    text = derive(leapfrog, None, True, (numba.typeof(X), numba.int64)).loops
    assert "tape_grad" not in text and "tape_now" in text
