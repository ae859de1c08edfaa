"""Fused sweeps: a loop that only adds up is swept forward and backward in one pass."""

import math
import re

import numpy as np
import pytest
from oracles import check_gradient, run_listing
from test_recording import row_losses

import srcgrad.pipeline
from srcgrad import grad, value_and_grad
from srcgrad.analysis.recording import recording


def unfused(facts, **options):
    """The plan of a gradient with no loop swept in one pass."""
    return recording(facts, fuse=False)


X = np.array([[0.3, -0.4], [1.2, 0.7], [-0.8, 0.5]])
W = np.array([0.6, -1.1])


def with_scale(X, w, rate):
    total = 0.0
    for i in range(X.shape[0]):
        z = 0.0
        for j in range(X.shape[1]):
            z += X[i, j] * w[j]
        total += z * z
    return total / X.shape[0] * 0.5 + rate


def with_branches(X, w):
    total, other = 0.0, 1.0
    for i in range(X.shape[0]):
        if X[i, 0] < 0.0:
            continue
        z = X[i, 0] * w[0]
        for _ in range(3):
            z = math.sin(z) * w[1]
        if z > 0.0:
            total += z
        else:
            other -= z * z
    return 2.0 * total + other


def with_a_buffer(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        row = np.empty(2)
        for j in range(2):
            row[j] = X[i, j] * w[j]
        row[0] = row[0] * row[1]
        total += row[0] * row[1]
    return total


def log_sum_exp_of_rows(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        top = -math.inf
        for j in range(X.shape[1]):
            top = max(top, X[i, j] * w[j])
        s = 0.0
        for j in range(X.shape[1]):
            s += math.exp(X[i, j] * w[j] - top)
        total += top + math.log(s)
    return total


def read_in_the_loop(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        total += X[i, 0] * w[0] * total + w[1]
    return total


def squared_afterwards(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        total += X[i, 0] * w[0]
    return total * total


def carried(X, w):
    total, last = 0.0, w[1]
    for i in range(X.shape[0]):
        last = last * X[i, 0]
        total += last
    return total


def writes_outside(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        X[i, 0] = X[i, 0] * w[0]
        total += X[i, 0] * X[i, 1]
    return total


def ends_early(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        if X[i, 0] > 1.0:
            break
        total += X[i, 0] * w[0]
    return total


def mean_then_variance(X, w):
    mean = 0.0
    for i in range(X.shape[0]):
        mean += X[i, 0] * w[0]
    mean = mean / X.shape[0]
    spread = 0.0
    for i in range(X.shape[0]):
        spread += (X[i, 0] * w[0] - mean) ** 2
    return spread


def of_a_copy_that_was_updated(X, w):
    X, w = X.copy(), w.copy()
    for i in range(X.shape[0]):
        X[i, 0] = math.sin(X[i, 1] * w[0]) + X[i, 0]
    total = 0.0
    for i in range(X.shape[0]):
        total += X[i, 0] ** 2 * w[1]
    return total


def of_a_row_that_was_updated(X, w):
    Y = X * w
    row = Y[1]
    row[0] = row[0] * row[1]
    total = 0.0
    for j in range(2):
        total += row[j] ** 2 + Y[0, j] * w[j]
    return total


FUSED = [row_losses, with_branches, with_a_buffer, log_sum_exp_of_rows, mean_then_variance]
FUSED += [of_a_copy_that_was_updated, of_a_row_that_was_updated]
OTHERS = [read_in_the_loop, squared_afterwards, carried, writes_outside, ends_early]


def is_fused(f, *args) -> bool:
    return "each round is reversed at once" in grad(f).source(*args)


@pytest.mark.parametrize("f", FUSED)
def test_fused(f) -> None:
    assert is_fused(f, X, W)
    check_gradient(f, X, W)


def test_linear_arithmetic_after_the_loop() -> None:
    assert is_fused(with_scale, X, W, 0.3)
    check_gradient(with_scale, X, W, 0.3, compiled=True)


@pytest.mark.parametrize("f", OTHERS)
def test_not_fused(f) -> None:
    assert not is_fused(f, X, W)
    check_gradient(f, X, W)


@pytest.mark.parametrize("f", FUSED)
def test_without_fusing_the_same(f, monkeypatch: pytest.MonkeyPatch) -> None:
    fused = run_listing(value_and_grad(f), f, X, W)
    monkeypatch.setattr(srcgrad.pipeline, "recording", unfused)
    plain = value_and_grad(f)
    assert "reversed at once" not in plain.source(X, W)
    apart = run_listing(plain, f, X, W)
    assert fused[0] == apart[0]
    for one, other in zip(fused[1], apart[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_per_row_losses_are_one_pass() -> None:
    """One loop over the rows, nothing recorded, no second evaluation."""
    text = grad(row_losses, wrt="w").source(np.ones((3, 2)), np.ones(2))
    assert len(re.findall(r"in range\(X\.shape\[0\]", text)) == 1, text
    assert "append" not in text
    assert text.count("math.exp(") == 1, text
