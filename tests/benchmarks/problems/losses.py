"""Losses on whole arrays: networks, softmax regression, a diagonal mixture, a factorisation."""

import math

import numpy as np

from srcgrad.gates import logsumexp

from .. import vector_math
from ..problem import Problem, hand_written, random
from .learning import network_data

LANES = 64


def cross_entropy_array(xp):
    def f(z, T):
        z = z - xp.max(z, axis=1, keepdims=True)
        logs = z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))
        return -xp.sum(T * logs) / len(T)

    return f


cross_entropy = cross_entropy_array(np)


@hand_written
def cross_entropy_slopes(z, b, T):
    """The loss of ``z + b``, whose slopes replace z, and the gradient of b."""
    rows, classes = z.shape
    gb = np.zeros(classes)
    value = 0.0
    for i in range(rows):
        top = -np.inf
        for c in range(classes):
            z[i, c] += b[c]
            top = max(top, z[i, c])
        total, weight = 0.0, 0.0
        for c in range(classes):
            value -= T[i, c] * (z[i, c] - top)
            weight += T[i, c]
            z[i, c] = vector_math.exp(z[i, c] - top)
            total += z[i, c]
        value += weight * math.log(total)
        scale = weight / total
        for c in range(classes):
            z[i, c] = (scale * z[i, c] - T[i, c]) / rows
            gb[c] += z[i, c]
    return value / rows, gb


# --- Networks with one hidden layer -------------------------------------------------------


def network_tanh(W1, b1, W2, b2, X, T):
    hidden = np.tanh(X @ W1 + b1)
    return cross_entropy(hidden @ W2 + b2, T)


def network_relu(W1, b1, W2, b2, X, T):
    hidden = np.maximum(X @ W1 + b1, 0.0)
    return cross_entropy(hidden @ W2 + b2, T)


def network_array(activation):
    def form(xp):
        def f(W1, b1, W2, b2, X, T):
            hidden = activation(xp, X @ W1 + b1)
            return cross_entropy_array(xp)(hidden @ W2 + b2, T)

        return f

    return form


@hand_written
def network_tanh_hand(W1, b1, W2, b2, X, T):
    h = X @ W1
    rows, width = h.shape
    for i in range(rows):
        for j in range(width):
            e = vector_math.exp(-2.0 * abs(h[i, j] + b1[j]))
            t = (1.0 - e) / (1.0 + e)
            h[i, j] = t if h[i, j] + b1[j] > 0.0 else -t
    z = h @ W2
    value, gb2 = cross_entropy_slopes(z, b2, T)
    gW2 = h.T @ z
    gh = z @ W2.T
    gb1 = np.zeros(width)
    for i in range(rows):
        for j in range(width):
            gh[i, j] *= 1.0 - h[i, j] * h[i, j]
            gb1[j] += gh[i, j]
    return value, X.T @ gh, gb1, gW2, gb2


@hand_written
def network_relu_hand(W1, b1, W2, b2, X, T):
    h = X @ W1
    rows, width = h.shape
    for i in range(rows):
        for j in range(width):
            h[i, j] = max(h[i, j] + b1[j], 0.0)
    z = h @ W2
    value, gb2 = cross_entropy_slopes(z, b2, T)
    gW2 = h.T @ z
    gh = z @ W2.T
    gb1 = np.zeros(width)
    for i in range(rows):
        for j in range(width):
            gh[i, j] = gh[i, j] if h[i, j] > 0.0 else 0.0
            gb1[j] += gh[i, j]
    return value, X.T @ gh, gb1, gW2, gb2


# --- Softmax regression -------------------------------------------------------------------


def softmax_regression(W, b, X, T, strength):
    return cross_entropy(X @ W + b, T) + strength * np.sum(W**2)


def softmax_regression_array(xp):
    def f(W, b, X, T, strength):
        loss = cross_entropy_array(xp)(X @ W + b, T)
        return loss + strength * xp.sum(W**2)

    return f


@hand_written
def softmax_regression_hand(W, b, X, T, strength):
    z = X @ W
    value, gb = cross_entropy_slopes(z, b, T)
    gW = X.T @ z
    for i in range(W.shape[0]):
        for c in range(W.shape[1]):
            value += strength * W[i, c] * W[i, c]
            gW[i, c] += 2.0 * strength * W[i, c]
    return value, gW, gb


def softmax_regression_data(rows, inputs, classes):
    source = random(rows, inputs)
    labels = np.eye(classes)[source.integers(classes, size=rows)]
    start = source.normal(size=(inputs, classes)), source.normal(size=classes)
    return *start, source.normal(size=(rows, inputs)), labels, 0.01


# --- A mixture of Gaussians with diagonal covariances -------------------------------------


def mixture(a, mu, s, X):
    y = (X[:, None, :] - mu[None, :, :]) / np.exp(s)
    main = a - np.sum(s, axis=1) - 0.5 * np.sum(y**2, axis=2)
    return np.sum(logsumexp(main, axis=1)) - len(X) * logsumexp(a)


