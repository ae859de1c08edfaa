# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Functions that long rules call; a listing carries the source of those it uses.

In and out: numbers and arrays. Invariant: each works in plain NumPy and under ``numba.njit``
for any rank that its rule covers (``unbroadcast`` in plain NumPy only), needs ``np`` and
``math`` only, and bears no annotations: its source is what listings carry.
"""

import math

import numpy as np


def unbroadcast(g, shape):
    """The sum of ``g`` over the axes along which an operand of this shape was broadcast."""
    size, extra, plain = 1, g.ndim - len(shape), True
    for d in range(len(shape)):
        size *= shape[d]
        plain = plain and shape[d] == g.shape[d + extra]
    flat = np.ascontiguousarray(g).reshape(g.size)
    if size == flat.size:
        return np.copy(flat).reshape(shape)
    result = np.zeros(size, g.dtype)
    if plain:
        for start in range(0, flat.size, size):
            result += flat[start : start + size]
        return result.reshape(shape)
    for k in range(flat.size):
        rest, place, stride = k, 0, 1
        for d in range(len(shape) - 1, -1, -1):
            if shape[d] != 1:
                place += rest % g.shape[d + extra] * stride
            rest //= g.shape[d + extra]
            stride *= shape[d]
        result[place] += flat[k]
    return result.reshape(shape)


def zeros_for_each(arrays):
    """A list with zeros for each array of a list."""
    return [np.zeros_like(array) for array in arrays]


def stretch(x, shape):
    """An array of this shape: ``x`` itself, or its axes of extent 1 repeated."""
    if x.shape == shape:
        return x
    return np.broadcast_to(x, shape).copy()


def stretch_vector(x, shape):
    """A vector of this shape: ``x`` itself, or its one element repeated."""
    if x.shape == shape:
        return x
    if x.shape[0] != 1:
        raise ValueError("operands could not be broadcast together")
    result = np.empty(shape, x.dtype)
    for i in range(shape[0]):
        result[i] = x[0]
    return result


def stretch_matrix(x, shape):
    """A matrix of this shape: ``x`` itself, or its axes of extent 1 repeated."""
    if x.shape == shape:
        return x
    if x.shape[0] not in (1, shape[0]) or x.shape[1] not in (1, shape[1]):
        raise ValueError("operands could not be broadcast together")
    result = np.empty(shape, x.dtype)
    for i in range(shape[0]):
        for j in range(shape[1]):
            result[i, j] = x[i % x.shape[0], j % x.shape[1]]
    return result


def put_at(index, value, shape):
    """Zeros, except for ``value`` at a position of the flattened array."""
    size = 1
    for extent in shape:
        size *= extent
    result = np.zeros(size, np.asarray(value).dtype)
    result[index] = value
    return result.reshape(shape)


def put_along(index, value, shape, axis):
    """Zeros, except for ``value`` at position ``index`` along an axis."""
    axis = axis % len(shape)
    before, after = 1, 1
    for k in range(axis):
        before *= shape[k]
    for k in range(axis + 1, len(shape)):
        after *= shape[k]
    where = np.ascontiguousarray(index).reshape((before, after))
    values = np.ascontiguousarray(value).reshape((before, after))
    result = np.zeros((before, shape[axis], after), values.dtype)
    for i in range(before):
        for k in range(after):
            result[i, where[i, k], k] = values[i, k]
    return result.reshape(shape)


def take_along(index, x, shape, axis):
    """The values at position ``index`` along an axis, in this shape."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    where = np.ascontiguousarray(index).reshape((before, after))
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    result = np.empty((before, after), x.dtype)
    for i in range(before):
        for k in range(after):
            result[i, k] = lines[i, where[i, k], k]
    return result.reshape(shape)


def product_of_others(x):
    """For each element, the product of all the others (right where elements are zero)."""
    flat = x.ravel()
    result = np.ones_like(flat)
    for i in range(1, flat.size):
        result[i] = result[i - 1] * flat[i - 1]
    after = result[:1].sum()
    for i in range(flat.size - 1, -1, -1):
        result[i] *= after
        after *= flat[i]
    return result.reshape(x.shape)


