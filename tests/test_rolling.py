"""Tables of gradients of which a loop uses a few rows are these rows: on and off agree."""

from typing import Any

import numba
import numpy as np
import pytest
from oracles import check_gradient, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform import lower as lowering

X = np.array([0.3, 1.2, -0.4, 0.9, 1.7, 0.2])
Y = np.array([0.1, 0.8, 1.5, -0.2])


def path(x, y):
    D = np.full((len(x) + 1, len(y) + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(len(x)):
        for j in range(len(y)):
            D[i + 1, j + 1] = (x[i] - y[j]) ** 2 + min(D[i, j], D[i, j + 1], D[i + 1, j])
    return D[len(x), len(y)]


def waves(x, y):
    n = len(x)
    u = np.zeros((len(y) + 2, n))
    for k in range(n):
        u[0, k] = x[k]
        u[1, k] = x[k] * 0.9
    for t in range(1, len(y) + 1):
        for k in range(1, n - 1):
            bent = u[t, k - 1] - 2.0 * u[t, k] + u[t, k + 1]
            u[t + 1, k] = 2.0 * u[t, k] - u[t - 1, k] + y[t - 1] * bent * u[t, k]
    total = 0.0
    for k in range(n):
        total += u[len(y) + 1, k] ** 2
    return total


def steps(x, y):
    T, n = len(y), len(x)
    h = np.zeros((T + 1, n))
    for t in range(T):
        for k in range(n):
            h[t + 1, k] = np.tanh(h[t, k] * x[k] + y[t] * h[t, (k + 1) % n] + x[k])
    total = 0.0
    for k in range(n):
        total += h[T, k] * x[k]
    return total


def down(x, y):
    T, n = len(y), len(x)
    h = np.ones((T + 1, n))
    for t in range(T - 1, -1, -1):
        for k in range(n):
            h[t, k] = np.sin(h[t + 1, k] * x[k] + y[t])
    total = 0.0
    for k in range(n):
        total += h[0, k] ** 2
    return total


def boxes(x, y):
    h = np.zeros((len(y) + 1, len(x), 2))
    for t in range(len(y)):
        for k in range(len(x)):
            h[t + 1, k, 0] = np.sin(h[t, k, 1]) * x[k] + y[t]
            h[t + 1, k, 1] = h[t, k, 0] * x[k] - h[t + 1, k, 0] * y[t]
    total = 0.0
    for k in range(len(x)):
        total += h[len(y), k, 0] * h[len(y), k, 1]
    return total


def every_row(x, y):
    h = np.ones((len(y) + 1, len(x)))
    for t in range(len(y)):
        for k in range(len(x)):
            h[t + 1, k] = np.sin(h[t, k] * x[k]) + y[t]
    total = 0.0
    for t in range(len(y) + 1):
        for k in range(len(x)):
            total += h[t, k] ** 2
    return total


def a_row_in_the_middle(x, y):
    h = np.ones((len(y) + 1, len(x)))
    for t in range(len(y)):
        for k in range(len(x)):
            h[t + 1, k] = np.sin(h[t, k] * x[k]) + y[t]
    return h[len(y), 1] * h[2, 0] + h[0, 0]


def from_the_end(x, y):
    h = np.ones((len(y), len(x)))
    for t in range(len(y)):
        for k in range(len(x)):
            h[t, k] = np.sin(h[t - 1, k] * x[k]) + y[t] * h[t, k]
    return h[len(y) - 1, 1]


def leapfrog(x, y):
    n = len(x)
    u = np.ones((len(y) + 2, n))
    for t in range(1, len(y) + 1):
        for k in range(1, n - 1):
            bent = u[t, k - 1] - 2.0 * u[t, k] + u[t, k + 1]
            u[t + 1, k] = 2.0 * u[t, k] * x[k] - u[t - 1, k] + y[t - 1] * bent * u[t, k]
    total = 0.0
    for k in range(n):
        total += u[len(y) + 1, k] ** 2
    return total


FOUND = [path, leapfrog, steps, boxes]
OTHERS = [waves, down, every_row, a_row_in_the_middle, from_the_end]


def results(f: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[Any]]:
    first, *_ = derive(f, None, True, (numba.typeof(X), numba.typeof(Y))).programs
    texts = [emit(lowering.lower(first), [], "loops")]
    monkeypatch.setattr(lowering, "rolling", lambda program: program)
    texts.append(emit(lowering.lower(first), [], "loops"))
    return texts, [run_text(t)(X.copy(), Y.copy()) for t in texts]


@pytest.mark.parametrize("f", FOUND + OTHERS, ids=lambda f: str(f.__name__))
def test_on_and_off_agree(f: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, (on, off) = results(f, monkeypatch)
    if f in FOUND:
        assert "the next of the" in texts[0]
    assert "the next of the" not in texts[1]
    assert on[0] == off[0]
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("f", FOUND + OTHERS, ids=lambda f: str(f.__name__))
def test_gradients(f: Any) -> None:
    check_gradient(f, X, Y, compiled=f in (path, leapfrog))


@pytest.mark.parametrize("f", [path, leapfrog, steps], ids=lambda f: str(f.__name__))
def test_few_rounds(f: Any) -> None:
    for n in (1, 2):
        check_gradient(f, X, Y[:n], compiled=False)
        check_gradient(f, X[:n], Y, compiled=False)
