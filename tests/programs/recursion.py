"""Recursive functions, self and mutual, with and without arrays."""

import math

import numpy as np

from programs.case import sample, signed, structured


@structured(1.2, 5, compiled=True)
def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


@structured(1.2, 9)
def power_by_squaring(x, n):
    if n == 0:
        return 1.0
    half = power_by_squaring(x, n // 2)
    if n % 2 == 0:
        return half * half
    return half * half * x


@structured(0.7, 6)
def fibonacci(x, n):
    if n < 2:
        return x
    return fibonacci(x, n - 1) * 0.5 + fibonacci(x, n - 2) * x


def even_part(x, n):
    if n == 0:
        return x
    return math.sin(odd_part(x, n - 1))


def odd_part(x, n):
    if n == 0:
        return x * x
    return even_part(x * 1.1, n - 1) * x


@structured(0.7, 5)
def mutual(x, n):
    return even_part(x, n) + odd_part(x, 2) * x


def tree_sum(a, low, high):
    if high - low == 1:
        return a[low] * a[low]
    middle = (low + high) // 2
    return tree_sum(a, low, middle) * 0.7 + math.sin(tree_sum(a, middle, high))


@structured(signed(5), compiled=True)
def array_halved(a):
    return tree_sum(a, 0, 5)


def sum_of_slices(a):
    if len(a) == 1:
        return a[0] * a[0]
    k = len(a) // 2
    return sum_of_slices(a[:k]) * sum_of_slices(a[k:]) + a[0]


@structured(signed(5))
def slices_passed_down(a):
    return sum_of_slices(a)


def determinant(a):
    n = a.shape[0]
    if n == 1:
        return a[0, 0]
    total = 0.0
    sign = 1.0
    for j in range(n):
        minor = np.empty((n - 1, n - 1))
        for r in range(1, n):
            for c in range(n - 1):
                minor[r - 1, c] = a[r, c if c < j else c + 1]
        total += sign * a[0, j] * determinant(minor)
        sign = -sign
    return total


@structured(signed(3, 3))
def determinant_by_minors(a):
    return determinant(a)


def accumulate(a, k):
    if k < len(a):
        a[k] += a[k - 1] * 0.5
        accumulate(a, k + 1)
        a[k] *= a[0]


@structured(signed(4))
def recursion_changes_its_argument(a):
    accumulate(a, 1)
    return np.sum(a * a)


def fast_sum(x, depth):
    if depth == 0:
        return x
    y = x * x * 0.3
    z = fast_sum(y, depth - 1)
    y = z + x
    return y * z


@structured(0.8, 3)
def locals_survive_the_call(x, depth):
    return fast_sum(x, depth)


@structured(sample(6))
def recursion_in_a_loop(x):
    total = 0.0
    for i in range(6):
        total += power(x[i], i % 3 + 1) * total + x[i]
    return total


def ackermann_like(x, m, n):
    if m == 0:
        return x + n
    if n == 0:
        return ackermann_like(x, m - 1, 1)
    return ackermann_like(x, m - 1, n - 1) * 0.5 + ackermann_like(x, m, n - 1) * x


@structured(0.8)
def three_ways_down(x):
    return ackermann_like(x, 2, 2)


@structured(1.3, 4)
def nested_recursive_function(x, n):
    def go(y, k):
        if k == 0:
            return y
        return go(y * x, k - 1) + y

    return go(x, n)


def matrix_power(a, n):
    if n == 0:
        return np.eye(a.shape[0])
    return a @ matrix_power(a, n - 1)


@structured(signed(2, 2), 4)
def power_of_a_matrix(a, n):
    return np.sum(matrix_power(a, n) ** 2)


def matrix_power_by_squaring(a, n):
    if n == 1:
        return a
    half = matrix_power_by_squaring(a, n // 2)
    whole = half @ half
    return whole if n % 2 == 0 else whole @ a


@structured(signed(2, 2), 5)
def the_argument_itself_returned(a, n):
    return np.sum(np.sin(matrix_power_by_squaring(a, n)) * a)


def merge_sorted(a):
    n = len(a)
    if n <= 1:
        return a
    left, right = merge_sorted(a[: n // 2]), merge_sorted(a[n // 2 :])
    result = np.empty(n)
    i, j = 0, 0
    for k in range(n):
        if j == len(right) or (i < len(left) and left[i] <= right[j]):
            result[k] = left[i]
            i += 1
        else:
            result[k] = right[j]
            j += 1
    return result


@structured(signed(7), compiled=True)
def merge_sort(a):
    total = 0.0
    for i, value in enumerate(merge_sorted(a)):
        total += value * (i + 1) ** 2
    return total


def haar(a):
    n = len(a)
    if n == 1:
        return a
    out = np.empty(n)
    out[: n // 2] = haar(a[::2] + a[1::2])
    out[n // 2 :] = a[::2] * a[1::2]
    return out


@structured(signed(8))
def halves_transformed(a):
    return np.sum(haar(a) ** 3)


def running_product(a, before):
    result = np.empty(len(a))
    if len(a) > 0:
        result[0] = before * a[0]
        result[1:] = running_product(a[1:], result[0])
    return result


@structured(signed(4), 0.8)
def running_products(a, x):
    return np.sum(running_product(a, x) ** 2)


def turned(x, n):
    if n == 0:
        return np.array([1.0, 0.0])
    v = turned(x, n - 1)
    return np.array([v[0] * math.cos(x) - v[1], v[0] + v[1] * x])


@structured(0.7, 3)
def array_from_numbers(x, n):
    v = turned(x, n)
    return v[0] * v[1]


def forth(a, n):
    return a if n == 0 else np.sin(back(a, n - 1))


def back(a, n):
    return a * a if n == 0 else forth(a * 1.1, n - 1)[::-1] * a


@structured(signed(4), 3)
def mutual_of_arrays(a, n):
    return np.sum(forth(a, n) * back(a, n))


def alternately_transposed(a, n):
    return a.T if n == 0 else (alternately_transposed(a, n - 1) * a).T


@structured(signed(3, 3), 2)
def views_returned(a, n):
    b = alternately_transposed(a, n)
    return np.sum(b.T * a * a)


def in_turns(a, b, x, n):
    return a * x if n == 0 else in_turns(b, a, x * x, n - 1) + b


@structured(signed(2, 2), 0.7, 2)
def arrays_returned_in_a_loop(a, x, n):
    b = a * 2.0
    total = 0.0
    for i in range(2):
        b = in_turns(a, b, x, n)
        total += np.sum(b[i] * b[:, i])
    return total


@structured(1.3, compiled=True)
def of_numbers_and_integers(x):
    return power(x, 2) + power(2, 3) * x


def product_of_rows(a):
    if a.shape[0] == 1:
        return a[0] * 1.0
    return product_of_rows(a[1:]) * a[0]


@structured(signed(3, 3))
def of_matrices_and_vectors(a):
    return np.sum(product_of_rows(a)) * product_of_rows(a[0])


def halved(x, n):
    return x if n < 1 else halved(x * 1.5, n * 0.5) + 1.0


@structured(0.7)
def calls_itself_for_another_type(x):
    return halved(x, 3) ** 2 + halved(1, 2) * x


@structured(0.7, 3)
def mutual_of_several_types(x, n):
    pair = forth(np.array([x, x * x]), n)
    return np.sum(pair) + even_part(x, n) + odd_part(2, 3) * x


def clipped(x, low, n):
    return x if n == -2 else max(clipped(x * x, low, n - 1), low)


@structured(1.3)
def of_literals(x):
    return clipped(x, -math.inf, 1) + clipped(x, -3, -1) + clipped(-2.0, -x, -1)


@structured(signed(2, 2), 0.8, 3)
def nested_with_a_captured_array(a, x, n):
    def go(b, k):
        if k == 0:
            return b * x
        return a @ go(b, k - 1) + b

    total = np.sum(go(a * 2.0, n))
    x = x * x
    return total * np.sum(go(a.T, 2))


def walked(x, scale, step=None):
    def go(y, n):
        if n == 0:
            return y * scale
        if step is None:
            return go(y * x, n - 1) * scale
        return go(y + step, n - 1)

    return go(x, 3)


@structured(0.8, 1.2)
def nested_in_a_helper(x, y):
    scale = x * y
    return walked(x, y) + walked(y, x, 0.5) * scale + walked(scale, 2.0)


def adaptive(a, b, fa, fb, depth):
    m = 0.5 * (a + b)
    fm = math.exp(-m * m)
    whole = 0.5 * (b - a) * (fa + fb)
    halves = 0.25 * (b - a) * (fa + 2.0 * fm + fb)
    if depth == 0 or abs(whole - halves) < 1e-9:
        return halves
    return adaptive(a, m, fa, fm, depth - 1) + adaptive(m, b, fm, fb, depth - 1)


@structured(0.1, 0.9)
def adaptive_quadrature(a, b):
    return adaptive(a, b, math.exp(-a * a), math.exp(-b * b), 3)


@structured(sample(3, 3))
def determinant_by_lists_of_columns(a):
    def determinant(b):
        if len(b) == 2:
            return b[0, 0] * b[1, 1] - b[0, 1] * b[1, 0]
        total, sign = 0.0, 1.0
        for j in range(len(b)):
            others = [k for k in range(len(b)) if k != j]
            total += sign * b[0, j] * determinant(b[1:][:, others])
            sign = -sign
        return total

    return determinant(a + 2.0 * np.eye(3))
