"""Shapes that are known while the text is written: what may be said of them, and what not."""

import numpy as np
import pytest
from oracles import check_gradient, complex_step, run_listing

from srcgrad import grad


def stages(x, rounds):
    y, slope = np.zeros(len(x)), np.zeros(len(x))
    for _ in range(rounds):
        for i in range(1, len(x)):
            slope[i] = x[i] * y[i - 1]
        slope[0] = x[0]
        middle = y + 0.5 * slope
        for i in range(1, len(x)):
            slope[i] = x[i] * middle[i - 1]
        for i in range(len(x)):
            y[i] += 0.1 * slope[i]
    return y[-1] ** 2


def growing(x, rounds):
    total = np.zeros(1)
    for _ in range(rounds):
        total = total * 0.5 + np.sin(x) * total + x
    return np.sum(total * total)


def stretched_in_the_last_round(x, rounds):
    seen = np.ones(1)
    total = 0.0
    for k in range(rounds):
        twice = 2.0 * seen
        if k == 1:
            seen = seen + x
        total += np.sum(twice * seen * x[0])
    return total


def swapped(x, rounds):
    a, b = np.zeros(len(x)) + 0.5, np.zeros(1) + 0.25
    for _ in range(rounds):
        a, b = b, a
        a = a * np.cos(b)
    return np.sum(a * x) + np.sum(b * x)


def grown_from_a_slice(x, rounds):
    t = x[:1] * 1.0
    for _ in range(rounds):
        t = t + x
    return np.sum(t * t)


def grown_in_a_branch(x, rounds):
    t = x[:1] * 1.0
    u = t * 2
    if rounds > 1:
        t = t * x
    w = t * u
    return np.sum(w * x)


@pytest.mark.parametrize(
    "f",
    [
        stages,
        growing,
        stretched_in_the_last_round,
        swapped,
        grown_from_a_slice,
        grown_in_a_branch,
    ],
)
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_shapes_that_change_in_loops(f, rounds):
    x = np.array([0.5, -0.25, 0.75])
    check_gradient(f, x, rounds, wrt="x", oracle=complex_step, rtol=1e-11)


def test_arrays_of_one_size_need_no_test_at_run_time():
    text = grad(stages, wrt="x").source(np.ones(3), 2, level="loops")
    assert "stretch" not in text and "broadcast" not in text


def test_an_array_is_recorded_whole_rather_than_each_element_that_is_read():
    text = grad(stages, wrt="x").source(np.ones(3), 2)
    assert text.count(".append(") == 1 and "[_, i] = s8" not in text


def nearest(centres, x):
    best = np.full(len(x), np.inf)
    for j in range(len(centres)):
        best = np.minimum(best, np.sum((x - centres[j]) ** 2, axis=1))
    return np.sum(best)


def test_what_is_reduced_has_the_axes_that_are_left():
    text = grad(nearest, wrt="centres").source(np.ones((3, 2)), np.ones((4, 2)), level="loops")
    assert "best_full" not in text and "s3_full" not in text and "grad_best_sum" not in text


@pytest.mark.parametrize("columns", [(2, 2), (1, 2), (2, 1), (1, 1)])
def test_columns_that_are_broadcast_against_each_other(columns):
    centres = np.arange(3.0 * columns[0]).reshape(3, -1) ** 1.5
    x = np.array([[0.2, 1.7], [2.9, 0.4], [4.1, 3.3], [5.2, 9.1]])[:, : columns[1]]
    check_gradient(nearest, centres, x, wrt=("centres", "x"))


def kept_and_diagonal(x, v):
    rows = np.exp(x - np.max(x, axis=-1, keepdims=True))
    shares = rows / np.sum(rows, axis=(1,), keepdims=True)
    square = np.diag(v) @ shares
    return np.sum(np.diag(square @ x.T) * np.mean(x, axis=1)) + np.sum(np.sum(x, axis=0) * v[0])


@pytest.mark.parametrize("shape", [(3, 3), (3, 1), (3, 2), (1, 1)])
def test_axes_that_are_kept_and_diagonals(shape):
    x = np.sin(np.arange(1.0 + shape[0] * shape[1])[1:]).reshape(shape)
    check_gradient(kept_and_diagonal, x, np.arange(1.0, 1 + shape[0]) / 7, wrt=("x", "v"))


@pytest.mark.parametrize("shape", [(3, 1), (3, 0)])
def test_gradient_of_too_few_elements_raises(shape):
    def f(x):
        return np.sum(np.gradient(x, axis=1) ** 2)

    with pytest.raises(ValueError, match="too small"):
        f(np.ones(shape))
    with pytest.raises(ValueError, match="two elements"):
        run_listing(grad(f), f, np.ones(shape))
