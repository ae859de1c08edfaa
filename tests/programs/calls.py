"""Helpers, closures, lambdas, nested functions, defaults and keywords."""

import math

import numba
import numpy as np

from programs.case import sample, signed, straight_line, structured

RATE = 0.3


def square(x):
    return x * x


def scaled(x, factor=2.0, *, offset=0.0):
    return factor * x + offset


def norm2(a):
    return np.sum(a * a)


def polar(x, y):
    r = math.sqrt(x * x + y * y)
    angle = math.atan2(y, x)
    return r, angle


def uses_square(x):
    y = square(x)
    return y + square(y)


def logistic(z):
    """1 / (1 + exp(-z)), without overflow."""
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    e = math.exp(z)
    return e / (1.0 + e)


@numba.njit
def compiled_cube(x):
    return x * x * x


@numba.njit
def compiled_sum(a):
    total = 0.0
    for i in range(len(a)):
        total += a[i]
    return total


@straight_line(1.3, compiled=True)
def helper(x):
    return square(x) + square(x + 1.0)


@straight_line(1.3)
def helper_of_helper(x):
    return uses_square(x) * x


@straight_line(1.3)
def nested_calls(x):
    return square(square(square(x)))


@straight_line(1.3, 0.4)
def defaults_and_keywords(x, y):
    return scaled(x) + scaled(y, 3.0) * scaled(x, offset=y) + scaled(factor=x, x=y)


@straight_line(1.3, 0.4)
def several_results(x, y):
    r, angle = polar(x, y)
    return r * angle + polar(y, x)[1]


@straight_line(1.3)
def compiled_helper(x):
    return compiled_cube(x) * x


@structured(signed(4))
def compiled_helper_with_loop(a):
    return compiled_sum(a * a)


@straight_line(1.3, 0.4)
def lambda_inside(x, y):
    f = lambda t: t * y + x
    return f(x) * f(y)


@straight_line(1.3, 0.4)
def nested_function(x, y):
    def inner(t):
        u = t * y
        return u * u + x

    return inner(x) + inner(2.0) * y


@straight_line(1.3, 0.4)
def nested_function_with_default(x, y):
    def inner(t, k=3.0):
        return t**2 * k

    return inner(x) + inner(y, 0.5) + inner(t=x, k=y)


@straight_line(1.3, 0.4)
def nested_function_shadows(x, y):
    def inner(x):
        y = x * 2.0
        return y * x

    return inner(y) * x + y


@straight_line(1.3, 0.4)
def late_binding(x, y):
    k = x
    f = lambda t: t * k
    k = y * y
    return f(x) + f(y)


def make_scaled(factor):
    def inner(x):
        return factor * x * x + RATE * x

    return inner


scaled_by_three = straight_line(1.7)(make_scaled(3.0))


def make_weighted(w):
    def weighted(x):
        return np.sum(w * x * x)

    return weighted


weighted = straight_line(signed(3))(make_weighted(np.array([1.0, 2.0, -0.5])))


def make_composed(f, g):
    def composed(x):
        return f(g(x)) * g(x)

    return composed


composed = straight_line(0.6)(make_composed(math.sin, square))

a_lambda = straight_line(1.2, 0.7)(lambda p, q: p * q + math.exp(p))


@straight_line(1.2, 0.7)
def function_as_value(x, y):
    f = square
    g = math.sin
    return f(x) * g(y)


def apply_twice(f, x):
    return f(f(x))


@straight_line(1.2)
def function_as_argument(x):
    return apply_twice(square, x) + apply_twice(math.sin, x) + apply_twice(lambda t: t * x, 2.0)


@straight_line(signed(4), signed(4, seed=1))
def array_helpers(a, b):
    return norm2(a - b) * norm2(a) + norm2(b[1:])


@structured(0.8, -0.6, compiled=True)
def helper_with_branches(x, y):
    return logistic(x) * logistic(y) + logistic(x * y)


def clamp(x, low, high):
    if x < low:
        return low
    if x > high:
        return high
    return x


@structured(0.5, 3.0, -2.0)
def helper_with_early_returns(x, y, z):
    return clamp(x, -1.0, 1.0) * x + clamp(y, -1.0, x) * y + clamp(z, x, y) * z


def polynomial(c, x):
    total = 0.0
    for i in range(len(c) - 1, -1, -1):
        total = total * x + c[i]
    return total


@structured(signed(4), 0.7)
def helper_with_loop(c, x):
    return polynomial(c, x) * polynomial(c, 1.0 - x)


@structured(signed(4), 0.7)
def helper_called_in_loop(c, x):
    total = 0.0
    for k in range(3):
        total += polynomial(c, x + 0.1 * k) * k
        total = square(total)
    return total


def add_to(a, x):
    a += x


def set_first(a, x):
    a[0] = x


def halve(a):
    for i in range(len(a)):
        a[i] = 0.5 * a[i] * a[i]


@structured(signed(4), 0.7)
def helper_mutates_array(a, x):
    add_to(a, x)
    set_first(a, x * x)
    return np.sum(a * a)


@structured(signed(4), compiled=True)
def helper_mutates_view(a):
    halve(a[1:3])
    halve(a)
    return np.sum(a * a)


@structured(signed(4))
def helper_mutates_then_read(a):
    before = a[0]
    halve(a)
    return before * a[0] + a[1]


def fill_squares(out, x):
    for i in range(len(x)):
        out[i] = x[i] ** 2
    return out


@structured(signed(4))
def helper_returns_its_argument(x):
    out = np.empty(4)
    y = fill_squares(out, x)
    y[0] = 3.0 * x[1]
    return np.sum(out * x)


@structured(signed(4))
def nested_function_mutates_enclosing_array(x):
    total = np.zeros(2)

    def add(k, v):
        total[k] += v * v

    for i in range(4):
        add(i % 2, x[i])
    return total[0] * total[1]


def with_default_array_index(a, i=0, j=-1):
    return a[i] * a[j]


@straight_line(signed(4))
def default_indices(a):
    return with_default_array_index(a) + with_default_array_index(a, 1) * a[2]


@straight_line(1.4, 0.2)
def same_names_in_helper(x, y):
    r = scaled(y, x, offset=1.0)
    factor = r * x
    offset = factor * y
    return scaled(offset, factor) + r


@structured(sample(5), compiled=True)
def helper_under_and(x):
    total = 0.0
    for i in range(5):
        if x[i] > 0.5 and square(x[i]) < 2.0:
            total += square(x[i]) if square(x[i]) > 1.0 else x[i]
    return total


@straight_line(1.4, 0.2, 0.9)
def evaluation_order(x, y, z):
    return x * square(y) + (z + square(x)) * square(z) - x


@structured(signed(3))
def evaluation_order_with_mutation(a):
    def bump():
        a[0] = a[0] * 2.0
        return a[0]

    return a[0] * bump() + bump() * a[0] + a[1]


@straight_line(0.8, 1.5)
def annotated_helper(x: float, y: "float") -> float:
    def inner(t: float, *, k: float = 2.0) -> float:
        """Documented."""
        return t * k

    return inner(x, k=y) + inner(y)


@straight_line(0.8)
def import_inside(x):
    import math as m

    from numpy import exp

    return m.sin(x) * exp(x)


@structured(signed(3), 0.5)
def helper_result_ignored(a, x):
    fill_squares(a, a)
    set_first(a, x)
    return a[0] * a[1] * a[2]


@straight_line(0.6, 1.1, wrt="x")
def inactive_argument_of_helper(x, y):
    return scaled(y, y) * square(x)
