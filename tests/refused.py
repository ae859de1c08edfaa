"""Functions that cannot be differentiated, and where the error has to point.

A comment ``# refused: <text under the caret> | <words of the message>`` stands on every line
that has to be named, and on no other.
"""

import contextlib
import itertools
import math
import time
from typing import NamedTuple

import numpy as np

COUNT = 0
LEVELS = [1.0, 2.0]


class Box:
    def __init__(self, value):
        self.value = value


def uses_try(x):
    try:  # refused: try | try
        y = math.log(x)
    except ValueError:
        y = 0.0
    return y


def uses_with(x):
    with np.errstate(all="raise"):  # refused: with | with
        y = x / 2.0
    return y


def uses_yield(x):
    yield x  # refused: yield | generator


def uses_yield_from(x):
    yield from [x, x]  # refused: yield from | generator


async def is_async(x):  # refused: async def | async
    return x


def defines_a_class(x):
    class Local:  # refused: class Local | class
        pass

    return x


def writes_a_global(x):
    global COUNT  # refused: global | global
    COUNT = COUNT + 1
    return x * x


def writes_a_nonlocal(x):
    total = 0.0

    def add(v):
        nonlocal total  # refused: nonlocal | nonlocal
        total += v

    add(x)
    return total


def builds_a_dict(x):
    state = {"x": x}  # refused: {"x": x} | dict
    other = state
    other["x"] = 3.0
    return state["x"] * 2.0


def builds_a_set(x):
    values = {x, 2.0}  # refused: {x, 2.0} | set
    return x


def builds_a_dict_by_comprehension(x):
    d = {k: x for k in range(3)}  # refused: {k: x | dict
    return x


def takes_star_args(*values):  # refused: values | star
    return values[0]


def takes_star_kwargs(x, **options):  # refused: options | star
    return x


def calls_with_star(x):
    several = x + np.ones(2)
    return uses_offset(*several)  # refused: uses_offset | star


def calls_with_double_star(x):
    several = np.ones(2)
    return uses_offset(x, **several)  # refused: uses_offset | star


def uses_offset(x, offset=0.0):
    return x + offset


def writes_an_attribute(x):
    box = np.zeros(3)
    box.shape = (3, 1)  # refused: box.shape | attribute
    return x


def makes_an_object(x):
    box = Box(x)  # refused: Box(x) | Box
    return box.value


def matches(x):
    match x:  # refused: match | match
        case float(1.0):
            return x
        case _:
            return x * x


def returns_a_string(x):
    return f"{x}"  # refused: f"{x}" | string


def starred_assignment(x):
    several = (1.0, *np.array([x]))  # refused: (1.0 | how many
    return several[0] * x


def reads_a_file(x):
    return x * len(open("data.txt").read())  # refused: open | open


def draws_random_numbers(x):
    return x * np.random.rand()  # refused: np.random.rand | rand


def transforms(x):
    return np.sum(np.abs(np.fft.fft(x)))  # refused: np.fft.fft | fft


def unknown_method(x):
    return np.sum(x.byteswap())  # refused: x.byteswap | byteswap


def unknown_name(x):
    return x * not_defined_anywhere  # refused: not_defined_anywhere | not_defined_anywhere  # noqa: F821


def falls_off_its_end(x):  # a path without a return
    if x > 0:
        return x * x  # refused-near: x | return


def returns_nothing(x):  # no return at all
    y = x * x


def may_leave_a_name_unset(x):
    if x > 0:
        y = x * x
    return y  # refused: y | unset


def several_at_once(x):
    global COUNT  # refused: global | global
    try:  # refused: try | try
        y = x
    finally:
        pass
    with contextlib.suppress(ValueError):  # refused: with | with
        y = x * x
    state = {x * 2: x}  # refused: {x * 2: x} | dict
    return y


def helper_with_trouble(x):
    try:  # refused: try | try
        return math.sqrt(x)
    except ValueError:
        return 0.0


def calls_a_helper_with_trouble(x):
    return helper_with_trouble(x) * 2.0


def uses_complex_numbers(x):
    return abs(x * 1j)  # refused: 1j | complex


def deletes_an_element(x):
    values = [x, x]
    del values[:1]  # refused: del | del
    return x


def stores_into_integers(x):
    a = np.zeros(3, dtype=np.int64)
    a[0] = x * x  # refused: a[0] | int64
    return a[0] * x


def is_elementwise(x):
    return np.sin(x)  # refused: np.sin | scalar


def returns_a_tuple(x):
    return x, x * x  # refused: x, x | scalar


def function_chosen_by_a_branch(x, n):
    if n > 0:

        def g(t):  # refused: def g(t) | which function
            return t * t
    else:

        def g(t):
            return t * 3.0

    return g(x)


def lambda_replaced(x, n):
    g = lambda t: t * t  # noqa: E731  # refused: g = lambda t: t * t | which function
    if n > 5:
        g = lambda t: t * 3.0  # noqa: E731
    return g(x)


