# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""``scipy.linalg``, and the array standard's names in ``np.linalg``: definitions.

In and out: see ``definitions``. Invariant: as in ``compositions``; triangular systems are solved
as general ones, of the triangle alone.
"""

import numpy as np
from scipy import linalg

from .definitions import define


@define(linalg.solve_triangular, trans=0, lower=True)
def solve_lower(a, b, trans=0, lower=False):
    return np.linalg.solve(np.tril(a), b)


@define(linalg.solve_triangular, trans=0, lower=False)
def solve_upper(a, b, trans=0, lower=False):
    return np.linalg.solve(np.triu(a), b)


@define(linalg.solve_triangular, trans="T", lower=True)
@define(linalg.solve_triangular, trans=1, lower=True)
def solve_lower_transposed(a, b, trans, lower):
    return np.linalg.solve(np.tril(a).T, b)


@define(linalg.solve_triangular, trans="T", lower=False)
@define(linalg.solve_triangular, trans=1, lower=False)
def solve_upper_transposed(a, b, trans, lower=False):
    return np.linalg.solve(np.triu(a).T, b)


@define(linalg.cholesky, lower=True)
def cholesky_lower(a, lower):
    return np.linalg.cholesky(a)


@define(linalg.cholesky, lower=False)
def cholesky_upper(a, lower=False):
    return np.linalg.cholesky(a.T).T


@define(linalg.cho_factor, lower=True)
def cho_factor_lower(a, lower):
    return np.linalg.cholesky(a), True


@define(linalg.cho_factor, lower=False)
def cho_factor(a, lower=False):
    return np.linalg.cholesky(a.T).T, False


@define(linalg.cho_solve)
def cho_solve(c_and_lower, b):
    c, lower = c_and_lower
    if lower:
        return np.linalg.solve(np.tril(c).T, np.linalg.solve(np.tril(c), b))
    return np.linalg.solve(np.triu(c), np.linalg.solve(np.triu(c).T, b))


@define(linalg.inv)
def inv(a):
    return np.linalg.inv(a)


@define(linalg.det)
def det(a):
    return np.linalg.det(a)


@define(linalg.solve)
def solve(a, b):
    return np.linalg.solve(a, b)


@define(linalg.eigvalsh)
def eigvalsh(a):
    return np.linalg.eigvalsh(a)


@define(linalg.eigh, eigvals_only=True)
def eigenvalues(a, *, eigvals_only):
    return np.linalg.eigvalsh(a)


@define(linalg.eigh)
def eigh(a):
    return np.linalg.eigh(a)


@define(linalg.svdvals)
def svdvals(a):
    return np.linalg.svd(a, compute_uv=False)


@define(linalg.norm)
def norm(a, ord=None, axis=None, keepdims=False):
    return np.linalg.norm(a, ord=ord, axis=axis, keepdims=keepdims)


@define(linalg.pinv)
def pinv(a):
    return np.linalg.pinv(a)


@define(linalg.svd, full_matrices=True)
def svd(a, full_matrices=True):
    return np.linalg.svd(a)


@define(linalg.svd, full_matrices=False)
def svd_reduced(a, full_matrices):
    return np.linalg.svd(a, full_matrices=False)


@define(linalg.qr, mode="economic")
def qr(a, *, mode):
    return np.linalg.qr(a)


@define(linalg.lstsq)
def lstsq(a, b):
    return np.linalg.lstsq(a, b)


@define(linalg.toeplitz)
def toeplitz(c):
    places = np.arange(c.size)
    gaps = np.abs(places[:, None] - places[None, :])
    return np.reshape(np.take(c, np.ravel(gaps)), (c.size, c.size))


@define(linalg.block_diag)
def block_diag(x, y):
    right = np.zeros((x.shape[0], y.shape[1]), x.dtype)
    left = np.zeros((y.shape[0], x.shape[1]), y.dtype)
    return np.block([[x, right], [left, y]])


@define(linalg.expm)
def expm(A):
    # Scaled until a rational approximation holds (Higham 2005, of degree 13), then squared.
    norm = np.max(np.sum(np.abs(A), axis=0))
    squarings = max(0, int(np.ceil(np.log2(max(norm, 1e-300) / 5.371920351148152))))
    B = A / 2.0**squarings
    one = np.eye(A.shape[0])
    B2 = B @ B
    B4 = B2 @ B2
    B6 = B4 @ B2
    high = B6 @ (B6 + 16380.0 * B4 + 40840800.0 * B2)
    odd = B @ (
        high
        + 33522128640.0 * B6
        + 10559470521600.0 * B4
        + 1187353796428800.0 * B2
        + 32382376266240000.0 * one
    )
    high = B6 @ (182.0 * B6 + 960960.0 * B4 + 1323241920.0 * B2)
    even = (
        high
        + 670442572800.0 * B6
        + 129060195264000.0 * B4
        + 7771770303897600.0 * B2
        + 64764752532480000.0 * one
    )
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = result @ result
    return result


# The last two axes


@define(np.linalg.trace)
def trace(x, *, offset=0):
    return np.trace(x, offset=offset, axis1=-2, axis2=-1)


@define(np.linalg.diagonal)
def diagonal(x, *, offset=0):
    return np.diagonal(x, offset=offset, axis1=-2, axis2=-1)


@define(np.linalg.cross)
def cross(x1, x2, *, axis=-1):
    return np.cross(x1, x2, axis=axis)
