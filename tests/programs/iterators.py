"""Loops over products, combinations, pairs and indices; ranges turned round."""

import itertools

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
