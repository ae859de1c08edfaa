"""Recursive functions that change arrays, or that are called in loops, branches and of views."""

import math

import numpy as np

from programs.case import sample, signed, structured


def transformed(a):
    n = len(a)
    if n == 1:
        return
    even, odd = a[::2].copy(), a[1::2].copy()
    transformed(even)
    transformed(odd)
    for k in range(n // 2):
        t = math.cos(math.pi * k / n) * odd[k]
        a[k] = even[k] + t
        a[k + n // 2] = even[k] - t * even[k]


@structured(signed(8), compiled=True)
def transform_in_place(a):
    transformed(a)
    return np.sum(a**3)


def butterflies(a, low, n, step):
    if n == 1:
        return
    half = n // 2
    butterflies(a, low, half, step * 2)
    butterflies(a, low + half, half, step * 2)
    for k in range(half):
        u, v = a[low + k], a[low + k + half]
        a[low + k] = u + v * math.cos(0.3 * k * step)
        a[low + k + half] = u * v


@structured(signed(8))
def block_of_an_array(a):
    butterflies(a, 0, 8, 1)
    return np.sum(np.sin(a))


def merge_in_place(a, low, high, space):
    if high - low < 2:
        return
    middle = (low + high) // 2
    merge_in_place(a, low, middle, space)
    merge_in_place(a, middle, high, space)
    i, j = low, middle
    for k in range(low, high):
        if j >= high or (i < middle and a[i] <= a[j]):
            space[k] = a[i]
            i += 1
        else:
            space[k] = a[j]
            j += 1
    for k in range(low, high):
        a[k] = space[k]


@structured(signed(7), compiled=True)
def merge_sort_in_place(a):
    space = np.empty(7)
    merge_in_place(a, 0, 7, space)
    total = 0.0
    for k in range(7):
        total += a[k] * (k + 1) ** 2
    return total


def quick(a, low, high):
    if low < high:
        pivot = a[high]
        i = low
        for j in range(low, high):
            if a[j] < pivot:
                a[i], a[j] = a[j], a[i]
                i += 1
        a[i], a[high] = a[high], a[i]
        quick(a, low, i - 1)
        quick(a, i + 1, high)


@structured(signed(6))
def quick_sort(a):
    before = np.sum(a[:3] * a[3:])
    quick(a, 0, 5)
    return before + a[0] * a[5] + a[1] ** 3 - a[2] * a[4]


def factor(a, k):
    n = a.shape[0]
    if k == n:
        return
    a[k, k] = math.sqrt(a[k, k])
    for i in range(k + 1, n):
        a[i, k] /= a[k, k]
    for j in range(k + 1, n):
        for i in range(j, n):
            a[i, j] -= a[i, k] * a[j, k]
    factor(a, k + 1)


@structured(signed(3, 3))
def recursive_cholesky(b):
    a = b @ b.T + np.eye(3)
    factor(a, 0)
    return a[0, 0] * a[1, 0] + a[2, 1] ** 2 + a[2, 2]


def flood(a, i, j, level):
    if i < 0 or j < 0 or i >= a.shape[0] or j >= a.shape[1] or a[i, j] > level:
        return 0.0
    old = a[i, j]
    a[i, j] = level + old * old
    total = old
    total += flood(a, i + 1, j, level)
    total += flood(a, i, j + 1, level) * old
    return total


@structured(signed(3, 3), 0.4)
def flood_fill(a, level):
    total = flood(a, 0, 0, level)
    return total * a[0, 0] + np.sum(a * a)


def halve(a):
    if len(a) > 0:
        a[0] = a[0] * a[0]
        halve(a[1:])
        a[0] *= a[-1]


@structured(signed(4), compiled=True)
def views_changed(a):
    halve(a)
    return np.sum(a)


@structured(signed(4))
def argument_changed_after_the_call(a):
    b = a * 2.0
    s = total_of(b, 0)
    b[1] = s * b[0]
    b[2] = 0.0
    return s * np.sum(b * b)


@structured(signed(4))
def argument_changed_before_and_after(a):
    b = a * 2.0
    b[0] = b[1] * b[2]
    halve(b)
    b[1] *= b[3]
    s = total_of(b[1:], 0)
    b[2] = s
    halve(b[1:3])
    return np.sum(b) * s


def total_of(a, k):
    return 0.0 if k == len(a) else a[k] * a[k] + total_of(a, k + 1) * a[0]


@structured(signed(5))
def changed_in_a_loop(a):
    total = 0.0
    for i in range(3):
        halve(a[i:])
        total += total_of(a, i) * a[i]
        a[i] += total
    return total


@structured(signed(4), 2)
def loop_of_changing_numbers(a, n):
    x = 0.3
    for i in range(n):
        x = total_of(a, i) * x + a[i]
        if x > 0.0:
            x = total_of(a * x, i)
    return x


@structured(signed(3), 0)
def no_rounds(a, n):
    total = a[0] * a[1]
    for i in range(n):
        total += total_of(a, i)
        halve(a)
    return total


def paths(values, i, total):
    if i == len(values):
        return math.sin(total)
    best = 0.0
    for sign in (-1.0, 1.0):
        for k in range(i + 1, len(values) + 1):
            best += paths(values, k, total * values[i] * sign + values[k - 1]) * values[i]
    return best


@structured(signed(3), 0.3)
def called_in_nested_loops(values, x):
    return paths(values, 0, x)


def sum_until(a, k, limit):
    total = 0.0
    while k < len(a):
        total += a[k] * total + a[k]
        if total > limit:
            return total + sum_until(a, k + 1, limit * 0.5) * a[k]
        k += 1
    return total * total


@structured(sample(6), 0.9)
def returned_early_from_a_loop(a, limit):
    return sum_until(a, 0, limit)


def interacting(x, n):
    if n <= 1:
        return x + n
    left = interacting(x * 0.9, n - 1)
    right = interacting(x + left * 0.1, n - 2)
    again = interacting(right * left, n - 3)
    return left * right + math.sin(again)


@structured(0.6, 4)
def calls_that_need_each_other(x, n):
    return interacting(x, n) * interacting(x * x, n - 1)


def ping(a, n):
    if n > 0:
        a[n % 3] *= a[0]
        pong(a, n - 1, a[1])
        a[0] += a[2]


def pong(b, n, x):
    if n > 0:
        b[1] = b[1] * x + b[2]
        ping(b, n - 1)
        ping(b, n - 2)


@structured(signed(3), 4)
def mutual_in_place(a, n):
    ping(a, n)
    return a[0] * a[1] * a[2]


def power_rows(a, k):
    if k == a.shape[0]:
        return np.ones(a.shape[1])
    row = a[k]
    row[0] = row[1] * row[0]
    rest = power_rows(a, k + 1)
    rest[0] = rest[1] * row[1]
    return rest * row


@structured(signed(3, 2))
def rows_changed_and_results_too(a):
    v = power_rows(a, 0)
    w = v * a[0]
    v[0] = w[1]
    return np.sum(v * w)


def smoothed(a, n):
    for _ in range(n):
        b = np.empty_like(a)
        for i in range(len(a)):
            b[i] = a[i] * a[i - 1]
        a = b + a
    if n == 0:
        return a
    return smoothed(a, n - 1) * a[0]


@structured(signed(3), 2)
def argument_rebound(a, n):
    return np.sum(smoothed(a, n))


def number_rebound(x, n):
    if n == 0:
        return x
    x = x * x
    y = number_rebound(x + 1.0, n - 1)
    x = y * 0.5 + x
    return x * y


@structured(0.4, 3)
def numbers_rebound(x, n):
    return number_rebound(x, n)


def with_test(x, n):
    if n > 0 and with_test(x * 0.5, n - 1) > 0.3:
        return x * with_test(x * x, n - 1)
    return x + 1.0 if x < 2.0 else math.log(x)


@structured(0.8, 3)
def called_in_a_test(x, n):
    return with_test(x, n)


def counted(a, counts, k):
    if k < len(a):
        counts[k % 2] += 1
        a[k] = a[k] * a[k] * counts[0]
        counted(a, counts, k + 1)
        a[0] += a[k] * counts[1]


@structured(signed(4))
def integers_changed_too(a):
    counts = np.zeros(2, np.int64)
    counted(a, counts, 0)
    return np.sum(a) * counts[0]


def whole_rows(a, n):
    if n == 0:
        return
    a[n - 1] = a[n] * a[0]
    whole_rows(a, n - 1)
    a[:n] = a[1 : n + 1] * 0.5
    a[n, 0] = np.sum(a[0])


@structured(signed(3, 2))
def slices_overwritten(a):
    whole_rows(a, 2)
    return np.sum(a * a)


@structured(signed(3))
def nested_that_changes_what_it_captured(a):
    b = a * 2.0

    def go(n):
        b[n] = b[n] * b[0]
        if n > 0:
            go(n - 1)
            b[n] += b[0]

    go(2)
    return np.sum(b * a)


@structured(1.1, 3)
def value_used_and_call_in_branch(x, n):
    y = x
    for i in range(n):
        if i != 1:
            y = y * x + number_rebound(y * 0.1, i)
        else:
            z = number_rebound(y * 0.2, 2)
            y = z * z
    return y


@structured(0.7, 3)
def last_value_used_after_the_loop(x, n):
    z = 1.0
    total = 0.0
    for i in range(n):
        z = number_rebound(x, i)
        total += z * z
    return total * z


@structured(signed(3))
def last_array_used_after_the_loop(a):
    total = 0.0
    v = a
    for i in range(3):
        v = power_rows(np.outer(a, a) + v, i)
        v[0] = v[1] * 2.0
        total += v[0] * v[1]
    return total * v[2] * a[0]


@structured(0.9)
def called_in_the_test_of_a_loop(x):
    y = x
    while y * number_rebound(y, 1) > 0.1:
        y = y * 0.5 * x
    return y * y


def triangular(a, b, i):
    n = len(b)
    if i == n:
        return b.copy()
    x = triangular(a, b, i + 1)
    for j in range(i + 1, n):
        x[i] -= a[i, j] * x[j]
    x[i] /= a[i, i]
    return x


@structured(sample(3, 3), signed(3))
def back_substitution(a, b):
    x = triangular(a + np.eye(3), b, 0)
    return np.sum(x * x)


def knapsack(weights, values, best, i, room):
    if i == len(weights):
        return 0.0
    if best[i, room] >= 0.0:
        return best[i, room]
    found = knapsack(weights, values, best, i + 1, room)
    if weights[i] <= room:
        taken = values[i] + knapsack(weights, values, best, i + 1, room - weights[i])
        found = found + math.log(1.0 + math.exp(taken - found))
    best[i, room] = found
    return found


@structured(sample(4), wrt=0)
def memoised(values):
    best = np.full((4, 6), -1.0)
    return knapsack(np.array([1, 2, 2, 3]), values, best, 0, 5)


def edit(a, b, i, j):
    if i == 0 or j == 0:
        return 1.0 * (i + j)
    same = edit(a, b, i - 1, j - 1) + (a[i - 1] - b[j - 1]) ** 2
    return min(same, edit(a, b, i - 1, j) + 0.3, edit(a, b, i, j - 1) + a[i - 1] * 0.1)


@structured(sample(3), sample(2))
def edit_distance(a, b):
    return edit(a, b, 3, 2)


def strassen(a, b):
    n = a.shape[0]
    if n == 1:
        return a * b
    k = n // 2
    c = np.empty((n, n))
    c[:k, :k] = strassen(a[:k, :k], b[:k, :k]) + strassen(a[:k, k:], b[k:, :k])
    c[:k, k:] = strassen(a[:k, :k], b[:k, k:]) + strassen(a[:k, k:], b[k:, k:])
    c[k:, :k] = strassen(a[k:, :k], b[:k, :k]) + strassen(a[k:, k:], b[k:, :k])
    c[k:, k:] = strassen(a[k:, :k], b[:k, k:]) + strassen(a[k:, k:], b[k:, k:])
    return c


@structured(signed(4, 4))
def product_by_blocks(a):
    return np.sum(np.sin(strassen(a, a.T)))


def hanoi(pegs, heights, n, source, target):
    if n == 0:
        return 0.0
    other = 3 - source - target
    cost = hanoi(pegs, heights, n - 1, source, other)
    heights[source] -= 1
    pegs[target, heights[target]] = pegs[source, heights[source]] * 1.1
    heights[target] += 1
    cost += pegs[target, heights[target] - 1] * n
    return cost * 0.9 + hanoi(pegs, heights, n - 1, other, target)


@structured(sample(3))
def towers(disks):
    pegs = np.zeros((3, 3))
    pegs[0] = disks
    heights = np.array([3, 0, 0])
    cost = hanoi(pegs, heights, 3, 0, 2)
    return cost * pegs[2, 0] + pegs[2, 1] ** 2


def leapfrog(q, p, n):
    if n == 0:
        return
    for i in range(len(q)):
        p[i] -= 0.1 * math.sin(q[i])
    q += 0.1 * p
    leapfrog(q, p, n - 1)
    q *= 1.0 + 0.01 * p[0]


@structured(signed(3), signed(3), compiled=True)
def steps_by_recursion(q0, p0):
    q, p = q0.copy(), p0.copy()
    for _ in range(2):
        leapfrog(q, p, 3)
    return np.sum(q * p) + q[0]
