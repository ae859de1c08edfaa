"""Recursive functions that share more than numbers: captured arrays, tuples, lists, gradients."""

import math

import numpy as np

from programs.case import sample, signed, structured
from srcgrad import grad

WEIGHTS = np.array([0.5, 0.7, 1.1])
TABLE = np.array([[1.0, 2.0], [0.3, 0.4]])
ORDER = np.array([0, 2, 1])


def weighted(x, n):
    if n < 0:
        return x
    return math.sin(weighted(x, n - 1) * WEIGHTS[ORDER[n]]) + x


@structured(0.7, compiled=True)
def captured_arrays(x):
    return weighted(x, 2) + np.sum(WEIGHTS) * x


def ping(x, n):
    return x if n <= 0 else pong(x * WEIGHTS[n % 3], n - 1) + x


def pong(x, n):
    return x * x if n <= 0 else ping(x * TABLE[0, n % 2], n - 1) * x


def through_a_helper(x, n):
    return ping(x, n) * WEIGHTS[0]


@structured(0.7)
def captured_by_several(x):
    total = 0.0
    for n in range(4):
        total += through_a_helper(x, n) * total + weighted(x, n % 3)
    return total


@structured(0.7)
def captured_and_local(x):
    values = np.array([x, x * x, 2.0])

    def inner(y, n):
        return y if n == 0 else inner(y * values[n], n - 1) + WEIGHTS[n]

    return inner(x, 2)


def pair_of_numbers(x, n):
    if n == 0:
        return x, 1.0
    a, b = pair_of_numbers(x, n - 1)
    return a * x, b + a


@structured(0.7, 3, compiled=True)
def numbers_returned(x, n):
    a, b = pair_of_numbers(x, n)
    return a * b


def doubled_angles(a, n):
    if n == 0:
        return np.sin(a), np.cos(a)
    s, c = doubled_angles(a * 0.5, n - 1)
    return 2.0 * s * c, c * c - s * s


@structured(signed(3))
def arrays_returned(a):
    s, c = doubled_angles(a, 3)
    return np.sum(s * a + c)


def number_and_array(a, n):
    if n == 0:
        return a[0], a
    y, b = number_and_array(a * 0.9, n - 1)
    return y * b[1], b * y + a


@structured(signed(3), compiled=True)
def mixed_tuples_returned(a):
    y, b = number_and_array(a, 3)
    return y + np.sum(b * b)


def changes_and_returns(a, n):
    if n == 0:
        return a[0], a[1]
    a[n % 3] *= a[0]
    u, v = changes_and_returns(a, n - 1)
    a[0] += v
    return u * a[1], v + u


@structured(sample(3))
def tuples_beside_changes(a):
    u, v = changes_and_returns(a, 3)
    return u * v + np.sum(a)


def same_twice(x, n):
    if n == 0:
        return x, x
    a, b = same_twice(x * x, n - 1)
    return b, a * x


@structured(0.8)
def one_name_twice(x):
    a, b = same_twice(x, 3)
    return a * a * b


def collect(x, n, out):
    out.append(x * x)
    if n > 0:
        collect(math.sin(x), n - 1, out)
        out[0] = out[0] * x


@structured(0.7, compiled=True)
def list_filled(x):
    out = [0.5]
    collect(x, 3, out)
    total = 0.0
    for i in range(len(out)):
        total += out[i] * (i + 1)
    return total


def with_a_stack(x, stack, n):
    if n == 0:
        return stack.pop() * x
    stack.append(x)
    y = with_a_stack(x * 0.5, stack, n - 1)
    z = 0.0
    if len(stack) > 0:
        z = stack.pop()
    return y + z * x


@structured(0.7)
def stack_passed_down(x):
    stack = [x]
    return with_a_stack(x, stack, 3)


def visit(x, seen, n):
    seen.append(n)
    return x if n == 0 else x * visit(x, seen, n - 1) + len(seen)


@structured(0.7)
def list_of_integers(x):
    seen = [0]
    y = visit(x, seen, 3)
    return y * seen[2] + x * x * len(seen)


def rows_kept(a, kept, n):
    if n == 0:
        return 1.0
    kept.append(np.sin(a[n] * a[0]))
    y = rows_kept(a, kept, n - 1)
    last = kept.pop()
    return y * np.sum(last) + last[0]


