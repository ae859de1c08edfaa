# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Helpers for triangular matrices: linear equations, the gradient of Cholesky's factor.

In: matrices as a listing has them. Out: new contiguous arrays.

Invariant: as in ``support``: ``np`` only, plain Python that Numba compiles too.
"""

import numpy as np


def solve_vector(A, b):
    """``np.linalg.solve`` of a vector, by substitution where the matrix is triangular."""
    n = len(b)
    lower, upper = A.shape == (n, n), A.shape == (n, n)
    for i in range(n if lower else 0):
        lower = lower and A[i, i] != 0 and not np.any(A[i, i + 1 :] != 0)
        upper = upper and A[i, i] != 0 and not np.any(A[i, :i] != 0)
        if not (lower or upper):
            break
    if not (lower or upper):
        return np.linalg.solve(A, b)
    x = b.copy()
    for i in range(n):
        if lower:
            total = x[i]
            for k in range(i):
                total -= A[i, k] * x[k]
            x[i] = total / A[i, i]
        else:
            j = n - 1 - i
            x[j] /= A[j, j]
            for k in range(j):
                x[k] -= A[k, j] * x[j]
    return x


def solve_matrix(A, B):
    """``np.linalg.solve`` of a matrix, by substitution where the first one is triangular."""
    n = len(B)
    lower, upper = A.shape == (n, n), A.shape == (n, n)
    for i in range(n if lower else 0):
        lower = lower and A[i, i] != 0 and not np.any(A[i, i + 1 :] != 0)
        upper = upper and A[i, i] != 0 and not np.any(A[i, :i] != 0)
        if not (lower or upper):
            break
    if not (lower or upper):
        return np.linalg.solve(A, B)
    X = np.ascontiguousarray(B).copy()
    for step in range(n):
        i = step if lower else n - 1 - step
        for k in range(i) if lower else range(i + 1, n):
            for j in range(X.shape[1]):
                X[i, j] -= A[i, k] * X[k, j]
        for j in range(X.shape[1]):
            X[i, j] /= A[i, i]
    return X


def cholesky_pull(L, g):
    """The gradient of ``np.linalg.cholesky``, which reads the lower triangle only.

    Blocks of rows and columns from the last to the first (I. Murray, arXiv:1602.07527).
    """
    n = len(L)
    result = np.tril(g)
    for end in range(n, 0, -32):
        start = max(end - 32, 0)
        D = L[start:end, start:end].copy()
        G = result[start:end, start:end].copy()
        if end < n:
            inverse = np.zeros_like(D)
            for i in range(len(D)):
                inverse[i, i] = 1 / D[i, i]
                for k in range(i):
                    for j in range(k + 1):
                        inverse[i, j] -= D[i, k] * inverse[k, j] / D[i, i]
            C = result[end:, start:end].copy() @ inverse
            result[end:, start:end] = C
            result[end:, :start] -= C @ L[start:end, :start].copy()
            result[start:end, :start] -= C.T @ L[end:, :start].copy()
            G -= C.T @ L[end:, start:end].copy()
        for j in range(len(D) - 1, -1, -1):
            for i in range(j + 1, len(D)):
                G[i, j] /= D[j, j]
                G[j, j] -= G[i, j] * D[i, j]
            G[j, j] /= D[j, j]
            for k in range(j):
                G[j, k] -= G[j, j] * D[j, k]
            for i in range(j + 1, len(D)):
                for k in range(j):
                    G[j, k] -= G[i, j] * D[i, k]
                    G[i, k] -= G[i, j] * D[j, k]
            G[j, j] /= 2
        G = np.tril(G)
        result[start:end, start:end] = G
        result[start:end, :start] -= (G + G.T) @ L[start:end, :start].copy()
    return result
