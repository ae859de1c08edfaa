"""Loops around whole columns in row form: the same values, in lanes of rows."""

import numba
import numpy as np
import pytest
from oracles import check_gradient, run_text

from srcgrad import value_and_grad
from srcgrad.pipeline import derive

RANDOM = np.random.default_rng(17)
C = RANDOM.uniform(0.2, 1.0, size=(4, 3))
P = RANDOM.uniform(0.2, 1.0, size=(70, 3))


def nearest(c, p):
    best = np.full(len(p), np.inf)
    for j in range(len(c)):
        best = np.minimum(best, np.sum((p - c[j]) ** 2, axis=1))
    return np.sum(best)


def kernels(c, p):
    n = p.shape[0]
    total = np.zeros(n)
    for j in range(len(c)):
        z = (p - c[j]) / c[0, 0]
        total += c[j, 1] * np.exp(-np.sum(z * z, axis=-1))
    return np.sum(np.log(total)) + n * c[0, 0]


def powers(c, p):
    """A matrix that a loop carries: each row would leave a list of vectors, which lanes refuse."""
    x = p * c[0]
    for j in range(len(c)):
        x = np.sin(x * c[j]) + p
    return np.sum(x) + np.sum(np.max(x, axis=1))


def steps(c, p):
    """Two loops, numbers between them, a sum in each."""
    x = np.sum(p, axis=1)
    scale = c[1, 1] * 2.0
    for j in range(3):
        x = x + np.cos(x) * scale * c[j, 0]
    first = np.sum(x)
    y = np.sqrt(np.abs(x))
    for j in range(len(c)):
        y = y * np.exp(-y * c[j, 2])
    return first + np.sum(y)


IN_ROWS = [nearest, kernels, steps]


def sum_in_the_loop(c, p):
    x = np.sum(p, axis=1)
    total = 0.0
    for j in range(len(c)):
        x = np.sin(x * c[j, 0])
        total += np.sum(x)
    return total


def read_afterwards(c, p):
    x = np.sum(p, axis=1)
    for j in range(len(c)):
        x = np.sin(x * c[j, 0])
    return np.sum(x) + x[3]


def squared(c, p):
    """The gradient of a row is not known before all rows are."""
    x = np.sum(p, axis=1)
    for j in range(len(c)):
        x = np.sin(x * c[j, 0])
    return np.sum(x) ** 2


def counted(c, p):
    """A number that the loop carries would be carried by every row."""
    x = np.sum(p, axis=1)
    w = 1.0
    for j in range(len(c)):
        w = w * c[j, 0]
        x = np.sin(x * w)
    return np.sum(x)


def mean_of_all(c, p):
    x = np.sum(p, axis=1)
    for j in range(len(c)):
        x = np.sin(x * c[j, 0]) - np.mean(x)
    return np.sum(x)


def overwritten(c, p):
    x = np.sum(p, axis=1)
    for j in range(len(c)):
        x = np.sin(x * c[j, 0])
        p[0, 0] = x[1]
    return np.sum(x * np.sum(p, axis=1))


def other_axis(c, p):
    x = p * 1.0
    for j in range(3):
        x = x * np.sum(p, axis=0) * c[j, 0]
    return np.sum(np.sin(x))


def beside(c, p):
    """As many rows in both, perhaps: or one in the other, which is broadcast."""
    x = np.sum(p, axis=1)
    for j in range(3):
        x = x * c[:, 0] * c[0, j]
    return np.sum(np.sin(x))


NOT_IN_ROWS = [
    squared,
    sum_in_the_loop,
    read_afterwards,
    counted,
    mean_of_all,
    overwritten,
    other_axis,
]


def texts_of(f, c, p):
    kinds = numba.typeof(c), numba.typeof(p)
    return [derive(f, None, True, kinds, lanes=k, small=False).straight for k in (True, False)]


def agree(f, c, p):
    on, off = (run_text(t)(c.copy(), p.copy()) for t in texts_of(f, c, p))
    np.testing.assert_allclose(on[0], off[0], rtol=1e-12)
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("f", [*IN_ROWS, *NOT_IN_ROWS], ids=lambda f: f.__name__)
def test_differences(f):
    check_gradient(f, C, P[:5], compiled=False)
    agree(f, C, P[:5])


@pytest.mark.parametrize("f", IN_ROWS, ids=lambda f: f.__name__)
def test_in_rows(f):
    on, off = texts_of(f, C, P)
    assert "64 rounds of `row` at a time" in on and "`row`" not in off
    agree(f, C, P)
    agree(f, C, P[:1])


@pytest.mark.parametrize("f", [*NOT_IN_ROWS, beside], ids=lambda f: f.__name__)
def test_not_in_rows(f):
    assert "`row`" not in texts_of(f, C, P)[0]


def test_one_row_for_many():
    agree(beside, C[:1], P)
    agree(beside, C, P[:4])


def test_listing_is_as_it_was():
    """Row form is for what is compiled; what people read has the user's statements."""
    text = value_and_grad(nearest).source(C, P)
    assert "best = np.minimum(best, s3)" in text and "row" not in text


@pytest.mark.parametrize("f", [nearest, steps], ids=lambda f: f.__name__)
def test_compiled(f):
    check_gradient(f, C, P[:5], compiled=True)
