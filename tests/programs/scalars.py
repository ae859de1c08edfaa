"""Straight-line scalar functions: arithmetic, ``math``, builtins, conditional expressions."""

import math
from math import cos, exp, sin

import numpy as np

from programs.case import straight_line

HALF = 0.5


@straight_line(4.0, -3.0, compiled=True)
def product(x, y):
    return x * y


@straight_line(4.0, 2.0)
def larger(x, y):
    return max(x, y)


@straight_line(-2.0, 5.0, -4.0, compiled=True)
def sum_times(x, y, z):
    return (x + y) * z


@straight_line(1.5)
def identity(x):
    return x


@straight_line(1.5, 2.5)
def second_argument_only(x, y):
    return y * 3.0


@straight_line(1.5)
def constant_result(x):
    return 3.0 + 0.0 * x


@straight_line(0.7)
def unary_signs(x):
    return -x + +x * 3.0 - (-(-x))


@straight_line(2.0, 3.0)
def quotient(x, y):
    return x / y - y / x + 1.0 / x


@straight_line(7.3, 2.1)
def floor_and_remainder(x, y):
    return (x // y) * x + x % y


@straight_line(-7.3, 2.1)
def remainder_of_negative(x, y):
    return x % y + (-x) % (y + 0.4)


@straight_line(1.7, 2.3, compiled=True)
def powers(x, y):
    return x**2 + x**3.0 + x**y + 2.0**y + x**-1 + x**0.5 + x**0


@straight_line(-1.7)
def powers_of_negative(x):
    return x**2 - x**3 + x**-2 + (-x) ** 2


@straight_line(1.2, 3)
def integer_exponent_argument(x, n):
    return x**n + n * x


@straight_line(1.3)
def repeated_use(x):
    y = x * x
    z = y * x + y
    return z * y * x


@straight_line(0.4, 1.1)
def reused_name(x, y):
    x = x * y
    x = x + y
    y = x * x
    return x * y


@straight_line(2.0)
def the_diamond(v):
    w = v * v
    x = 3.0 * w
    y = math.sin(w)
    z = x * y
    return z


@straight_line(0.6)
def math_functions(x):
    return (
        math.exp(x) + math.log(x) + math.sqrt(x) + math.sin(x) * math.cos(x) + math.tan(x)
        + math.tanh(x) + math.sinh(x) + math.cosh(x)
    )  # fmt: skip


@straight_line(0.3, compiled=True)
def inverse_functions(x):
    return math.asin(x) + math.acos(x) * math.atan(x) + math.asinh(x) + math.atanh(x)


@straight_line(1.4)
def more_inverse_functions(x):
    return math.acosh(x) + math.expm1(x) + math.log1p(x) + math.log2(x) + math.log10(x)


@straight_line(0.8)
def special_functions(x):
    return math.erf(x) + math.erfc(x) * math.gamma(x + 2.0) + math.lgamma(x + 1.0)


@straight_line(1.1, 2.5)
def two_argument_functions(x, y):
    return math.atan2(x, y) + math.hypot(x, y) + math.pow(x, y) + math.fmod(y, x)


@straight_line(0.37)
def whole_parts(x):
    return math.floor(x * 10) * x + math.ceil(x * 10) * x + round(x * 10) + int(x * 10) * x


@straight_line(-0.8, 1.3)
def absolute_values(x, y):
    return abs(x) * y + abs(y) + math.fabs(x * y)


@straight_line(1.0, 2.0, 3.0)
def extremes(x, y, z):
    return max(x, y, z) * min(x, y) + min(x, y, z) * max(x * y, z)


@straight_line(0.5, 0.2)
def numpy_scalar_functions(x, y):
    return np.exp(x) * np.sin(y) + np.sqrt(x) + np.tanh(x * y) + np.maximum(x, y) + np.abs(-x)


@straight_line(0.5, 0.2)
def imported_names(x, y):
    return exp(x) * sin(y) + cos(x * y)


@straight_line(0.9, -0.4, compiled=True)
def conditional_expression(x, y):
    return x * y if x > y else x - y


@straight_line(0.9, -0.4)
def nested_conditional_expression(x, y):
    a = x if x < 0 else (y * y if y < 0 else y)
    return a * x + (1.0 if x > 0.5 else 2.0) * y


@straight_line(0.9, 0.4)
def comparison_as_number(x, y):
    return (x > y) * x + (x < y) * y


@straight_line(1.5, 2.5)
def unpacking(x, y):
    a, b = x * y, x + y
    c, (d, e) = a, (b, a * b)
    return a * b + c * d - e


@straight_line(1.5, 2.5)
def swapping_numbers(x, y):
    x, y = y, x
    x, y = x * y, x
    return x * x * y


@straight_line(1.5, 2.5)
def indexed_tuple(x, y):
    pair = (x, y, x * y)
    return pair[0] * pair[2] + pair[-2]


@straight_line((1.5, 2.5, 0.5))
def tuple_argument(p):
    x, y, z = p
    return x * y + y * z * p[0]


@straight_line(1.5)
def captured_constants(x):
    return HALF * x + math.pi * x**2 + math.e * np.pi * x


@straight_line(1.5, 2)
def integer_argument(x, n):
    return n * x + n // 2 * x**2 + n / 4


@straight_line(2.5)
def integers_inside(x):
    n = 3
    k = n * 2 - 1
    return x**n + k * x + n / k


@straight_line(0.4, compiled=True)
def exp_overflow_guard(x):
    return math.log(1.0 + math.exp(-abs(x))) + max(x, 0.0)


@straight_line(2.0, -1.0, -3.0, -2.0, -3.0, compiled=True)
def neuron(w0, x0, w1, x1, w2):
    return 1.0 / (1.0 + math.exp(-(w0 * x0 + w1 * x1 + w2)))


@straight_line([2.0, -3.0, -3.0], [-1.0, -2.0])
def neuron_of_lists(w, x):
    dot = w[0] * x[0] + w[1] * x[1] + w[2]
    return 1.0 / (1.0 + math.exp(-dot))


@straight_line(1.0, 2.0)
def chained_assignment(x, y):
    a = b = x * y
    a = a * b
    return a + b


@straight_line(1.0, 2.0)
def augmented_assignment(x, y):
    z = x
    z += y
    z *= x
    z -= 0.5 * y
    z /= y
    z **= 2
    return z


@straight_line(1.0, 2.0)
def annotated(x: float, y: float) -> float:
    """A docstring with annotations all over."""
    z: float = x * y
    return z * z


@straight_line(0.3, 0.7)
def names_of_the_generator(s0, grad_x):
    s1 = s0 * grad_x
    grad_s1 = s1 * s0
    grad_grad_x = grad_s1 + grad_x
    t0 = grad_grad_x * s1
    return t0 * s0


@straight_line(0.3, 0.7)
def named_like_builtins(sum, abs):
    max = sum * abs
    len = max + sum
    return len * max


@straight_line(0.3, 0.7, wrt=("relu", "sigmoid"))
def named_like_gates(sigmoid, relu):
    result = sigmoid * relu
    L = result * sigmoid
    return L


@straight_line(0.5, 0.8)
def walrus(x, y):
    return (z := x * y) * z + z * x


@straight_line(1.3, 0.4)
def unused_values(x, y):
    a = math.exp(x)
    b = a * y
    unused = b * b
    return a


@straight_line(1.3, 0.4)
def unused_argument(x, y):
    return x * x


@straight_line(1.3, 0.6, wrt="y")
def one_name(x, y):
    return x * y * y


@straight_line(1.3, 0.6, 2.0, wrt=("z", "x"))
def two_names_in_another_order(x, y, z):
    return x * y * z + z * z


@straight_line(1.3, 0.6, 2.0, wrt=(0, "y"))
def position_and_name(x, y, z):
    return x * y * z + z * z * y


@straight_line(3, 0.6, wrt="x")
def python_int_named_in_wrt(x, y):
    return x * x * y


@straight_line(np.float32(1.25), np.float32(0.5), rtol=1e-4)
def single_precision(x, y):
    return x * y + np.exp(x)


@straight_line(0.7, True)
def flags_are_data(x, flag):
    return x * x if flag else x


@straight_line(0.4, -1.7, 0.9, compiled=True)
def numbers_clipped(x, y, z):
    return np.clip(x, -1.0, 1) * 3.0 + np.clip(y, -1.0, z * z) * x + np.clip(y * z, -2, x)
