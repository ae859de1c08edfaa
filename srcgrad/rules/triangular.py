# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Helpers for triangular matrices: linear equations, the gradient of Cholesky's factor.

In: matrices as a listing has them. Out: new contiguous arrays.

Invariant: as in ``support``: ``np`` only, plain Python that Numba compiles too.
"""

import numpy as np


def is_triangular(A, lower):
    """Whether a square matrix has zeros on one side of its diagonal only, and none on it."""
    n = len(A)
    if A.shape != (n, n):
        return False
    for i in range(n):
        if A[i, i] == 0:
            return False
        for j in range(i + 1, n) if lower else range(i):
            if A[i, j] != 0:
                return False
    return True


def substitute_vector(A, b, lower):
    """``np.linalg.solve`` of a triangular matrix and a vector."""
    n = len(b)
    if A.shape != (n, n):
        raise ValueError("np.linalg.solve: the shapes do not fit")
    x = b.copy()
    for step in range(n):
        i = step if lower else n - 1 - step
        if A[i, i] == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        if lower:
            total = x[i]
            for k in range(i):
                total -= A[i, k] * x[k]
            x[i] = total / A[i, i]
        else:
            x[i] /= A[i, i]
            for k in range(i):
                x[k] -= A[k, i] * x[i]
    return x


def substitute_matrix(A, B, lower):
    """``np.linalg.solve`` of a triangular matrix and another one."""
    n = len(B)
    if A.shape != (n, n):
        raise ValueError("np.linalg.solve: the shapes do not fit")
    X = B.copy()
    for step in range(n):
        i = step if lower else n - 1 - step
        if A[i, i] == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        for k in range(i) if lower else range(i + 1, n):
            for j in range(X.shape[1]):
                X[i, j] -= A[i, k] * X[k, j]
        for j in range(X.shape[1]):
            X[i, j] /= A[i, i]
    return X


def solve_vector(A, b):
    """``np.linalg.solve`` of a vector, by substitution where the matrix is triangular."""
    lower = is_triangular(A, True)
    if lower or is_triangular(A, False):
        return substitute_vector(A, b, lower)
    return np.linalg.solve(A, b)


def solve_matrix(A, B):
    """``np.linalg.solve`` of a matrix, by substitution where the first one is triangular."""
    lower = is_triangular(A, True)
    if lower or is_triangular(A, False):
        return substitute_matrix(A, B, lower)
    return np.ascontiguousarray(np.linalg.solve(A, B))


def cholesky_pull(L, g):
    """The gradient of ``np.linalg.cholesky``, which reads the lower triangle only.

    Blocks of rows and columns from the last to the first (I. Murray, arXiv:1602.07527), each by
    its inverse. They are stored element by element: Numba takes long to compile stores of arrays.
    """
    n = len(L)
    result = np.zeros((n, n), g.dtype)
    for i in range(n):
        for j in range(i + 1):
            result[i, j] = g[i, j]
    for end in range(n, 0, -32):
        start = max(end - 32, 0)
        size = end - start
        D, left = L[start:end, start:end].copy(), L[start:end, :start].copy()
        inverse = np.zeros_like(D)
        for i in range(size):
            inverse[i, i] = 1 / D[i, i]
            for k in range(i):
                factor = D[i, k] * inverse[i, i]
                for j in range(k + 1):
                    inverse[i, j] -= factor * inverse[k, j]
        if end < n:
            C = result[end:, start:end].copy() @ inverse
            below, beside = C @ left, C.T @ L[end:, :end].copy()
            for i in range(n - end):
                for j in range(start):
                    result[end + i, j] -= below[i, j]
                for j in range(size):
                    result[end + i, start + j] = C[i, j]
            for i in range(size):
                for j in range(end):
                    result[start + i, j] -= beside[i, j]
        P = D.T @ result[start:end, start:end].copy()
        for i in range(size):
            P[i, i] /= 2
            for j in range(i + 1, size):
                P[i, j] = 0
        S = inverse.T @ P @ inverse
        for i in range(size):
            for j in range(size):
                P[i, j] = S[i, j] + S[j, i]
        beside = P @ left
        for i in range(size):
            for j in range(start):
                result[start + i, j] -= beside[i, j]
            for j in range(size):
                result[start + i, start + j] = P[i, j] if i > j else 0.0
            result[start + i, start + i] = S[i, i]
    return result
