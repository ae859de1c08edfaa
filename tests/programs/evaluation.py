"""When things are evaluated: names rebound after use, helpers that change what is read beside."""

import numpy as np

from programs.case import signed, structured


def doubles_the_first(a):
    a[0] = a[0] * 2.0
    return a[0]


@structured(1.5, 2.5)
def default_is_of_the_definition(x, s):
    def scaled(t, k=s):
        return t * k

    s = 7.0
    return scaled(x) * s


@structured(signed(3), 2)
def start_of_enumerate_rebound(x, n):
    t = 0.0
    for i, v in enumerate(x, n):
        n = 50
        t += i * v * v
    return t * n


@structured(signed(3), compiled=True)
def array_rebound_while_looped_over(x):
    t = 0.0
    for v in x:
        x = x * 2.0
        t += v * x[0]
    return t


@structured(signed(3))
def array_changed_while_looped_over(x):
    t = 0.0
    for v in x:
        x *= 2.0
        t += v * x[0]
    return t


@structured(signed(3), 2)
def range_in_zip_rebound(x, n):
    t = 0.0
    for i, v in zip(range(n, n + 10), x):
        n = 50
        t += i * v * v
    return t * n


@structured(1.5)
def walrus_between_reads(x):
    return x * x + (x := 2.0 * x) * 3.0 + x


@structured(1.5, 2.0, compiled=True)
def display_of_a_rebound_name(x, y):
    t = 0.0
    for v in (x, y):
        y = v * 2
        t += y * v
    return t


@structured(1.5, 2.0)
def display_of_names_that_are_swapped(x, y):
    t = 0.0
    for v in [x, y]:
        x, y = v * 2, v * 3
        t += y * v * x
    return t


@structured(signed(3))
def helper_changes_what_is_read_before(a):
    return a[0] + doubles_the_first(a) * a[0] + a[0]


@structured(signed(3))
def helper_inside_a_tuple(a):
    b = a[0]
    return (b, doubles_the_first(a), a[0])[0] * a[0]


@structured(signed(3), compiled=True)
def helper_changes_what_is_added_to(a):
    a[0] += doubles_the_first(a)
    return a[0] * a[1]


@structured(signed(2, 3))
def helper_changes_the_row_that_is_added_to(a):
    a[0] += doubles_the_first(a[0]) * a[1]
    return np.sum(a * a)


@structured(1.5)
def local_of_a_helper_hides_the_outer(x):
    s = x

    def squared(t):
        s = t * 2.0
        return s * s

    return squared(x) * s


def doubles_and_points(a):
    a[0] *= 2.0
    return 1


def moves(j):
    j[0] = 1
    return 2.0


def scaled_down(a, n):
    if n <= 0:
        return 0.5
    a[0] = a[0] * a[1] + n
    return scaled_down(a, n - 1) * a[0]


@structured(signed(4), np.array([0, 1, 2]), compiled=True)
def place_read_before_the_value(a, j):
    j = j.copy()
    a[j[0]] += moves(j) * a[2]
    return np.sum(a * a * np.arange(1.0, 5.0))


@structured(signed(4), signed(4, seed=1))
def value_before_the_place(a, b):
    a[doubles_and_points(b)] = b[0] * a[1]
    a[doubles_and_points(b)] += doubles_and_points(a) * a[0]
    return np.sum(a * a) + b[0]


@structured(signed(4), signed(4, seed=1))
def values_before_the_places(a, b):
    a[doubles_and_points(b)], a[0] = b[0], b[0] * 2.0
    a[2], a[doubles_and_points(a)] = b[0], a[0] * 2.0
    return np.sum(a * a * np.arange(4.0)) + b[0]


@structured(signed(4), 0.4)
def walrus_beside_the_name(a, x):
    y = x + (x := a[0] * 2.0) * x
    t = (x, (x := x * 2.0), x)
    z = np.sum(a * (a := a * 2.0)) + np.sum(a)
    i = 0
    a[i] += a[(i := 2)] * x
    return y * x + t[0] + 2.0 * t[1] * t[2] + z + np.sum(a * a)


@structured(signed(4), compiled=True)
def element_read_before_recursion_changes_it(a):
    a[0] += scaled_down(a, 2)
    return np.sum(a * a)


@structured(signed(4))
def test_reads_before_recursion_changes_it(a):
    if a[0] * 1.0 < scaled_down(a, 2) - 0.9:
        a[0] *= 3.0
    return a[0] * a[1]
