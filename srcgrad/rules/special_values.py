# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Special functions that ``math`` lacks: inverses of the error function, Bessel's functions.

In and out: a number. Invariant: as in ``support``; errors are a few units in the last place, ten at
most (of the amplitude, for the Bessel functions that oscillate).
"""

import math


def erf_root(size):
    """Where erf has a value from 0 to 0.7: Winitzki's approximation, then Halley's steps."""
    log = math.log1p(-size * size)
    half = 2 / (math.pi * 0.147) + log / 2
    z = math.sqrt(max(math.sqrt(half * half - log / 0.147) - half, 0.0))
    for _ in range(3):
        step = (math.erf(z) - size) * (math.sqrt(math.pi) / 2) * math.exp(z * z)
        z -= step / (1 + z * step)
    return z


def erfc_root(tail):
    """Where erfc has a value from 0 to 0.3: the same, then Newton's steps on its logarithm."""
    if not tail > 0:
        return math.inf if tail == 0 else math.nan
    log = math.log(tail * (2 - tail))
    half = 2 / (math.pi * 0.147) + log / 2
    z = min(math.sqrt(math.sqrt(half * half - log / 0.147) - half), 26.5)
    for _ in range(4):
        rest = math.erfc(z)
        z += math.log(rest / tail) * (math.sqrt(math.pi) / 2) * math.exp(z * z + math.log(rest))
    return z


def erfinv(x):
    """The inverse of erf."""
    x = float(x)
    size = abs(x)
    return math.copysign(erf_root(size) if size < 0.7 else erfc_root(1 - size), x)


def erfcinv(x):
    """The inverse of erfc."""
    x = float(x)
    if abs(1 - x) < 0.7:
        return math.copysign(erf_root(abs(1 - x)), 1 - x)
    return erfc_root(x) if x < 1 else -erfc_root(2 - x)


def ndtri(x):
    """The quantile of the normal distribution."""
    x = float(x)
    if abs(2 * x - 1) < 0.7:
        return math.copysign(math.sqrt(2) * erf_root(abs(2 * x - 1)), 2 * x - 1)
    return math.sqrt(2) * (-erfc_root(2 * x) if x < 0.5 else erfc_root(2 - 2 * x))


def bessel_i(order, x):
    """exp(-x) times the modified Bessel function of order 0 or 1, for x that is not negative."""
    x = float(x)
    total, term, k = 1.0, 1.0, 0
    if x < 30:
        while term > 1e-17 * total:
            k += 1
            term *= x * x / (4 * k * (k + order))
            total += term
        return total * (x / 2 if order else 1.0) * math.exp(-x)
    while abs(term) > 1e-17 * total:
        k += 1
        term *= ((2 * k - 1) ** 2 - 4 * order) / (8 * k * x)
        total += term
    return total / math.sqrt(2 * math.pi * x)


def i0e(x):
    """exp(-abs(x)) times the modified Bessel function of order 0."""
    return bessel_i(0, abs(x))


def i1e(x):
    """exp(-abs(x)) times the modified Bessel function of order 1."""
    return math.copysign(bessel_i(1, abs(x)), x)


def i0(x):
    """The modified Bessel function of order 0."""
    return bessel_i(0, abs(x)) * math.exp(abs(x))


def i1(x):
    """The modified Bessel function of order 1."""
    return math.copysign(bessel_i(1, abs(x)), x) * math.exp(abs(x))


def bessel_j(order, x):
    """The Bessel function of order 0 or 1, for x that is not negative."""
    x = float(x)  # single precision underflows
    if x < 25:  # Miller: downwards from an order where it vanishes
        high, here, total, first = 0.0, 1e-300, 0.0, 0.0
        for k in range(2 * (int(x) // 2) + 40, 0, -1):
            if k % 2 == 0:
                total += 2 * here
            if k == 1:
                first = here
            high, here = here, 2 * k / x * here - high if x > 0 else 1.0
        return (first if order else here) / (total + here) if x > 0 else 1.0 - order
    even, odd, term, k = 1.0, 0.0, 1.0, 0
    while abs(term) > 1e-17:
        k += 1
        term *= (4 * order - (2 * k - 1) ** 2) / (8 * k * x)
        if k % 2 == 1:
            odd += term if k % 4 == 1 else -term
        else:
            even += term if k % 4 == 0 else -term
    turn = x - (0.25 + 0.5 * order) * math.pi
    return math.sqrt(2 / (math.pi * x)) * (even * math.cos(turn) - odd * math.sin(turn))


def j0(x):
    """The Bessel function of order 0."""
    return bessel_j(0, abs(x))


def j1(x):
    """The Bessel function of order 1."""
    return math.copysign(1.0, x) * bessel_j(1, abs(x))
