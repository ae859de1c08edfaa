# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Helpers for matrix factorisations: their parts one by one, and the gradients of these.

In: arrays as a listing has them. Out: one array each, contiguous, in the dtype of the matrix.

Invariant: as in ``support``: ``np`` only, plain Python that Numba compiles too. A part is
LAPACK's, signs included: these are stable under small changes of the matrix.
"""

import numpy as np


def eigh_vectors(A):
    """The eigenvectors of a symmetric matrix, as columns."""
    return np.ascontiguousarray(np.linalg.eigh(A)[1])


def eigh_values_pull(A, g):
    """The gradient of a symmetric matrix's eigenvalues, of which the lower triangle is read."""
    v = np.ascontiguousarray(np.linalg.eigh(A)[1])
    h = (v * g) @ v.T
    for i in range(len(h)):
        for j in range(i):
            h[i, j] += h[j, i]
            h[j, i] = 0
    return h


def eigh_vectors_pull(A, g):
    """The gradient of ``eigh_vectors``, as above; 0 for equal eigenvalues."""
    w, v = np.linalg.eigh(A)
    v = np.ascontiguousarray(v)
    f = v.T @ np.ascontiguousarray(g)
    for i in range(len(w)):
        for j in range(len(w)):
            f[i, j] = f[i, j] / (w[j] - w[i]) if w[i] != w[j] else 0
    h = v @ f @ v.T
    for i in range(len(h)):
        for j in range(i):
            h[i, j] += h[j, i]
            h[j, i] = 0
    return h


def svd_values(A):
    """The singular values of a matrix, descending."""
    return np.linalg.svd(A, full_matrices=False)[1]


def svd_values_pull(A, g):
    """The gradient of ``svd_values``."""
    u, _, vt = np.linalg.svd(A, full_matrices=False)
    return (np.ascontiguousarray(u) * g) @ np.ascontiguousarray(vt)


def svd_left(A):
    """The left singular vectors, as columns: as many as there are singular values."""
    return np.ascontiguousarray(np.linalg.svd(A, full_matrices=False)[0])


def svd_left_full(A):
    """The left singular vectors, as columns of a square matrix."""
    return np.ascontiguousarray(np.linalg.svd(A)[0])


def svd_left_pull(A, g):
    """The gradient of ``svd_left``; 0 for equal singular values."""
    u, s, vt = np.linalg.svd(A, full_matrices=False)
    if g.shape != u.shape:
        raise ValueError("svd: only with full_matrices=False has u a gradient for this shape")
    u, vt, g = np.ascontiguousarray(u), np.ascontiguousarray(vt), np.ascontiguousarray(g)
    p = u.T @ g
    f = np.zeros_like(p)
    for i in range(len(s)):
        for j in range(len(s)):
            if s[i] != s[j]:
                f[i, j] = (p[i, j] - p[j, i]) * s[j] / ((s[j] - s[i]) * (s[j] + s[i]))
    result = u @ f @ vt
    if u.shape[0] > len(s):
        result += ((g - u @ p) / s) @ vt
    return result


def svd_right(A):
    """The right singular vectors, as rows: as many as there are singular values."""
    return np.ascontiguousarray(np.linalg.svd(A, full_matrices=False)[2])


def svd_right_full(A):
    """The right singular vectors, as rows of a square matrix."""
    return np.ascontiguousarray(np.linalg.svd(A)[2])


def svd_right_pull(A, g):
    """The gradient of ``svd_right``; 0 for equal singular values."""
    u, s, vt = np.linalg.svd(A, full_matrices=False)
    if g.shape != vt.shape:
        raise ValueError("svd: only with full_matrices=False has vt a gradient for this shape")
    u, vt, g = np.ascontiguousarray(u), np.ascontiguousarray(vt), np.ascontiguousarray(g)
    p = vt @ g.T
    f = np.zeros_like(p)
    for i in range(len(s)):
        for j in range(len(s)):
            if s[i] != s[j]:
                f[i, j] = (p[i, j] - p[j, i]) * s[i] / ((s[j] - s[i]) * (s[j] + s[i]))
    result = u @ f @ vt
    if vt.shape[1] > len(s):
        result += (u / s) @ (g - p.T @ vt)
    return result


