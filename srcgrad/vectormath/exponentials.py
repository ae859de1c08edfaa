# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment"
"""exp, expm1, exp2, sigmoid, tanh, sinh and cosh as arithmetic without branches.

In and out: a float64 (``_f64``) or a float32 (``_f32``). Each function is its own source in a
listing, so it bears no annotations and calls ``np`` and its neighbours only.

Invariant: no branch and no call of a library, so that LLVM vectorises a loop of them; right for
nan, infinities, signed zeros and subnormal numbers, results included. What would underflow is
computed at 0 and replaced: arithmetic on subnormal numbers is slow, and costs only those who
ask for subnormal results.
"""

import numpy as np


def exp_tail(r):
    """(e ** r - 1 - r) / r ** 2 for abs(r) <= log(2) / 2."""
    p = 2.0914685161418067e-09
    p = p * r + 2.5105214474751413e-08
    p = p * r + 2.7557273647451087e-07
    p = p * r + 2.7557255406285044e-06
    p = p * r + 2.480158732554432e-05
    p = p * r + 0.00019841269874815834
    p = p * r + 0.001388888888888375
    p = p * r + 0.008333333333326136
    p = p * r + 0.04166666666666667
    p = p * r + 0.1666666666666667
    return p * r + 0.5


def exp_powers(y):
    """E ** y for -745.2 <= y <= 710.5 is e ** (whole - rest) times two powers of 2.

    e ** y = 2 ** k * e ** r, k an integer and abs(r) <= log(2) / 2. There are two powers, since
    2 ** k may be neither finite nor normal where the result is.
    """
    shifted = y * 1.4426950408889634 + 6755399441055744.0  # k is in the last bits
    k = shifted - 6755399441055744.0
    half = k * 0.5 + 6755399441055744.0
    n = np.float64(shifted).view(np.int64)
    m = np.float64(half).view(np.int64)
    first = np.int64((m + 1023) << 52).view(np.float64)
    second = np.int64((n - m + 1023) << 52).view(np.float64)
    return y - k * 0.6931471803691238, k * 1.9082149292705877e-10, first, second


def exp_parts(y):
    """E ** y for -745.2 <= y <= 710.5: two parts, and two powers of 2 to multiply them by."""
    whole, rest, first, second = exp_powers(y)
    r = whole - rest
    high = 1.0 + whole
    low = (((1.0 - high) + whole) - rest) + exp_tail(r) * r * r
    return high, low, first, second


def exp_f64(x):
    """E ** x, in one part: it is off by half an ulp, and by what r and e ** r - 1 are off."""
    y = 0.0 if x < -745.2 else x
    whole, rest, first, second = exp_powers(710.0 if y > 710.0 else y)
    r = whole - rest
    result = (1.0 + (r + exp_tail(r) * r * r)) * first * second
    return 0.0 if x < -745.2 else result


def exp_closely(x):
    """E ** x, in two parts: it is off by little more than half an ulp."""
    y = 0.0 if x < -745.2 else x
    high, low, first, second = exp_parts(710.0 if y > 710.0 else y)
    return 0.0 if x < -745.2 else (high + low) * first * second


def exp_weight_f64(x):
    """E ** x; 0 below the smallest normal number."""
    small = x < -708.3964185322641
    result = exp_f64(0.0 if small else x)
    return 0.0 if small else result


def expm1_f64(x):
    """E ** x - 1 = (2 ** k - 1) + 2 ** k * (e ** r - 1), the rounding errors added back."""
    y = -40.0 if x < -40.0 else x
    y = 709.8 if y > 709.8 else y
    shifted = y * 1.4426950408889634 + 6755399441055744.0  # k is in the last bits
    k = shifted - 6755399441055744.0
    whole = y - k * 0.6931471803691238
    r = whole - k * 1.9082149292705877e-10
    error = (whole - r) - k * 1.9082149292705877e-10
    p = exp_tail(r) * r * r + (error + error * r)
    n = np.float64(shifted).view(np.int64)
    scale = np.int64((n + 1022) << 52).view(np.float64)  # 2 ** k / 2, which is finite
    start = scale - 0.5
    high = start + scale * r
    low = (((scale - start) - 0.5) + ((start - high) + scale * r)) + scale * p
    result = (high + low) * 2.0
    return x if abs(x) < 1e-16 else result


