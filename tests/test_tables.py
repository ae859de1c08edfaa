"""Arrays that loops fill from the front: what a store overwrites is recorded where it was read."""

from typing import Any

import numpy as np
import pytest
from oracles import check_gradient

from srcgrad import grad

A = np.array([0.3, -0.8, 1.1, 0.6, -0.2])
B = np.array([0.5, 0.9, -0.4])


def steps(a):
    x = np.zeros(len(a) + 1)
    x[0] = a[0]
    for t in range(len(a)):
        x[t + 1] = x[t] + 0.1 * np.sin(x[t] * a[t])
    return np.sum(x * x)


def warped(a, b):
    D = np.full((len(a) + 1, len(b) + 1), 100.0)
    D[0, 0] = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            D[i + 1, j + 1] = (a[i] - b[j]) ** 2 + min(D[i, j], D[i, j + 1], D[i + 1, j])
    return D[len(a), len(b)]


def layers(a, b):
    h = np.zeros((4, len(a)))
    for t in range(1, 4):
        for i in range(len(a)):
            total = a[i]
            for j in range(len(a)):
                total += 0.2 * h[t - 1, j] * h[t - 1, i] * b[0]
            h[t, i] = np.tanh(total)
    return np.sum(h[3] * a)


def sized_by_itself(a):
    x = np.zeros(len(a) + 1)
    n = len(x)
    x[0] = a[1]
    for t in range(1, len(x)):
        x[t] = x[t - 1] * x[t - 1] * a[t - 1] + 1.0
    return x[n - 1]


def looks_ahead(a):
    x = np.ones(len(a) + 1)
    for t in range(len(a)):
        x[t] = x[t] * x[t + 1] * a[t]
    return np.sum(x * x)


def from_the_end(a):
    x = np.ones(len(a))
    for t in range(len(a)):
        x[t] = x[t - 1] * x[t - 1] * a[t]
    return np.sum(x * x)


def diagonal_ahead(a, b):
    D = np.ones((len(a) + 1, len(b) + 1))
    for i in range(len(a)):
        for j in range(len(b)):
            D[i + 1, j] = D[i, j + 1] * D[i + 1, j + 1] * a[i] * b[j]
    return np.sum(D)


def filled_again(a):
    x = np.ones(len(a) + 1)
    for _ in range(3):
        for t in range(len(a)):
            x[t + 1] = x[t] * x[t] * a[t] + 1.0
        x[0] = x[len(a)]
    return np.sum(x * x)


def downward(a):
    x = np.ones(len(a) + 1)
    for t in range(len(a) - 1, -1, -1):
        x[t + 1] = x[t] * x[t] * a[t]
    return np.sum(x * x)


def substituted(a):
    x = np.zeros(len(a))
    x[-1] = a[-1]
    for i in range(len(a) - 2, -1, -1):
        x[i] = a[i] * x[i + 1] * x[i + 1] + 0.1
    return np.sum(x * x)


def downward_from_the_end(a):
    x = np.ones(len(a))
    for i in range(len(a) - 2, -2, -1):
        x[i] = a[i] * x[i + 1] * x[i + 1]
    return np.sum(x * x)


def eliminated(a):
    c = np.zeros(len(a))
    d = np.zeros(len(a))
    for i in range(1, len(a)):
        m = 2.0 + a[i] * c[i - 1]
        c[i] = a[i - 1] / m
        d[i] = (a[i] - d[i - 1]) / m
    return np.sum(d * c)


def scattered(a):
    y = np.full(len(a), 0.1)
    for i in range(len(a)):
        y[2 * i % 3] += a[i] * a[i] * a[i - 1]
    return np.sum(y * y)


def copied(a):
    y = a.copy()
    for i in range(1, len(a)):
        y[i] = a[i] * a[i - 1]
    return np.sum(y * y)


def copied_and_read(a):
    y = a.copy()
    z = y * y
    for i in range(1, len(a)):
        y[i] = a[i] * a[i - 1]
    return np.sum(z * y)


def read_before(a):
    x = np.ones(len(a) + 1)
    y = x[1] * x[2] * a[0]
    z = x * a[1]
    for t in range(len(a)):
        x[t + 1] = x[t] * x[t] * a[t] * y
    return np.sum(x * z)


def two_stores(a):
    x = np.ones(len(a) + 1)
    for t in range(1, len(a)):
        x[t] = a[t] * x[t - 1]
        y = x[t] * x[t]
        x[t + 1] = y * a[t]
        x[t - 1] = x[t + 1] * a[t - 1] * x[t - 1]
    return np.sum(x * x)


PROGRAMS: list[tuple[Any, tuple[Any, ...], bool]] = [
    (steps, (A,), False),
    (warped, (A, B), False),
    (layers, (A, B), False),
    (sized_by_itself, (A,), False),
    (looks_ahead, (A,), True),
    (from_the_end, (A,), True),
    (diagonal_ahead, (A, B), True),
    (filled_again, (A,), True),
    (downward, (A,), True),
    (substituted, (A,), False),
    (downward_from_the_end, (A,), True),
    (eliminated, (A,), False),
    (scattered, (A,), False),
    (copied, (A,), False),
    (copied_and_read, (A,), True),
    (read_before, (A,), True),
    (two_stores, (A,), True),
]


@pytest.mark.parametrize(("f", "args", "recorded"), PROGRAMS)
def test_what_is_recorded(f: Any, args: tuple[Any, ...], recorded: bool) -> None:
    check_gradient(f, *args, compiled=False)
    flat = grad(f).source(*args)
    assert ("# recorded: overwritten" in flat) == recorded, flat


def test_a_load_is_taken_again_after_a_store_that_overwrites_nothing_read() -> None:
    assert "# recorded" not in grad(eliminated).source(A)
