# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Helpers for signals: convolutions by loops whose rounds do not depend on each other.

In: vectors as a listing has them. Out: new vectors.

Invariant: as in ``support``: ``np`` only, plain Python that Numba compiles too.
"""

import numpy as np


def convolve_full(x, y):
    """``np.convolve(x, y)``."""
    if len(x) == 0 or len(y) == 0:
        raise ValueError("convolve: the arrays must not be empty")
    first, second = np.ascontiguousarray(x), np.ascontiguousarray(y)
    short = first if len(x) <= len(y) else second
    long = second if len(x) <= len(y) else first
    result = np.zeros(len(x) + len(y) - 1, (x[:1] * y[:1]).dtype)
    for start in range(0, len(long), 512):
        end = min(start + 512, len(long))
        for j in range(len(short)):
            factor, part, source = short[j], result[start + j : end + j], long[start:end]
            for i in range(len(source)):
                part[i] += factor * source[i]
    return result


def correlate_valid(x, y):
    """``np.correlate(x, y)``: the shorter times each part of the longer."""
    if len(x) == 0 or len(y) == 0:
        raise ValueError("correlate: the arrays must not be empty")
    first, second = np.ascontiguousarray(x), np.ascontiguousarray(y)
    short = second if len(x) >= len(y) else first
    long = first if len(x) >= len(y) else second
    m, count = len(short), len(long) - len(short) + 1
    result = np.zeros(count, (x[:1] * y[:1]).dtype)
    for i in range(count if count < m else 0):
        total, part = result[i], long[i : i + m]
        for j in range(m):
            total += short[j] * part[j]
        result[i] = total
    for start in range(0, count if count >= m else 0, 512):
        end = min(start + 512, count)
        for j in range(m):
            factor, part, source = short[j], result[start:end], long[start + j : end + j]
            for i in range(len(source)):
                part[i] += factor * source[i]
    return result if len(x) >= len(y) else result[::-1].copy()
