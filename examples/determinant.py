"""A determinant by expansion by minors: a recursive function that allocates as it goes.

Its gradient is the matrix of cofactors. Prints the value and the error of the gradient.
"""

import numpy as np

from srcgrad import value_and_grad


def determinant(A):
    n = A.shape[0]
    if n == 1:
        return A[0, 0]
    total = 0.0
    sign = 1.0
    for j in range(n):
        minor = np.empty((n - 1, n - 1))
        for r in range(1, n):
            for c in range(n):
                if c < j:
                    minor[r - 1, c] = A[r, c]
                elif c > j:
                    minor[r - 1, c - 1] = A[r, c]
        total += sign * A[0, j] * determinant(minor)
        sign = -sign
    return total


def main():
    A = np.random.default_rng(0).normal(size=(5, 5))
    value, slope = value_and_grad(determinant)(A)
    cofactors = np.linalg.det(A) * np.linalg.inv(A).T
    print(f"determinant: {value:.10f}, NumPy: {np.linalg.det(A):.10f}")
    print(f"error: {np.max(np.abs(slope - cofactors)):.1e}")


if __name__ == "__main__":
    main()
