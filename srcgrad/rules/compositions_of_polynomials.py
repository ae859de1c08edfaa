# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""Polynomials in terms of other functions: definitions.

In and out: see ``definitions``. Invariant: as in ``compositions``.
"""

import numpy as np
from numpy.polynomial import chebyshev, legendre

from .definitions import define
from .selections import vector_length

# Powers


@define(np.polyval)
def polyval(p, x):
    y = x * 0.0
    for c in p:
        y = y * x + c
    return y


@define(np.polynomial.polynomial.polyval)
def polyval_of_series(x, c):
    return np.polyval(np.array(c)[::-1], x)


@define(np.polyder)
def polyder(p):
    _ = vector_length(p)
    return p[:-1] * np.arange(p.size - 1, 0, -1)


@define(np.polyint)
def polyint(p):
    _ = vector_length(p)
    return np.append(p / np.arange(p.size, 0, -1), 0.0)


@define(np.polyadd)
def polyadd(a1, a2):
    most = max(vector_length(a1), vector_length(a2))
    return np.append(np.zeros(most - a1.size), a1) + np.append(np.zeros(most - a2.size), a2)


@define(np.polysub)
def polysub(a1, a2):
    return np.polyadd(a1, -a2)


@define(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None):
    powers = np.vander(x, deg + 1)
    if w is not None:
        powers = powers * w[:, None]
        y = y * w
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    return np.linalg.lstsq(powers / scale, y)[0] / scale


# Orthogonal polynomials, by Clenshaw's recurrence


@define(chebyshev.chebval)
def chebval(x, c):
    _ = vector_length(c)
    one, two = x * 0.0, x * 0.0
    for k in range(c.size - 1, 0, -1):
        one, two = c[k] + 2 * x * one - two, one
    return c[0] + x * one - two


@define(legendre.legval)
def legval(x, c):
    _ = vector_length(c)
    one, two = x * 0.0, x * 0.0
    for k in range(c.size - 1, 0, -1):
        one, two = c[k] + (2 * k + 1) / (k + 1) * x * one - (k + 1) / (k + 2) * two, one
    return c[0] + x * one - two / 2
