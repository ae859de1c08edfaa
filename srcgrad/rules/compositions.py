# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""Functions that make, rearrange and compare arrays, in terms of others: their definitions.

In and out: see ``definitions``. A body is differentiated as if the user had written it, so it
is plain Python on functions that have rules; branches on ``None`` are decided beforehand.

Invariant: the same values and dtypes as the function that is defined. A definition's parameters
are in that function's order, and only those that it supports; in one for vectors,
``vector_length`` refuses others.
"""

import builtins

import numpy as np

from .definitions import (
    define,
    is_display,
    is_given,
    is_number,
    is_operand,
)
from .selections import positions_without, tril_positions, triu_positions, vector_length

# Rearranging and joining


@define(np.flipud)
def flipud(m):
    return np.flip(m, axis=0)


@define(np.fliplr)
def fliplr(m):
    return np.flip(m, axis=1)


@define(np.rot90, k=1)
@define(np.rot90, k=-3)
def rot90(m, k=1):
    return np.flip(np.swapaxes(m, 0, 1), axis=0)


@define(np.rot90, k=3)
@define(np.rot90, k=-1)
def rot270(m, k):
    return np.swapaxes(np.flip(m, axis=0), 0, 1)


@define(np.rot90, k=0)
@define(np.rot90, k=4)
def rot360(m, k):
    return np.flip(np.flip(m, axis=0), axis=0)


@define(np.rot90, k=2)
@define(np.rot90, k=-2)
def rot180(m, k):
    return np.flip(np.flip(m, axis=0), axis=1)


@define(np.append)
def append(arr, values, axis=None):
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(np.atleast_1d(values))))
    return np.concatenate((arr, values), axis=axis)


@define(np.insert, axis=0)
def insert_rows(arr, obj, values, axis):
    row = np.empty_like(arr[:1])
    row[:] = values
    return np.concatenate((arr[:obj], row, arr[obj:]))


@define(np.insert, obj=is_number)
def insert(arr, obj, values):
    flat = np.ravel(arr)
    return np.concatenate((flat[:obj], np.ravel(np.atleast_1d(values)), flat[obj:]))


@define(np.compress, np.extract)
def extract(condition, a):
    return np.take(np.ravel(a), np.flatnonzero(condition))


@define(np.meshgrid, z=is_given, indexing="xy")
def meshgrid_of_three(x, y, z, *, indexing="xy"):
    _ = vector_length(x) + vector_length(y) + vector_length(z)
    zeros = np.zeros((y.size, x.size, z.size))
    return zeros + x[None, :, None], zeros + y[:, None, None], zeros + z[None, None, :]


@define(np.meshgrid, z=is_given, indexing="ij")
def meshgrid_of_three_indices(x, y, z, *, indexing):
    _ = vector_length(x) + vector_length(y) + vector_length(z)
    zeros = np.zeros((x.size, y.size, z.size))
    return zeros + x[:, None, None], zeros + y[None, :, None], zeros + z[None, None, :]


@define(np.meshgrid, indexing="xy", sparse=True)
def open_grid(x, y, indexing="xy", sparse=False):
    return np.reshape(x, (1, np.size(x))), np.reshape(y, (np.size(y), 1))


@define(np.meshgrid, indexing="ij", sparse=True)
def open_grid_of_indices(x, y, indexing, sparse):
    return np.reshape(x, (np.size(x), 1)), np.reshape(y, (1, np.size(y)))


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


@define(np.delete, obj=is_operand)
@define(np.delete, obj=is_display)
def delete(arr, obj, axis=None):
    places = np.array(obj)
    if axis is None:
        flat = np.ravel(arr)
        return np.take(flat, positions_without(places, flat.size))
    return np.take(arr, positions_without(places, arr.shape[axis]), axis=axis)


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


@define(np.triu_indices_from)
def triu_indices_from(arr, k=0):
    rows, columns = arr.shape
    if rows != columns:
        raise ValueError("np.triu_indices_from: square matrices only")
    return triu_positions(rows, k, 0), triu_positions(rows, k, 1)


@define(np.tril_indices_from)
def tril_indices_from(arr, k=0):
    rows, columns = arr.shape
    if rows != columns:
        raise ValueError("np.tril_indices_from: square matrices only")
    return tril_positions(rows, k, 0), tril_positions(rows, k, 1)


@define(np.unravel_index)
def unravel_index(indices, shape):
    _, columns = shape
    return indices // columns, indices % columns


@define(np.array_equal)
def array_equal(a1, a2):
    if a1.shape != a2.shape:
        return False
    return bool(np.all(a1 == a2))


@define(np.modf)
def modf(x):
    return np.fmod(x, 1.0), np.trunc(x)


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


@define(np.correlate, mode="same")
def correlate_same(a, v, mode):
    if a.size < v.size:
        raise ValueError("np.correlate: give the longer vector first")
    return np.convolve(a, v[::-1], mode="same")


@define(np.diff, prepend=is_given)
@define(np.diff, append=is_given)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    if a.ndim == 1:
        before = a[:0] if prepend is None else np.ravel(np.atleast_1d(prepend))
        after = a[:0] if append is None else np.ravel(np.atleast_1d(append))
        return np.diff(np.concatenate((before, a, after)), n=n)
    if prepend is None:
        return np.diff(np.concatenate((a, append), axis=axis), n=n, axis=axis)
    if append is None:
        return np.diff(np.concatenate((prepend, a), axis=axis), n=n, axis=axis)
    return np.diff(np.concatenate((prepend, a, append), axis=axis), n=n, axis=axis)


@define(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    steps = np.diff(np.ravel(ary))
    if to_end is not None:
        steps = np.append(steps, to_end)
    if to_begin is not None:
        steps = np.append(np.atleast_1d(to_begin), steps)
    return steps


@define(np.gradient, dx=is_given)
def gradient_of_matrix(f, dy, dx):
    _, _ = f.shape
    return np.gradient(f, dy, axis=0), np.gradient(f, dx, axis=1)


@define(np.gradient, edge_order=2, axis=None)
def gradient_to_second_order(f, dx=1.0, *, axis=None, edge_order):
    if vector_length(f) < 3:
        raise ValueError("np.gradient: three elements at least")
    first = (4 * f[1] - 3 * f[0] - f[2]) / (2 * dx)
    last = (3 * f[-1] - 4 * f[-2] + f[-3]) / (2 * dx)
    return np.concatenate((np.atleast_1d(first), (f[2:] - f[:-2]) / (2 * dx), np.atleast_1d(last)))


@define(np.unwrap)
def unwrap(p):
    steps = np.diff(p, axis=-1)
    wrapped = (steps + np.pi) % (2 * np.pi) - np.pi
    wrapped = np.where((wrapped == -np.pi) & (steps > 0), np.pi, wrapped)
    moved = np.where(np.abs(steps) < np.pi, 0.0, wrapped - steps)
    return np.concatenate((p[..., :1], p[..., 1:] + np.cumsum(moved, axis=-1)), axis=-1)


@define(np.interp, left=is_given)
@define(np.interp, right=is_given)
def interp(x, xp, fp, left=None, right=None):
    places, values = np.asarray(xp), np.asarray(fp)
    low, high = places[0], places[places.size - 1]
    first = values[0] if left is None else left
    last = values[values.size - 1] if right is None else right
    inside = np.interp(x, places, values)
    return np.where(x < low, first, np.where(x > high, last, inside))


@define(np.vander, increasing=True)
def vander(x, N=None, increasing=False):
    if N is None:
        return np.flip(np.vander(x), axis=1)
    return np.flip(np.vander(x, N), axis=1)


@define(np.linspace, retstep=True)
def linspace_and_step(start, stop, num=50, *, retstep):
    return np.linspace(start, stop, num=num), (stop - start) / (num - 1)


@define(np.linspace, endpoint=False)
def linspace(start, stop, num=50, endpoint=True):
    return np.linspace(start, stop, num=num + 1)[:num]


@define(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0):
    return base ** np.linspace(start, stop, num=num, endpoint=endpoint)


@define(np.geomspace)
def geomspace(start, stop, num=50):
    return start * (stop / start) ** np.linspace(0.0, 1.0, num=num)


# Matrices


@define(np.diagflat)
def diagflat(v, k=0):
    return np.diag(np.ravel(v), k=k)


@define(np.linalg.cholesky, upper=True)
def cholesky(a, *, upper):
    return np.linalg.cholesky(a.T).T


@define(np.linalg.eigh, UPLO="U")
def eigh(a, UPLO):
    return np.linalg.eigh(a.T)


@define(np.linalg.eigvalsh, UPLO="U")
def eigvalsh(a, UPLO):
    return np.linalg.eigvalsh(a.T)


# Tests


@define(builtins.any, x=is_operand)
def any_of_vector(x):
    _ = vector_length(x)
    return np.any(x)


@define(builtins.all, x=is_operand)
def all_of_vector(x):
    _ = vector_length(x)
    return np.all(x)


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
