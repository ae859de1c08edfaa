"""Arrays that are only passed on are not made: on and off agree, and what is gone is gone."""

import re

import numba
import numpy as np
import pytest
from oracles import check_gradient, complex_step, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower
from srcgrad.transform.lowering.apart import apart
from srcgrad.transform.lowering.straight import equal_extents

A = np.array([[0.5, -0.25, 0.75], [1.5, 0.4, -0.6]])
B = np.array([0.3, -0.7, 1.1])


def softmax(A, b):
    z = A + b
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return np.sum(p * np.cos(p))


def distances(A, b):
    """An array of three axes, of which a loop needs one matrix at a time."""
    d = A[:, None, :] - A[None, :, :]
    return np.sum(np.exp(-np.sum((d / b) ** 2, axis=2))) * b[0]


def second_names(A, b):
    x = A * b
    y = x
    if b[0] > 5.0:
        y = y + 1.0
    z = y
    y = z * np.sin(y)
    return np.sum(y) + np.sum(x * z)


def names_in_loops(A, b):
    x, y = b, b * 2.0
    total = 0.0
    for i in range(A.shape[0]):
        z = x
        x = y
        y = z * A[i]
        total += np.sum(np.sin(x) * y)
    return total + np.sum(x)


def read_twice(A, b):
    """A row of another round is read: the array stays."""
    x = A * b
    y = np.cumsum(x, axis=0)
    return np.sum(x[0] * y[1]) + np.sum(x * y)


def added_twice(A, b):
    x = A * 1.0
    for _ in range(2):
        x += b
        x += A * b
    return np.sum(x * x)


CASES = [softmax, distances, second_names, names_in_loops, read_twice, added_twice]


def recurrent(W, U, b):
    """The backward sweep asks for the shapes of temporaries, not for their elements."""
    h = np.zeros(len(b))
    total = 0.0
    for _ in range(3):
        h = np.tanh(W @ b + U @ h + b)
        total += np.sum(h * h)
    return total


def both(f, *args, straight=False):
    """The loops with and without, after holding their results to each other."""
    kinds = tuple(map(numba.typeof, args))
    program = derive(f, None, True, kinds).programs[0]
    equal = equal_extents(apart(program)) if straight else {}
    lowered = (lower(program, compact=flag, equal=equal) for flag in (True, False))
    on, off = (emit(p, (), "loops") for p in lowered)
    (value, slopes), (expected, wanted) = (run_text(text)(*args) for text in (on, off))
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    for slope, want in zip(slopes, wanted, strict=True):
        np.testing.assert_allclose(slope, want, rtol=1e-13, atol=1e-15)
    return on, off


@pytest.mark.parametrize("f", CASES)
def test_with_and_without(f):
    both(f, A, B)
    both(f, A, B, straight=True)
    check_gradient(f, A, B, oracle=complex_step)


@pytest.mark.parametrize("f", CASES)
def test_of_one_and_of_none(f):
    both(f, A, np.array([0.3]))
    if f in (distances, second_names, names_in_loops, added_twice):
        both(f, A[:0], B)


def allocated(text):
    return [x.strip() for x in text.splitlines() if "np.empty(" in x]


def test_rows_for_arrays():
    on, off = both(distances, A, B)
    deep = "A.shape[0], A.shape[0], "
    assert any(deep in x for x in allocated(off))
    assert not any(deep in x for x in allocated(on))


def test_what_only_shapes_need_is_not_recorded():
    on, off = both(recurrent, A.T @ A, A.T @ A - 0.5, B, straight=True)
    tapes = [set(re.findall(r"tape_\w+", text)) for text in (on, off)]
    assert tapes[0] < tapes[1]


def in_a_users_loop(A, b):
    total = 0.0
    for i in range(len(b)):
        total += np.exp(b[i])
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            total += np.cos(A[i, j])
    return np.log(total)


def in_part_of_it(A, b):
    total = A[0, 0]
    for i in range(1, len(b)):
        total += np.exp(b[i])
    for i in range(A.shape[0]):
        if A[i, 1] > 0.0:
            total += np.cos(A[i, 0])
    return np.log(total) + A[1, 1]


def test_first_sums_of_users_loops():
    """A loop of the user's over the whole of an array stores, any other adds to zeros."""
    for f in (in_a_users_loop, in_part_of_it):
        check_gradient(f, A, B, compiled=False)
    on, off = both(in_a_users_loop, A, B)
    assert "+= grad_" not in on and "+= grad_" in off
    on, _ = both(in_part_of_it, A, B)
    assert "grad_b[i0] = 0.0" in on and "grad_A[i0, i1] = 0.0" in on
