"""Names that get new values: carried scalars, arrays re-bound in loops, int then float."""

import math

import numpy as np

from programs.case import sample, signed, structured


@structured(0.6, compiled=True)
def int_then_float(x):
    total = 0
    for i in range(4):
        total = total + x * i
    return total * total


@structured(0.6)
def int_then_float_straight(x):
    y = 1
    y = y * x
    y = y + 2
    return y * y


@structured(0.6)
def int_in_one_branch(x):
    if x > 0.5:
        y = 2
    else:
        y = x
    return y * x


@structured(signed(4))
def int_accumulator_product(x):
    p = 1
    for v in x:
        p *= v
    return p


@structured(0.6)
def float_reused_as_counter(x):
    t = x * x
    y = t * x
    t = 0
    for k in range(3):
        t += 1
        y = y * x + t
    return y


@structured(signed(3, 3), signed(4, 3), compiled=True)
def recurrent_state(W, x):
    h = np.zeros(3)
    for t in range(4):
        h = np.tanh(W @ h + x[t])
    return np.sum(h * h)


@structured(signed(4))
def array_rebound_in_loop(x):
    y = x
    for k in range(3):
        y = y * x + k
    return np.sum(y)


@structured(signed(4))
def array_rebound_and_changed(x):
    y = x.copy()
    for k in range(3):
        y = np.sin(y)
        y[k] = x[k] * y[k + 1]
        y *= x
    return np.sum(y)


@structured(signed(4))
def fresh_array_in_each_round(x):
    total = 0.0
    for k in range(3):
        buffer = np.zeros(4)
        for i in range(4):
            buffer[i] = x[i] ** (k + 1)
        total += np.sum(buffer * buffer[0])
    return total


@structured(0.6, 1.2)
def tuples_rebound(x, y):
    state = (x, y)
    for k in range(3):
        state = (state[1], state[0] * state[1] + 0.1)
    return state[0] * state[1]


@structured(0.6, 1.2)
def tuple_unpacked_in_loop(x, y):
    for k in range(4):
        x, y = x + 0.1 * y, y - 0.1 * math.sin(x)
    return x * y


@structured(0.6, 1.2)
def scalars_carried(x, y):
    a, b, c = x, y, 0.0
    for k in range(4):
        c = a * b + c
        a = b + 0.1 * c
        b = c * x
    return a + b * c


@structured(0.6)
def overwritten_in_loop(x):
    total = 0.0
    for k in range(4):
        t = x * (k + 1)
        t = math.sin(t)
        t = t * t
        total += t
    return total


@structured(0.6)
def argument_overwritten(x):
    for k in range(4):
        x = x * math.cos(x)
    return x


@structured(sample(5))
def previous_value(x):
    previous = x[0]
    total = 0.0
    for i in range(1, 5):
        current = x[i] * previous
        total += current - previous
        previous = current
    return total * previous


@structured(sample(5))
def conditional_carry(x):
    best = x[0]
    total = 0.0
    for i in range(1, 5):
        if x[i] > best:
            total += best * x[i]
            best = x[i] * 1.01
    return total + best * best


@structured(signed(3))
def scalar_then_array(x):
    y = x[0] * 2.0
    z = y * x
    return np.sum(z) + y


@structured(signed(3, 3))
def matrix_power(A):
    P = np.eye(3)
    for k in range(3):
        P = P @ A
    return np.sum(P)


@structured(signed(3, 3), signed(3))
def power_iteration(A, v):
    for k in range(4):
        w = A @ v
        v = w / np.sqrt(np.sum(w * w))
    return v @ A @ v


@structured(0.4, 0.7)
def name_reused_for_other_things(x, y):
    t = x * y
    total = t * t
    t = math.exp(y)
    total += t
    t = x
    return total * t


@structured(0.4)
def counter_and_value(x):
    n = 0
    y = x
    while y < 5.0 and n < 20:
        y = y * (1.0 + x)
        n += 1
    return y / n


@structured(signed(2, 3))
def rows_rebound(a):
    r = a[0]
    for k in range(3):
        r = r * a[1] + a[0]
    return np.sum(r)


@structured(signed(5))
def growing_array(x):
    y = x[:1] * 2.0
    for i in range(1, 5):
        y = np.concatenate((y, np.array([x[i] * y[i - 1]])))
    return np.sum(y)


@structured(signed(6), 0.4, compiled=True)
def shorter_in_each_round(v, p):
    for k in range(4):
        v = math.exp(-p * k) * (p * v[2:] + (1 - p) * v[1:-1] - v[:-2]) if len(v) > 3 else v * p
    return v[0] * v[-1]


