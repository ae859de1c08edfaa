"""Loops over products, combinations, pairs and indices; ranges turned round."""

import functools
import itertools
import math
import operator

import numpy as np

from programs.case import sample, signed, structured


@structured(signed(4), compiled=True)
def product_with_exits(x):
    s = 0.0
    for i, j in itertools.product(range(3), range(4)):
        if j > i:
            continue
        s += x[i] * x[j] * (i + 1)
        if s > 1.5:
            break
    return s * x[0]


@structured(signed(4))
def product_with_an_else(x):
    s = 0.0
    for i, j in itertools.product(range(2), range(2)):
        s += x[i] * x[j] * i
        if s > 100:
            break
    else:
        s *= x[3]
    return s


@structured(signed(4))
def product_with_a_return(x):
    for i, j in itertools.product(range(3), range(4)):
        if x[i] * x[j] < -0.5:
            return x[i] * x[j] * (i + 1) + j
    return x[0]


@structured(signed(4))
def products_without_rounds(x):
    i, j = 1, 1
    for i, j in itertools.product(range(3), range(0)):
        pass
    for i, j in itertools.product(range(2), range(3)):
        x[j] * 1.0
    return x[i] * x[j]


@structured(signed(4))
def combinations_without_rounds(x):
    i, j = 3, 3
    for i, j in itertools.combinations(range(1), 2):
        pass
    return x[i] * x[j] * 2


@structured(signed(4))
def sum_over_triples(x):
    return sum(x[i] * x[j] * x[k] for i, j, k in itertools.combinations(range(len(x)), 3))


@structured(signed(4), compiled=True)
def pairs_that_push_each_other(x):
    f = x * 1.0
    for i, j in itertools.combinations(range(len(x)), 2):
        d = f[i] - f[j]
        f[i] += 0.1 * d
        f[j] -= 0.1 * d * d
    return np.sum(f**3)


@structured(signed(4))
def combinations_of_elements(x):
    return sum((u - v) ** 3 * w for u, v, w in itertools.combinations(x, 3)) + max(
        (u - v) for u, v in itertools.combinations(x, 2)
    )


@structured(sample(3, 4))
def generators_over_indices(a):
    return sum(v * v * i + j * v for (i, j), v in np.ndenumerate(a)) + sum(
        a[i, j] ** 2 for i, j in np.ndindex(a.shape) if i < j
    )


@structured(sample(3, 4), compiled=True)
def written_by_indices(a):
    b = np.zeros(a.shape)
    for (i, j), v in np.ndenumerate(a):
        b[i, j] = v * v + b[i - 1, j]
    for i, j in np.ndindex(2, 3):
        b[i, j] *= a[j - 1, i]
    return np.sum(b * b)


@structured(sample(3, 4))
def elements_that_earlier_rounds_change(a):
    b = a * 1.0
    for (i, j), v in np.ndenumerate(b):
        b[i, j] = v * b[i - 1, j]
        b[2 - i, j] += v
    return np.sum(b)


@structured(signed(4))
def pairwise_in_a_while(x):
    s = 0.0
    k = 0
    while k < 2:
        for u, v in itertools.pairwise(x):
            s += (u - v) ** 2 * (s + 1)
            if s > 50:
                break
        k += 1
    return s


@structured(sample(3, 4))
def flat_iteration(a):
    s = 0.0
    for v in a.T.flat:
        s = s * 0.5 + v * v
    for k, v in enumerate(a.flat):
        s += k * v
    return s


@structured(signed(4))
def ranges_turned_round(x):
    s = 0.0
    for i in range(1, len(x))[::-1]:
        for j in range(i)[::-1]:
            s = s * x[j] + x[i]
    return s


@structured(signed(4))
def product_with_itself(x):
    s = 0.0
    for i, j in itertools.product(range(3), repeat=2):
        s += x[i] * x[j] * i
    return s


@structured(signed(4))
def loop_over_functions(x):
    t = 0.0
    for f in (np.sin, math.exp, lambda v: v * v):
        for k in range(2):
            t = f(t * 0.3 + x[k])
            if t > 5:
                continue
            t += 1
    return t


@structured(signed(4))
def sorted_in_both_directions(x):
    h = sorted(v * v for v in x)
    g = sorted(x, reverse=True)
    a, b, c, d = sorted(x)
    return h[0] * h[1] ** 2 + g[0] * a * b + sorted((x[0], x[1]))[0]


@structured(signed(4))
def sorted_in_a_loop(x):
    s = 0.0
    for r in range(2):
        for k, v in enumerate(sorted(x * (s + 1))):
            s += k * v * 0.1
    return s


@structured(signed(4))
def sorted_list_is_a_copy(x):
    h = []
    for v in x:
        h.append(v**2)
    g = sorted(h)
    g[0] = 7.0 * x[0]
    return h[0] * g[1] + g[0]


@structured(signed(4))
def list_of_an_array_is_a_copy(x):
    h = list(x)
    h.append(x[0] * x[1])
    g = list(h)
    g[0] = 2.0
    return sum(h) * g[0] + g[4]


@structured(signed(4))
def maps_of_two(x):
    h = list(map(lambda v: v * v, x))
    g = list(map(lambda a, b: a * b, x, h))
    return sum(h) * g[0] + sum(map(operator.mul, x, x))


@structured(signed(4))
def tuples_of_iterables(x):
    t = tuple(x[k] * 2 for k in range(3))
    u = tuple(x)
    return t[0] * t[1] + t[2] * u[3]


@structured(signed(3, 4, 4, seed=2), signed(4), compiled=True)
def reduced_in_a_loop(W, x):
    s = 0.0
    for r in range(2):
        v = functools.reduce(lambda p, q: np.tanh(q @ p), W, x * (s + 1))
        s += np.sum(v)
    return s


@structured(signed(4))
def list_of_places(x):
    idx = [2 * k % 3 for k in range(4)]
    s = 0.0
    for i in idx:
        s += x[i] ** 2 * i
    return s * x[idx[1]]


@structured(signed(4))
def integers_that_become_floats(x):
    h = [0 for _ in range(4)]
    for k in range(4):
        h[k] += x[k] ** 2
    return h[0] * h[3]


@structured(sample(5), compiled=True)
def sorted_by_key(x):
    near = sorted(x, key=lambda v: abs(v - 1.0))
    order = sorted(range(len(x)), key=lambda i: -x[i] * near[0])
    return sum((k + 1) * x[i] for k, i in enumerate(order)) + near[0] * near[-1]


@structured(sample(4), sample(3, seed=1))
def accumulated_chained_filtered(x, y):
    sums = list(itertools.accumulate(itertools.chain(x, y), lambda a, b: a * b + a))
    return sum(v * v for v in filter(lambda v: v > 0.5, sums)) + sums[1]


def cubic(x, a, b, c):
    return a * x**3 + b * x + c


FIXED = {"a": 2.0, "c": 0.5}


@structured(sample(3), 0.7)
def star_arguments(theta, x):
    ends = (x, theta[0])
    first, *rest = theta * 2.0
    several = [0.0, *theta, *rest]
    value = cubic(x, *theta) + cubic(*ends, *rest) + max(*ends) + cubic(b=x, x=x, **FIXED)
    return value + sum(u * v for u, v in zip(several[1:], several[:-1], strict=True)) * first


@structured(sample(3, 3))
def determinant_by_permutations(a):
    total = 0.0
    for p in itertools.permutations(range(3)):
        sign = 1
        for i in range(3):
            for j in range(i):
                if p[j] > p[i]:
                    sign = -sign
        total += sign * a[0, p[0]] * a[1, p[1]] * a[2, p[2]]
    return total
