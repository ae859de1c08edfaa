"""Soft dynamic time warping: dynamic programming over a table, with a soft minimum.

Prints the distance of two series, its gradient with respect to the first, and the difference
from central differences.
"""

import math

import numpy as np

from srcgrad import value_and_grad


def soft_min(a, b, c, gamma):
    low = min(a, b, c)
    s = math.exp((low - a) / gamma) + math.exp((low - b) / gamma) + math.exp((low - c) / gamma)
    return low - gamma * math.log(s)


def distance(x, y, gamma):
    n, m = len(x), len(y)
    R = np.full((n + 1, m + 1), 1e10)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (x[i - 1] - y[j - 1]) ** 2
            R[i, j] = cost + soft_min(R[i - 1, j], R[i, j - 1], R[i - 1, j - 1], gamma)
    return R[n, m]


def main():
    x, y = np.sin(np.linspace(0, 6, 12)), np.sin(np.linspace(0.5, 6.5, 15))
    value, slope = value_and_grad(distance, wrt="x")(x, y, 0.1)
    h = 1e-5 * np.eye(len(x))
    reference = [(distance(x + e, y, 0.1) - distance(x - e, y, 0.1)) / 2e-5 for e in h]
    print(f"distance: {value:.6f}")
    print(f"gradient: {np.round(slope, 4)}")
    print(f"difference: {np.max(np.abs(slope - reference)):.1e}")


if __name__ == "__main__":
    main()
