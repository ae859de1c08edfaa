"""Minimise Rosenbrock's function twice: with SciPy, and by a loop that is compiled as a whole.

Prints the minimum that each finds, and its distance from (1, ..., 1).
"""

import numba
import numpy as np
from scipy.optimize import minimize

from srcgrad import grad, value_and_grad


def rosenbrock(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


slope = grad(rosenbrock)


@numba.njit
def descend(x, rate, momentum, rounds):
    """Gradient descent with momentum; the gradient is part of the compiled loop."""
    velocity = np.zeros_like(x)
    for _ in range(rounds):
        velocity = momentum * velocity - rate * slope(x)
        x = x + velocity
    return x


def main():
    start = np.array([-1.2, 1.0, -1.2, 1.0, 0.5])
    found = minimize(value_and_grad(rosenbrock), start, jac=True, method="BFGS")
    print(f"SciPy's BFGS, {found.nit} iterations: {np.round(found.x, 5)}")
    print(f"error: {np.max(np.abs(found.x - 1.0)):.2e}")
    x = descend(start, 2e-4, 0.97, 100_000)
    print(f"gradient descent, 100,000 rounds in compiled code: {np.round(x, 5)}")
    print(f"error: {np.max(np.abs(x - 1.0)):.2e}")


if __name__ == "__main__":
    main()
