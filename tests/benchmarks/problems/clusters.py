"""Clusters of points: GradBench's Gaussian mixture, and k-means."""

import math

import numpy as np

from srcgrad.gates import logsumexp

from .. import vector_math
from ..problem import Problem, hand_written, random

LANES = 64


# --- Gaussian mixture ---------------------------------------------------------------------


def gmm(alpha, mu, q, l, x, gamma, m):
    n, d = x.shape
    k = len(alpha)
    diagonal = np.exp(q)
    main = np.zeros(k)
    y = np.zeros(d)
    z = np.zeros(d)
    total = 0.0
    for i in range(n):
        for j in range(k):
            for r in range(d):
                y[r] = x[i, r] - mu[j, r]
                z[r] = diagonal[j, r] * y[r]
            p = 0
            for c in range(d):
                for r in range(c + 1, d):
                    z[r] += l[j, p] * y[c]
                    p += 1
            t = alpha[j]
            for r in range(d):
                t += q[j, r] - 0.5 * z[r] * z[r]
            main[j] = t
        total += logsumexp(main)
    total += wishart(q, l, diagonal, gamma, m) - n * logsumexp(alpha)
    return total - 0.5 * n * d * math.log(2.0 * math.pi)


def wishart(q, l, diagonal, gamma, m):
    k, d = q.shape
    total = 0.0
    for j in range(k):
        for r in range(d):
            total += m * q[j, r] - 0.5 * gamma**2 * diagonal[j, r] ** 2
        for p in range(l.shape[1]):
            total -= 0.5 * gamma**2 * l[j, p] ** 2
    return total + k * wishart_constant(d, gamma, m)


def wishart_constant(d, gamma, m):
    n = d + m + 1
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(d):
        log_gamma += math.lgamma(0.5 * (n - j))
    return n * d * math.log(gamma / math.sqrt(2.0)) - log_gamma


def gmm_numpy(alpha, mu, q, l, x, gamma, m):
    n, d = x.shape
    k = len(alpha)
    main = np.zeros((n, k))
    total = 0.0
    for j in range(k):
        Q = np.diag(np.exp(q[j]))
        p = 0
        for c in range(d):
            Q[c + 1 :, c] = l[j, p : p + d - c - 1]
            p += d - c - 1
        z = (x - mu[j]) @ Q.T
        main[:, j] = alpha[j] + np.sum(q[j]) - 0.5 * np.sum(z * z, axis=1)
        total -= 0.5 * gamma**2 * (np.sum(np.exp(q[j]) ** 2) + np.sum(l[j] ** 2))
        total += m * np.sum(q[j])
    total += np.sum(logsumexp(main, axis=1)) - n * logsumexp(alpha)
    total += k * wishart_constant(d, gamma, m)
    return total - 0.5 * n * d * math.log(2.0 * math.pi)


def gmm_array(xp):
    def log_sum(a, axis):
        top = xp.max(a, axis=axis, keepdims=True)
        return xp.sum(top, axis=axis) + xp.log(xp.sum(xp.exp(a - top), axis=axis))

    def f(alpha, mu, q, l, x, gamma, m):
        (n, d), k = x.shape, len(alpha)
        columns, rows = np.triu_indices(d, 1)
        place = np.zeros((len(rows), d, d))
        place[np.arange(len(rows)), rows, columns] = 1.0
        diagonal = xp.exp(q)
        Q = xp.tensordot(l, place, 1) + diagonal[:, :, None] * np.eye(d)
        z = xp.matmul(x[None] - mu[:, None, :], xp.swapaxes(Q, 1, 2))
        main = (alpha + xp.sum(q, axis=1))[:, None] - 0.5 * xp.sum(z * z, axis=2)
        total = xp.sum(log_sum(main, 0)) - n * log_sum(alpha, 0)
        total = total - 0.5 * gamma**2 * (xp.sum(diagonal**2) + xp.sum(l**2)) + m * xp.sum(q)
        constant = k * wishart_constant(d, gamma, m)
        return total + constant - 0.5 * n * d * math.log(2.0 * math.pi)

    return f


