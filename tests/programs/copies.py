"""Which arrays are new, and which are the same one: both are written to."""

import numpy as np

from programs.case import signed, structured


@structured(signed(4), 0.4, compiled=True)
def neutral_operations_copy(a, x):
    u, v, w = a - 0, a**1, a + 0
    u[0], v[1], w[2] = x, 2.0 * x, 3.0 * x
    for k in range(3):
        a = a + 0
        a[k] *= x
    return np.sum(a * a) + np.sum(u * v * w)


@structured(signed(4), 0.4)
def neutral_functions_copy(a, x):
    u, v, w = np.add(a, 0), np.power(a, 1), np.positive(a)
    u[0], v[1], w[2] = x, 2.0 * x, 3.0 * x
    return np.sum(a * a) + np.sum(u * v * w)


@structured(signed(4), 0.4, compiled=True)
def same_array_of_the_same_dtype(a, x):
    u = np.asarray(a, dtype=float)
    u[0] = x
    v = np.asarray(a, a.dtype)
    v[1] *= x
    w = np.float64(a)
    w[2] *= x
    return np.sum(a * a) + u[1] * v[2] * w[0]


@structured(signed(4), np.array([1, 2, 3, 4]), wrt="a")
def new_array_of_another_dtype(a, n):
    v = np.asarray(n, dtype=float)
    v[0] = a[0]
    return np.sum(a * v) * n[0] + np.float64(a[1]) * np.asarray(a[2], dtype=float)


@structured(signed(4), 0.4)
def real_part_is_the_array(a, x):
    v = np.real(a)
    v[0] = x
    w = np.real(a * 2.0)
    w[1] = x
    return np.sum(a * v) + w[1] * w[0] + np.real(x) * np.real(a[0] * x)


@structured(signed(4), 0.4)
def part_of_flat_is_a_copy(a, x):
    v = a.flat[1:3]
    v[0] = x
    a[2] *= x
    return np.sum(a * a) + v[0] * v[1]


@structured(signed(4), 0.4)
def filled_with_an_array(a, x):
    v = np.full((3, 4), a)
    v[0, 1] = x
    w = np.full_like(v, a * x)
    return np.sum(v * v * w) + np.sum(np.full((2,), a[1]))


@structured(signed(4, 3))
def part_added_to_before_a_whole_that_is_no_loop(a):
    y = np.roll(a, 1, 0) * np.roll(a, -1, 1) + np.roll(a, 2)
    y[1:] = y[:-1] * a[1:]
    z = np.roll(a.T, 1, axis=-1).T
    return np.sum(y * z)
