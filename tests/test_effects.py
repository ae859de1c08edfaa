"""Calls for what they change, and functions of numbers that are called for every element."""

import numpy as np
import pytest
from oracles import check_gradient, run_listing
from scipy import linalg, special

from srcgrad import UnsupportedError, grad, value_and_grad

V = np.array([0.4, 0.9, 0.6, 1.3])
M = np.array([[0.3, -0.7, 1.1, 0.2], [0.6, 0.2, -0.5, 0.9], [0.9, 0.4, 0.8, -0.1]])
S = M[:, :3] @ M[:, :3].T + np.eye(3)
PLACES = np.array([0, 2, 2, -1])
COLUMNS = np.array([0, 1, 1])


def added(x, i):
    y = np.zeros(5)
    np.add.at(y, i, x)
    return np.sum(y**2)


def added_to_itself(x, i):
    y = x * 2
    np.add.at(y, i, x * x)
    np.subtract.at(y, i, 0.5)
    return np.sum(y**3)


def rows_added(x, i):
    y = np.ones((5, 4))
    np.add.at(y, i, x)
    return np.sum(y**2)


def pairs_added(x, i):
    y = np.ones((5, 4))
    np.add.at(y, (i, COLUMNS), x[:3])
    return np.sum(y**2)


def argument_changed(x, i):
    np.add.at(x, i, 1.0)
    x.sort()
    return np.sum(x**2 * np.arange(len(x)))


def put_and_copied(x, i):
    y, z = np.zeros(5), np.ones(4)
    np.put(y, i, x)
    np.copyto(z, x)
    np.putmask(z, x > 0.8, 2.0)
    return np.sum(y[:4] * z)


def results_given(x):
    y = np.empty_like(x)
    np.multiply(x, x, out=y)
    np.exp(y, out=y)
    return np.sum(y * x)


def clipped(a):
    if a > 0.5:
        return a * a
    return 0.25 * a


def scaled(a, b):
    return a * b if a > b else b


each, each_pair = np.vectorize(clipped), np.vectorize(scaled)


def of_each(x, y):
    return np.sum(each(x) ** 2) + np.sum(each_pair(x, y)) + np.sum(np.vectorize(clipped)(y))


def listed(x):
    total = 0.0
    for v in x.tolist():
        total += v**3
    return total + x.tolist()[0]


def without_index(x):
    return np.sum(x[()] ** 2) * np.sum(x)[()]


def selected(x):
    return np.sum(x[np.nonzero(x > 0.5)] ** 2) + np.sum(x[np.where(x < 1)] ** 3)


def distinct(x, i):
    total = np.sum(np.unique(np.round(x) * 0 + x) ** 2)
    for k in np.unique(i):
        total += np.sum(x[i == k]) ** 2
    return total


def over_axes(x):
    return np.sum(np.apply_over_axes(np.sum, x, [0]) ** 2) + np.sum(
        (x - special.logsumexp(x, axis=1, keepdims=True)) ** 2
    )


def triangular(A, b):
    L = linalg.cholesky(A, lower=True)
    w = linalg.solve_triangular(L, b, lower=True)
    u = linalg.solve_triangular(L, b, trans="T", lower=True)
    return w @ w + np.sum(u) + b @ linalg.cho_solve(linalg.cho_factor(A), b) + linalg.det(A)


CASES = [
    (added, V, PLACES),
    (added_to_itself, V, PLACES),
    (rows_added, M, PLACES[:3]),
    (pairs_added, V, PLACES[:3]),
    (argument_changed, V, PLACES),
    (put_and_copied, V, np.array([0, 2, 3, 1])),
    (results_given, M),
    (of_each, M, V),
    (listed, V),
    (without_index, M),
    (selected, V),
    (distinct, V, PLACES),
    (over_axes, M),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_gradients(case):
    f, *args = case
    check_gradient(f, *args, compiled=f in (added_to_itself, of_each))


def test_triangular_systems():
    got = run_listing(grad(triangular), triangular, S, V[:3])
    h = 1e-6
    moved = np.eye(3) * h  # symmetric, as the gradient takes it
    expected = (triangular(S + moved, V[:3]) - triangular(S - moved, V[:3])) / (2 * h)
    assert np.trace(got[0]) == pytest.approx(expected, rel=1e-7)


def test_masks_are_no_positions():
    with pytest.raises(UnsupportedError):
        value_and_grad(added).source(V, V > 0.5)


def test_library_functions_that_cannot_be_followed_are_named():
    def f(x):
        return np.sum(linalg.logm(x))

    with pytest.raises(UnsupportedError, match=r"`linalg.logm` is not a function that srcgrad"):
        grad(f).source(S)