@hand_written
def mixture_by_lanes(level, mu, diagonal, l, x, ga, gmu, gq, gl):
    """The sum over points for few dimensions: points side by side."""
    n, d = x.shape
    k = len(level)
    xs, y = np.empty((d, LANES)), np.empty((d, LANES))
    z = np.empty((k, d, LANES))
    w = np.empty((k, LANES))
    top, norm = np.empty(LANES), np.empty(LANES)
    dz = np.empty(d)
    total = 0.0
    for start in range(0, n, LANES):
        width = min(LANES, n - start)
        for r in range(d):
            for v in range(width):
                xs[r, v] = x[start + v, r]
        for v in range(width):
            top[v] = -np.inf
            norm[v] = 0.0
        for j in range(k):
            for r in range(d):
                for v in range(width):
                    y[r, v] = xs[r, v] - mu[j, r]
                    z[j, r, v] = diagonal[j, r] * y[r, v]
            p = 0
            for c in range(d):
                for r in range(c + 1, d):
                    for v in range(width):
                        z[j, r, v] += l[j, p] * y[c, v]
                    p += 1
            for v in range(width):
                w[j, v] = level[j]
            for r in range(d):
                for v in range(width):
                    w[j, v] -= 0.5 * z[j, r, v] * z[j, r, v]
            for v in range(width):
                top[v] = top[v] if top[v] > w[j, v] else w[j, v]
        for j in range(k):
            for v in range(width):
                w[j, v] = vector_math.exp(w[j, v] - top[v])
                norm[v] += w[j, v]
        for v in range(width):
            total += top[v] + math.log(norm[v])
            norm[v] = 1.0 / norm[v]
        for j in range(k):
            s = 0.0
            for v in range(width):
                w[j, v] *= norm[v]
                s += w[j, v]
            ga[j] += s
            for r in range(d):
                s, t = 0.0, 0.0
                for v in range(width):
                    y[r, v] = xs[r, v] - mu[j, r]
                    z[j, r, v] *= -w[j, v]
                    s += z[j, r, v]
                    t += z[j, r, v] * y[r, v]
                dz[r] = s
                gmu[j, r] -= diagonal[j, r] * s
                gq[j, r] += diagonal[j, r] * t
            p = 0
            for c in range(d):
                for r in range(c + 1, d):
                    s = 0.0
                    for v in range(width):
                        s += z[j, r, v] * y[c, v]
                    gl[j, p] += s
                    gmu[j, c] -= l[j, p] * dz[r]
                    p += 1
    return total


@hand_written
def mixture_by_products(level, mu, diagonal, l, x, ga, gmu, gq, gl):
    """The sum over points for many dimensions: products of matrices, half of them zeros."""
    n, d = x.shape
    k = len(level)
    block = min(n, 128)
    Q, R = np.zeros((k, d, d)), np.zeros((k, d, d))
    for j in range(k):
        p = 0
        for c in range(d):
            Q[j, c, c] = R[j, c, c] = diagonal[j, c]
            for r in range(c + 1, d):
                Q[j, r, c] = R[j, c, r] = l[j, p]
                p += 1
    Y, Z = np.empty((block, d)), np.empty((k, block, d))
    G, dz = np.empty((d, d)), np.empty(d)
    w = np.empty((k, block))
    total = 0.0
    for start in range(0, n, block):
        width = min(block, n - start)
        for j in range(k):
            for v in range(width):
                for r in range(d):
                    Y[v, r] = x[start + v, r] - mu[j, r]
            np.dot(Y[:width], R[j], Z[j, :width])
            for v in range(width):
                square = 0.0
                for r in range(d):
                    square += Z[j, v, r] * Z[j, v, r]
                w[j, v] = level[j] - 0.5 * square
        for v in range(width):
            top = w[0, v]
            for j in range(k):
                top = max(top, w[j, v])
            norm = 0.0
            for j in range(k):
                w[j, v] = vector_math.exp(w[j, v] - top)
                norm += w[j, v]
            total += top + math.log(norm)
            for j in range(k):
                w[j, v] /= norm
                ga[j] += w[j, v]
        for j in range(k):
            dz[:] = 0.0
            for v in range(width):
                for r in range(d):
                    Y[v, r] = x[start + v, r] - mu[j, r]
                    Z[j, v, r] *= -w[j, v]
                    dz[r] += Z[j, v, r]
            np.dot(Z[j, :width].T, Y[:width], G)
            p = 0
            for c in range(d):
                gq[j, c] += diagonal[j, c] * G[c, c]
                gmu[j, c] -= diagonal[j, c] * dz[c]
                for r in range(c + 1, d):
                    gl[j, p] += G[r, c]
                    gmu[j, c] -= Q[j, r, c] * dz[r]
                    p += 1
    return total


