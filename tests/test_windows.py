"""Slices of written extents (``x[i:i + n]``): straight loops, an error where they are cut off."""

import numpy as np
import pytest
from oracles import check_gradient, run_listing

from srcgrad import value_and_grad

rng = np.random.default_rng(5)
SIGNAL, IMAGE = rng.normal(size=12), rng.normal(size=(7, 8))
TAPS, KERNEL = rng.normal(size=3), rng.normal(size=(3, 2))


def convolved(k, x):
    out = np.zeros(len(x) - len(k) + 1)
    for j in range(len(k)):
        out += k[j] * x[j : j + len(out)]
    return np.sum(out**2)


def filtered(k, x):
    n, m = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    z = np.zeros((n, m))
    for a in range(k.shape[0]):
        for b in range(k.shape[1]):
            z += k[a, b] * x[a : a + n, b : b + m]
    return np.sum(z**3)


def correlated(x, n, lag):
    return np.sum(x[:n] * x[lag : lag + n]) / n


def moving(x, w):
    total = 0.0
    for i in range(len(x) - len(w) + 1):
        total += np.sum(w * x[i : i + len(w)]) ** 2
    return total


def batches(X, y, w):
    total = 0.0
    for s in range(0, len(y), 5):
        e = X[s : s + 5] @ w - y[s : s + 5]
        total += np.sum(e**2)
    return total


def from_the_end(x, n):
    total = 0.0
    for i in range(-4, 0):
        total += np.sum(x[i - n : i] * x[:n] ** 2)
    return total


def stencil(x):
    d = 4 * x[1:-1, 1:-1] - x[:-2, 1:-1] - x[2:, 1:-1] - x[1:-1, :-2] - x[1:-1, 2:]
    return np.sum(d**2)


def columns(x):
    total = 0.0
    for j in range(x.shape[1]):
        total += np.sum(x[:, j : j + 1] * x) ** 2
    return total


def written_to(x, n):
    y = x.copy()
    for i in range(3):
        y[i : i + n] += y[i + 2 : i + 2 + n] * x[:n]
    return np.sum(y**3)


def cut_off(x, n):
    total = 0.0
    for i in range(0, len(x), n):
        total += np.sum(x[i : i + n]) ** 2
    return total


CASES = [
    (convolved, TAPS, SIGNAL),
    (filtered, KERNEL, IMAGE),
    (correlated, SIGNAL, 6, 4),
    (moving, SIGNAL, TAPS),
    (batches, IMAGE, SIGNAL[:7], SIGNAL[4:]),
    (from_the_end, SIGNAL, 4),
    (stencil, IMAGE),
    (columns, IMAGE),
    (written_to, SIGNAL, 5),
    (cut_off, SIGNAL, 5),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_gradients(case):
    f, *args = case
    check_gradient(f, *args, compiled=f in (filtered, batches))


@pytest.mark.parametrize("f", [convolved, filtered, moving, batches])
def test_straight_loops(f):
    args = next(args for g, *args in CASES if g is f)
    text = value_and_grad(f).source(*args, level="loops")
    assert "stretch" not in text
    assert "was broadcast" not in text


@pytest.mark.parametrize("turn", [np.asfortranarray, lambda x: np.repeat(x, 2, axis=-1)[..., ::2]])
@pytest.mark.parametrize("f", [filtered, stencil])
def test_layouts(f, turn):
    args = next(args for g, *args in CASES if g is f)
    check_gradient(f, *map(turn, args))


def test_single_precision():
    x, k = IMAGE.astype(np.float32), KERNEL.astype(np.float32)
    value, slopes = run_listing(value_and_grad(filtered), filtered, k, x, level="loops")
    assert value == pytest.approx(filtered(k, x), rel=1e-5)
    assert {s.dtype for s in slopes} == {np.dtype(np.float32)}


@pytest.mark.parametrize("level", ["flat", "loops"])
def test_what_does_not_fit_is_an_error(level):
    with pytest.raises(ValueError):
        run_listing(value_and_grad(correlated), correlated, SIGNAL, 6, 8, level=level)


def test_one_element_that_is_left_is_not_repeated():
    with pytest.raises(ValueError, match="cut off"):
        run_listing(value_and_grad(correlated), correlated, SIGNAL, 6, 11, level="loops")
