# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""Functions of ``math``, the builtins and SciPy that others define: their definitions.

In and out: see ``definitions``. A body is differentiated as if the user had written it, so it
is plain Python on functions that have rules; branches on ``None`` are decided beforehand.

Invariant: the same values and dtypes as the function that is defined. A definition has the
parameters that it supports only.
"""

import builtins
import math

import numpy as np
from scipy import special

from .definitions import define
from .selections import binary_exponent

# Numbers


@define(builtins.divmod, np.divmod)
def divmod(x, y):
    return x // y, x % y


@define(math.remainder)
def remainder(x, y):
    return x - y * np.rint(x / y)


@define(math.modf)
def modf(x):
    return math.fmod(x, 1.0), np.trunc(x)


@define(math.isclose)
def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    gap = abs(a - b)
    return a == b or (gap < math.inf and gap <= max(rel_tol * max(abs(a), abs(b)), abs_tol))


@define(math.ulp)
def ulp(x):
    return np.spacing(np.abs(x))


@define(math.frexp)
def frexp(x):
    exponent = binary_exponent(x)
    return math.ldexp(x, -exponent), exponent


# SciPy


@define(special.log_expit)
def log_expit(x):
    return -np.logaddexp(0.0, -x)


@define(special.beta)
def beta(a, b):
    inside = (a > 0) & (b > 0)
    outside = special.gamma(a) * special.gamma(b) / special.gamma(a + b)
    return np.where(inside, np.exp(special.betaln(a, b)), outside)


@define(special.cosm1)
def cosm1(x):
    return -2.0 * np.sin(0.5 * x) ** 2


@define(special.boxcox)
def boxcox(x, lmbda):
    power = np.where(lmbda == 0, lmbda + 1.0, lmbda)
    return np.where(lmbda == 0, np.log(x), np.expm1(power * np.log(x)) / power)


@define(special.inv_boxcox)
def inv_boxcox(x, lmbda):
    power = np.where(lmbda == 0, lmbda + 1.0, lmbda)
    return np.where(lmbda == 0, np.exp(x), np.exp(np.log1p(power * x) / power))


@define(special.huber)
def huber(delta, r):
    size = np.abs(r)
    far = delta * (size - 0.5 * delta)
    return np.where(delta < 0, np.inf, np.where(size <= delta, 0.5 * r * r, far))


@define(special.pseudo_huber)
def pseudo_huber(delta, r):
    return delta * delta * (np.sqrt(1 + (r / delta) ** 2) - 1)


@define(special.ndtr)
def ndtr(x):
    return 0.5 * special.erfc(x * -math.sqrt(0.5))


@define(special.loggamma)
def loggamma(x):
    return special.gammaln(np.where(x > 0, x, np.nan))


@define(special.softmax)
def softmax(x, axis=None):
    if axis is None:
        all_weights = np.exp(x - np.max(x))
        return all_weights / np.sum(all_weights)
    weights = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return weights / np.sum(weights, axis=axis, keepdims=True)


@define(special.log_softmax)
def log_softmax(x, axis=None):
    if axis is None:
        return x - special.logsumexp(x)
    rest = x - np.max(x, axis=axis, keepdims=True)
    return rest - np.log(np.sum(np.exp(rest), axis=axis, keepdims=True))


@define(special.entr)
def entr(x):
    return np.where(x < 0, -np.inf, -special.xlogy(x, x))


@define(special.rel_entr)
def rel_entr(x, y):
    inside = ((x > 0) & (y > 0)) | ((x == 0) & (y >= 0))
    return np.where(inside, special.xlogy(x, np.where(inside & (x > 0), x / y, 1.0)), np.inf)


@define(special.kl_div)
def kl_div(x, y):
    return special.rel_entr(x, y) - x + y


@define(special.xlog1py)
def xlog1py(x, y):
    return special.xlogy(x, 1 + y)


@define(special.betaln)
def betaln(a, b):
    return special.gammaln(a) + special.gammaln(b) - special.gammaln(a + b)


@define(special.exp10)
def exp10(x):
    return 10.0**x