@hand_written
def gmm_hand(alpha, mu, q, l, x, gamma, m):
    n, d = x.shape
    k = len(alpha)
    diagonal = np.exp(q)
    ga, gmu, gq, gl = np.zeros(k), np.zeros_like(mu), np.zeros_like(q), np.zeros_like(l)
    level = alpha.copy()
    for j in range(k):
        for r in range(d):
            level[j] += q[j, r]
    if d > 16:
        total = mixture_by_products(level, mu, diagonal, l, x, ga, gmu, gq, gl)
    else:
        total = mixture_by_lanes(level, mu, diagonal, l, x, ga, gmu, gq, gl)
    highest = np.max(alpha)
    spread = 0.0
    for j in range(k):
        spread += math.exp(alpha[j] - highest)
    total -= n * (highest + math.log(spread))
    for j in range(k):
        for r in range(d):
            square = (gamma * diagonal[j, r]) ** 2
            total += m * q[j, r] - 0.5 * square
            gq[j, r] += ga[j] + m - square
        for p in range(l.shape[1]):
            total -= 0.5 * (gamma * l[j, p]) ** 2
            gl[j, p] -= gamma * gamma * l[j, p]
        ga[j] -= n * math.exp(alpha[j] - highest) / spread
    big = d + m + 1
    constant = big * d * math.log(gamma / math.sqrt(2.0))
    constant -= 0.25 * d * (d - 1) * math.log(math.pi)
    for r in range(d):
        constant -= math.lgamma(0.5 * (big - r))
    total += k * constant - 0.5 * n * d * math.log(2.0 * math.pi)
    return total, ga, gmu, gq, gl


def gmm_data(d, k, n):
    source = random(d, k, n)
    return (
        source.normal(size=k),
        source.uniform(size=(k, d)),
        source.normal(size=(k, d)),
        source.normal(size=(k, d * (d - 1) // 2)),
        source.normal(size=(n, d)),
        1.0,
        0,
    )


# --- k-means ------------------------------------------------------------------------------


def kmeans(centroids, points):
    total = 0.0
    for i in range(points.shape[0]):
        best = np.inf
        for j in range(centroids.shape[0]):
            square = 0.0
            for r in range(points.shape[1]):
                square += (points[i, r] - centroids[j, r]) ** 2
            best = min(best, square)
        total += best
    return total


def kmeans_numpy(centroids, points):
    best = np.full(len(points), np.inf)
    for j in range(len(centroids)):
        best = np.minimum(best, np.sum((points - centroids[j]) ** 2, axis=1))
    return np.sum(best)


def kmeans_array(xp):
    def f(centroids, points):
        squares = xp.sum((points[:, None, :] - centroids[None, :, :]) ** 2, axis=2)
        return xp.sum(xp.min(squares, axis=1))

    return f


@hand_written
def kmeans_hand(centroids, points):
    (n, d), k = points.shape, centroids.shape[0]
    g = np.zeros_like(centroids)
    xs = np.empty((d, LANES))
    square, best = np.empty(LANES), np.empty(LANES)
    nearest = np.empty(LANES, np.int64)
    total = 0.0
    for start in range(0, n, LANES):
        width = min(LANES, n - start)
        for r in range(d):
            for v in range(width):
                xs[r, v] = points[start + v, r]
        for v in range(width):
            best[v] = np.inf
        for j in range(k):
            for v in range(width):
                square[v] = 0.0
            for r in range(d):
                for v in range(width):
                    square[v] += (xs[r, v] - centroids[j, r]) ** 2
            for v in range(width):
                nearer = square[v] < best[v]
                nearest[v] = j if nearer else nearest[v]
                best[v] = square[v] if nearer else best[v]
        for v in range(width):
            total += best[v]
            for r in range(d):
                g[nearest[v], r] += 2.0 * (centroids[nearest[v], r] - xs[r, v])
    return total, g


def kmeans_data(k, n, d):
    source = random(k, n, d)
    return source.uniform(size=(k, d)), source.uniform(size=(n, d))


MIXTURES = ((2, 5, 100), (2, 5, 1000), (10, 25, 1000), (20, 50, 1000), (64, 100, 1000))
CENTRES = ((10, 100, 2), (10, 1000, 8), (100, 10_000, 8))
BY = ("alpha", "mu", "q", "l")
PROBLEMS = [
    Problem("gmm", gmm, BY, MIXTURES, gmm_data, gmm_hand, gmm_array),
    Problem("gmm_numpy", gmm_numpy, BY, MIXTURES, gmm_data, gmm_hand, gmm_array),
    Problem("kmeans", kmeans, ("centroids",), CENTRES, kmeans_data, kmeans_hand, kmeans_array),
    Problem("kmeans_numpy", kmeans_numpy, ("centroids",), CENTRES, kmeans_data, kmeans_hand,
            kmeans_array),
]  # fmt: skip