@structured(signed(3, 2), compiled=True)
def list_of_arrays(a):
    kept = [np.ones(2)]
    return rows_kept(a, kept, 2)


def count_up(counts, k):
    if k >= 0:
        counts[k] = (counts[k] + k + 1) % 3
        count_up(counts, k - 1)


@structured(sample(3), compiled=True)
def integers_changed_alone(a):
    counts = np.zeros(3, np.int64)
    x = a[0]
    for i in range(3):
        x = x * a[counts[i]] + math.sin(x)
        count_up(counts, 2 - i)
        x = x + a[counts[0]] * x
    return x


def rescaled(a, x, n):
    if n == 0:
        return x
    a[0] = a[0] * x + 0.3
    y = rescaled(a, a[0] * 0.7, n - 1)
    a[0] = a[0] * y
    return y + x


@structured(sample(2), compiled=True)
def argument_from_what_the_call_changes(a):
    return rescaled(a, a[1], 3) + a[0]


def keywords_only(x, *, n, c=2.0):
    return c * x if n == 0 else keywords_only(x * c, n=n - 1, c=c * 0.5) + x


@structured(0.6)
def keyword_arguments(x):
    return keywords_only(x, n=3) + keywords_only(x, c=x, n=1)


def recurrent(w, h, n):
    if n == 0:
        return np.tanh(h)
    return np.tanh(w @ recurrent(w, h, n - 1) + h)


def last_state(w, h):
    v = recurrent(w, h, 3)
    v[0] = v[1] * v[0]
    return np.sum(v)


slopes_of_last_state = grad(last_state)


@structured(signed(2, 2), signed(2))
def gradient_of_arrays_differentiated(w, h):
    a, b = slopes_of_last_state(w, h)
    return np.sum(a * a) + np.sum(b)


def in_place(a, k):
    if k < len(a):
        a[k] = a[k] * a[k - 1] + a[0]
        in_place(a, k + 1)
        a[0] = a[0] * a[k]


def changed(a):
    in_place(a, 1)
    return np.sum(a * a)


slopes_of_changed = grad(changed)


@structured(sample(4), compiled=True)
def gradient_of_what_changes_arrays(a):
    b = a * 0.5
    for _ in range(2):
        b = b - 0.01 * slopes_of_changed(b)
    return np.sum(b * a)


def slope_in_recursion(x, n):
    return x if n == 0 else slope_of_chain(x * 0.9, 2) + slope_in_recursion(x * x, n - 1)


def chain(x, n):
    return x if n == 0 else math.sin(x * chain(x, n - 1))


slope_of_chain = grad(chain, wrt="x")


@structured(0.9)
def gradients_inside_recursion(x):
    return slope_in_recursion(x, 2) * chain(x, 2)


def eliminated(m, r):
    if r == m.shape[0]:
        return
    row = m[r]
    row /= row[r]
    for k in range(r + 1, m.shape[0]):
        m[k] -= m[k, r] * row
    eliminated(m, r + 1)


@structured(sample(3, 3))
def rows_recorded_in_a_loop(m):
    n = m + np.eye(3)
    eliminated(n, 0)
    return np.sum(n * n)


def swapped(x, y, n):
    return (x, y) if n == 0 else swapped(y, x * y, n - 1)


@structured(0.7, 0.9)
def tuple_of_a_conditional(x, y):
    u, v = swapped(x, y, 4)
    return u * v + u


def shrinking(a, n):
    if n == 0:
        return a * 2.0, a[0]
    p, q = shrinking(a[1:], n - 1)
    p[0] = p[0] * q
    return p * a[0], q + p[0]


def part_changed(a):
    p, q = shrinking(a, 2)
    p[1] = q
    return np.sum(p * p) * q


slopes_of_part_changed = grad(part_changed)


@structured(sample(4))
def gradient_of_tuples_differentiated(a):
    return np.sum(slopes_of_part_changed(a) * a)


