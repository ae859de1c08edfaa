# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Functions on the lines of an array along an axis: sorting, scans; listings carry their source.

In and out: arrays of any rank. Invariant: see ``support``.
"""

import numpy as np


def sort_along(x, axis):
    """An array sorted along an axis."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    result = np.empty_like(lines)
    for i in range(before):
        for k in range(after):
            result[i, :, k] = np.sort(lines[i, :, k])
    return result.reshape(x.shape)


def sort_pull(g, x, axis):
    """The gradient of ``np.sort`` along an axis: each element's is where it went."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    values = np.ascontiguousarray(g).reshape((before, x.shape[axis], after))
    result = np.empty_like(values)
    for i in range(before):
        for k in range(after):
            order = np.argsort(lines[i, :, k])
            for j in range(len(order)):
                result[i, order[j], k] = values[i, j, k]
    return result.reshape(x.shape)


def cumsum_along(x, axis):
    """Sums of each element and those before it along an axis."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    result = np.ascontiguousarray(x).copy().reshape((before, x.shape[axis], after))
    for i in range(before):
        for j in range(1, x.shape[axis]):
            for k in range(after):
                result[i, j, k] += result[i, j - 1, k]
    return result.reshape(x.shape)


def cumprod_along(x, axis):
    """Products of each element and those before it along an axis."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    result = np.ascontiguousarray(x).copy().reshape((before, x.shape[axis], after))
    for i in range(before):
        for j in range(1, x.shape[axis]):
            for k in range(after):
                result[i, j, k] *= result[i, j - 1, k]
    return result.reshape(x.shape)


def cumprod_pull_along(g, x, axis):
    """The gradient of ``np.cumprod`` along an axis (right where elements are zero)."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    values = np.ascontiguousarray(g).reshape((before, x.shape[axis], after))
    result = np.ones_like(values)
    for i in range(before):
        for k in range(after):
            for j in range(1, x.shape[axis]):
                result[i, j, k] = result[i, j - 1, k] * lines[i, j - 1, k]
            total = 0.0
            for j in range(x.shape[axis] - 1, -1, -1):
                total += values[i, j, k]
                result[i, j, k] *= total
                total *= lines[i, j, k]
    return result.reshape(x.shape)


def quantiles_pull(g, x, q):
    """The gradient of ``np.quantile`` at several positions (linear interpolation)."""
    order = np.argsort(x.ravel())
    result = np.zeros(x.size, g.dtype)
    for k in range(q.size):
        position = q[k] * (x.size - 1)
        low = min(int(np.floor(position)), max(x.size - 2, 0))
        result[order[low]] += g[k] * (1 - (position - low))
        if x.size > 1:
            result[order[low + 1]] += g[k] * (position - low)
    return result.reshape(x.shape)


def quantile_slopes(x, q):
    """The derivative of ``np.quantile`` with respect to each of several positions."""
    ordered = np.sort(x.ravel())
    result = np.zeros_like(q)
    for k in range(q.size):
        low = min(int(np.floor(q[k] * (x.size - 1))), max(x.size - 2, 0))
        result[k] = (ordered[min(low + 1, x.size - 1)] - ordered[low]) * (x.size - 1)
    return result
