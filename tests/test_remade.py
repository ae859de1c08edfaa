"""Matrices that are cheap are computed again where they are read, and views are looked through."""

import numba
import numpy as np
import pytest
from oracles import check_gradient, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

RANDOM = np.random.default_rng(11)
X = RANDOM.uniform(0.2, 1.0, size=(6, 3))
V = RANDOM.uniform(0.2, 1.0, size=3)


def standardised(x, v):
    z = x - v
    return np.sum(z / np.sqrt(np.sum(z * z, axis=0)))


def summed_twice(x, v):
    z = x * v
    return np.sum(np.sum(z, axis=0) ** 2) + np.sum(np.sum(z, axis=1) ** 3)


def overwritten(x, v):
    """What it is made of is not what it was: it stays."""
    y = x.copy()
    z = y - v
    total = np.sum(np.sum(z * z, axis=0) ** 2)
    for i in range(len(y)):
        y[i, 0] = 0.0
    return total + np.sum(z * y) + np.sum(np.sum(z, axis=0) ** 2)


def rebound(x, v):
    z = x - v
    top = np.max(z, axis=0)
    v = v * 2.0
    return np.sum((z - top) ** 2 * v) + np.sum(np.sum(z, axis=0) ** 2)


def mixture(x, v):
    """A new axis does not keep two loops over the rows apart."""
    main = np.sin(x[:, None, 0] * v[None, :])
    top = np.max(main, axis=1)
    return np.sum(top + np.log(np.sum(np.exp(main - top[:, None]), axis=1)))


def transposed(x, v):
    z = (x - v).T
    return np.sum(np.sum(z, axis=1) ** 2) + z[1, 2] * np.sum(z[0])


FOUND = [standardised, summed_twice, overwritten, rebound, mixture, transposed]


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_on_and_off(f, kind):
    args = X.astype(kind), V.astype(kind)
    first, *_ = derive(f, None, True, tuple(map(numba.typeof, args))).programs
    texts = [emit(lower(first, compact=flag), [], "loops") for flag in (True, False)]
    on, off = (run_text(t)(*(a.copy() for a in args)) for t in texts)
    tolerance = 1e-12 if kind == np.float64 else 2e-5
    np.testing.assert_allclose(on[0], off[0], rtol=tolerance)
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_differences(f):
    check_gradient(f, X, V, compiled=False)


def loops_of(f) -> str:
    return derive(f, None, True, (numba.typeof(X), numba.typeof(V))).straight


def test_no_matrix_is_made():
    assert loops_of(standardised).count("= x[i0, i1] - v[i1]") == 3


def test_what_was_overwritten_is_kept():
    assert loops_of(overwritten).count("- v[i1]") == 1


def test_views_with_a_new_axis_share_nothing():
    assert "top[:, None]" not in loops_of(mixture)