@structured(signed(9), 0.4)
def shorter_by_statements(v, p):
    for _ in range(3):
        part = p * v[1:]
        other = (1 - p) * v[:-1]
        v = np.exp(-p) * (part + other)
    return np.sum(v * v)


@structured(signed(2, 5))
def turned_in_each_round(a):
    for k in range(3):
        turned = a.T * (k + 1)
        a = np.sin(turned)
    return a[1, 0] * a[4, 1] + np.sum(a)


@structured(signed(6), np.array([1, 0, 2]), wrt="x")
def as_long_as_a_list(x, marks):
    places = [0]
    for m in marks:
        places.append(m)
        places.append(0)
    n = len(places)
    table = np.zeros((2, n))
    longer = np.zeros(len(places))
    places.append(1)
    for k in range(n):
        table[0, k] = x[places[k]] * (k + 1)
    table[1] = table[0] * table[0]
    longer += table[1] * x[len(places) - n]
    return np.sum(np.tanh(table)) + np.sum(longer)


@structured(sample(3), 3)
def int_parameter_becomes_float(a, n):
    for k in range(n):
        n = n * a[k]
    return n * a[0]


@structured(0.8, True)
def bool_parameter_becomes_float(x, flag):
    t = x * x
    if flag:
        flag = flag * t
    return flag * x


@structured(sample(6), 0.5, compiled=True)
def de_casteljau(b, t):
    while len(b) > 1:
        b = (1.0 - t) * b[:-1] + t * b[1:]
    return b[0] * t


@structured(sample(4), 0.5)
def length_of_a_shrinking_array(a, x):
    t = x
    u = a
    for _ in range(3):
        for j in range(len(u)):
            t = t * u[j] + x
        u = u[1:] * t
    return t * u[0]


@structured(sample(4, 6), 0.5)
def shrinking_matrix(m, x):
    t = 0.0
    for _ in range(2):
        s = m[1:, :-1]
        m = np.tanh(s)
        t += np.sum(m * x)
        r = m[:, 1:]
        m = r + t
        c = np.sum(m, axis=0)
        d = np.sum(m, axis=1, keepdims=True)
        t += np.sum(c) * np.sum(d * m)
    return t * np.sum(m)


@structured(sample(6), 0.5)
def view_of_a_view_under_the_first_name(a, x):
    u = a
    t = 0.0
    for _ in range(3):
        s = u[1:]
        v = s[::-1]
        u = v
        w = u * x
        u = w + v
        t = t * x + np.sum(u * w)
    return t * u[0]


@structured(sample(5), 0.5)
def growing_matrix(a, x):
    m = np.ones((1, 2)) * x
    t = 0.0
    for k in range(3):
        z = np.zeros((m.shape[0] + 1, 2))
        z[1:] = m * a[k]
        z[0] = a[k + 1]
        m = z * x
        t += np.sum(m) * m[0, 0]
    return t


@structured(sample(5), 0.4)
def number_that_becomes_an_array(x, b):
    scale = b * 2.0
    total = scale
    total += x
    b *= x[1:]
    return np.sum(total**3) * scale + np.sum(b**2)


@structured(sample(5), signed(5), 1, compiled=True)
def part_chosen_in_a_branch(x, c, mode):
    part = x
    if mode:
        part = x[1:]
    total = np.sum(part**2)
    for k in range(3):
        if c[k] > 0.0:
            part = c[k:] * x[0]
        total += np.sum(part) * c[k]
    return total


@structured(sample(6), sample(6, seed=1))
def part_of_itself_in_a_branch(x, c):
    y = c
    if x[0] > 0.0:
        y = np.concatenate((x, c))
        if c[0] > 0.0:
            y = y[::2]
    for k in range(2):
        if c[k] > 0.0:
            y = y[:-1]
        y = y * x[k]
    return np.sum(y**2)


@structured(sample(4), compiled=True)
def vector_against_itself_as_a_column(x):
    column = x.reshape(-1, 1)
    return np.sum(np.exp(-((x - column) ** 2)) / column)


@structured(sample(3, 4), sample(4), compiled=True)
def mean_of_itself(x, w):
    for k in range(2):
        x = x * w
        if k == 1:
            x = np.mean(x, axis=1, keepdims=True)
    return np.sum(x**2)


@structured(sample(6), compiled=True)
def differences_of_parts_under_the_old_name(x):
    y = x.copy()
    for _ in range(2):
        v = x[::-1]
    for _ in range(2):
        if v.size > 4:
            v = y[:3]
        else:
            v = np.tanh(x)
    for _ in range(2):
        for _ in range(2):
            v = y[::-1]
            if v.size > 3:
                v = v[1:] - v[:-1]
    return np.sum(y**2) + np.sum(v) * v[0]