@structured(signed(8))
def fourier_of_two_parts(x):
    def transform(re, im):
        n = len(re)
        if n == 1:
            return re.copy(), im.copy()
        even, odd = transform(re[::2], im[::2]), transform(re[1::2], im[1::2])
        out_re, out_im = np.zeros(n), np.zeros(n)
        for k in range(n // 2):
            c, s = math.cos(2 * math.pi * k / n), -math.sin(2 * math.pi * k / n)
            u, v = c * odd[0][k] - s * odd[1][k], c * odd[1][k] + s * odd[0][k]
            out_re[k], out_re[k + n // 2] = even[0][k] + u, even[0][k] - u
            out_im[k], out_im[k + n // 2] = even[1][k] + v, even[1][k] - v
        return out_re, out_im

    re, im = transform(x, x[::-1])
    return np.sum(np.arange(len(x)) * (re**2 + im**2 * re))


def filled_and_returned(a, n):
    if n == 0:
        made, also = a * 2.0, a + 1.0
        for k in range(len(a)):
            made[k] = made[k] * also[k]
        return made, also
    first, second = filled_and_returned(a, n - 1)
    return second * first, first


@structured(sample(3))
def two_results_kept_by_two_names(a):
    p, q = filled_and_returned(a, 2)
    return np.sum(p * q)


@structured(0.7, sample(4), compiled=True)
def three_that_call_each_other(x, w):
    def a(i, v):
        return v if i <= 0 else b(i - 1, v * w[i % 4])

    def b(i, v):
        return v * x if i <= 0 else c(i - 1, v + w[i % 4])

    def c(i, v):
        return v + x if i <= 0 else (a(i - 2, v) if i % 2 else b(i - 1, v * v))

    return a(6, x) + b(4, x) + c(3, w[0])


@structured(0.7)
def names_around_that_are_bound_inside(x):
    n = 3
    y = x * x

    def scaled(k):
        return y * k + n

    def inner(n, a):
        if n == 0:
            return a
        y = a * 0.5
        return inner(n - 1, scaled(n) * y + sum(y * x for x in (1.0, 2.0))) + scaled(1)

    return inner(n, x)


@structured(0.7)
def default_of_a_nested_function(x):
    def chebyshev(n, x=1.0):
        if n < 2:
            return 1.0 if n == 0 else x
        return 2.0 * x * chebyshev(n - 1, x) - chebyshev(n - 2, x)

    return chebyshev(5, x) + chebyshev(3)


@structured(sample(5))
def visited_from_inside(x):
    n = len(x)
    total = np.zeros(n)

    def visit(i, w):
        total[i] += w * x[i]
        for j in (2 * i + 1, 2 * i + 2):
            if j < n:
                visit(j, w * 0.5 * x[i])

    visit(0, 1.0)
    return np.sum(total * total)


def quadrature(f, a, b, n):
    m = (a + b) / 2.0
    if n == 0:
        return (b - a) * f(m)
    return quadrature(f, a, m, n - 1) + quadrature(f, m, b, n - 1)


def bell(z):
    return math.exp(-z * z)


@structured(0.7, 0.4, compiled=True)
def functions_given_to_a_recursive_one(x, y):
    a = y * 2.0

    def wave(t):
        return math.sin(t * a) + y

    first = quadrature(wave, 0.0, x, 3) + quadrature(lambda t: t * t * y, 0.0, x, 2)
    return first * quadrature(bell, 0.0, x, 2) + quadrature(math.cos, 0.0, y, 2)


def refined(f, a, fa, b, fb, whole, m, fm, eps):
    left_m, right_m = (a + m) / 2.0, (m + b) / 2.0
    left_f, right_f = f(left_m), f(right_m)
    left = (m - a) / 6.0 * (fa + 4.0 * left_f + fm)
    right = (b - m) / 6.0 * (fm + 4.0 * right_f + fb)
    delta = left + right - whole
    if abs(delta) <= 15.0 * eps:
        return left + right + delta / 15.0
    return refined(f, a, fa, m, fm, left, left_m, left_f, eps / 2.0) + refined(
        f, m, fm, b, fb, right, right_m, right_f, eps / 2.0
    )


@structured(0.3, 1.7)
def adaptive_simpson_of_a_lambda(p, b):
    f = lambda x: math.exp(-p * x * x) * math.sin(3.0 * x)  # noqa: E731
    fa, fm, fb = f(0.0), f(b / 2.0), f(b)
    whole = b / 6.0 * (fa + 4.0 * fm + fb)
    return refined(f, 0.0, fa, b, fb, whole, b / 2.0, fm, 1e-8)
