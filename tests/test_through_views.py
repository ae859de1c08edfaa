"""Loops over rows that have names: the elements are the matrix's, so that lanes can take them."""

import numba
import numpy as np
import pytest
from oracles import check_gradient, run_text

from srcgrad import value_and_grad
from srcgrad.pipeline import derive

RANDOM = np.random.default_rng(13)
C = RANDOM.uniform(0.2, 1.0, size=(4, 3))
P = RANDOM.uniform(0.2, 1.0, size=(70, 3))


def nearest(c, p):
    total = 0.0
    for i in range(len(p)):
        point = p[i]
        best = np.inf
        for j in range(len(c)):
            best = np.minimum(best, np.sum((point - c[j]) ** 2))
        total += best
    return total


def kernels(c, p):
    total = 0.0
    for i in range(len(p)):
        point = p[i]
        for j in range(len(c)):
            total += np.exp(-np.sum((point - c[j]) ** 2))
    return total


def rebound(c, p):
    """One name for two rows, one after the other."""
    total = 0.0
    for i in range(len(p)):
        row = p[i]
        s = np.sum(row * c[0])
        row = c[1]
        for j in range(len(c)):
            s += np.sum(np.sin(row * c[j]))
        total += s * s
    return total


def moved_on(c, p):
    """What the subscript reads changes between the view and its uses."""
    total = 0.0
    for i in range(len(p)):
        k = i % 3
        row = p[k]
        k = (k + 1) % 3
        for j in range(len(c)):
            total += np.sum(row * c[j]) * p[k, 0]
    return total


def from_the_end(c, p):
    total = 0.0
    for i in range(len(p)):
        row = p[-1 - i]
        for j in range(len(c)):
            total += np.exp(np.sum(row * c[-1 - j]))
    return total


def written_through(c, p):
    q = p * 1.0
    total = 0.0
    for i in range(len(p)):
        row = q[i]
        for r in range(len(row)):
            row[r] = row[r] * c[0, r]
        for j in range(len(c)):
            total += np.sum(np.sqrt(q[i] * c[j]))
    return total


def kept(c, p):
    """The row of the last round is read after the loop."""
    row = p[0]
    total = 0.0
    for i in range(len(p)):
        row = p[i]
        for j in range(len(c)):
            total += np.exp(-np.sum(row * c[j]))
    return total + np.sum(row * row)


FOUND = [nearest, kernels, rebound, moved_on, from_the_end, written_through, kept]


def texts_of(f, c, p):
    kinds = numba.typeof(c), numba.typeof(p)
    return [derive(f, None, True, kinds, lanes=flag).straight for flag in (True, False)]


def agree(f, c, p):
    on, off = (run_text(t)(c.copy(), p.copy()) for t in texts_of(f, c, p))
    np.testing.assert_allclose(on[0], off[0], rtol=1e-12)
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_differences(f):
    check_gradient(f, C, P[:5], compiled=False)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_on_and_off(f):
    agree(f, C, P)
    agree(f, C[:2], P[:3])
    agree(f, C, P[:0] if f is not kept else P[:2])


@pytest.mark.parametrize("f", [nearest, kernels], ids=lambda f: f.__name__)
def test_lanes(f):
    on, off = texts_of(f, C, P)
    assert "64 rounds of `i` at a time" in on and "64 rounds" not in off


def test_compiled():
    value, (_, grad_p) = value_and_grad(nearest)(C, P)
    square = np.sum((P[:, None, :] - C[None]) ** 2, axis=2)
    place = np.argmin(square, axis=1)
    np.testing.assert_allclose(value, np.sum(np.min(square, axis=1)))
    np.testing.assert_allclose(grad_p, 2 * (P - C[place]))
