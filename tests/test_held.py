"""Elements that a loop comes back to are held in numbers: on and off agree."""

import numba
import numpy as np
import pytest
from oracles import check_gradient, flatten, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

X = np.array([0.3, -0.8, 1.1, 0.6, -0.2, 0.9])


def neighbours(x):
    total = 0.0
    for i in range(len(x) - 1):
        d = x[i + 1] - x[i]
        total += d * d * d
    return total


def three_in_a_row(x):
    total = 0.0
    for i in range(2, len(x)):
        y = x[i - 2] - 2.0 * x[i - 1] + 0.5 * x[i]
        total += y * y * x[i]
    return total


def every_other(x):
    total = 0.0
    for i in range(1, len(x) - 1):
        total += (x[i + 1] - x[i - 1]) ** 2
    return total


def heat(x):
    u = x.copy()
    for _ in range(3):
        left = u[0]
        for i in range(1, len(u) - 1):
            here = u[i]
            u[i] = here + 0.2 * (left - 2.0 * here + u[i + 1])
            left = here
    return np.sum(u * u)


def gauss_seidel(x):
    u = x.copy()
    for _ in range(2):
        for i in range(1, len(u) - 1):
            u[i] = 0.4 * u[i - 1] + 0.4 * u[i + 1] + 0.1 * u[i] * x[i]
    return np.sum(u**3)


def backwards(x):
    u = x.copy()
    for i in range(len(u) - 2, -1, -1):
        u[i] = u[i] * u[i] - 0.5 * u[i + 1]
    return np.sum(u * x)


def overwritten_first(x):
    u = np.ones(len(x))
    for i in range(len(x) - 1):
        u[i + 1] = x[i] * x[i + 1]
        u[i] = u[i] * 0.5 + u[i + 1]
    return np.sum(u**2)


def along_rows(x):
    A = np.outer(x, x)
    total = 0.0
    for i in range(len(x)):
        for j in range(1, len(x)):
            total += (A[i, j] - A[i, j - 1]) ** 2 * x[i]
    return total


def down_columns(x):
    A = np.outer(x, x + 1.0)
    for j in range(len(x)):
        for i in range(1, len(x)):
            A[i, j] = A[i, j] * 0.5 + A[i - 1, j]
    return np.sum(A * A)


def by_another_name(x):
    u = x.copy()
    v = u[1:]  # under both names on the way there, under one on the way back
    for i in range(len(x) - 2):
        v[i] = u[i] * 0.5
        v[i + 1] = v[i] * v[i + 1]
    return np.sum(u * u)


TAKEN = [neighbours, three_in_a_row, every_other, heat, gauss_seidel, backwards, overwritten_first,
         along_rows, down_columns, by_another_name]  # fmt: skip


def around_the_end(x):
    """The element before the first is the last: in one round of one element both are the same."""
    u = x.copy()
    for i in range(len(u)):
        u[i] = u[i] * 0.5 + u[i - 1] * u[i]
    return np.sum(u * u)


def two_rows(x):
    A = np.outer(x, x)
    for i in range(len(x) - 1):
        for j in range(1, len(x)):
            A[i + 1, j] = A[i, j - 1] * 0.5 + A[i + 1, j - 1] * A[i, j]
    return np.sum(A)


def sometimes(x):
    u = x.copy()
    for i in range(1, len(u)):
        if x[i] > 0.0:
            u[i] = u[i - 1] * x[i]
    return np.sum(u * u)


def far_apart(x):
    total = 0.0
    for i in range(len(x) - 5):
        total += x[i] * x[i + 5]
    return total


def by_twos(x):
    u = x.copy()
    for i in range(0, len(u) - 1, 2):
        u[i + 1] = u[i] * u[i + 1]
    return np.sum(u * u)


LEFT = [around_the_end, two_rows, sometimes, far_apart, by_twos]


def on_and_off(f, x) -> tuple[str, str]:
    first, *_ = derive(f, None, True, (numba.typeof(x),)).programs
    return tuple(emit(lower(first, numbers=flag), [], "loops") for flag in (True, False))


@pytest.mark.parametrize("f", TAKEN + LEFT, ids=lambda f: f.__name__)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 6])
def test_on_and_off(f, size: int) -> None:
    """The same numbers, from no round at all to several."""
    x = X[:size].copy()
    on, off = on_and_off(f, x)
    assert (on != off) == (f in TAKEN), on
    if size == 0 and f in (heat, gauss_seidel, backwards):
        return  # there is no first element
    got, expected = (list(flatten(run_text(text)(x.copy()))) for text in (on, off))
    np.testing.assert_array_equal(got, expected)
    if size:
        check_gradient(f, x)


@pytest.mark.parametrize("f", [neighbours, heat], ids=lambda f: f.__name__)
def test_compiled(f) -> None:
    check_gradient(f, np.resize(X, 37), compiled=True, without_value=False)
