"""Kernels: a Gaussian process's likelihood, convolutions of signals and of images."""

import math

import numpy as np

from ..problem import Problem, hand_written, random

# --- The negative log likelihood of a Gaussian process ------------------------------------


def gaussian_process(length, noise, squares, y):
    n = len(y)
    K = np.exp(-0.5 * squares / length**2) + noise * np.eye(n)
    L = np.linalg.cholesky(K)
    a = np.linalg.solve(L, y)
    return 0.5 * np.sum(a**2) + np.sum(np.log(np.diag(L))) + 0.5 * n * math.log(2.0 * math.pi)


def gaussian_process_array(xp):
    def f(length, noise, squares, y):
        n = len(y)
        K = xp.exp(-0.5 * squares / length**2) + noise * xp.eye(n)
        L = xp.linalg.cholesky(K)
        a = xp.linalg.solve(L, y)
        return 0.5 * xp.sum(a**2) + xp.sum(xp.log(xp.diag(L))) + 0.5 * n * math.log(2.0 * math.pi)

    return f


@hand_written
def gaussian_process_hand(length, noise, squares, y):
    n = len(y)
    K = np.exp(-0.5 * squares / length**2)
    C = K.copy()
    for i in range(n):
        C[i, i] += noise
    L = np.linalg.cholesky(C)
    inverse = np.linalg.inv(C)
    b = inverse @ y
    value = 0.5 * n * math.log(2.0 * math.pi)
    glength, gnoise = 0.0, 0.0
    for i in range(n):
        value += 0.5 * y[i] * b[i] + math.log(L[i, i])
        gnoise += 0.5 * (inverse[i, i] - b[i] * b[i])
        for j in range(n):
            glength += 0.5 * (inverse[i, j] - b[i] * b[j]) * K[i, j] * squares[i, j]
    return value, glength / length**3, gnoise


def gaussian_process_data(n):
    source = random(n)
    x = source.uniform(size=n) * n / 10
    return 1.3, 0.2, (x[:, None] - x[None, :]) ** 2, source.normal(size=n)


# --- Convolutions -------------------------------------------------------------------------


def convolve(k, x, y):
    return np.sum((np.convolve(x, k, mode="valid") - y) ** 2)


def convolve_slices(k, x, y):
    out = np.zeros(len(y))
    for j in range(len(k)):
        out += k[len(k) - 1 - j] * x[j : j + len(y)]
    return np.sum((out - y) ** 2)


def convolve_array(xp):
    def f(k, x, y):
        return xp.sum((xp.convolve(x, k, mode="valid") - y) ** 2)

    return f


@hand_written
def convolve_hand(k, x, y):
    n, m = len(y), len(k)
    gk, gx = np.zeros(m), np.zeros(len(x))
    e = np.empty(n)
    for i in range(n):
        e[i] = -y[i]
    for j in range(m):
        for i in range(n):
            e[i] += k[m - 1 - j] * x[i + j]
    value = 0.0
    for i in range(n):
        value += e[i] * e[i]
        e[i] *= 2.0
    for j in range(m):
        total = 0.0
        for i in range(n):
            total += e[i] * x[i + j]
            gx[i + j] += e[i] * k[m - 1 - j]
        gk[m - 1 - j] = total
    return value, gk, gx


def convolve_data(n, m):
    source = random(n, m)
    return source.normal(size=m), source.normal(size=n), source.normal(size=n - m + 1)


def filter_loops(K, X, Y):
    total = 0.0
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            z = 0.0
            for a in range(K.shape[0]):
                for b in range(K.shape[1]):
                    z += K[a, b] * X[i + a, j + b]
            total += (z - Y[i, j]) ** 2
    return total


def filter_slices(K, X, Y):
    n, m = Y.shape
    Z = np.zeros((n, m))
    for a in range(K.shape[0]):
        for b in range(K.shape[1]):
            Z += K[a, b] * X[a : a + n, b : b + m]
    return np.sum((Z - Y) ** 2)


def filter_array(xp):
    def f(K, X, Y):
        n, m = Y.shape
        Z = 0.0
        for a in range(K.shape[0]):
            for b in range(K.shape[1]):
                Z = Z + K[a, b] * X[a : a + n, b : b + m]
        return xp.sum((Z - Y) ** 2)

    return f


@hand_written
def filter_hand(K, X, Y):
    n, m = Y.shape
    gK, gX = np.zeros_like(K), np.zeros_like(X)
    e = np.empty(m)
    value = 0.0
    for i in range(n):
        for j in range(m):
            e[j] = -Y[i, j]
        for a in range(K.shape[0]):
            for b in range(K.shape[1]):
                for j in range(m):
                    e[j] += K[a, b] * X[i + a, j + b]
        for j in range(m):
            value += e[j] * e[j]
            e[j] *= 2.0
        for a in range(K.shape[0]):
            for b in range(K.shape[1]):
                total = 0.0
                for j in range(m):
                    total += e[j] * X[i + a, j + b]
                    gX[i + a, j + b] += e[j] * K[a, b]
                gK[a, b] += total
    return value, gK, gX


def filter_data(n, m, k):
    source = random(n, m, k)
    shape = n - k + 1, m - k + 1
    return source.normal(size=(k, k)), source.normal(size=(n, m)), source.normal(size=shape)


SIGNALS = ((20, 3), (500, 9), (20_000, 15))
IMAGES = ((6, 5, 3), (24, 24, 3), (200, 150, 5))
PROBLEMS = [
    Problem("gaussian_process", gaussian_process, ("length", "noise"), ((5,), (30,), (200,)),
            gaussian_process_data, gaussian_process_hand, gaussian_process_array),
    Problem("convolve", convolve, ("k", "x"), SIGNALS, convolve_data, convolve_hand,
            convolve_array),
    Problem("convolve_slices", convolve_slices, ("k", "x"), SIGNALS, convolve_data, convolve_hand,
            convolve_array),
    Problem("filter_loops", filter_loops, ("K", "X"), IMAGES, filter_data, filter_hand,
            filter_array),
    Problem("filter_slices", filter_slices, ("K", "X"), IMAGES, filter_data, filter_hand,
            filter_array),
]  # fmt: skip
