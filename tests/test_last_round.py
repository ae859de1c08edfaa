"""One round of a backward loop for all, where a gradient goes to the last that took it."""

import math

import numba
import numpy as np
import pytest
from oracles import check_gradient, run_text

from srcgrad import value_and_grad
from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

RANDOM = np.random.default_rng(5)
C = RANDOM.uniform(size=(4, 2))
P = RANDOM.uniform(size=(7, 2))
TIED = np.array([[0.5, 0.5], [0.1, 0.9], [0.5, 0.5], [0.1, 0.9]])


def nearest(c, p):
    total = 0.0
    for i in range(p.shape[0]):
        best = np.inf
        for j in range(c.shape[0]):
            square = 0.0
            for r in range(p.shape[1]):
                square += (p[i, r] - c[j, r]) ** 2
            best = min(best, square)
        total += best
    return total


def nearest_first(c, p):
    """The operands the other way round: a tie goes to the last."""
    total = 0.0
    for i in range(p.shape[0]):
        best = np.inf
        for j in range(1, c.shape[0], 2):
            best = min((p[i, 0] - c[j, 0]) ** 2, best)
        total += best * p[i, 1]
    return total


def farthest_by_test(c, p):
    total = 0.0
    for i in range(p.shape[0]):
        best = -1.0
        for j in range(c.shape[0]):
            apart = abs(p[i, 0] - c[j, 0]) + abs(p[i, 1] - c[j, 1])
            if apart > best:
                best = apart
        total += best
    return total


def scaled_down(c, p):
    """What is there at first has a gradient too, where no round takes it."""
    total = 0.0
    for i in range(p.shape[0]):
        best = 0.3 * p[i, 1]
        for j in range(c.shape[0] - 1, -1, -1):
            best = max(best, c[j, 0] * c[j, 1] * p[i, 0])
        total += best
    return total


def log_sum(c, p):
    top = c[0, 0]
    for i in range(1, c.shape[0]):
        if c[i, 0] > top:
            top = c[i, 0]
    total = 0.0
    for i in range(c.shape[0]):
        total += math.exp(c[i, 0] - top)
    return math.log(total) + top + p[0, 0]


FOUND = [nearest, nearest_first, farthest_by_test, scaled_down, log_sum]


def results(f, c, p):
    first, *_ = derive(f, None, True, (numba.typeof(c), numba.typeof(p))).programs
    texts = [emit(lower(first, routes=flag), [], "loops") for flag in (True, False)]
    with np.errstate(all="ignore"):
        return texts, [run_text(t)(c.copy(), p.copy()) for t in texts]


def agree(f, c, p):
    """On and off agree; where a round that has no gradient adds zero times nan, on has no nan."""
    texts, (on, off) = results(f, c, p)
    assert "last_" in texts[0] and "last_" not in texts[1]
    np.testing.assert_allclose(on[0], off[0], rtol=1e-14)
    for mine, other in zip(on[1], off[1], strict=True):
        known = np.isfinite(other)
        np.testing.assert_allclose(mine[known], other[known], rtol=1e-14)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_differences(f):
    check_gradient(f, C, P, compiled=False)
    agree(f, C, P)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_ties(f):
    agree(f, TIED, TIED)
    agree(f, TIED, np.array([[0.3, 0.7]]))


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
@pytest.mark.parametrize("row", range(4))
def test_nan(f, row):
    """A gradient that ``min`` loses where it meets nan is lost here too."""
    c = C.copy()
    c[row, 0] = np.nan
    agree(f, c, P)


def test_no_rounds():
    agree(nearest, C[:0], P)
    agree(scaled_down, C[:0], P)


def test_compiled():
    value, (gc, gp) = value_and_grad(nearest)(C, P)
    _, (_, off) = results(nearest, C, P)
    assert value == pytest.approx(off[0], rel=1e-14)
    np.testing.assert_allclose(gc, off[1][0], rtol=1e-13)
    np.testing.assert_allclose(gp, off[1][1], rtol=1e-13)


def handed_on_in_part(c, p):
    """Every round adds to the gradient, chosen or not."""
    total = 0.0
    for i in range(p.shape[0]):
        best = 10.0
        for j in range(c.shape[0]):
            square = (p[i, 0] - c[j, 0]) ** 2
            best = min(best, square) + 0.1 * square
        total += best
    return total


def used_in_every_round(c, p):
    """The smallest so far counts in every round."""
    total = 0.0
    for i in range(p.shape[0]):
        best = 10.0
        for j in range(c.shape[0]):
            best = min(best, (p[i, 0] - c[j, 0]) ** 2)
            total += best
    return total


def two_at_a_time(c, p):
    """Two gradients are carried."""
    low, high = 10.0, -10.0
    for j in range(c.shape[0]):
        x = c[j, 0] * p[0, 0]
        low = min(low, x)
        high = max(high, x)
    return high - low


def below_zero(c, p):
    """Rounds have numbers below zero."""
    low = 10.0
    for j in range(-c.shape[0], 0):
        low = min(low, c[j, 0] * p[j, 0])
    return low * low


def two_rounds_a_place(c, p):
    """The user's own loops, in which two rounds share what is kept."""
    above = np.zeros(4)
    for j in range(c.shape[0]):
        x = c[j, 0]
        above[j // 2] = x
    share, total = p[0, 0], 0.0
    for j in range(c.shape[0] - 1, -1, -1):
        x = above[j // 2]
        test = x > 0.3
        if test:
            total += share * c[j, 1]
            share = 0.0
    return total


OTHERS = [two_rounds_a_place, handed_on_in_part, used_in_every_round, two_at_a_time, below_zero]


@pytest.mark.parametrize("f", OTHERS, ids=lambda f: f.__name__)
def test_all_rounds(f):
    check_gradient(f, C, P, compiled=False)
    texts, _ = results(f, C, P)
    assert "last_" not in texts[0]
