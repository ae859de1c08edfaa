"""A recurrent network in NumPy: the state is re-bound at each step, and SciPy trains it.

The network learns to add up its input. Prints the loss before and after, and the difference of
the gradient from a central difference.
"""

import numpy as np
from scipy.optimize import minimize

from srcgrad import value_and_grad

UNITS, INPUTS = 6, 1


def loss(p, x, t):
    n, m = 6, 1
    W = p[: n * n].reshape(n, n)
    U = p[n * n : n * n + n * m].reshape(n, m)
    b = p[n * n + n * m : n * n + n * m + n]
    v = p[n * n + n * m + n :]
    h = np.zeros(n)
    total = 0.0
    for k in range(x.shape[0]):
        h = np.tanh(W @ h + U @ x[k] + b)
        total += (v @ h - t[k]) ** 2
    return total / x.shape[0]


def main():
    rng = np.random.default_rng(0)
    size = UNITS * UNITS + UNITS * INPUTS + 2 * UNITS
    p, x = 0.3 * rng.normal(size=size), rng.normal(size=(40, INPUTS))
    t = 0.2 * np.cumsum(x[:, 0])
    with_slope = value_and_grad(loss, wrt="p")
    before, slope = with_slope(p, x, t)
    d, h = rng.normal(size=size), 1e-5
    reference = (loss(p + h * d, x, t) - loss(p - h * d, x, t)) / (2 * h)
    found = minimize(with_slope, p, args=(x, t), jac=True, method="L-BFGS-B",
                     options={"maxiter": 200})  # fmt: skip
    print(f"loss before: {before:.4f}, after: {found.fun:.4f}")
    print(f"difference: {abs(slope @ d - reference):.1e}")


if __name__ == "__main__":
    main()
