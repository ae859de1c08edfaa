"""if, elif, else, conditional expressions, and, or, not, chained comparisons."""

import math

import numpy as np

from programs.case import sample, signed, structured


@structured(0.7, compiled=True)
def if_only(x):
    y = x
    if x > 0.5:
        y = x * x
    return y * x


@structured(0.3)
def if_not_taken(x):
    y = x
    if x > 0.5:
        y = x * x
    return y * x


@structured(0.7, -0.4)
def if_else(x, y):
    if x > y:
        z = x * y
    else:
        z = x - y
    return z * z


@structured(0.7, 2.4)
def elif_chain(x, y):
    if y < 0:
        z = x
    elif y < 1:
        z = x * y
    elif y < 3:
        z = x * y * y
    else:
        z = y
    return z * x


@structured(0.7, 2.4, True)
def flag_argument(x, y, flag):
    if flag:
        return x * y
    return x + y


@structured(0.7, 2.4)
def nested_branches(x, y):
    if x > 0:
        a = x * y
        if y > 2:
            if a > 1:
                a = a * a
            else:
                a = a - y
        else:
            a = 0.0
    else:
        a = y
    return a * x


@structured(0.7, 2.4)
def branch_overwrites_argument(x, y):
    if x < y:
        x = x * y
        y = x + 1.0
    return x * y


@structured(2.4, 0.7)
def branch_swaps(x, y):
    if x > y:
        x, y = y, x
    return x * x * y


@structured(0.7, 2.4, 1.1)
def and_or_not(x, y, z):
    total = 0.0
    if x > 0 and y > 2:
        total += x * y
    if x > 1 or z > 1:
        total += z * z
    if not (x > y or y > 3):
        total *= x
    return total


@structured(0.7, 2.4, 1.1)
def chained_comparison(x, y, z):
    if 0.0 < x < 1.0 < z <= y:
        return x * y * z
    return x


@structured(0.7, 2.4)
def condition_kept_in_a_name(x, y):
    big = x * y > 1.0
    x = x * 3.0
    y = 0.1 * y
    if big:
        return x * y
    return x


@structured(signed(6), compiled=True)
def branch_in_loop(x):
    total = 0.0
    for i in range(6):
        if x[i] > 0:
            total += x[i] * x[i]
        elif x[i] > -1:
            total -= x[i]
        else:
            total *= 0.5
    return total


@structured(signed(6))
def branch_on_counter(x):
    total = 1.0
    for i in range(6):
        if i % 2 == 0:
            total += x[i]
        else:
            total *= x[i]
    return total


@structured(signed(6))
def branch_on_carried_value(x):
    s = 0.1
    for i in range(6):
        if s > 0.5:
            s = s * 0.3 * x[i]
        else:
            s = s + x[i] * x[i]
    return s


@structured(signed(6))
def conditional_expression_in_loop(x):
    total = 1.0
    for i in range(6):
        total = total * (x[i] if x[i] > 0 else 0.5 * x[i] ** 2)
    return total


@structured(0.7)
def loop_in_branch(x):
    y = x
    if x > 0:
        for i in range(3):
            y = y * x + i
    else:
        while y < 1:
            y = y + 1
    return y


@structured(signed(5))
def name_defined_in_one_branch(x):
    if x[0] > -10:
        a = x[1] * x[2]
    total = 0.0
    for i in range(5):
        if i == 0:
            previous = x[i]
        else:
            total += previous * x[i]
            previous = x[i] * 2.0
    return total * a


@structured(0.7, 2.4)
def assertions(x, y):
    assert x > 0, "x must be positive"
    assert y > x, f"y = {y} must be larger than {x}"
    if y < 0:
        raise ValueError(f"y = {y}")
    return math.log(x) * y


@structured(signed(5))
def raise_in_a_loop(x):
    total = 0.0
    for i in range(5):
        if abs(x[i]) > 100:
            raise ValueError("too large")
        total += x[i] ** 2 * total + x[i]
    return total


@structured(signed(4), signed(4, seed=1))
def array_test(x, y):
    if np.sum(x * y) > -100.0:
        z = x * y
    else:
        z = x + y
    return np.sum(z * x)


@structured(signed(4))
def any_and_all(x):
    if np.any(x > 0) and not np.all(x > 0):
        return np.sum(x * x)
    return np.sum(x)


@structured(signed(4))
def any_of_generator(x):
    if any(v > 0 for v in x) or all([v > 1 for v in x]):
        return np.sum(x * x)
    return np.sum(x)


