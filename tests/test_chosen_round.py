"""The round of a maximum for all, where a gradient goes to one place along an axis."""

import numba
import numpy as np
import pytest
from oracles import check_gradient, run_text

from srcgrad import value_and_grad
from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

RANDOM = np.random.default_rng(7)
C = RANDOM.uniform(size=(4, 3))
P = RANDOM.uniform(size=(70, 3))
TIED = np.array([[0.5, 0.5, 0.1], [0.1, 0.9, 0.1], [0.5, 0.5, 0.1], [0.1, 0.9, 0.1]])


def nearest(c, p):
    """The distances are in no array: they are computed again at the place of the least."""
    return np.sum(np.min(np.sum((p[:, None, :] - c[None, :, :]) ** 2, axis=2), axis=1))


def farthest(c, p):
    square = np.sum((p[:, None, :] - c) ** 2, axis=-1)
    return np.sum(np.sqrt(np.max(square, axis=1)))


def pooled(c, p):
    scores = np.sum(np.sin(p[:, None, :] * c[None, :, :]), axis=2)
    return np.sum(np.max(scores, axis=1) * p[:, 0])


FOUND = [nearest, farthest, pooled]


def texts_of(f, c, p):
    first, *_ = derive(f, None, True, (numba.typeof(c), numba.typeof(p))).programs
    return [emit(lower(first, routes=flag), [], "loops") for flag in (True, False)]


def agree(f, c, p):
    texts = texts_of(f, c, p)
    assert "if 0 <= " in texts[0] and "if 0 <= " not in texts[1]
    on, off = (run_text(t)(c.copy(), p.copy()) for t in texts)
    np.testing.assert_allclose(on[0], off[0], rtol=1e-14)
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_differences(f):
    check_gradient(f, C, P[:5], compiled=False)
    agree(f, C, P)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_ties_and_one_of_each(f):
    agree(f, TIED, P)
    agree(f, C[:1], P[:1])
    agree(f, C, P[:0])


def test_compiled():
    value, (grad_c, grad_p) = value_and_grad(nearest)(C, P)
    square = np.sum((P[:, None, :] - C[None]) ** 2, axis=2)
    place = np.argmin(square, axis=1)
    np.testing.assert_allclose(value, np.sum(np.min(square, axis=1)))
    np.testing.assert_allclose(grad_p, 2 * (P - C[place]))
    for j in range(len(C)):
        np.testing.assert_allclose(grad_c[j], np.sum(2 * (C[j] - P[place == j]), axis=0))