def spectral_slope(A):
    """The derivative of a matrix's largest singular value."""
    u, _, vt = np.linalg.svd(A, full_matrices=False)
    return np.outer(u[:, 0], vt[0])


def cond_slope(A):
    """The derivative of a matrix's condition number."""
    u, s, vt = np.linalg.svd(A, full_matrices=False)
    largest, smallest = np.outer(u[:, 0], vt[0]), np.outer(u[:, -1], vt[-1])
    return largest / s[-1] - smallest * (s[0] / s[-1] / s[-1])


def qr_q(A):
    """The orthonormal factor of a QR factorisation."""
    return np.ascontiguousarray(np.linalg.qr(A)[0])


def qr_r(A):
    """The triangular factor of a QR factorisation."""
    return np.ascontiguousarray(np.linalg.qr(A)[1])


def qr_pull(A, gq, gr):
    """The gradient of a QR factorisation, from those of both its factors."""
    q, r = np.linalg.qr(A)
    k = r.shape[0]
    q, left = np.ascontiguousarray(q), np.ascontiguousarray(r[:, :k])
    right = np.ascontiguousarray(A[:, k:])
    gl, grest = np.triu(gr[:, :k]), np.ascontiguousarray(gr[:, k:])
    g = np.ascontiguousarray(gq) + right @ grest.T
    m = left @ gl.T - g.T @ q
    g = g + q @ (np.tril(m) + np.tril(m, -1).T)
    result = np.empty(A.shape, A.dtype)
    result[:, :k] = np.linalg.solve(left, g.T).T
    result[:, k:] = q @ grest
    return result


def lstsq_solution(A, b):
    """The solution of a least-squares problem, of least norm if there are many."""
    return np.ascontiguousarray(
        np.linalg.lstsq(A, b, np.finfo(A.dtype).eps * max(A.shape[0], A.shape[1]))[0]
    )


def lstsq_residuals(A, b):
    """The sums of squared residuals; empty where the rank is not that of the columns."""
    return np.linalg.lstsq(A, b, np.finfo(A.dtype).eps * max(A.shape[0], A.shape[1]))[1]


def lstsq_rank(A, b):
    """The rank that a least-squares problem is solved with."""
    return np.linalg.lstsq(A, b, np.finfo(A.dtype).eps * max(A.shape[0], A.shape[1]))[2]


def lstsq_pull(A, b, x, g):
    """The gradient of ``lstsq_solution`` with respect to the matrix, where its rank is full."""
    A, b = np.ascontiguousarray(A), np.ascontiguousarray(b)
    x, g = np.ascontiguousarray(x), np.ascontiguousarray(g)
    p = np.ascontiguousarray(np.linalg.pinv(A))
    y = p.T @ g
    return (b - A @ x) @ (p @ y).T - y @ x.T + (p.T @ x) @ (g - A.T @ y).T


def residuals_pull(A, b, x, g):
    """The gradient of ``lstsq_residuals`` with respect to the right side."""
    rest = b - np.ascontiguousarray(A) @ np.ascontiguousarray(x)
    return 2 * g * rest if len(g) > 0 else 0 * rest


def matrix_power_pull(A, n, g):
    """The gradient of ``np.linalg.matrix_power`` for any integer exponent."""
    base = np.ascontiguousarray(np.linalg.inv(A) if n < 0 else A).T
    result, term = np.zeros(A.shape, A.dtype), np.ascontiguousarray(g)
    for _ in range(abs(n)):
        result = result @ base + term
        term = base @ term
    return result if n >= 0 else -(base @ result @ base)
