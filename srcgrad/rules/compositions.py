# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""Functions of arrays that others define: their definitions.

In and out: see ``definitions``. A body is differentiated as if the user had written it, so it
is plain Python on functions that have rules; branches on ``None`` are decided beforehand.

Invariant: the same values and dtypes as the function that is defined. A definition's parameters
are in that function's order, and only those that it supports; in one for vectors,
``vector_length`` refuses others.
"""

import numpy as np

from .definitions import define, is_integer
from .selections import positions_without, tril_positions, triu_positions, vector_length

# Rearranging and joining


@define(np.flipud)
def flipud(m):
    return np.flip(m, axis=0)


@define(np.fliplr)
def fliplr(m):
    return np.flip(m, axis=1)


@define(np.rot90, k=1)
def rot90(m, k=1):
    return np.flip(np.swapaxes(m, 0, 1), axis=0)


@define(np.rot90, k=3)
@define(np.rot90, k=-1)
def rot270(m, k):
    return np.swapaxes(np.flip(m, axis=0), 0, 1)


@define(np.rot90, k=2)
def rot180(m, k):
    return np.flip(np.flip(m, axis=0), axis=1)


@define(np.append)
def append(arr, values, axis=None):
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(np.atleast_1d(values))))
    return np.concatenate((arr, values), axis=axis)


@define(np.insert)
def insert(arr, obj, values):
    flat = np.ravel(arr)
    return np.concatenate((flat[:obj], np.ravel(np.atleast_1d(values)), flat[obj:]))


@define(np.compress, np.extract)
def extract(condition, a):
    return np.take(np.ravel(a), np.flatnonzero(condition))


@define(np.meshgrid, indexing="xy")
def meshgrid(x, y, indexing="xy"):
    _ = vector_length(x) + vector_length(y)
    columns, rows = x.size, y.size
    first = np.zeros((rows, columns), x.dtype) + np.reshape(x, (1, columns))
    return first, np.zeros((rows, columns), y.dtype) + np.reshape(y, (rows, 1))


@define(np.meshgrid, indexing="ij")
def meshgrid_of_indices(x, y, indexing):
    _ = vector_length(x) + vector_length(y)
    rows, columns = x.size, y.size
    first = np.zeros((rows, columns), x.dtype) + np.reshape(x, (rows, 1))
    return first, np.zeros((rows, columns), y.dtype) + np.reshape(y, (1, columns))


@define(np.delete, obj=is_integer)
def delete(arr, obj):
    flat = np.ravel(arr)
    return np.take(flat, positions_without(obj, flat.size))


@define(np.nonzero)
def nonzero(a):
    _ = vector_length(a)
    return (np.flatnonzero(a),)


@define(np.where, x=None)
def where(condition, x=None):
    _ = vector_length(condition)
    return (np.flatnonzero(condition),)


@define(np.unique)
def unique(ar):
    ordered = np.sort(np.ravel(ar))
    first = np.ones(ordered.size, np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


@define(np.argpartition)
def argpartition(a, kth):
    # As in np.partition: that of sorting is one of the orders.
    return np.argsort(a)


@define(np.digitize)
def digitize(x, bins):
    if bins[0] > bins[bins.size - 1]:
        raise ValueError("np.digitize: increasing bins only")
    return np.searchsorted(bins, x, side="right")


@define(np.triu_indices)
def triu_indices(n, k=0):
    return triu_positions(n, k, 0), triu_positions(n, k, 1)


@define(np.diag_indices, ndim=2)
def diag_indices(n, ndim=2):
    return np.arange(n), np.arange(n)


@define(np.broadcast_arrays)
def broadcast_arrays(x, y):
    whole = np.zeros_like(x) + np.zeros_like(y)
    return np.broadcast_to(x, whole.shape), np.broadcast_to(y, whole.shape)


@define(np.tril_indices)
def tril_indices(n, k=0):
    return tril_positions(n, k, 0), tril_positions(n, k, 1)


# Differences and series


@define(np.correlate, mode="full")
def correlate(a, v, mode):
    return np.convolve(a, v[::-1])


@define(np.maximum.accumulate)
def running_maximum(array):
    _ = vector_length(array)
    result = np.copy(array)
    for k in range(1, result.size):
        result[k] = np.maximum(result[k - 1], array[k])
    return result


@define(np.minimum.accumulate)
def running_minimum(array):
    _ = vector_length(array)
    result = np.copy(array)
    for k in range(1, result.size):
        result[k] = np.minimum(result[k - 1], array[k])
    return result


@define(np.convolve, mode="same")
def convolve(a, v, mode):
    start = (min(a.size, v.size) - 1) // 2
    return np.convolve(a, v)[start : start + max(a.size, v.size)]


@define(np.ediff1d)
def ediff1d(ary):
    return np.diff(np.ravel(ary))


@define(np.polyval)
def polyval(p, x):
    y = x * 0.0
    for c in p:
        y = y * x + c
    return y


@define(np.logspace)
def logspace(start, stop, num=50):
    return 10.0 ** np.linspace(start, stop, num=num)


@define(np.geomspace)
def geomspace(start, stop, num=50):
    return start * (stop / start) ** np.linspace(0.0, 1.0, num=num)


# Tests


@define(np.isclose)
def isclose(a, b, rtol=1e-05, atol=1e-08):
    near = np.abs(a - b) <= atol + rtol * np.abs(b)
    return (near & np.isfinite(b)) | (a == b)


@define(np.allclose)
def allclose(a, b, rtol=1e-05, atol=1e-08):
    return np.all(np.isclose(a, b, rtol, atol))


@define(np.imag)
def imag(val):
    return np.where(np.isnan(val), 0.0, 0.0)


# Statistics


@define(np.average)
def average(a, axis=None, weights=None):
    if weights is None:
        return np.mean(a, axis=axis)
    if axis is None:
        return np.sum(np.ravel(a) * np.ravel(weights)) / np.sum(weights)
    _ = vector_length(weights)
    return np.sum(np.moveaxis(a, axis, -1) * weights, axis=-1) / np.sum(weights)


@define(np.percentile)
def percentile(a, q, axis=None, *, keepdims=False):
    return np.quantile(a, np.array(q) / 100, axis=axis, keepdims=keepdims)


@define(np.partition)
def partition(a, kth):
    # The order before and after the kth element is not defined: that of sorting is one.
    return np.sort(a)


@define(np.nansum)
def nansum(a, axis=None, *, keepdims=False):
    return np.sum(np.where(np.isnan(a), 0.0, a), axis=axis, keepdims=keepdims)


@define(np.nanprod)
def nanprod(a, axis=None, *, keepdims=False):
    return np.prod(np.where(np.isnan(a), 1.0, a), axis=axis, keepdims=keepdims)


@define(np.nancumsum)
def nancumsum(a, axis=None):
    return np.cumsum(np.where(np.isnan(a), 0.0, a), axis=axis)


@define(np.nancumprod)
def nancumprod(a, axis=None):
    return np.cumprod(np.where(np.isnan(a), 1.0, a), axis=axis)


@define(np.nanmean)
def nanmean(a, axis=None, *, keepdims=False):
    missing = np.isnan(a)
    count = np.sum(np.where(missing, 0.0, np.ones_like(a)), axis=axis, keepdims=keepdims)
    return np.sum(np.where(missing, 0.0, a), axis=axis, keepdims=keepdims) / count


@define(np.nanvar)
def nanvar(a, axis=None, *, ddof=0):
    missing = np.isnan(a)
    ones = np.where(missing, 0.0, np.ones_like(a))
    total = np.sum(np.where(missing, 0.0, a), axis=axis, keepdims=True)
    mean = total / np.sum(ones, axis=axis, keepdims=True)
    rest = np.where(missing, 0.0, a - mean)
    return np.sum(rest * rest, axis=axis) / (np.sum(ones, axis=axis) - ddof)


@define(np.nanstd)
def nanstd(a, axis=None, *, ddof=0):
    variance = np.nanvar(a, axis=axis, ddof=ddof)
    root = np.sqrt(np.where(variance != 0, variance, variance + 1))
    return np.where(variance != 0, root, variance)


@define(np.nanmax)
def nanmax(a, axis=None):
    missing = np.isnan(a)
    found = np.max(np.where(missing, -np.inf, a), axis=axis)
    count = np.sum(np.where(missing, 0.0, np.ones_like(a)), axis=axis)
    return np.where(count > 0, found, count * np.nan)


@define(np.nanmin)
def nanmin(a, axis=None):
    missing = np.isnan(a)
    found = np.min(np.where(missing, np.inf, a), axis=axis)
    count = np.sum(np.where(missing, 0.0, np.ones_like(a)), axis=axis)
    return np.where(count > 0, found, count * np.nan)
