"""Fit the four parameters of predator and prey to data, through Runge-Kutta steps of order 4.

SciPy minimises with the gradient; the data were made with known parameters. Prints the
parameters that are found and their largest error.
"""

import numpy as np
from scipy.optimize import minimize

from srcgrad import value_and_grad


def rate(y, p):
    return np.array([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]])


def step(y, p, h):
    k1 = rate(y, p)
    k2 = rate(y + 0.5 * h * k1, p)
    k3 = rate(y + 0.5 * h * k2, p)
    k4 = rate(y + h * k3, p)
    return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def misfit(p, data, h):
    y = data[0]
    total = 0.0
    for k in range(1, data.shape[0]):
        y = step(y, p, h)
        total += np.sum((y - data[k]) ** 2)
    return total


def main():
    truth, h = np.array([1.1, 0.4, 0.1, 0.4]), 0.1
    data = np.empty((100, 2))
    data[0] = 10.0, 5.0
    for k in range(1, 100):
        data[k] = step(data[k - 1], truth, h)
    found = minimize(
        value_and_grad(misfit, wrt="p"),
        0.9 * truth,
        args=(data, h),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.01, 2.0)] * 4,
        options={"ftol": 1e-15, "gtol": 1e-9},
    )
    print(f"parameters: {np.round(found.x, 6)} after {found.nit} iterations")
    print(f"error: {np.max(np.abs(found.x - truth)):.1e}")


if __name__ == "__main__":
    main()