def product_of_others_along(x, axis):
    """For each element, the product of the others along an axis."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    result = np.ones_like(lines)
    for i in range(before):
        for k in range(after):
            total = 1.0
            for j in range(x.shape[axis]):
                result[i, j, k] = total
                total *= lines[i, j, k]
            total = 1.0
            for j in range(x.shape[axis] - 1, -1, -1):
                result[i, j, k] *= total
                total *= lines[i, j, k]
    return result.reshape(x.shape)


def reverse_cumsum(g):
    """For each element of a vector, the sum of it and all that follow."""
    return np.cumsum(g[::-1])[::-1].copy()


def add_at(index, value, shape):
    """Zeros, with each value added at its position along the first axis (repeats add up)."""
    result = np.zeros(shape, value.dtype)
    for k in range(index.size):
        result[index[k]] += value[k]
    return result


def one_hot_rows(labels, scores):
    """A row for each label, 1 at the label's position; shape and dtype are those of scores."""
    result = np.zeros_like(scores)
    for k in range(len(labels)):
        result[k, labels[k]] = 1
    return result


def one_hot_vector(label, scores):
    """Zeros, 1 at the label's position; shape and dtype are those of scores."""
    result = np.zeros_like(scores)
    result[label] = 1
    return result


def sinc_slope(x):
    """The derivative of ``np.sinc``, by its series near 0."""
    t = (math.pi * x) ** 2
    safe = np.where(x == 0, 1, x)
    near = -(math.pi**2) * x / 3 * (1 - t / 10 + t * t / 280)
    return np.where(np.abs(x) < 0.01, near, (np.cos(math.pi * x) - np.sinc(x)) / safe)


def sinc_slope_scalar(x):
    """The derivative of ``np.sinc``, by its series near 0."""
    if abs(x) < 0.01:
        t = (math.pi * x) ** 2
        return -(math.pi**2) * x / 3 * (1 - t / 10 + t * t / 280)
    return (math.cos(math.pi * x) - np.sinc(x)) / x


def undiff(g, shape):
    """The transpose of ``np.diff`` along the last axis."""
    result = np.zeros(shape, g.dtype)
    result[..., 1:] += g
    result[..., :-1] -= g
    return result


def cumprod_pull(g, x):
    """The gradient of ``np.cumprod`` of a vector (right where elements are zero)."""
    result = np.ones_like(g)
    for i in range(1, x.size):
        result[i] = result[i - 1] * x[i - 1]
    total = 0 * g[:1].sum()
    for i in range(x.size - 1, -1, -1):
        total += g[i]
        result[i] *= total
        total *= x[i]
    return result


def quantile_weights(x, q):
    """How much each element counts in the quantile ``q`` (linear interpolation)."""
    order = np.argsort(x.ravel())
    position = q * (x.size - 1)
    low = min(math.floor(position), max(x.size - 2, 0))
    result = np.zeros_like(x.ravel())
    result[order[low]] = 1 - (position - low)
    if x.size > 1:
        result[order[low + 1]] = position - low
    return result.reshape(x.shape)


def quantile_slope(x, q):
    """The derivative of ``np.quantile`` with respect to ``q``."""
    ordered = np.sort(x.ravel())
    low = min(math.floor(q * (x.size - 1)), max(x.size - 2, 0))
    return (ordered[min(low + 1, x.size - 1)] - ordered[low]) * (x.size - 1)


def interp_slope(x, xp, fp):
    """The derivative of ``np.interp`` at each point of a vector (0 outside)."""
    result = np.zeros_like(x)
    for k in range(x.size):
        if xp[0] <= x[k] <= xp[-1]:
            i = min(max(np.searchsorted(xp, x[k], side="right") - 1, 0), xp.size - 2)
            result[k] = (fp[i + 1] - fp[i]) / (xp[i + 1] - xp[i])
    return result


def interp_pull(g, x, xp):
    """The gradient of ``np.interp`` with respect to the values at ``xp``."""
    result = np.zeros(xp.size, g.dtype)
    for k in range(x.size):
        i = min(max(np.searchsorted(xp, x[k], side="right") - 1, 0), xp.size - 2)
        t = min(max((x[k] - xp[i]) / (xp[i + 1] - xp[i]), 0), 1)
        result[i] += (1 - t) * g[k]
        result[i + 1] += t * g[k]
    return result


def put_diagonal(v, shape, k):
    """Zeros, except for a vector on a matrix's diagonal, ``k`` above the main one."""
    result = np.zeros(shape, v.dtype)
    for i in range(len(v)):
        result[i + max(-k, 0), i + max(k, 0)] = v[i]
    return result


def interp_slope_scalar(x, xp, fp):
    """The derivative of ``np.interp`` at a point (0 outside)."""
    if xp[0] <= x <= xp[-1]:
        i = min(max(np.searchsorted(xp, x, side="right") - 1, 0), xp.size - 2)
        return (fp[i + 1] - fp[i]) / (xp[i + 1] - xp[i])
    return 0.0