@structured(0.4, 1.9)
def truth_of_numbers(x, y):
    n = int(y)
    if n:
        x = x * y
    if not (n - 1):
        x = x * x
    return x


@structured(0.4, 1.9)
def and_or_as_values(x, y):
    n = 0
    k = n or 3
    m = k and 2
    return x**k * y**m


@structured(1.9)
def piecewise(x):
    if x < 1:
        return x
    if x < 2:
        return x * x
    if x < 3:
        return x**3
    return x**4


@structured(0.4, 1.9)
def empty_else(x, y):
    if x > 0:
        z = x
    else:
        pass
        z = y
    if y < 0:
        pass
    elif y > 1:
        z *= y
    return z


@structured(1.9, None)
def optional_argument(x, scale=None):
    if scale is None:
        return x * x
    return x * scale


@structured(sample(3, 3))
def branch_on_subscripts(a):
    total = 0.0
    for i in range(3):
        for j in range(3):
            if i == j:
                continue
            if i < j and a[i, j] > 0.2:
                total += a[i, j] * a[j, i]
            else:
                total += a[i, j] ** 2
    return total


@structured(0.6, 0.8)
def helper_in_test(x, y):
    def energy(t):
        return t * t + 0.1

    if energy(x) < energy(y):
        return energy(x * y)
    return energy(x)


@structured(0.6)
def constant_test(x):
    if True:
        x = x * x
    if 1 > 2:
        x = 0.0
    while False:
        x = x + 1
    return x


@structured(1.5, 2)
def membership(x, n):
    if n in (1, 2, 3) and n not in (3,):
        return x * x
    return x


@structured(1.3)
def running_minimum_from_infinity(x):
    best = float("inf")
    for i in range(3):
        v = (x - i) ** 2
        if v < best:
            best = v
    return best


@structured(1.5, None)
def default_for_none(x, scale):
    if scale is None:
        scale = x * 2
    return x * x * scale


@structured(signed(3), None)
def weights_or_none(x, w=None):
    s = 0.0
    for i in range(3):
        s += x[i] * (w[i] if w is not None else 1.0)
    return s * s


def scaled_or_not(a, b=None, *, w=None):
    if b is not None and w is None:
        return a * b
    if w is not None:
        a = a * w
    return a


@structured(1.5, compiled=True)
def helper_with_optional_arguments(x):
    return scaled_or_not(x) + scaled_or_not(x, x) + scaled_or_not(x, x, w=x)


@structured(-0.7, 1.3, 0.4)
def numbers_that_decide(x, y, z):
    first = x > 0 and y or z
    second = (x or y) * (y and z)
    z = y and z or x
    return first * second + z * z


@structured(0.7, 1.3, 0.4)
def numbers_that_decide_otherwise(x, y, z):
    return numbers_that_decide(x, y, z)


@structured(signed(5), compiled=True)
def truth_values_added_up(x):
    s = 0.0
    for v in x:
        s += (v > 0.5) and v * v
    return s * (np.sum(x) or 1.0)


@structured(signed(4), signed(4, seed=4), compiled=True)
def branches_decided_by_constants(x, y):
    verbose, steps = False, 4
    s = x[0]
    if steps > 6:
        for i in range(4):
            s = s * x[i] + math.sin(s)
    while verbose:
        s = s * s
    for i in range(4):
        if verbose and steps > i or 0.7 < 0.5 * 1.2:
            s = math.sin(s) * y[i]
            while s > 1:
                s = s / 2 * s
        else:
            s = math.cos(s) * y[i]
    if x.ndim > 1 or len(x.shape) == 2:
        s *= np.sum(x[0])
    return s + np.sum(x * y)


@structured(signed(4), compiled=True)
def match_in_a_loop_with_exits(x):
    s = 0.0
    for k in range(4):
        match k:
            case 0:
                s += x[0] ** 2
            case 1 | 2:
                s *= x[k]
                if s > 3:
                    break
            case _:
                s += 1.0
                continue
        s = s * x[1] + 1
    return s


@structured(0.7)
def match_with_a_guard(s):
    match s * 2.0:
        case v if v > 0.5:
            return v * v
        case w:
            return w


@structured(signed(4))
def match_of_a_pair(x):
    t = 0.0
    for i in range(2):
        for j in range(3):
            match i, j:
                case 0, 0:
                    t += x[0]
                case 0, k:
                    t += x[1] * k
                case _:
                    t *= x[2]
    return t
