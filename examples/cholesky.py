"""A Cholesky factorisation written with loops: the logarithm of a determinant and its gradient.

The gradient of log det A is the inverse of A; the loops read the lower half of A only, so its
strictly lower part gets twice the entries. Prints the value and the error against that.
"""

import math

import numpy as np

from srcgrad import value_and_grad


def log_determinant(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    total = 0.0
    for j in range(n):
        s = A[j, j]
        for k in range(j):
            s -= L[j, k] * L[j, k]
        L[j, j] = math.sqrt(s)
        total += 2.0 * math.log(L[j, j])
        for i in range(j + 1, n):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = s / L[j, j]
    return total


def main():
    B = np.random.default_rng(0).normal(size=(6, 6))
    A = B @ B.T + 6.0 * np.eye(6)
    value, slope = value_and_grad(log_determinant)(A)
    inverse = np.linalg.inv(A)
    exact = 2.0 * np.tril(inverse) - np.diag(np.diag(inverse))
    print(f"log det A: {value:.10f}, NumPy: {np.linalg.slogdet(A)[1]:.10f}")
    print(f"error: {np.max(np.abs(slope - exact)):.1e}")


if __name__ == "__main__":
    main()
