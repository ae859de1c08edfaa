"""Two versions of a gradient: for operands of equal extents, and for those that are broadcast."""

import pickle

import numba
import numpy as np
import pytest
from oracles import complex_step

from srcgrad import grad, value_and_grad
from srcgrad.errors import BROADCAST
from srcgrad.pipeline import derive

W = np.array([[0.5, -0.25, 0.75], [1.5, 0.4, -0.6]])
B = np.array([0.3, -0.7, 1.1])
SCALE = np.array([0.5, 2.0, 1.5])


def loss(W, b):
    return np.sum(np.sin(W * b) ** 2) + np.sum(b * b)


def scaled(b):
    return np.sum(np.exp(b * SCALE))


def plain(W, b):
    return np.sum(np.sin(W) ** 2) + np.sum(b * b)


def fits(W, b):
    return np.sum((W @ b) ** 2)


def close(got, f, *args):
    expected = complex_step(f, *args)
    expected = expected[0] if isinstance(expected, tuple) else expected
    found = np.concatenate([np.ravel(g) for g in (got if isinstance(got, tuple) else (got,))])
    np.testing.assert_allclose(found, np.ravel(expected), rtol=1e-10)


def test_the_second_is_made_when_it_is_needed():
    slope = grad(loss)
    close(slope(W, B), loss, W, B)
    assert slope._twin is None
    for args in ((W, B[:1]), (W[:, :1], B), (W, B), (W[:1], B)):
        close(slope(*args), loss, *args)
    assert slope._twin is not None


def test_the_first_call_may_need_it():
    close(grad(loss)(W[:, :1], B), loss, W[:, :1], B)


def test_compiled_callers_have_both():
    slope = grad(loss)

    @numba.njit
    def twice(W, b):
        first, second = slope(W, b)
        return 2.0 * first, 2.0 * second

    for args in ((W, B), (W, B[:1])):
        close(tuple(g / 2.0 for g in twice(*args)), loss, *args)


def test_captured_arrays(monkeypatch):
    slope = grad(scaled)
    close(slope(B), scaled, B)
    close(slope(B[:1]), scaled, B[:1])
    monkeypatch.setitem(globals(), "SCALE", np.array([0.25]))
    close(slope(B), scaled, B)
    monkeypatch.setitem(globals(), "SCALE", np.array([0.25, 1.0, 3.0]))
    close(slope(B), scaled, B)
    close(slope(B[:1]), scaled, B[:1])


def test_defaults_and_keywords():
    def f(x, y=B):
        return np.sum(x * y * y)

    slope = grad(f, wrt="x")
    np.testing.assert_allclose(slope(B), B * B)
    np.testing.assert_allclose(slope(B[:1]), [np.sum(B * B)])
    np.testing.assert_allclose(slope(y=B[:1], x=B), np.full(3, 0.09))
    np.testing.assert_allclose(slope([1.0]), [np.sum(B * B)])


def test_what_does_not_fit_is_refused_as_before():
    with pytest.raises(ValueError, match="broadcast together"):
        grad(loss)(W, B[:2])


def test_pickled():
    slope = pickle.loads(pickle.dumps(value_and_grad(loss)))
    close(slope(W, B[:1])[1], loss, W, B[:1])


KINDS = (numba.typeof(W), numba.typeof(B))


def test_texts():
    derived = derive(loss, None, False, KINDS)
    assert "stretch" in derived.loops and BROADCAST not in derived.loops
    assert "stretch" not in derived.straight and BROADCAST in derived.straight


@pytest.mark.parametrize("f", [plain, fits])
def test_one_version_where_nothing_is_broadcast(f):
    derived = derive(f, None, False, KINDS)
    assert derived.loops == derived.straight
