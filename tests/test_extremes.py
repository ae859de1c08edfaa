"""Maxima of long loops, 64 rounds side by side: on and off agree."""

import numba
import numpy as np
import pytest
from oracles import check_gradient, flatten, run_text

from srcgrad import value_and_grad
from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=331)


def by_test(x):
    top = x[0]
    for i in range(1, len(x)):
        if x[i] > top:
            top = x[i]
    return top * top


def whole(x):
    top = np.max(x)
    return np.log(np.sum(np.exp(x - top))) + top


def both_ends(x):
    return (np.max(x) - np.min(x)) ** 2


def of_absolute_values(x):
    return np.max(np.abs(x)) * x[0]


def with_a_sum(x):
    """One loop for both, which comes apart."""
    return np.sum(np.sin(x)) * np.max(x)


FOUND = [by_test, whole, both_ends, of_absolute_values, with_a_sum]


def results(f, x):
    first, *_ = derive(f, None, True, (numba.typeof(x),)).programs
    texts = [emit(lower(first, lanes=flag), [], "loops") for flag in (True, False)]
    with np.errstate(all="ignore"):
        return texts, [np.array(list(flatten(run_text(t)(x.copy())))) for t in texts]


def agree(f, x):
    texts, (on, off) = results(f, x)
    assert "_other" in texts[0] and "_other" not in texts[1]
    np.testing.assert_allclose(on, off, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_lengths(f):
    check_gradient(f, X[:7], compiled=False)
    for length in (1, 64, 255, 256, 257, 320, 331):
        agree(f, X[:length])


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_ties(f):
    """Of equal numbers the first counts, whichever lane it is in."""
    x = np.round(X)
    agree(f, x)
    for first in (3, 100, 328):
        y = np.zeros(331)
        y[first::40] = 2.0
        y[first + 1 :: 30] = -2.0
        agree(f, y)
    agree(f, np.zeros(331))


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
@pytest.mark.parametrize("places", [(0,), (5, 70), (70, 5), (330,), (2, 66, 130)])
def test_nan(f, places):
    x = X.copy()
    x[list(places)] = np.nan
    agree(f, x)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite(value):
    x = np.full(300, value)
    for f in (by_test, whole, both_ends):
        agree(f, x)
    x[270] = 1.0
    for f in (by_test, whole, both_ends):
        agree(f, x)


@pytest.mark.parametrize("f", [by_test, whole], ids=lambda f: f.__name__)
def test_compiled(f):
    gradient = value_and_grad(f)
    for x in (X, np.round(X)):
        got = np.array(list(flatten(gradient(x))))
        np.testing.assert_allclose(got, results(f, x)[1][1], rtol=1e-12, atol=1e-15)


def smallest_by_min(x):
    """`min` has no gradient after nan: that is for the rounds one after the other."""
    low = 5.0
    for i in range(len(x)):
        low = min(low, x[i] * x[i] - x[i])
    return low * 3.0


def last_of_equal(x):
    top = x[0]
    for i in range(1, len(x)):
        if x[i] >= top:
            top = x[i]
    return top * top


def of_what_is_so_far(x):
    top = 0.1
    for i in range(len(x)):
        top = max(top, x[i] * top)
    return top


def written_in_the_loop(x):
    y = np.zeros(len(x) + 1)
    top = -10.0
    for i in range(len(x)):
        y[i + 1] = y[i] * 0.5 + x[i]
        top = max(top, y[i])
    return top


def read_in_the_loop(x):
    top, total = -10.0, 0.0
    for i in range(len(x)):
        top = max(top, x[i])
        total += top
    return total


@pytest.mark.parametrize(
    "f",
    [smallest_by_min, last_of_equal, of_what_is_so_far, written_in_the_loop, read_in_the_loop],
    ids=lambda f: f.__name__,
)
def test_as_it_is(f):
    check_gradient(f, X[:7], compiled=False)
    texts, (on, off) = results(f, np.round(X))
    assert "_other" not in texts[0]
    np.testing.assert_allclose(on, off, rtol=1e-12, atol=1e-15)