def list_of_lists(x):
    m = []  # refused: m | list of lists
    row = []
    row.append(x[0])
    m.append(row)
    row.append(x[1])
    return m[0][1] * m[0][0]


def replaces_part_of_a_list(x):
    h = [x[0], x[1], x[2]]
    h[0:2] = [x[3]]  # refused: h | part of a list
    return sum(h)


def writes_to_a_list_from_outside(x):
    LEVELS[0] = 2.0  # refused: LEVELS | from outside
    return LEVELS[0] * x[0]


def prints_what_it_pops(x):
    h = [x[0]]
    h.append(x[1])
    print(h.pop())  # refused: print | printed
    return sum(h)


def best_so_far_from_none(x):
    best = None  # refused: best | None in one place
    for v in x:
        if best is None or v > best:
            best = v

    def scaled(w):
        return best * w

    return scaled(x[0])


def whole_numbers_from_none(x):
    order = [None] * 3  # refused: order | list of None
    for k in range(3):
        order[k] = 2 - k
    return x[order[0]]


def asks_which_elements_are_set(x):
    memo = [None] * 3  # refused: memo | list of None
    for k in range(3):
        if memo[k % 2] is None:
            memo[k % 2] = x[k]
    return memo[0]


def asks_whether_elements_hold(x):
    memo = [None] * 3  # refused: memo | list of None
    for k in range(3):
        if not memo[k % 2]:
            memo[k % 2] = x[k]
    return memo[0]


def or_nothing(value):
    return 0.0 if value is None else value


def asks_a_helper_which_elements_are_set(x):
    memo = 3 * [None]  # refused: memo | list of None
    memo[1] = x[0]
    return or_nothing(memo[0]) + or_nothing(memo[1])


def waits_for_a_clock(x):
    start = time.perf_counter()  # refused: time | perf_counter
    while time.perf_counter() - start < 0.1:
        x = x * 0.5
    return x[0]


def reshaped_and_written(x):
    y = x * 1.0
    v = np.reshape(y[::2], (2, 1))  # refused: v | shares memory
    v[0, 0] = x[1] * 3.0
    return np.sum(y**2) + np.sum(v**3)


def reads_an_imaginary_part(x):
    return np.sum(x.imag * x)  # refused: return | .imag


def diagonal_of_what_is_written(x):
    y = np.outer(x, x)
    d = np.diag(y)  # refused: d | shares memory
    y[0, 0] = 3.0 * x[1]
    return np.sum(d * d)


def joins_lists(x):
    h = [v * v for v in x]
    if x[0] > 1.0:
        h = x
    return sum(h + h)  # refused: sum | list


def names_a_list_twice(x):
    h = [x[0], x[1]]
    g = h  # refused: g | two names
    g.append(x[2])
    return sum(h)


def updates_a_name_with_its_own_walrus(x):
    x += (x := 2.0 * x) * x  # refused: x | assigns it
    return x


def calls_in_a_subscript_beside_others(x):
    u = x * 1.0
    p = (x[0], x[1])
    u[int(mutates(u))], u[0] = p  # refused: u | subscript
    return u[0]


def mutates(u):
    u[0] = 1.0
    return 1.0


def joins_rows_of_nested_lists(x):
    m = [[a * b for b in x] for a in x]
    return sum(m[0] + m[1])  # refused: sum | list


def joins_rows_that_were_appended(x):
    m = []
    for a in x:
        m.append([a * b for b in x])
    total = m[0]
    for row in m:
        total = total + row  # refused: total = | list
    return sum(total)


def largest_of_nested_lists(x):
    m = [[a * b for b in x] for a in x]
    return max(m)[0]  # refused: max(m) | lists


def ranges_between_arrays(x):
    return np.sum(np.linspace(x, 2.0 * x, 3))  # refused: return | numbers


def changes_what_it_combines(x):
    f = x * 1.0
    for u, v in itertools.combinations(f, 2):  # refused: itertools | changes
        f[0] += u * v
    return np.sum(f)


def product_of_a_changing_range(x):
    n, total = 2, 0.0
    for i, j in itertools.product(range(n), range(n)):  # refused: itertools | changes
        n = 3
        total += x[i] * x[j]
    return total


def repeats_a_sorted_list(x):
    return sum(sorted(x) * 2)  # refused: sum | list


class Celsius(NamedTuple):
    degrees: float


class Kelvin(NamedTuple):
    offset: float
    degrees: float


def record_of_two_classes(x):
    t = Celsius(x)
    for k in range(3):
        t = Kelvin(1.0, t.degrees * k)  # refused: t = | is a Kelvin here
    return t.degrees


def compares_tuples(x):
    total = 0.0
    for a, b in sorted(zip(x, x * x, strict=True)):  # refused: sorted | not compared
        total = total * 0.5 + a * b
    return total
