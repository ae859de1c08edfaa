# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Functions that select, by positions along an axis or as data; listings carry their source.

In and out: numbers and arrays. Invariant: see ``support``.
"""

import math

import numpy as np


def take_along_axis(x, index, axis):
    """``np.take_along_axis`` of an index with the array's extents along the other axes."""
    axis = axis % x.ndim
    before, after, inside = 1, 1, 1
    for k in range(axis):
        before *= x.shape[k]
        inside *= index.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    if inside != before or index.size != before * index.shape[axis] * after:
        raise ValueError("np.take_along_axis: the shapes differ along another axis")
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    where = np.ascontiguousarray(index).reshape((before, index.shape[axis], after))
    result = np.empty(where.shape, x.dtype)
    for i in range(before):
        for j in range(index.shape[axis]):
            for k in range(after):
                result[i, j, k] = lines[i, where[i, j, k], k]
    return result.reshape(index.shape)


def add_along_axis(index, value, shape, axis):
    """Zeros, with each value added at its position along an axis (repeats add up)."""
    axis = axis % len(shape)
    before, after = 1, 1
    for k in range(axis):
        before *= shape[k]
    for k in range(axis + 1, len(shape)):
        after *= shape[k]
    where = np.ascontiguousarray(index).reshape((before, index.shape[axis], after))
    values = np.ascontiguousarray(value).reshape((before, index.shape[axis], after))
    result = np.zeros((before, shape[axis], after), value.dtype)
    for i in range(before):
        for j in range(index.shape[axis]):
            for k in range(after):
                result[i, where[i, j, k], k] += values[i, j, k]
    return result.reshape(shape)


def take_lines(x, index, axis):
    """``np.take`` along an axis, at the positions of a vector."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    result = np.empty((before, index.size, after), x.dtype)
    for j in range(index.size):
        if index[j] < -x.shape[axis] or index[j] >= x.shape[axis]:
            raise IndexError("an index is out of bounds")
        for i in range(before):
            for k in range(after):
                result[i, j, k] = lines[i, index[j], k]
    return result


def add_lines_at(index, value, shape, axis):
    """Zeros, with each line added at its position along an axis (repeats add up)."""
    axis = axis % len(shape)
    before, after = 1, 1
    for k in range(axis):
        before *= shape[k]
    for k in range(axis + 1, len(shape)):
        after *= shape[k]
    values = np.ascontiguousarray(value).reshape((before, index.size, after))
    result = np.zeros((before, shape[axis], after), value.dtype)
    for i in range(before):
        for j in range(index.size):
            for k in range(after):
                result[i, index[j], k] += values[i, j, k]
    return result.reshape(shape)


def positions_without(index, size):
    """The positions from 0 to ``size``, without this one or these."""
    kept = np.ones(size, np.bool_)
    for k in np.atleast_1d(np.asarray(index)):
        if k < -size or k >= size:
            raise IndexError("np.delete: the index is out of bounds")
        kept[k] = False
    return np.flatnonzero(kept)


def triu_positions(n, k, axis):
    """The rows (axis 0) or the columns of the elements on and above a diagonal."""
    return np.nonzero(np.triu(np.ones((n, n)), k))[axis]


def tril_positions(n, k, axis):
    """The rows (axis 0) or the columns of the elements on and below a diagonal."""
    return np.nonzero(np.tril(np.ones((n, n)), k))[axis]


def mask_positions(mask, axis):
    """The positions along one axis of the elements that a mask selects."""
    return np.nonzero(mask)[axis]


def vector_length(x):
    """The length of a vector; there is none of anything else."""
    return x.size


def binary_exponent(x):
    """The exponent of a number, as ``math.frexp`` has it."""
    return math.frexp(x)[1]


def compensated_sum(x):
    """The sum of a vector, with what rounding lost added at the end."""
    total, lost = 0.0, 0.0
    for value in x:
        new = total + value
        if abs(total) >= abs(value):
            lost += (total - new) + value
        else:
            lost += (value - new) + total
        total = new
    return total + lost if math.isfinite(total) else total


def pad_vector(x, before, after):
    """A vector between zeros."""
    result = np.zeros(before + x.shape[0] + after, x.dtype)
    result[before : before + x.shape[0]] = x
    return result


def pad_matrix(x, top, bottom, left, right):
    """A matrix with zeros around it."""
    rows, columns = x.shape
    result = np.zeros((top + rows + bottom, left + columns + right), x.dtype)
    result[top : top + rows, left : left + columns] = x
    return result
