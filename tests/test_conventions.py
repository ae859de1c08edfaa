"""The README's table of conventions at kinks, row by row, in the listing and compiled."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracles import flatten, run_listing

from srcgrad import grad
from srcgrad.gates import relu

SIGNS = np.array([[1.0, -1.0], [-1.0, -1.0]])

ROWS: list[tuple[Callable[..., Any], tuple, list[float]]] = [
    (lambda x, y: max(x, y), (2.0, 2.0), [1, 0]),
    (lambda x, y: min(x, y), (2.0, 2.0), [1, 0]),
    (lambda x, y: np.maximum(x, y), (2.0, 2.0), [1, 0]),
    (lambda x, y: np.sum(np.maximum(x, y)), (np.ones(2), np.ones(2)), [1, 1, 0, 0]),
    (lambda x, y: np.sum(np.minimum(x, y)), (np.ones(2), np.ones(2)), [1, 1, 0, 0]),
    (lambda a: np.max(a), (np.array([1.0, 3.0, 3.0]),), [0, 1, 0]),
    (lambda a: np.min(a), (np.array([1.0, 3.0, 1.0]),), [1, 0, 0]),
    (lambda a: np.sum(np.max(a, axis=1)), (np.ones((2, 2)),), [1, 0, 1, 0]),
    (lambda x: abs(x), (0.0,), [0]),
    (lambda x: np.sum(np.abs(x)), (np.array([0.0, -1.0]),), [0, -1]),
    (lambda x: np.maximum(0.0, x), (0.0,), [0]),
    (lambda x: np.sum(np.maximum(0, x)), (np.array([0.0, 1.0]),), [0, 1]),
    (lambda x: relu(x), (0.0,), [0]),
    (lambda x: np.sum(relu(x)), (np.array([0.0, 1.0]),), [0, 1]),
    (lambda x: np.sum(np.clip(x, -1.0, 1.0)), (np.array([-1.0, 0.0, 1.0, 2.0]),), [1, 1, 1, 0]),
    (lambda x, p: x**p, (0.0, 2.0), [0, 0]),
    (lambda x: np.linalg.norm(x), (np.zeros(2),), [0, 0]),
    (lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), (np.array([0.0, 4.0]),), [0, 0.25]),
    (lambda x: np.sum(np.where(x > 0, np.log(x), x)), (np.array([-1.0, 4.0]),), [1, 0.25]),
    (lambda x: np.sum(np.where(x != 0, 1.0 / x, x)), (np.array([0.0, 2.0]),), [1, -0.25]),
    (lambda u: np.sum(np.where(SIGNS > 0, np.sqrt(u), 0.0)), (np.array([4.0, 0.0]),), [0.25, 0]),
    (lambda x: np.floor(x) + round(x) + (x > 1.0) + math.ceil(x), (0.5,), [0]),
    (lambda x: np.sum(np.sqrt(x)), (np.array([0.0, 4.0]),), [math.inf, 0.25]),
    (lambda x: np.sum(1.0 / x), (np.array([0.0, 2.0]),), [-math.inf, -0.25]),
]

# Plain Python's own arithmetic raises here; compiled code follows NumPy.
COMPILED_ONLY: list[tuple[Callable[..., Any], tuple, list[float]]] = [
    (lambda x: math.sqrt(x), (0.0,), [math.inf]),
    (lambda x: 1.0 / x, (0.0,), [-math.inf]),
]

NUMBERS = range(len(ROWS))


def assert_vector(got: Any, expected: list[float]) -> None:
    np.testing.assert_array_equal(list(flatten(got)), expected)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("number", NUMBERS)
def test_listing(number: int) -> None:
    f, args, expected = ROWS[number]
    assert_vector(run_listing(grad(f), f, *args), expected)


@pytest.mark.parametrize("number", [k for k in NUMBERS if k % 4 == 0])
def test_compiled(number: int) -> None:
    f, args, expected = ROWS[number]
    assert_vector(grad(f)(*args), expected)


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_all_compiled(number: int) -> None:
    f, args, expected = ROWS[number]
    assert_vector(grad(f)(*args), expected)


@pytest.mark.parametrize("number", range(len(COMPILED_ONLY)))
def test_division_follows_numpy(number: int) -> None:
    f, args, expected = COMPILED_ONLY[number]
    assert_vector(grad(f)(*args), expected)
