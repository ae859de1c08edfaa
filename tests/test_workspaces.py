"""What rounds of a loop would allocate is allocated once, where they share nothing by that."""

import numba
import numpy as np
import pytest
from oracles import check_gradient, complex_step, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

A = np.array([[0.5, -0.25, 0.75], [1.5, 0.4, -0.6]])
B = np.array([0.3, -0.7, 1.1])


def recorded(A, b):
    """An array of each round that the reversed loop needs again."""
    total = 0.0
    for i in range(A.shape[0]):
        z = np.zeros(A.shape[1])
        for j in range(A.shape[1]):
            z[j] = A[i, j] * b[j]
        for j in range(1, A.shape[1]):
            z[j] += np.sin(z[j - 1])
        total = 0.5 * total + z[0] * z[A.shape[1] - 1] * np.cos(total)
    return total


def nested(A, b):
    total = 0.0
    for k in range(b.shape[0]):
        weight = b[k]
        for i in range(A.shape[0]):
            z = np.zeros(A.shape[1])
            for j in range(A.shape[1]):
                z[j] = A[i, j] * weight + (z[j - 1] if j > 0 else 0.0) ** 2
            total = total * 0.9 + z[A.shape[1] - 1] * np.sin(total)
            weight = weight * z[0]
    return total


def of_another_size(A, b):
    total = 0.0
    for i in range(1, 1 + b.shape[0]):
        z = np.zeros(i)
        for j in range(i):
            z[j] = b[j] * (z[j - 1] if j > 0 else 1.0)
        total = total * 0.5 + z[i - 1] * np.sin(total + A[0, 0])
    return total


def of_no_size(A, b, n):
    """The loop makes no round: an array of -1 elements must not be made before it."""
    total = b[0] * A[0, 0]
    for _ in range(n):
        z = np.zeros(n)
        z[0] = b[1] * total
        total = total * z[0]
    return total


def carried(A, b):
    """The array of the round before is read: two arrays are in use at a time."""
    old = np.ones(b.shape[0])
    total = 0.0
    for i in range(A.shape[0]):
        z = np.zeros(b.shape[0])
        for j in range(b.shape[0]):
            z[j] = old[b.shape[0] - 1 - j] * A[i, j] + b[j]
        total += z[0] * old[1] * z[2]
        old = z
    return total


def in_a_branch(A, b):
    total = 0.0
    for i in range(A.shape[0]):
        if A[i, 0] > 0.6:
            z = np.zeros(b.shape[0])
            for j in range(b.shape[0]):
                z[j] = A[i, j] * b[j] + (z[j - 1] if j > 0 else 0.0) ** 2
            total = total * 0.5 + z[2] * z[1]
        else:
            total = total * b[0] + 1.0
    return total


def whole(A, b):
    total = 1.0
    for i in range(A.shape[0]):
        z = np.zeros(b.shape[0])
        for j in range(b.shape[0]):
            z[j] = A[i, j] * total
        total = total * np.dot(np.linalg.solve(np.eye(3) + np.outer(b, b), z), b)
    return total


def both(f, args):
    """The loops with and without, after holding their results to each other."""
    kinds = tuple(map(numba.typeof, args))
    program = derive(f, ("A", "b"), True, kinds).programs[0]
    on, off = (emit(lower(program, workspaces=flag), (), "loops") for flag in (True, False))
    (value, slopes), (expected, wanted) = (run_text(text)(*args) for text in (on, off))
    assert value == expected
    for slope, want in zip(slopes, wanted, strict=True):
        np.testing.assert_array_equal(slope, want)
    return on, off


def depths(text, part):
    """How far the lines with a text are indented, in steps."""
    lines = text.splitlines()
    return [(len(x) - len(x.lstrip())) // 4 for x in lines if part in x]


CASES = [recorded, nested, of_another_size, carried, in_a_branch, whole]


@pytest.mark.parametrize("f", CASES)
def test_with_and_without(f):
    check_gradient(f, A, B, oracle=complex_step, rtol=1e-11)
    both(f, (A, B))


@pytest.mark.parametrize(
    "f, shape",
    [(recorded, "A.shape[0], A.shape[1]"), (nested, "b.shape[0], A.shape[0], A.shape[1]")],
)
def test_a_list_of_arrays_becomes_one_array(f, shape):
    on, off = both(f, (A, B))
    name = off.split(" = []")[0].split()[-1]
    assert f"{name}.append(z)" in off
    assert f"{name} = np.empty(({shape}), np.float64)" in on
    assert ".append(" not in on and ".pop(" not in on
    assert depths(on, "np.empty(") and set(depths(on, "np.empty(")) == {1}
    assert max(depths(off, "np.empty(")) > 1


@pytest.mark.parametrize("f", [of_another_size, in_a_branch, whole])
def test_a_list_stays_where_the_arrays_differ_or_are_used_whole(f):
    on, _ = both(f, (A, B))
    assert ".append(" in on and ".pop()" in on


def test_nothing_is_made_before_a_loop_without_rounds_that_could_not_be_made():
    for n in (-1, 2):
        args = A, B, n
        on, _ = both(of_no_size, args)
        check_gradient(of_no_size, *args, wrt=("A", "b"), oracle=complex_step, rtol=1e-11)
    assert min(depths(on, "np.zeros(n)") + depths(on, "np.empty(n")) > 1
