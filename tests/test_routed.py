"""Rounds that no gradient reaches are left out, several at a time: on and off agree."""

import math

import numba
import numpy as np
import pytest
from oracles import check_gradient, run_text

from srcgrad import value_and_grad
from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

A = np.array([0.3, 1.2, -0.4, 0.9, 1.7])
B = np.array([0.1, 0.8, 1.5, -0.2])


def warped(a, b):
    D = np.full((len(a) + 1, len(b) + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            D[i + 1, j + 1] = (a[i] - b[j]) ** 2 + min(D[i, j], D[i, j + 1], D[i + 1, j])
    return D[len(a), len(b)]


def best_path(a, b):
    D = np.zeros((len(a) + 1, len(b) + 1))
    for i in range(len(a)):
        for j in range(len(b)):
            D[i + 1, j + 1] = max(D[i, j + 1], D[i + 1, j]) + a[i] * b[j]
    return D[len(a), len(b)] ** 2 + D[2, 1] * b[0]


def along(a, b):
    x = np.zeros(len(a) + 1)
    x[0] = b[0]
    for t in range(len(a)):
        x[t + 1] = max(a[t], x[t] * b[1])
    return x[len(a)]


def results(f, a=A, b=B):
    first, *_ = derive(f, None, True, (numba.typeof(A), numba.typeof(B))).programs
    texts = [emit(lower(first, routes=flag), [], "loops") for flag in (True, False)]
    return texts, [run_text(t)(a.copy(), b.copy()) for t in texts]


@pytest.mark.parametrize("f", [warped, best_path, along], ids=lambda f: f.__name__)
def test_left_out(f):
    check_gradient(f, A, B, compiled=False)
    texts, (on, off) = results(f)
    assert "!= 0.0" in texts[0] and "!= 0.0" not in texts[1]
    assert on[0] == off[0]
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_array_equal(mine, other)


def scaled(a, b):
    x = np.zeros((len(b) + 1, len(a) + 1))
    for i in range(len(b)):
        for j in range(len(a)):
            x[i + 1, j + 1] = max(x[i, j + 1], x[i + 1, j] + a[j] / b[i])
    return x[len(b), len(a)]


@pytest.mark.parametrize(
    ("f", "a", "b"),
    [
        (warped, [0.3, math.inf, 0.2], [0.1, 0.4]),
        (warped, [0.3, 0.2], [0.1, math.nan, 0.4]),
        (best_path, [0.3, 0.2, 1.0], [0.1, -math.inf, 0.4]),
        (scaled, [0.3, 0.2, 1.0], [0.1, 0.0, 0.4]),
        (scaled, [0.3, 0.2, 1.0], [0.1, -0.5, 0.4]),
    ],
)
def test_zero_times_infinity(f, a, b):
    """Is nan, whether rounds are left out or not."""
    with np.errstate(all="ignore"):
        texts, (on, off) = results(f, np.array(a), np.array(b))
    assert "!= 0.0" in texts[0] and "!= 0.0" not in texts[1]
    np.testing.assert_array_equal(np.concatenate(on[1]), np.concatenate(off[1]))


def test_compiled():
    value, (ga, gb) = value_and_grad(warped)(A, B)
    _, (_, off) = results(warped)
    assert value == pytest.approx(off[0], rel=1e-14)
    np.testing.assert_allclose(np.concatenate((ga, gb)), np.concatenate(off[1]), rtol=1e-13)


def handed_on_always(a, b):
    """Not a choice alone: the gradient is nowhere zero."""
    x = np.zeros(len(a) + 1)
    x[0] = b[0]
    for t in range(len(a)):
        x[t + 1] = max(a[t], x[t] * b[1]) + 0.5 * x[t]
    return x[len(a)]


def read_afterwards(a, b):
    """What a round leaves behind is read by the next one."""
    D = np.zeros(len(a) + 2)
    D[0] = b[0]
    last = b[1]
    for t in range(len(a)):
        D[t + 1] = max(a[t] * last, D[t])
        last = D[t + 1] * b[2]
    return D[len(a)] + last


def with_a_store(a, b):
    """A round puts back what it overwrote, whatever its gradient is."""
    x = np.zeros(2)
    x[0] = b[0]
    for t in range(len(a)):
        x[1] = max(a[t], x[0] * x[1])
        x[0] = x[1] * b[1]
    return x[0]


@pytest.mark.parametrize(
    "f", [handed_on_always, read_afterwards, with_a_store], ids=lambda f: f.__name__
)
def test_all_rounds(f):
    check_gradient(f, A, B, compiled=False)
    texts, _ = results(f)
    assert "!= 0.0" not in texts[0]


def largest(a, b):
    top = np.max(a)
    return np.log(np.sum(np.exp(a - top))) + top * b[0]


def test_one_place():
    """The gradient of a maximum goes to one element: there is no loop over the others."""
    check_gradient(largest, A, B, compiled=False)
    texts, (on, off) = results(largest)
    assert "0 <= k0 < " in texts[0] and "== k0 else" not in texts[0]
    assert "== k0 else" in texts[1]
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("sizes", [(3, 40), (2, 16), (2, 33), (4, 15), (40, 3)])
@pytest.mark.parametrize("f", [warped, best_path], ids=lambda f: f.__name__)
def test_blocks_of_rounds(f, sizes):
    """Rounds are left out several at a time: tables wider than a block, and narrower ones."""
    source = np.random.default_rng(sum(sizes))
    a, b = (source.normal(size=n).cumsum() for n in sizes)
    texts, (on, off) = results(f, a, b)
    assert "where none has anything to do" in texts[0]
    assert on[0] == off[0]
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_array_equal(mine, other)


def test_blocks_of_rounds_compiled():
    source = np.random.default_rng(7)
    a, b = source.normal(size=37).cumsum(), source.normal(size=90).cumsum()
    check_gradient(warped, a, b)
    b[60] = math.inf
    with np.errstate(all="ignore"):
        _, (on, off) = results(warped, a, b)
        for mine, other in zip(value_and_grad(warped)(a, b)[1], off[1], strict=True):
            np.testing.assert_array_equal(mine, other)
        for mine, other in zip(on[1], off[1], strict=True):
            np.testing.assert_array_equal(mine, other)
