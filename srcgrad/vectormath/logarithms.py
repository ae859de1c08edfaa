# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""log, log1p, log2, log10 and pow as arithmetic without branches.

In and out: a float64 (``_f64``) or a float32 (``_f32``). Each function is its own source in a
listing, so it bears no annotations and calls ``np`` and its neighbours only.

Invariant: no branch and no call of a library, so that LLVM vectorises a loop of them; right for
nan, infinities, signed zeros, negative and subnormal numbers. Logarithms split x into
2 ** k * m with sqrt(1/2) <= m < sqrt(2), by its bits; the integer part of the bits becomes a
float by arithmetic, since older processors have no such instruction for vectors.
"""

import numpy as np

from .exponentials import exp_closely


def log_tail(z):
    """(log((1 + s) / (1 - s)) / s - 2) / z for z = s * s, where abs(s) <= 0.172."""
    p = 0.14619343453512615
    p = p * z + 0.15331487235865734
    p = p * z + 0.18182896183483085
    p = p * z + 0.2222221103781659
    p = p * z + 0.28571428626570206
    p = p * z + 0.3999999999989819
    return p * z + 0.666666666666667


def log_f64(x):
    """The natural logarithm: k * log(2) + log(m), the latter by s = (m - 1) / (m + 1)."""
    small = x < 2.2250738585072014e-308
    y = x * 18014398509481984.0 if small else x
    bits = (np.float64(y).view(np.int64) & 0x7FFFFFFFFFFFFFFF) - 0x0006A09E667F3BCD
    k = np.int64((bits >> 52 & 0x7FF) | 0x4330000000000000).view(np.float64)
    k = k - (4503599627371572.0 if small else 4503599627371518.0)
    f = np.int64((bits & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD).view(np.float64) - 1.0
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    low = s * (half + log_tail(z) * z) + k * 1.9082149292705877e-10
    result = k * 0.6931471803691238 - ((half - low) - f)
    edge = x if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
    return result if 0.0 < x < np.inf else edge


def log1p_f64(x):
    """log(1 + x): the logarithm of the rounded sum, and what the rounding lost."""
    total = 1.0 + x
    bits = (np.float64(total).view(np.int64) & 0x7FFFFFFFFFFFFFFF) - 0x0006A09E667F3BCD
    k = np.int64((bits >> 52 & 0x7FF) | 0x4330000000000000).view(np.float64) - 4503599627371518.0
    f = np.int64((bits & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD).view(np.float64) - 1.0
    lost = 1.0 - (total - x) if total > 2.0 else x - (total - 1.0)
    lost = lost / (total if total > 0.0 else 1.0)
    f, lost = (x, 0.0) if k == 0.0 else (f, lost)
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    low = s * (half + log_tail(z) * z) + (k * 1.9082149292705877e-10 + lost)
    result = k * 0.6931471803691238 - ((half - low) - f)
    result = x if abs(x) < 1e-16 else result
    edge = x if x > 0.0 else (-np.inf if x == -1.0 else np.nan)
    return result if -1.0 < x < np.inf else edge


def log_parts(x):
    """log(abs(x)) as a float64 and a correction to it: 100 bits or so; not for 0, inf, nan."""
    size = abs(x)
    small = size < 2.2250738585072014e-308
    y = size * 18014398509481984.0 if small else size
    bits = np.float64(y).view(np.int64) - 0x0006A09E667F3BCD
    k = np.int64((bits >> 52 & 0x7FF) | 0x4330000000000000).view(np.float64)
    k = k - (4503599627371572.0 if small else 4503599627371518.0)
    f = np.int64((bits & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD).view(np.float64) - 1.0
    # Factors of 26 bits have exact products: 0x7FFFFFF masks the others
    below = f + 2.0
    inverse = 1.0 / below
    s = np.int64(np.float64(f * inverse).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    above = np.int64(np.float64(below).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    s_low = ((f - s * above) - s * (f - (above - 2.0))) * inverse
    z = s * s
    z_low = (s + s + s_low) * s_low
    both = z + z_low
    p = 0.11725771221811145
    p = p * both + 0.11705988156500907
    p = p * both + 0.13334813971292003
    p = p * both + 0.15384594791762352
    p = p * both + 0.1818181833699257
    p = p * both + 0.2222222222164882
    p = p * both + 0.2857142857142938
    p = p * both + 0.4
    p = p * both
    q = 0.6666666666666666 + p
    q_low = ((0.6666666666666666 - q) + p) + 3.700743415417188e-17
    q_high = np.int64(np.float64(q).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    q_low = (q - q_high) + q_low
    z_high = np.int64(np.float64(z).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    z_low = (z - z_high) + z_low
    t = z_high * q_high
    t_low = z_high * q_low + z_low * (q_high + q_low)
    t_high = np.int64(np.float64(t + t_low).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    t_low = (t - t_high) + t_low
    whole = k * 0.6931471803691238
    sum1 = whole + (s + s)
    error1 = (whole - sum1) + (s + s)
    sum2 = sum1 + t_high * s
    error2 = (sum1 - sum2) + t_high * s
    rest = (s_low + s_low) + (t_high * s_low + t_low * (s + s_low))
    rest = rest + (error1 + error2 + k * 1.9082149292705877e-10)
    high = sum2 + rest
    return high, (sum2 - high) + rest


def times_parts(a, high, low, b_high, b_low):
    """``(high + low) * (b_high + b_low)`` in two parts; ``a`` is ``b_high`` in 26 bits."""
    top = np.int64(np.float64(high).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    product = top * a
    rest = ((high - top) + low) * a + (top + ((high - top) + low)) * ((b_high - a) + b_low)
    total = product + rest
    return total, (product - total) + rest


def log2_f64(x):
    """The logarithm to base 2, right where x is a power of 2."""
    high, low = log_parts(x)
    total, rest = times_parts(
        1.4426950216293335, high, low, 1.4426950408889634, 2.0355273740931033e-17
    )
    edge = x if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
    return total + rest if 0.0 < x < np.inf else edge


def log10_f64(x):
    """The logarithm to base 10, right where x is a power of 10."""
    high, low = log_parts(x)
    total, rest = times_parts(
        0.4342944771051407, high, low, 0.4342944819032518, 1.098319650216765e-17
    )
    edge = x if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
    return total + rest if 0.0 < x < np.inf else edge


def pow_f64(x, y):
    """X ** y = e ** (y * log(abs(x))) and the sign, with C's rules for the edges."""
    size = abs(x)
    extreme = not 0.0 < size < np.inf
    high, low = log_parts(1.0 if extreme else size)
    e = 1e19 if y > 1e19 else (-1e19 if y < -1e19 else y)
    top = np.int64(np.float64(e).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    total, rest = times_parts(top, high, low, e, 0.0)
    power = exp_closely(total)
    power = power if power == np.inf else power + power * rest
    # 0 and infinity, then signs: odd powers of negative numbers, none of broken ones
    power = power if not extreme else (np.inf if (size > 1.0) == (y > 0.0) else 0.0)
    half = y * 0.5
    whole = np.floor(y) == y
    odd = whole and np.floor(half) != half
    negative = np.float64(x).view(np.int64) < 0
    power = -power if negative and odd else power
    power = np.nan if x < 0.0 and not whole and size < np.inf else power
    power = x + y if x != x or y != y else power
    return 1.0 if y == 0.0 or x == 1.0 else power


def log_short(y):
    """The natural logarithm in float64 of a normal y > 0, right to 33 bits: for a float32."""
    bits = np.float64(y).view(np.int64) - 0x0006A09E667F3BCD
    k = np.int64((bits >> 52 & 0x7FF) | 0x4330000000000000).view(np.float64) - 4503599627371518.0
    f = np.int64((bits & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD).view(np.float64) - 1.0
    s = f / (f + 2.0)
    z = s * s
    p = 0.2333291280436864
    p = p * z + 0.2855073084477381
    p = p * z + 0.4000012263369878
    p = p * z + 0.6666666655352537
    return k * 0.6931471805599453 + (p * z * s + (s + s))


def log_f32(x):
    """The natural logarithm, in float64 in between."""
    y = np.float64(x)
    inside = 0.0 < y < np.inf
    result = log_short(y if inside else 1.0)
    edge = y if y > 0.0 else (-np.inf if y == 0.0 else np.nan)
    return np.float32(result if inside else edge)


def log1p_f32(x):
    """log(1 + x), in float64 in between."""
    y = np.float64(x)
    inside = -1.0 < y < np.inf
    total = 1.0 + (y if inside else 1.0)
    exact = total - 1.0
    result = log_short(total) * (y / (exact if exact != 0.0 else 1.0))
    edge = y if y > 0.0 else (-np.inf if y == -1.0 else np.nan)
    return np.float32((result if exact != 0.0 else y) if inside else edge)


def log2_f32(x):
    """The logarithm to base 2, in float64 in between."""
    y = np.float64(x)
    inside = 0.0 < y < np.inf
    result = log_short(y if inside else 1.0) * 1.4426950408889634
    edge = y if y > 0.0 else (-np.inf if y == 0.0 else np.nan)
    return np.float32(result if inside else edge)


def log10_f32(x):
    """The logarithm to base 10, in float64 in between."""
    y = np.float64(x)
    inside = 0.0 < y < np.inf
    result = log_short(y if inside else 1.0) * 0.4342944819032518
    edge = y if y > 0.0 else (-np.inf if y == 0.0 else np.nan)
    return np.float32(result if inside else edge)


def pow_f32(x, y):
    """X ** y, in float64 in between."""
    return np.float32(pow_f64(np.float64(x), np.float64(y)))
