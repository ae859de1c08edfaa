"""Models that rest on matrix factorisations and contractions."""

import numpy as np

from programs.case import sample, signed, straight_line

TALL = signed(6, 3) + np.vstack((2 * np.eye(3), np.eye(3)))


@straight_line(signed(5), signed(5, seed=1), 0.8, compiled=True)
def gaussian_process_likelihood(x, y, length):
    """The log marginal likelihood, by Cholesky."""
    distance = x[:, None] - x[None, :]
    K = np.exp(-0.5 * (distance / length) ** 2) + 0.1 * np.eye(x.size)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return -0.5 * y @ alpha - np.sum(np.log(np.diag(L))) - 0.5 * x.size * np.log(2 * np.pi)


@straight_line(TALL, compiled=True)
def principal_components_by_eigh(X):
    """The share of the variance that the first two components leave, and where they point."""
    centred = X - np.mean(X, axis=0)
    w, v = np.linalg.eigh(centred.T @ centred / (len(X) - 1))
    return w[0] / np.sum(w) + np.sum(v[:, 1:] ** 4)


@straight_line(TALL, compiled=True)
def reconstruction_by_svd(X):
    """The loss of a reconstruction of rank two."""
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    return np.sum((u[:, :2] @ np.diag(s[:2]) @ vt[:2] - X) ** 2) + np.sum(np.abs(u[0]) ** 3)


@straight_line(TALL, signed(6), sample(1))
def ridge_by_lstsq(A, b, strength):
    """Ridge regression: least squares with rows appended."""
    root = np.sqrt(strength[0])
    rows = np.vstack((A, root * np.eye(3)))
    coefficients, _, _, _ = np.linalg.lstsq(rows, np.concatenate((b, np.zeros(3))), rcond=None)
    return np.sum((A @ coefficients - b) ** 2)


@straight_line(TALL, signed(6))
def regression_by_pinv(A, b):
    return np.sum((np.linalg.pinv(A) @ b) ** 3)


@straight_line(TALL, signed(6))
def regression_by_qr(A, b):
    q, r = np.linalg.qr(A)
    return np.sum(np.linalg.solve(r, q.T @ b) ** 3) + np.log(np.abs(np.linalg.det(r)))


@straight_line(signed(3, 3), signed(3))
def linear_system_after_steps(A, x):
    """A linear recurrence, and a penalty on the size of its matrix."""
    end = np.linalg.matrix_power(A, 4) @ x
    return end @ end + np.linalg.norm(A, 2) + np.linalg.norm(A, "nuc") + np.linalg.norm(x, np.inf)


@straight_line(signed(2, 4, 3), signed(3, 2), signed(3, 2, seed=3), compiled=True)
def attention_by_einsum(tokens, query, key):
    q = np.einsum("btd,dk->btk", tokens, query)
    k = np.tensordot(tokens, key, axes=1)
    scores = np.einsum("bik,bjk->bij", q, k)
    return np.einsum("bii->", scores) + np.sum(np.tanh(np.einsum("bij->ij", scores)))
