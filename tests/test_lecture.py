"""The lecture notes' worked numbers: values and gradients, and each against differences."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, run_listing

from srcgrad import grad, value_and_grad
from srcgrad.gates import affine, relu, sigmoid, softmax, softmax_cross_entropy

# Four digits are given in the notes, so the comparisons look at four.
PRINTED = 5e-5


def check(f: Callable[..., Any], args: tuple, value: float, gradients: tuple,
          tolerance: float = 1e-12, compiled: bool = False) -> None:  # fmt: skip
    """The value, every gradient, and agreement with differences."""
    got_value, got = run_listing(value_and_grad(f), f, *args)
    got = got if isinstance(got, tuple) else (got,)
    assert got_value == pytest.approx(value, abs=tolerance)
    assert len(got) == len(gradients)
    for one, expected in zip(got, gradients, strict=True):
        np.testing.assert_allclose(one, expected, rtol=0, atol=tolerance)
    check_gradient(f, *args, compiled=compiled)


def product(x, y):
    return x * y


def larger(x, y):
    return max(x, y)


def sum_times(x, y, z):
    return (x + y) * z


def squared_sum(x, y):
    return (x + y) ** 2


def test_product() -> None:
    check(product, (4.0, -3.0), -12.0, (-3.0, 4.0), compiled=True)


def test_max_routes_to_the_larger() -> None:
    check(larger, (4.0, 2.0), 4.0, (1.0, 0.0))


def test_sum_times() -> None:
    check(sum_times, (-2.0, 5.0, -4.0), -12.0, (-4.0, -4.0, 3.0))


def test_squared_sum() -> None:
    x, y = 1.5, -4.0
    check(squared_sum, (x, y), (x + y) ** 2, (2 * (x + y), 2 * (x + y)))


# --- The neuron --------------------------------------------------------------------------


def neuron(w, x):
    return 1.0 / (1.0 + math.exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))


def neuron_by_gates(w, x):
    dot = w[0] * x[0] + w[1] * x[1] + w[2]
    negative = -dot
    power = math.exp(negative)
    denominator = power + 1.0
    return 1.0 / denominator


def neuron_by_one_gate(w, x):
    return sigmoid(w[0] * x[0] + w[1] * x[1] + w[2])


NEURON = ([2.0, -3.0, -3.0], [-1.0, -2.0])


@pytest.mark.parametrize("f", [neuron, neuron_by_gates, neuron_by_one_gate])
def test_neuron(f: Callable[..., float]) -> None:
    gradients = ((-0.1966, -0.3932, 0.1966), (0.3932, -0.5898))
    check(f, NEURON, 0.7311, gradients, PRINTED, compiled=True)


def test_neuron_by_gates_and_by_one_gate_agree_to_the_last_digits() -> None:
    by_gates = run_listing(grad(neuron_by_gates), neuron_by_gates, *NEURON)
    by_one = run_listing(grad(neuron_by_one_gate), neuron_by_one_gate, *NEURON)
    for left, right in zip(by_gates, by_one, strict=True):
        np.testing.assert_allclose(left, right, rtol=4e-16, atol=0)


# --- Shopping ----------------------------------------------------------------------------


def apples(price, count, tax):
    return price * count * tax


def apples_and_oranges(apple, apples, orange, oranges, tax):
    return (apple * apples + orange * oranges) * tax


def test_apples() -> None:
    check(apples, (100.0, 2.0, 1.1), 220.0, (2.2, 110.0, 200.0), 1e-10)


def test_apples_and_oranges() -> None:
    gradients = (2.2, 110.0, 3.3, 165.0, 650.0)
    check(apples_and_oranges, (100.0, 2.0, 150.0, 3.0, 1.1), 715.0, gradients, 1e-10)


# --- Arrays ------------------------------------------------------------------------------


def relu_of_array(x, upstream):
    return np.sum(np.maximum(0, x) * upstream)


def test_relu_with_upstream_gradient() -> None:
    x, upstream = np.array([1.0, -2.0, 3.0, -1.0]), np.array([4.0, -1.0, 5.0, 9.0])
    check(relu_of_array, (x, upstream), 19.0, ([4.0, 0.0, 5.0, 0.0], [1.0, 0.0, 3.0, 0.0]))


def matrix_product(x, w, upstream):
    return np.sum((x @ w) * upstream)


def test_matrix_product() -> None:
    rng = np.random.default_rng(1)
    x, w, dy = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    check(matrix_product, (x, w, dy), np.sum(x @ w * dy), (dy @ w.T, x.T @ dy, x @ w))


def squared_norm(W, x):
    q = W @ x
    return np.sum(q * q)


def test_squared_norm_of_matrix_times_vector() -> None:
    W, x = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])
    dW = [[0.088, 0.176], [0.104, 0.208]]
    check(squared_norm, (W, x), 0.116, (dW, [-0.112, 0.636]), compiled=True)


# --- Layers ------------------------------------------------------------------------------


def add_layer(x, y, upstream):
    return np.sum((x + y) * upstream)


def multiply_layer(x, y, upstream):
    return np.sum(x * y * upstream)


def relu_layer(x, upstream):
    return np.sum(relu(x) * upstream)


def sigmoid_layer(x, upstream):
    return np.sum(sigmoid(x) * upstream)


def affine_layer(X, W, b, upstream):
    return np.sum(affine(X, W, b) * upstream)


def softmax_layer(x, upstream):
    return np.sum(softmax(x) * upstream)


def loss_layer(Z, labels):
    return softmax_cross_entropy(Z, labels)


def rows(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_add_and_multiply_layers() -> None:
    x, y, dz = rows(1, 3), rows(2, 3), rows(3, 3)
    check(add_layer, (x, y, dz), np.sum((x + y) * dz), (dz, dz, x + y))
    check(multiply_layer, (x, y, dz), np.sum(x * y * dz), (dz * y, dz * x, x * y))


def test_relu_layer_is_zero_at_zero() -> None:
    x, dy = np.array([-1.0, 0.0, 2.0]), np.array([5.0, 6.0, 7.0])
    got = run_listing(grad(relu_layer), relu_layer, x, dy)
    np.testing.assert_array_equal(got[0], [0.0, 0.0, 7.0])
    check_gradient(relu_layer, np.array([-1.0, 0.5, 2.0]), dy)


def test_sigmoid_layer() -> None:
    x, dy = rows(1, 4), rows(2, 4)
    y = 1 / (1 + np.exp(-x))
    check(sigmoid_layer, (x, dy), np.sum(y * dy), (dy * y * (1 - y), y))


def test_affine_layer_with_a_batch() -> None:
    X, W, b, dY = rows(1, 5, 3), rows(2, 3, 2), rows(3, 2), rows(4, 5, 2)
    Y = X @ W + b
    check(affine_layer, (X, W, b, dY), np.sum(Y * dY), (dY @ W.T, X.T @ dY, dY.sum(axis=0), Y))


def test_softmax_layer() -> None:
    x, dy = rows(1, 4), rows(2, 4)
    y = np.exp(x) / np.sum(np.exp(x))
    check(softmax_layer, (x, dy), y @ dy, (y * (dy - y @ dy), y))


def test_softmax_with_cross_entropy() -> None:
    Z, labels = rows(1, 3, 4), np.array([2, 0, 1])
    Y = np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True)
    T = np.eye(4)[labels]
    value = -np.mean(np.sum(T * np.log(Y), axis=1))
    check(loss_layer, (Z, labels), value, ((Y - T) / 3,), compiled=True)


# --- Networks and graphs -----------------------------------------------------------------


def hidden_layer(W, v, x, y, lam):
    h = sigmoid(W @ x)
    residual = v @ h - y
    return residual * residual + lam * (np.sum(W * W) + v @ v)


def test_one_hidden_layer_with_regularisation() -> None:
    W, v, x, y, lam = rows(1, 3, 2), rows(2, 3), rows(3, 2), 0.7, 0.1
    h = 1 / (1 + np.exp(-(W @ x)))
    g = 2 * (v @ h - y)
    delta = g * v * h * (1 - h)
    expected = (
        np.outer(delta, x) + 2 * lam * W,
        g * h + 2 * lam * v,
        W.T @ delta,
        -g,
        np.sum(W * W) + v @ v,
    )
    value = (v @ h - y) ** 2 + lam * (np.sum(W * W) + v @ v)
    check(hidden_layer, (W, v, x, y, lam), value, expected, compiled=True)


def diamond(v):
    w = v * v
    x = 3.0 * w
    y = math.sin(w)
    return x * y


def test_gradients_add_where_paths_meet() -> None:
    v = 0.8
    w = v * v
    slope = (3 * math.sin(w) + 3 * w * math.cos(w)) * 2 * v
    check(diamond, (v,), 3 * w * math.sin(w), (slope,))


def hinge_classifier(X, labels, W, b, lam):
    scores = X @ W + b
    correct = scores[np.arange(len(labels)), labels]
    margins = np.maximum(0.0, scores - correct[:, None] + 1.0)
    return np.sum(margins) / len(labels) - 1.0 + 0.5 * lam * np.sum(W * W)


def test_linear_classifier_with_hinge_loss() -> None:
    X, W, b, lam = rows(5, 4, 3), rows(2, 3, 3), rows(3, 3), 0.1
    labels = np.array([0, 2, 1, 1])
    scores = X @ W + b
    picked = scores[np.arange(4), labels]
    over = (scores - picked[:, None] + 1.0 > 0).astype(float)
    over[np.arange(4), labels] = 0.0
    D = over.copy()
    D[np.arange(4), labels] = -over.sum(axis=1)
    D /= 4
    margins = np.maximum(0.0, scores - picked[:, None] + 1.0)
    value = np.sum(margins) / 4 - 1.0 + 0.5 * lam * np.sum(W * W)
    expected = (D @ W.T, X.T @ D + lam * W, D.sum(axis=0), 0.5 * np.sum(W * W))
    check(hinge_classifier, (X, labels, W, b, lam), value, expected)