def interp_pull_scalar(g, x, xp):
    """The gradient of ``np.interp`` at a point with respect to the values at ``xp``."""
    result = np.zeros_like(xp)
    i = min(max(np.searchsorted(xp, x, side="right") - 1, 0), xp.size - 2)
    t = min(max((x - xp[i]) / (xp[i + 1] - xp[i]), 0), 1)
    result[i] = (1 - t) * g
    result[i + 1] = t * g
    return result


def slogdet_sign(A):
    """The sign of a determinant."""
    return np.linalg.slogdet(A)[0]


def slogdet_log(A):
    """The logarithm of a determinant's absolute value."""
    return np.linalg.slogdet(A)[1]


# Special functions of a number


def erf(x):
    """The error function."""
    return math.erf(x)


def erfc(x):
    """One less the error function."""
    return math.erfc(x)


def gamma(x):
    """The gamma function."""
    return math.gamma(x)


def gammaln(x):
    """The logarithm of the gamma function's absolute value."""
    return math.lgamma(x)


def digamma(x):
    """The derivative of lgamma: reflection, recurrence up to 10, then the asymptotic series."""
    result = 0.0
    if x <= 0:
        if x == math.floor(x):
            return math.nan
        result -= math.pi / math.tan(math.pi * x)
        x = 1 - x
    while x < 10:
        result -= 1 / x
        x += 1
    t = 1 / (x * x)
    series = t * (1 / 12 - t * (1 / 120 - t * (1 / 252 - t * (1 / 240 - t * (1 / 132)))))
    return result + math.log(x) - 0.5 / x - series


def trigamma(x):
    """The derivative of digamma: reflection, recurrence up to 10, then the asymptotic series."""
    result, sign = 0.0, 1.0
    if x <= 0:
        if x == math.floor(x):
            return math.inf
        result, sign = (math.pi / math.sin(math.pi * x)) ** 2, -1.0
        x = 1 - x
    while x < 10:
        result += sign / (x * x)
        x += 1
    t = 1 / (x * x)
    series = 1 / 6 - t * (1 / 30 - t * (1 / 42 - t * (1 / 30 - t * (5 / 66 - t * 691 / 2730))))
    return result + sign * (1 + 0.5 / x + t * series) / x


def log_ndtr(x):
    """The logarithm of the normal distribution function, also far out in its tails."""
    if x > 3:
        return math.log1p(-0.5 * math.erfc(x / math.sqrt(2)))
    if x > -30:
        return math.log(0.5 * math.erfc(-x / math.sqrt(2)))
    t = 1 / (x * x)
    series = t * (1 - t * (3 - t * (15 - t * (105 - t * 945))))
    return math.log1p(-series) - x * x / 2 - math.log(-x) - 0.5 * math.log(2 * math.pi)


def logit(x):
    """log(x / (1 - x))."""
    return np.log(x / (1 - x))


def exp_weight(x):
    """exp(x), a weight in a sum; 0 below the smallest normal number (what is smaller is slow)."""
    return np.where(x < -708.3964185322641, 0.0, np.exp(x))


def exp_weight_scalar(x):
    """exp(x), a weight in a sum; 0 below the smallest normal number (what is smaller is slow)."""
    return 0.0 if x < -708.3964185322641 else math.exp(x)


def xlogy(x, y):
    """X * log(y), 0 where x is 0."""
    return x * np.log(np.where(x == 0, x + 1, y))


def xlogy_scalar(x, y):
    """X * log(y), 0 where x is 0."""
    return x * np.log(y) if x != 0 else 0.0


def max_along(x, axis):
    """The maxima of a matrix along an axis."""
    lines = np.ascontiguousarray(x.T) if axis == 0 else np.ascontiguousarray(x)
    result = np.empty(lines.shape[0], x.dtype)
    for i in range(lines.shape[0]):
        result[i] = np.max(lines[i])
    return result


def min_along(x, axis):
    """The minima of a matrix along an axis."""
    lines = np.ascontiguousarray(x.T) if axis == 0 else np.ascontiguousarray(x)
    result = np.empty(lines.shape[0], x.dtype)
    for i in range(lines.shape[0]):
        result[i] = np.min(lines[i])
    return result


def prod_along(x, axis):
    """The products of a matrix along an axis."""
    lines = np.ascontiguousarray(x.T) if axis == 0 else np.ascontiguousarray(x)
    result = np.ones(lines.shape[0], x.dtype)
    for i in range(lines.shape[0]):
        for value in lines[i]:
            result[i] *= value
    return result
