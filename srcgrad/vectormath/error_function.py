# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""erf as arithmetic without branches.

In and out: a float64 (``_f64``) or a float32 (``_f32``). Each function is its own source in a
listing, so it bears no annotations and calls ``np`` and its neighbours only.

Invariant: no branch and no call of a library, so that LLVM vectorises a loop of them; right for
nan, infinities, signed zeros and subnormal numbers.
"""

import numpy as np

from .exponentials import exp_f64


def erf_f64(x):
    """X + x * p(x * x) below 1, and 1 - e ** -q(abs(x) - 1) above."""
    size = abs(x)
    z = 1.0 if size > 1.0 else size * size
    p = 5.957176147748911e-11
    p = p * z + -1.1372848856791674e-09
    p = p * z + 1.4659775274047436e-08
    p = p * z + -1.6350312701054695e-07
    p = p * z + 1.6461000484121368e-06
    p = p * z + -1.4925595266831182e-05
    p = p * z + 0.0001205533111164271
    p = p * z + -0.000854832698083379
    p = p * z + 0.0052239776248180145
    p = p * z + -0.026866170645076792
    p = p * z + 0.11283791670954879
    p = p * z + -0.3761263890318375
    p = p * z + 0.1283791670955126
    t = (6.0 if size > 6.0 else size) - 1.0
    q = 4.784104292075925e-12
    q = q * t + -1.1756220214419053e-10
    q = q * t + 1.301913549741955e-09
    q = q * t + -8.419629029779402e-09
    q = q * t + 3.301381170677398e-08
    q = q * t + -5.700987551801116e-08
    q = q * t + -2.067200047975895e-07
    q = q * t + 2.1345860735047173e-06
    q = q * t + -9.674059728510614e-06
    q = q * t + 2.7200951678715065e-05
    q = q * t + -2.6297375397939106e-05
    q = q * t + -0.00023731604479090227
    q = q * t + 0.001977901117506221
    q = q * t + -0.010033825163213134
    q = q * t + 0.04156109802356091
    q = q * t + 0.8431072563594868
    q = q * t + 2.6389675142347744
    q = q * t + 1.8496055099332482
    tail = 1.0 - exp_f64(-q)
    return x + x * p if size < 1.0 else (-tail if x < 0.0 else tail)


def erf_f32(x):
    """The error function, in float64 in between."""
    return np.float32(erf_f64(np.float64(x)))
