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
        lower, upper = lower and A[i, i] != 0, upper and A[i, i] != 0
        for j in range(n):
            if A[i, j] != 0:
                lower, upper = lower and j <= i, upper and j >= i
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
        lower, upper = lower and A[i, i] != 0, upper and A[i, i] != 0
        for j in range(n):
            if A[i, j] != 0:
                lower, upper = lower and j <= i, upper and j >= i
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

    Blocks of rows and columns from the last to the first (I. Murray, arXiv:1602.07527). Blocks
    are stored element by element: Numba takes long to compile stores of arrays.
    """
    n = len(L)
    result = np.zeros((n, n), g.dtype)
    for i in range(n):
        for j in range(i + 1):
            result[i, j] = g[i, j]
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
            below, left = C @ L[start:end, :start].copy(), C.T @ L[end:, :start].copy()
            for i in range(n - end):
                for j in range(end - start):
                    result[end + i, start + j] = C[i, j]
                for j in range(start):
                    result[end + i, j] -= below[i, j]
            for i in range(end - start):
                for j in range(start):
                    result[start + i, j] -= left[i, j]
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
        both = np.zeros_like(G)
        for i in range(len(D)):
            for j in range(i + 1):
                result[start + i, start + j] = G[i, j]
                both[i, j] += G[i, j]
                both[j, i] += G[i, j]
        left = both @ L[start:end, :start].copy()
        for i in range(end - start):
            for j in range(start):
                result[start + i, j] -= left[i, j]
    return result
