"""Losses of learning: a two-layer network, logistic regression."""

import math

import numpy as np

from srcgrad.gates import affine, sigmoid, softmax_cross_entropy

from .. import vector_math
from ..problem import Problem, hand_written, random

LANES = 64

# --- A network with one hidden layer ------------------------------------------------------


def network(W1, b1, W2, b2, X, T):
    hidden = sigmoid(affine(X, W1, b1))
    return softmax_cross_entropy(affine(hidden, W2, b2), T)


def network_array(xp):
    def f(W1, b1, W2, b2, X, T):
        hidden = 1.0 / (1.0 + xp.exp(-(X @ W1 + b1)))
        z = hidden @ W2 + b2
        z = z - xp.max(z, axis=1, keepdims=True)
        return -xp.mean(xp.sum(T * (z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))), axis=1))

    return f


@hand_written
def network_hand(W1, b1, W2, b2, X, T):
    rows, classes = X.shape[0], W2.shape[1]
    h = X @ W1
    width = h.shape[1]
    for i in range(rows):
        for j in range(width):
            h[i, j] = vector_math.sigmoid(h[i, j] + b1[j])
    z = h @ W2
    value = 0.0
    gb2 = np.zeros(classes)
    for i in range(rows):
        top = -np.inf
        for c in range(classes):
            z[i, c] += b2[c]
            top = max(top, z[i, c])
        total = 0.0
        for c in range(classes):
            value -= T[i, c] * (z[i, c] - top)
            z[i, c] = vector_math.exp(z[i, c] - top)
            total += z[i, c]
        weight = 0.0
        for c in range(classes):
            weight += T[i, c]
        value += weight * math.log(total)
        for c in range(classes):
            z[i, c] = (weight * z[i, c] / total - T[i, c]) / rows
            gb2[c] += z[i, c]
    gW2 = h.T @ z
    gh = z @ W2.T
    gb1 = np.zeros(width)
    for i in range(rows):
        for j in range(width):
            gh[i, j] *= h[i, j] * (1.0 - h[i, j])
            gb1[j] += gh[i, j]
    return value / rows, X.T @ gh, gb1, gW2, gb2


def network_data(rows, inputs, width, classes):
    source = random(rows, inputs)
    return (
        source.normal(size=(inputs, width)) / math.sqrt(inputs),
        source.normal(size=width),
        source.normal(size=(width, classes)) / math.sqrt(width),
        source.normal(size=classes),
        source.normal(size=(rows, inputs)),
        np.eye(classes)[source.integers(classes, size=rows)],
    )


# --- Logistic regression ------------------------------------------------------------------


def logistic(w, b, X, y, strength):
    loss = 0.0
    for i in range(X.shape[0]):
        z = b
        for j in range(X.shape[1]):
            z += X[i, j] * w[j]
        loss += max(z, 0.0) - z * y[i] + math.log1p(math.exp(-abs(z)))
    for j in range(len(w)):
        loss += 0.5 * strength * w[j] ** 2
    return loss


def logistic_numpy(w, b, X, y, strength):
    z = X @ w + b
    loss = np.sum(np.maximum(z, 0.0) - z * y + np.log1p(np.exp(-np.abs(z))))
    return loss + 0.5 * strength * np.sum(w**2)


def logistic_array(xp):
    def f(w, b, X, y, strength):
        z = X @ w + b
        loss = xp.sum(xp.maximum(z, 0.0) - z * y + xp.log1p(xp.exp(-xp.abs(z))))
        return loss + 0.5 * strength * xp.sum(w**2)

    return f


@hand_written
def logistic_hand(w, b, X, y, strength):
    rows, width = X.shape
    gw = np.zeros(width)
    gb, loss = 0.0, 0.0
    slope = np.empty(LANES)
    for start in range(0, rows, LANES):
        lanes = min(LANES, rows - start)
        for k in range(lanes):
            z = b
            for j in range(width):
                z += X[start + k, j] * w[j]
            slope[k] = z
        product = 1.0  # one logarithm for all lanes: each factor is between 1 and 2
        for k in range(lanes):
            z = slope[k]
            e = vector_math.exp(-abs(z))
            product *= 1.0 + e
            loss += max(z, 0.0) - z * y[start + k]
            slope[k] = (1.0 if z >= 0.0 else e) / (1.0 + e) - y[start + k]
        loss += math.log(product)
        for k in range(lanes):
            gb += slope[k]
            for j in range(width):
                gw[j] += slope[k] * X[start + k, j]
    for j in range(width):
        loss += 0.5 * strength * w[j] * w[j]
        gw[j] += strength * w[j]
    return loss, gw, gb


def logistic_data(rows, width):
    source = random(rows, width)
    X = source.normal(size=(rows, width))
    y = (source.uniform(size=rows) < 0.5).astype(float)
    return source.normal(size=width), 0.3, X, y, 0.1


ROWS = ((100, 5), (1000, 20), (100_000, 20))
PROBLEMS = [
    Problem("network", network, ("W1", "b1", "W2", "b2"),
            ((4, 3, 4, 3), (256, 64, 50, 10), (1000, 64, 100, 10)),
            network_data, network_hand, network_array),
    Problem("logistic", logistic, ("w", "b"), ROWS, logistic_data, logistic_hand, logistic_array),
    Problem("logistic_numpy", logistic_numpy, ("w", "b"), ROWS, logistic_data, logistic_hand,
            logistic_array),
]  # fmt: skip
