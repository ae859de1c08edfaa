# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""Statistics in terms of other functions: definitions.

In and out: see ``definitions``. Invariant: as in ``compositions``; a nan is a missing value where
the name says so.
"""

import numpy as np

from .definitions import define, is_given
from .selections import vector_length

# Means and missing values


@define(np.average)
def average(a, axis=None, weights=None):
    if weights is None:
        return np.mean(a, axis=axis)
    if axis is None:
        return np.sum(np.ravel(a) * np.ravel(weights)) / np.sum(weights)
    if weights.ndim == a.ndim:
        return np.sum(a * weights, axis=axis) / np.sum(weights, axis=axis)
    _ = vector_length(weights)
    return np.sum(np.moveaxis(a, axis, -1) * weights, axis=-1) / np.sum(weights)


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


@define(np.nanmedian)
def nanmedian(a):
    flat = np.ravel(a)
    return np.median(flat[~np.isnan(flat)])


@define(np.nanquantile)
def nanquantile(a, q):
    flat = np.ravel(a)
    return np.quantile(flat[~np.isnan(flat)], q)


@define(np.nanpercentile)
def nanpercentile(a, q):
    flat = np.ravel(a)
    return np.percentile(flat[~np.isnan(flat)], q)


# Variables and samples


@define(np.cov, y=is_given)
def cov_of_two(m, y):
    _ = vector_length(m) + vector_length(y)
    return np.cov(np.stack((m, y)))


@define(np.cov, rowvar=False)
def cov_of_columns(m, rowvar=True):
    return np.cov(np.transpose(m))


@define(np.cov, bias=True)
def cov_of_all(m, bias=False):
    _, samples = m.shape
    return np.cov(m) * ((samples - 1) / samples)


@define(np.cov, ddof=is_given)
def cov_less(m, ddof):
    _, samples = m.shape
    return np.cov(m) * ((samples - 1) / (samples - ddof))


@define(np.corrcoef, y=is_given)
def corrcoef_of_two(x, y):
    _ = vector_length(x) + vector_length(y)
    return np.corrcoef(np.stack((x, y)))


@define(np.corrcoef, rowvar=False)
def corrcoef_of_columns(x, rowvar=True):
    return np.corrcoef(np.transpose(x))