def mixture_array(xp):
    def log_sum(a):
        top = xp.max(a, axis=-1, keepdims=True)
        return xp.sum(top, axis=-1) + xp.log(xp.sum(xp.exp(a - top), axis=-1))

    def f(a, mu, s, X):
        y = (X[:, None, :] - mu[None, :, :]) / xp.exp(s)
        main = a - xp.sum(s, axis=1) - 0.5 * xp.sum(y**2, axis=2)
        return xp.sum(log_sum(main)) - len(X) * log_sum(a)

    return f


@hand_written
def mixture_hand(a, mu, s, X):
    (n, d), k = X.shape, len(a)
    ga, gmu, gs = np.zeros(k), np.zeros_like(mu), np.zeros_like(s)
    scale, level = np.exp(-s), a.copy()
    for j in range(k):
        for r in range(d):
            level[j] -= s[j, r]
    xs, w = np.empty((d, LANES)), np.empty((k, LANES))
    top, norm = np.empty(LANES), np.empty(LANES)
    value = 0.0
    for start in range(0, n, LANES):
        width = min(LANES, n - start)
        for r in range(d):
            for v in range(width):
                xs[r, v] = X[start + v, r]
        for v in range(width):
            top[v], norm[v] = -np.inf, 0.0
        for j in range(k):
            for v in range(width):
                w[j, v] = level[j]
            for r in range(d):
                for v in range(width):
                    y = (xs[r, v] - mu[j, r]) * scale[j, r]
                    w[j, v] -= 0.5 * y * y
            for v in range(width):
                top[v] = top[v] if top[v] > w[j, v] else w[j, v]
        for j in range(k):
            for v in range(width):
                w[j, v] = vector_math.exp(w[j, v] - top[v])
                norm[v] += w[j, v]
        for v in range(width):
            value += top[v] + math.log(norm[v])
            norm[v] = 1.0 / norm[v]
        for j in range(k):
            total = 0.0
            for v in range(width):
                w[j, v] *= norm[v]
                total += w[j, v]
            ga[j] += total
            for r in range(d):
                first, second = 0.0, 0.0
                for v in range(width):
                    y = (xs[r, v] - mu[j, r]) * scale[j, r]
                    first += w[j, v] * y
                    second += w[j, v] * y * y
                gmu[j, r] += first * scale[j, r]
                gs[j, r] += second
    highest, spread = np.max(a), 0.0
    for j in range(k):
        spread += math.exp(a[j] - highest)
    for j in range(k):
        for r in range(d):
            gs[j, r] -= ga[j]
    for j in range(k):
        ga[j] -= n * math.exp(a[j] - highest) / spread
    return value - n * (highest + math.log(spread)), ga, gmu, gs


def mixture_data(d, k, n):
    source = random(d, k, n)
    shape = k, d
    start = source.normal(size=k), source.normal(size=shape), 0.3 * source.normal(size=shape)
    return *start, source.normal(size=(n, d))


# --- A factorisation of a matrix with gaps ------------------------------------------------


def factorisation(U, V, R, mask, strength):
    return np.sum(mask * (U @ V.T - R) ** 2) + strength * (np.sum(U**2) + np.sum(V**2))


def factorisation_array(xp):
    def f(U, V, R, mask, strength):
        return xp.sum(mask * (U @ V.T - R) ** 2) + strength * (xp.sum(U**2) + xp.sum(V**2))

    return f


@hand_written
def factorisation_hand(U, V, R, mask, strength):
    E = U @ V.T
    value = 0.0
    for i in range(R.shape[0]):
        for j in range(R.shape[1]):
            e = E[i, j] - R[i, j]
            value += mask[i, j] * e * e
            E[i, j] = 2.0 * mask[i, j] * e
    gU, gV = E @ V, E.T @ U
    for M, g in ((U, gU), (V, gV)):
        for i in range(M.shape[0]):
            for j in range(M.shape[1]):
                value += strength * M[i, j] * M[i, j]
                g[i, j] += 2.0 * strength * M[i, j]
    return value, gU, gV


def factorisation_data(n, m, rank):
    source = random(n, m)
    U, V = source.normal(size=(n, rank)), source.normal(size=(m, rank))
    mask = (source.uniform(size=(n, m)) < 0.3).astype(float)
    return U, V, source.normal(size=(n, m)), mask, 0.1


WEIGHTS = ("W1", "b1", "W2", "b2")
LAYERS = ((4, 3, 5, 3), (50, 10, 20, 5), (1000, 64, 100, 10))
PROBLEMS = [
    Problem("network_tanh", network_tanh, WEIGHTS, LAYERS, network_data, network_tanh_hand,
            network_array(lambda xp, z: xp.tanh(z))),
    Problem("network_relu", network_relu, WEIGHTS, LAYERS, network_data, network_relu_hand,
            network_array(lambda xp, z: xp.maximum(z, 0.0))),
    Problem("softmax_regression", softmax_regression, ("W", "b"),
            ((5, 4, 3), (50, 10, 5), (2000, 50, 10)),
            softmax_regression_data, softmax_regression_hand, softmax_regression_array),
    Problem("mixture", mixture, ("a", "mu", "s"), ((2, 3, 10), (2, 5, 200), (8, 20, 2000)),
            mixture_data, mixture_hand, mixture_array),
    Problem("factorisation", factorisation, ("U", "V"), ((5, 4, 2), (25, 20, 5), (300, 200, 20)),
            factorisation_data, factorisation_hand, factorisation_array),
]  # fmt: skip