def exp2_f64(x):
    """2 ** x = 2 ** k * e ** (r * log(2)), k an integer and abs(r) <= 1 / 2."""
    y = 0.0 if x < -1075.0 else x
    y = 1025.0 if y > 1025.0 else y
    shifted = y + 6755399441055744.0  # k is in the last bits
    k = shifted - 6755399441055744.0
    half = k * 0.5 + 6755399441055744.0
    s = y - k
    r = s * 0.6931471805599453
    top = np.int64(np.float64(s).view(np.int64) & ~0xFFFFFFF).view(np.float64)
    whole = top * 0.6931471675634384  # exact: 25 bits by 26
    rest = top * 1.2996506893889889e-08 + (s - top) * 0.6931471805599453
    high = 1.0 + whole
    low = ((1.0 - high) + whole + rest) + exp_tail(r) * r * r
    n = np.float64(shifted).view(np.int64)
    m = np.float64(half).view(np.int64)
    first = np.int64((m + 1023) << 52).view(np.float64)
    second = np.int64((n - m + 1023) << 52).view(np.float64)
    return 0.0 if x < -1075.0 else (high + low) * first * second


def sigmoid_f64(x):
    """1 / (1 + e ** -x), by e ** -abs(x): it keeps its precision where it is close to 0."""
    y = abs(x)
    high, low, first, second = exp_parts(0.0 if y > 745.2 else -y)
    both = high + low
    e = 0.0 if y > 745.2 else both * first * second
    e_low = ((high - both) + low) * first * second
    top = e if x < 0.0 else 1.0
    whole = 1.0 + e
    quotient = top / whole
    # What the quotient leaves, exact since factors of 26 bits have exact products
    a = np.int64(np.float64(quotient).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    b = np.int64(np.float64(whole).view(np.int64) & ~0x7FFFFFF).view(np.float64)
    rest = ((top - a * b) - a * (whole - b)) - (quotient - a) * whole
    rest = rest + (e_low if x < 0.0 else 0.0) - quotient * (((1.0 - whole) + e) + e_low)
    inverse = 1.4571 - 0.4857 * whole  # 1 / whole is this to 3 %, enough for a correction
    return quotient + rest * inverse


def tanh_f64(x):
    """(1 - e ** -2x) / (1 + e ** -2x), by abs(x)."""
    size = abs(x)
    e = expm1_f64((20.0 if size > 20.0 else size) * -2.0)
    whole = 2.0 + e
    error = (2.0 - whole) + e
    quotient = e / whole
    inverse = 1.4571 - 0.4857 * whole  # 1 / whole is this to 3 %, enough for a correction
    result = quotient - quotient * error * inverse
    return result if x < 0.0 else (-result if x > 0.0 else x)


def sinh_f64(x):
    """(e ** x - e ** -x) / 2; x + x ** 3 * p(x * x) where abs(x) < 1."""
    size = abs(x)
    high, low, first, second = exp_parts(711.0 if size > 711.0 else size)
    scale = second * 0.5
    half = (high + low) * first * scale
    rest = ((high - (high + low)) + low) * first * scale
    large = half + (rest - 0.25 / half)
    large = half if size > 40.0 else large
    z = 1.0 if size > 1.0 else size * size
    p = 7.746178593018827e-13
    p = p * z + 1.6057679623801638e-10
    p = p * z + 2.5052117695907823e-08
    p = p * z + 2.7557319191381816e-06
    p = p * z + 0.00019841269841324198
    p = p * z + 0.008333333333333299
    p = p * z + 0.16666666666666666
    return x + p * z * x if size < 1.0 else (-large if x < 0.0 else large)


def cosh_f64(x):
    """(e ** x + e ** -x) / 2."""
    size = abs(x)
    high, low, first, second = exp_parts(711.0 if size > 711.0 else size)
    scale = second * 0.5
    half = (high + low) * first * scale
    rest = ((high - (high + low)) + low) * first * scale
    return half if size > 40.0 else half + (rest + 0.25 / half)


def exp_tail_short(r):
    """(e ** r - 1 - r) / r ** 2 for abs(r) <= log(2) / 2, right to 33 bits."""
    p = 0.00019890988455544567
    p = p * r + 0.0013933647862928863
    p = p * r + 0.008333310927615311
    p = p * r + 0.041666464944505696
    p = p * r + 0.16666666681621095
    return p * r + 0.5000000013463886


def exp_short(y):
    """E ** y in float64 for -745 < y < 709, right to 33 bits: enough for a float32."""
    shifted = y * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = y - k * 0.6931471805599453
    p = (exp_tail_short(r) * r + 1.0) * r + 1.0
    n = np.float64(shifted).view(np.int64)
    return p * np.int64((n + 1023) << 52).view(np.float64)


def expm1_short(y):
    """E ** y - 1 in float64 for -745 < y < 709, right to 33 bits: enough for a float32."""
    shifted = y * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = y - k * 0.6931471805599453
    p = (exp_tail_short(r) * r + 1.0) * r
    n = np.float64(shifted).view(np.int64)
    scale = np.int64((n + 1023) << 52).view(np.float64)
    return scale * p + (scale - 1.0)


def exp_f32(x):
    """E ** x, in float64 in between."""
    y = np.float64(x)
    y = -105.0 if y < -105.0 else y
    result = exp_short(90.0 if y > 90.0 else y)
    return np.float32(0.0 if y < -104.0 else result)


def exp_weight_f32(x):
    """E ** x, in float64 in between; 0 below the smallest normal float32."""
    y = np.float64(x)
    y = -88.0 if y < -88.0 else y
    result = exp_short(90.0 if y > 90.0 else y)
    return np.float32(0.0 if y < -87.33654475055311 else result)


def expm1_f32(x):
    """E ** x - 1, in float64 in between."""
    y = np.float64(x)
    size = -40.0 if y < -40.0 else y
    result = expm1_short(90.0 if size > 90.0 else size)
    return np.float32(result if y != 0.0 else y)


def exp2_f32(x):
    """2 ** x, in float64 in between."""
    y = np.float64(x)
    y = -151.0 if y < -151.0 else y
    result = exp_short((129.0 if y > 129.0 else y) * 0.6931471805599453)
    return np.float32(0.0 if y < -150.0 else result)


def sigmoid_f32(x):
    """1 / (1 + e ** -x), in float64 in between."""
    y = np.float64(x)
    size = -105.0 if y < -105.0 else y
    result = 1.0 / (1.0 + exp_short(-(90.0 if size > 90.0 else size)))
    return np.float32(0.0 if y < -104.0 else result)


def tanh_f32(x):
    """(e ** 2x - 1) / (e ** 2x + 1), in float64 in between."""
    y = np.float64(x)
    size = -20.0 if y < -20.0 else y
    e = expm1_short((20.0 if size > 20.0 else size) * 2.0)
    result = e / (e + 2.0)
    return np.float32(result if y != 0.0 else y)


def sinh_f32(x):
    """(e ** x - e ** -x) / 2, in float64 in between."""
    y = np.float64(x)
    size = abs(y)
    e = expm1_short(91.0 if size > 91.0 else size)
    result = (e + e / (e + 1.0)) * 0.5
    return np.float32(-result if y < 0.0 else (result if y > 0.0 else y))


def cosh_f32(x):
    """(e ** x + e ** -x) / 2, in float64 in between."""
    y = abs(np.float64(x))
    e = exp_short(91.0 if y > 91.0 else y)
    return np.float32((e + 1.0 / e) * 0.5)
