"""Subscripts that cannot be negative are cast; those that may be count from the end."""

import math

import numba
import numpy as np
import pytest
from oracles import check_gradient, complex_step, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower


def in_place(x, n):
    u = x.copy()
    for _ in range(n):
        left = u[0]
        for i in range(1, len(u) - 1):
            here = u[i]
            u[i] = here + 0.3 * np.sin(left - 2.0 * here + u[i + 1])
            left = here
    return np.sum(u**2)


def around_the_end(x, n):
    total = 0.0
    for i in range(n):
        total += x[i] * x[i - 1] * x[-i]
    return total


def down(x, n):
    total = 0.0
    for i in range(n - 1, -2, -1):
        total = total * 0.5 + x[i] ** 2 * x[i - 2]
    return total


def shifted(x, n):
    total = 0.0
    for k in range(n):
        i = k - 2
        for j in range(i, n):
            total += x[j] ** 3 * (k + 1)
    return total


def past_zero(x, n):
    k = len(x) + 2
    total = 0.0
    while k > 0:
        total += x[k - 3] ** 2 * (k + n)
        k = k - 1
    return total


CASES = [in_place, around_the_end, down, shifted, past_zero]


@pytest.mark.parametrize("f", CASES)
def test_with_casts_and_without(f):
    args = np.array([0.5, -0.25, 0.75, 1.5]), 4
    check_gradient(f, *args, wrt="x", oracle=complex_step, rtol=1e-11)
    program = derive(f, ("x",), True, tuple(map(numba.typeof, args))).programs[0]
    texts = [emit(lower(program, True, cast), (), "loops") for cast in (True, False)]
    assert "uint64" not in texts[1]
    (value, gradient), (expected, wanted) = (run_text(text)(*args) for text in texts)
    assert value == expected
    np.testing.assert_array_equal(gradient, wanted)


def casts(f):
    args = np.array([0.5, -0.25, 0.75, 1.5]), 4
    program = derive(f, ("x",), True, tuple(map(numba.typeof, args))).programs[0]
    text = emit(lower(program), (), "loops")
    return {
        line.split("np.uint64(")[1].split(")")[0] for line in text.splitlines() if "uint64" in line
    }


def test_what_is_cast():
    assert {"i", "i - 1", "i + 1"} <= casts(in_place)


def rows(A, b):
    h = b.copy()
    total = 0.0
    for i in range(len(b)):
        s = b[i]
        for j in range(len(b)):
            s += A[i, j] * h[j]
        total += s * s * h[i]
        h[i] = s
    return total


def test_what_the_inner_loop_goes_on_with_is_not_cast_where_a_loop_around_counts_down():
    """LLVM would ask before the outer loop whether arrays overlap, for strides upwards only."""
    A, b = np.array([[0.5, -0.25], [0.75, 1.5]]), np.array([0.5, 2.0])
    check_gradient(rows, A, b, oracle=complex_step, rtol=1e-11)
    kinds = numba.typeof(A), numba.typeof(b)
    text = derive(rows, ("A", "b"), True, kinds).loops
    assert "grad_A[i, j] +=" in text
    assert "h[np.uint64(i)] =" in text


def test_what_may_be_negative_is_not_cast():
    assert not {"i - 1", "-i"} & casts(around_the_end)
    assert not {"i", "i - 2"} & casts(down)
    assert "j" not in casts(shifted)


def computed(x, n):
    total = 0.0
    for i in range(n - 1):
        k = i + 1
        total += x[k] * x[i]
        k = k - 3
        total += x[k]
        if total > 0.0:
            k = i + 0
        total += x[k + 1] ** 2
    return total


def test_computed_subscripts_are_known_until_they_are_bound_again():
    args = np.array([0.5, -0.25, 0.75, 1.5]), 4
    check_gradient(computed, *args, wrt="x", oracle=complex_step, rtol=1e-11)
    assert "k" in casts(computed)
    assert "k + 1" not in casts(computed)


# Rounds that count from below zero: two of them have the same element


def again_in_the_end(w, b):
    a = w.copy()
    for i in range(-2, len(b)):
        a[0, i] = math.exp(a[1, i] * 0.1)
        a[1, i] += a[0, i] * b[i]
    return np.sum(a * a)


def with_loops_inside(w, b):
    a = b.copy()
    for i in range(-2, len(b)):
        s = 0.0
        for k in range(2):
            s = s * 0.5 + w[k, i] * a[i]
        a[i] = s
    return np.sum(a * a)


def from_a_number(w, b, first=-2):
    a = b.copy()
    for i in range(first, len(b)):
        a[i] = a[i] * math.sin(a[i] * w[0, i])
    return np.sum(a)


def down_below_zero(w, b):
    a = b.copy()
    for i in range(len(b) - 1, -3, -1):
        a[i] = a[i] * math.sin(a[i] * w[0, i])
    return np.sum(a)


@pytest.mark.parametrize(
    "f",
    [again_in_the_end, with_loops_inside, from_a_number, down_below_zero],
    ids=lambda f: f.__name__,
)
def test_rounds_below_zero(f):
    b = np.array([0.3, 0.5, -0.2, 0.8, 1.1])
    check_gradient(f, np.outer([0.7, 1.2], b[::-1] + 0.2), b, compiled=False)
