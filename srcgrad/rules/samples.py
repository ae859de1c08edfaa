# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Helpers for matrices that are made of samples: covariances, correlations, powers.

In and out: arrays. Invariant: as in ``support``: ``np`` only, plain Python that Numba compiles.
"""

import numpy as np


def cov_pull(x, g):
    """The gradient of ``np.cov`` of a matrix whose rows are variables."""
    result = np.empty(x.shape, x.dtype)
    for i in range(len(x)):
        result[i] = x[i] - np.mean(x[i])
    return (g + g.T).astype(x.dtype) @ result / (x.shape[1] - 1)


def corrcoef_pull(x, g):
    """The gradient of ``np.corrcoef`` of a matrix whose rows are variables."""
    unit, size = np.empty(x.shape, x.dtype), np.empty(len(x), x.dtype)
    for i in range(len(x)):
        unit[i] = x[i] - np.mean(x[i])
        size[i] = np.sqrt(np.sum(unit[i] ** 2))
        unit[i] /= size[i]
    result = (g + g.T).astype(x.dtype) @ unit
    for i in range(len(x)):
        result[i] = (result[i] - unit[i] * np.sum(unit[i] * result[i])) / size[i]
    return result


def vander_pull(x, g):
    """The gradient of ``np.vander``: the slopes of polynomials, by Horner's scheme."""
    value, slope, g = np.zeros_like(x), np.zeros_like(x), g.astype(x.dtype)
    for j in range(g.shape[1]):
        slope = slope * x + value
        value = value * x + g[:, j]
    return slope
