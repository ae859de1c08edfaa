"""Loops of every kind, without exits."""

import math

import numpy as np

from programs.case import sample, signed, structured


@structured(1.1, compiled=True)
def power_by_loop(x):
    result = 1.0
    for _ in range(5):
        result *= x
    return result


@structured(1.1, 4)
def trip_count_argument(x, n):
    for i in range(n):
        x = math.sin(x) + 0.1 * i * x
    return x


@structured(1.1, 0)
def zero_rounds(x, n):
    y = x * x
    for i in range(n):
        y = y * x
    return y * x


@structured(signed(5), compiled=True)
def sum_of_squares(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * x[i]
    return total


@structured(signed(5), signed(5, seed=1))
def dot_product(x, y):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * y[i]
    return total


@structured(signed(6))
def steps(x):
    total = 0.0
    for i in range(1, 6, 2):
        total += x[i] * x[i - 1]
    for i in range(5, 0, -1):
        total *= 1.0 + 0.1 * x[i]
    for i in range(5, -1, -3):
        total += x[i] ** 2 * total
    return total


@structured(signed(6), 4)
def bounds_that_are_expressions(x, n):
    total = 0.0
    for i in range(n // 2, min(n + 1, len(x)), n - 3):
        total += x[i] * i * total + x[i]
    return total


@structured(signed(6))
def bounds_changed_in_the_body(x):
    n = 3
    total = 1.0
    for i in range(n):
        n = n + 1
        total *= x[i] + n
    return total * n


@structured(signed(6))
def loop_variable_assigned(x):
    total = 1.0
    for i in range(3):
        i = i * 2
        total *= x[i]
    return total * i


@structured(signed(6))
def loop_variable_afterwards(x):
    total = 1.0
    for i in range(3):
        total *= x[i]
    return total * x[i] * x[i + 1]


@structured(signed(6))
def loop_variable_reused(x):
    total = 0.0
    for i in range(3):
        total += x[i] ** 2
    for i in range(2, 5):
        total *= x[i]
    return total + i * x[0]


@structured(signed(3, 4), compiled=True)
def nested(a):
    total = 0.0
    for i in range(3):
        row = 1.0
        for j in range(4):
            row *= a[i, j]
        total += row * row
    return total


@structured(signed(4, 4))
def triangular(a):
    total = 0.0
    for i in range(4):
        for j in range(i):
            total += a[i, j] * a[j, i]
    return total


@structured(signed(4, 4))
def triangular_from_above(a):
    total = 1.0
    for i in range(4):
        for j in range(3, i, -1):
            total = total * 0.5 + a[i, j] * total
    return total


@structured(signed(2, 3, 2))
def three_deep(a):
    s = 0.5
    for i in range(2):
        for j in range(3):
            for k in range(2):
                s = math.sin(s + a[i, j, k])
    return s


@structured(signed(3, 4), signed(4, 2))
def matrix_product(A, B):
    C = np.zeros((3, 2))
    for i in range(3):
        for j in range(2):
            for k in range(4):
                C[i, j] += A[i, k] * B[k, j]
    return np.sum(C * C)


@structured(signed(5), compiled=True)
def over_elements(x):
    product = 1.0
    for v in x:
        product = product * v + v
    return product


@structured(signed(3, 4))
def over_rows(a):
    total = 0.0
    for row in a:
        total += np.sum(row * row) * row[0]
    return total


@structured(signed(3, 4))
def over_rows_and_elements(a):
    total = 1.0
    for row in a:
        for v in row:
            total += v * total * 0.1
    return total


@structured(signed(5))
def enumerated(x):
    total = 0.0
    for i, v in enumerate(x):
        total += i * v * v + x[i]
    return total


@structured(signed(5))
def enumerated_from_one(x):
    total = 0.0
    for i, v in enumerate(x, 1):
        total += v**i
    return total


@structured(signed(5), signed(5, seed=1))
def zipped(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total = total * a + b
    return total


@structured(signed(5), signed(3, seed=1))
def zipped_unequal(x, y):
    total = 1.0
    for a, b in zip(x, y):
        total *= a * b
    return total


@structured(signed(4), signed(4, seed=1))
def enumerated_zip(x, y):
    total = 0.0
    for i, (a, b) in enumerate(zip(x, y)):
        total += i * a * b + total * a
    return total


@structured(signed(5))
def reversed_range(x):
    total = 0.0
    for i in reversed(range(len(x))):
        total = total * 0.5 + x[i]
    return total


@structured(signed(5))
def reversed_array(x):
    total = 0.0
    for v in reversed(x):
        total = total * 0.5 + v
    return total


@structured(1.3, 0.4)
def over_a_tuple(x, y):
    total = 0.0
    for c in (1.0, 2.0, -0.5):
        total = total * x + c * y
    return total


@structured(1.3, 0.4)
def over_a_tuple_of_active_values(x, y):
    total = 1.0
    for v in (x, y, x * y):
        total = total * v + v
    return total


@structured(1.3)
def over_a_list(x):
    total = 0.0
    for i in [3, 1, 2]:
        total += x**i
    return total


@structured((1.3, 0.4, 2.0))
def over_a_tuple_argument(p):
    total = 1.0
    for v in p:
        total = total * v + 1.0
    return total


@structured(3.7, compiled=True)
def while_by_value(x):
    n = 0
    while x > 1.0:
        x = x / 2.0
        n += 1
    return x * x + n


@structured(0.3)
def while_of_zero_rounds(x):
    y = x
    while y > 1.0:
        y = y * x
    return y * y


@structured(signed(5))
def while_counter(x):
    i = 0
    total = 1.0
    while i < len(x):
        total *= x[i]
        i += 1
    return total


@structured(signed(5))
def while_with_step(x):
    i = len(x) - 1
    total = 0.1
    while i >= 0:
        total = total * x[i] + x[i]
        i -= 2
    return total


@structured(2.0, compiled=True)
def newton_square_root(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


@structured(1.5)
def while_inside_for(x):
    total = 0.0
    for i in range(3):
        y = x * (i + 1)
        while y > 0.7:
            y = y * y * 0.05 + y * 0.3
        total += y
    return total


@structured(1.5)
def for_inside_while(x):
    y = x
    while y < 30.0:
        for i in range(2):
            y = y * x + i
    return y


@structured(2.5)
def while_inside_while(x):
    total = 0.0
    while x > 0.5:
        y = x
        while y > 0.3:
            y = y * 0.4
            total += y * x
        x = x * 0.6
    return total


@structured(0.5, 6)
def logistic_map(x, n):
    for _ in range(n):
        x = 3.6 * x * (1.0 - x)
    return x


@structured(0.5, 1.1, 6)
def fibonacci_like(a, b, n):
    for _ in range(n):
        a, b = b, a * 0.5 + b * a
    return b


@structured(0.9, 12)
def taylor_series(x, n):
    term, total = 1.0, 1.0
    for k in range(1, n):
        term *= x / k
        total += term
    return total


@structured(0.4)
def taylor_until_small(x):
    term, total, k = 1.0, 1.0, 1
    while abs(term) > 1e-14:
        term = term * x / k
        total = total + term
        k = k + 1
    return total


@structured(signed(5))
def maximum_by_loop(x):
    best = x[0]
    for i in range(1, len(x)):
        best = max(best, x[i])
    return best * best


@structured(signed(4), 0.3)
def body_local_temporaries(x, c):
    total = 0.0
    for i in range(4):
        a = x[i] * c
        b = math.exp(a)
        d = b * b + a
        total += d * b
    return total


@structured(signed(4), 0.3)
def accumulated_and_read(x, c):
    total = c
    for i in range(4):
        total += x[i] * total
    return total


@structured(signed(6))
def comprehension(x):
    y = [v * v for v in x]
    return sum(y) + y[0]


@structured(signed(6))
def comprehension_over_range(x):
    y = np.array([x[i] * x[i + 1] for i in range(5)])
    return np.sum(y * y)


@structured(signed(6))
def comprehension_with_condition(x):
    return sum([v * v for v in x if v > 0])


@structured(signed(6))
def generator_in_sum(x):
    return sum(v**3 for v in x) + sum(x[i] * i for i in range(6))


@structured(signed(3, 4))
def nested_comprehension(a):
    return sum([a[i, j] * j for i in range(3) for j in range(4)])


@structured(signed(6))
def appended_list(x):
    values = []
    for v in x:
        if v > 0:
            values.append(v * v)
    total = 0.0
    for w in values:
        total += w * w
    return total


@structured(signed(6))
def last_of_list(x):
    states = [x[0]]
    for i in range(1, 6):
        states.append(states[-1] * 0.5 + x[i] * states[i - 1])
    return states[-1] * states[2]


@structured(sample(4))
def loop_over_slices(x):
    total = 1.0
    for v in x[1:]:
        total *= v
    for v in x[::-1]:
        total = total * 0.5 + v
    return total


@structured(signed(2, 5))
def columns(a):
    total = 0.0
    for j in range(a.shape[1]):
        total += a[0, j] * a[1, j] ** 2
    return total / a.shape[1]


@structured(signed(3, 4))
def over_transposed(a):
    total = 0.0
    for column in a.T:
        total = total * 0.3 + np.sum(column * column)
    return total


@structured(signed(5))
def builtin_sum_and_max(x):
    return sum(x) * max(x) - min(x) * x[0]


@structured(0.7)
def pass_only(x):
    for i in range(3):
        pass
    while x > 2.0:
        pass
    if x > 0:
        pass
    else:
        x = 0.0
    return x * x


@structured((1.5, 2.0, 0.5), compiled=True)
def tuple_argument_enumerated_and_subscripted(p):
    total = 1.0
    for i, v in enumerate(p):
        total = total * v + i
    for i in range(len(p)):
        total = total * p[i] + 1.0
    return total + sum(p) * max(p) + sum(v**3 for v in p)


@structured(signed(4), compiled=True)
def array_filled_anew_takes_the_place_of_the_last(x):
    a = x.copy()
    for _ in range(3):
        b = np.zeros(4)
        for j in range(4):
            b[j] = a[j] * x[j - 1]
        a = b
    return np.sum(a * x)


@structured(signed(3), signed(3, 3))
def sums_filled_anew_in_each_round(x, m):
    a = x.copy()
    for _ in range(4):
        b = np.zeros(3)
        for j in range(3):
            b[j] = np.log(np.sum(np.exp(a + m[:, j]))) + x[j]
        a = b
    return np.log(np.sum(np.exp(a)))


@structured(signed(4), signed(4, seed=4))
def parameter_rebound_in_a_loop_of_one_round(a, b):
    for k in range(1):
        u = np.zeros(4)
        a = u
        u[k + 1] = abs(a[-1] - 2.0173) * b[3]
    return np.sum(a * b)


@structured(np.array([0.55, 0.77, 1.21, 0.44]))
def counter_set_before_its_loop_in_each_round(a):
    s = 1.0
    for i in range(3):
        k = 1
        s *= a[k]
        for k in range(2, i + 2):
            s = np.sin(s) + a[k]
        s *= a[k]
        a[k] = s
    return s
