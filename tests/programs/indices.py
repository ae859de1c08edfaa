"""Index arrays that a subscript computes: slices, sums, rows and elements of other index arrays."""

import numpy as np

from programs.case import sample, signed, structured

PLACES = np.array([2, 0, 2, 1])
TABLE = np.array([[1, 0], [2, 2]])
FLAGS = np.array([True, True, True, False, True])


@structured(signed(5), PLACES, compiled=True)
def reversed_places(a, j):
    return np.sum(a[j[::-1]] * a[:4])


@structured(signed(5), PLACES)
def shifted_places(a, j):
    return np.sum(a[j + 1] ** 2) + np.sum(a[-j] ** 3) + np.sum(a[(j * 3 + 1) % 5])


@structured(signed(5), PLACES)
def places_of_places(a, j):
    return np.sum(a[j[j]] ** 2 * a[:4]) + np.sum(a[j[j[1:] + 1]])


@structured(signed(5), TABLE, compiled=True)
def rows_of_places(a, table):
    total = 0.0
    for k in range(2):
        total += np.sum(a[table[k]] * a[1:3])
    return total + np.sum(a[table[:, 0]] ** 2) + np.sum(a[table[::-1]] * a[table + 1])


@structured(signed(5), PLACES, compiled=True)
def stored_at_some_of_the_places(a, j):
    a[j[::-1]] = a[j] * 2.0
    a[j[1:]] += a[j[:-1]]
    a[j + 1] *= a[j]
    return np.sum(a * a * np.arange(5.0))


@structured(signed(5), PLACES)
def gathered_is_a_copy(a, j):
    b = a[j[:2]]
    b[0] = 3.0
    a[2] *= 2.0
    return np.sum(b * b) + np.sum(a * a)


@structured(signed(5), PLACES)
def gathered_then_scaled(a, j):
    b = a[j[1:]]
    b *= 2.0
    return np.sum(b * a[j[1:]]) + np.sum(a * a)


@structured(sample(4, 3), PLACES)
def rows_at_some_of_the_places(m, j):
    m[j[1:], 0] += m[j[1:], 1]
    m[j[:2]] *= 2.0
    return np.sum(m * m) + np.sum(m[j[1:], j[:-1]] ** 2) + np.sum(m[1:, j[:2]] ** 3)


@structured(sample(4, 3), PLACES)
def rows_at_absolute_places(m, j):
    return np.sum(m[abs(j)] ** 3) + np.sum(m[np.abs(j)[1:]] ** 2)


@structured(signed(5), FLAGS)
def mask_reversed(a, flags):
    a[flags[::-1]] *= 2.0
    a[flags[::-1]] = a[flags] * 0.5
    return np.sum(a[flags & flags[::-1]] ** 2) + np.sum(a**3)


@structured(signed(5), PLACES)
def elements_at_computed_places(a, j):
    return a[j[1]] * a[j[j[0]]] * a[min(j[0], 1)] * a[j[-1] + 1]


@structured(signed(5))
def sorted_places(a):
    order = np.argsort(a)
    return np.sum(a[order[1:]] * a[:4]) + np.sum(a[np.argsort(a)[::-1][:2]] ** 3)


@structured(sample(5, 3), FLAGS, np.array([0, 2, 1, 0, 2]), compiled=True)
def masks_and_ranges_beside_numbers(x, flags, labels):
    x[flags, 1] = 3.0 * x[flags, 2]
    picked = x[range(len(labels)), labels]
    means = [np.mean(x[labels == k, 1]) ** (k + 1) for k in range(3)]
    return np.sum(picked**2) + sum(means)


@structured(sample(2, 3, 4), compiled=True)
def shapes_by_parts(x):
    largest = np.max(x, axis=-1)
    weights = np.exp(x - largest.reshape(x.shape[:-1] + (1,)))
    buffer = np.ndarray(weights.shape[1:], dtype=np.float64)
    buffer[:] = weights[1]
    steps = np.arange(start=1.0, stop=5.0)
    flag = x[0, 0, 0] > 0.0
    return np.sum(buffer * steps) * float(flag) + float(x[0, 1, 0] > 9.0)


@structured(signed(5, 3), signed(3, seed=1), np.array([[0, 4, 1], [1, -1, 1]]))
def rows_looked_up_by_a_table(table, w, tokens):
    rows = table[tokens]
    total = np.sum(np.tanh(rows @ w)) + np.sum(table[tokens.T] * rows[0, 1])
    table = table[tokens[:, 1:]]
    table[0] *= w
    return total + np.sum(table * rows[:, :2])
