"""Arrays in tuples: split, looped over, subscripted by a counter; piecewise functions."""

import numpy as np

from programs.case import signed, straight_line, structured


@structured(signed(6), compiled=True)
def loop_over_parts(x):
    total = 0.0
    for part in np.split(x, 3):
        total += np.sum(part**2) * part[0]
    return total


@structured(signed(7))
def parts_of_unequal_length(x):
    total = 0.0
    for k, part in enumerate(np.array_split(x, 4)):
        total = total * 0.5 + np.sum(part**2) * part[0] * (k + 1)
    return total


@structured(signed(4), signed(4, seed=4))
def parts_of_two_arrays_side_by_side(x, y):
    total = 0.0
    for a, b in zip(np.split(x, 2), np.split(y, 2)):
        total += np.dot(a, b) ** 2
    return total


@structured(signed(4, 3))
def parts_along_other_axes(x):
    first, second, third = np.hsplit(x, 3)
    total = np.sum(first * second**2 * third)
    return total + sum(np.sum(p**3) * p[0, -1] for p in np.split(x, [1, 2], axis=-1))


@structured(signed(4))
def parts_are_views(x):
    y = x * 2.0
    parts = np.split(y, 2)
    parts[0][0] = x[3]
    return np.sum(y**3)


@structured(signed(6))
def parts_by_number(x):
    parts = np.split(x, 3)
    total = 0.0
    for i in range(len(parts) - 1):
        total += np.sum(parts[i] ** 2) * parts[i + 1][0]
    return total * parts[-1][0]


@structured(signed(4), signed(4, seed=4), compiled=True)
def arrays_of_a_tuple_by_number(x, y):
    layers = (x, y, x * y)
    total = 0.0
    for i in range(3):
        if total > 100.0:
            break
        total += np.sum(layers[i] ** 2 * layers[(i + 1) % 3]) * (i + 1)
    return total * i


@structured(signed(3), signed(3, seed=4))
def tuple_made_in_each_round(x, y):
    total = 0.0
    for k in range(3):
        pair = (x[k], y[k])
        for j in range(2):
            total += pair[j] ** 2 * k + pair[1 - j]
        x[k] = total
    return total


@straight_line(signed(5), signed(5, seed=4))
def piecewise_functions(x, y):
    pieces = np.piecewise(x, [x < 0, x > 0.7], [lambda v: v**2 + y[0], np.sin, 0.3])
    return np.sum(pieces * x)


@straight_line(signed(3, 2))
def piecewise_of_a_matrix(x):
    return np.sum(np.piecewise(x, [x < 0, x < 0.7], [1.0, np.cos]) * x)


@straight_line(signed(4), signed(4, seed=4))
def chosen_among_arrays(x, y):
    chosen = np.choose(np.array([0, 2, 1, 0]), (x, y, 3.0))
    return np.sum(chosen**3) + np.sum(np.choose(x > 0.4, [x**2, y]))
