# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""sin, cos and tan as arithmetic without branches, for arguments up to a limit.

In and out: a float64 (``_f64``) or a float32 (``_f32``). Each function is its own source in a
listing, so it bears no annotations and calls ``np`` and its neighbours only.

Invariant: no branch and no call of a library, so that LLVM vectorises a loop of them; right up
to abs(x) <= ``LIMIT``, next to the zeros too, and for signed zeros and subnormal numbers; nan
beyond. Loops call them only after a look at all arguments (``lowering.versions``).
"""

import numpy as np

LIMIT = 1647099.0
"""2 ** 20 * pi / 2: up to here the multiples of the parts of pi / 2 are exact."""


def sin_f64(x):
    """The sine, for abs(x) <= 1647099: of x - n * pi / 2, n an integer, by n's last two bits."""
    y, y_low, n = quarter_turns(x)
    sine, cosine = sine_and_cosine(y, y_low)
    value = cosine if n & 1 != 0 else sine
    result = -value if n & 2 != 0 else value
    result = x if abs(x) < 1e-8 else result
    return result if abs(x) <= 1647099.0 else np.nan


def cos_f64(x):
    """The cosine, for abs(x) <= 1647099: of x - n * pi / 2, n an integer, by its last two bits."""
    y, y_low, n = quarter_turns(x)
    sine, cosine = sine_and_cosine(y, y_low)
    value = sine if n & 1 != 0 else cosine
    result = -value if (n + 1) & 2 != 0 else value
    return result if abs(x) <= 1647099.0 else np.nan


def tan_f64(x):
    """The tangent, for abs(x) <= 1647099: sine by cosine, each in two parts, of what is left."""
    y, y_low, n = quarter_turns(x)
    tail, high, low = circular_parts(y, y_low)
    odd = n & 1 != 0
    top, top_low = (-high if odd else y), (-low if odd else tail)
    bottom, bottom_low = (y if odd else high), (tail if odd else low)
    first = (top + top_low) / (bottom + bottom_low)
    a = np.int64(np.float64(first).view(np.int64) & -134217728).view(np.float64)
    b = np.int64(np.float64(bottom).view(np.int64) & -134217728).view(np.float64)
    rest = ((top - a * b) - a * (bottom - b)) - (first - a) * bottom
    rest = rest + (top_low - first * bottom_low)
    result = first + rest / (bottom + bottom_low)
    result = x if abs(x) < 1e-8 else result
    return result if abs(x) <= 1647099.0 else np.nan


def quarter_turns(x):
    """What x is beyond n quarter turns, in two parts, and n (in the last bits)."""
    shifted = x * 0.6366197723675814 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    first = x - n * 1.5707963267341256
    second = first - n * 6.077100506303966e-11
    error = (first - second) - n * 6.077100506303966e-11
    third = second - n * 2.0222662487111665e-21
    error = error + (((second - third) - n * 2.0222662487111665e-21) - n * 8.4784276603689e-32)
    y = third + error
    return y, (third - y) + error, np.float64(shifted).view(np.int64)


def sine_and_cosine(y, y_low):
    """Both for abs(y) <= pi / 4, ``y_low`` a correction to y."""
    tail, high, low = circular_parts(y, y_low)
    return y + tail, high + low


def circular_parts(y, y_low):
    """What the sine has beyond y, and the cosine in two parts."""
    z = y * y
    p = 1.5918095236696272e-10
    p = p * z + -2.5051131372218632e-08
    p = p * z + 2.7557316100283695e-06
    p = p * z + -0.000198412698367542
    p = p * z + 0.008333333333330946
    p = p * z + -0.16666666666666666
    tail = p * z * y + (y_low - 0.5 * z * y_low)
    q = -1.1382611119025631e-11
    q = q * z + 2.087614597263508e-09
    q = q * z + -2.755731727031051e-07
    q = q * z + 2.480158729876295e-05
    q = q * z + -0.0013888888888887395
    q = q * z + 0.041666666666666664
    half = z * 0.5
    high = 1.0 - half
    return tail, high, ((1.0 - high) - half) + (q * z * z - y * y_low)


def sin_f32(x):
    """The sine, for abs(x) <= 1647099, in float64 in between."""
    y = np.float64(x)
    shifted = y * 0.6366197723675814 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = (y - n * 1.5707963267341256) - n * 6.077100506506192e-11
    sine, cosine = sine_and_cosine_short(r)
    bits = np.float64(shifted).view(np.int64)
    value = cosine if bits & 1 != 0 else sine
    result = -value if bits & 2 != 0 else value
    result = y if abs(y) < 1e-8 else result
    return np.float32(result if abs(y) <= 1647099.0 else np.nan)


def cos_f32(x):
    """The cosine, for abs(x) <= 1647099, in float64 in between."""
    y = np.float64(x)
    shifted = y * 0.6366197723675814 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = (y - n * 1.5707963267341256) - n * 6.077100506506192e-11
    sine, cosine = sine_and_cosine_short(r)
    bits = np.float64(shifted).view(np.int64)
    value = sine if bits & 1 != 0 else cosine
    result = -value if (bits + 1) & 2 != 0 else value
    return np.float32(result if abs(y) <= 1647099.0 else np.nan)


def tan_f32(x):
    """The tangent, for abs(x) <= 1647099, in float64 in between."""
    y = np.float64(x)
    shifted = y * 0.6366197723675814 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = (y - n * 1.5707963267341256) - n * 6.077100506506192e-11
    sine, cosine = sine_and_cosine_short(r)
    odd = np.float64(shifted).view(np.int64) & 1 != 0
    result = (-cosine if odd else sine) / (sine if odd else cosine)
    result = y if abs(y) < 1e-8 else result
    return np.float32(result if abs(y) <= 1647099.0 else np.nan)


def sine_and_cosine_short(y):
    """Both in float64 for abs(y) <= pi / 4, right to 33 bits: enough for a float32."""
    z = y * y
    p = 2.7249851596168045e-06
    p = p * z + -0.00019840086163020333
    p = p * z + 0.008333331873650577
    p = p * z + -0.16666666663852564
    q = -2.7300897268581585e-07
    q = q * z + 2.4800599899457505e-05
    q = q * z + -0.0013888887671132451
    q = q * z + 0.04166666666431893
    return p * z * y + y, (q * z - 0.5) * z + 1.0
