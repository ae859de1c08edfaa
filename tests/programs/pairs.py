"""Constructs that interact, two or three at a time."""

import math

import numpy as np

from programs.case import sample, signed, structured


def scale_in_place(a, c):
    for i in range(len(a)):
        a[i] *= c


def push_forward(state, x):
    old = state[0]
    state[0] = math.sin(old) * x
    return old


def first_above(x, limit):
    for v in x:
        if v > limit:
            return v
    return limit


@structured(signed(5), 0.7, compiled=True)
def mutation_and_loop_and_break(a, x):
    for i in range(4):
        a[i + 1] = a[i] * x + a[i + 1]
        if a[i + 1] > 1.0:
            break
    return np.sum(a * a)


@structured(signed(5), 0.7)
def mutation_and_continue(a, x):
    for i in range(5):
        if a[i] < 0:
            a[i] = -a[i] * x
            continue
        a[i] *= a[i - 1]
    return np.sum(a * a)


@structured(signed(3, 4), 0.7, compiled=True)
def view_and_helper(a, x):
    for i in range(3):
        scale_in_place(a[i], x)
        scale_in_place(a[:, i], a[0, 0])
    return np.sum(a)


@structured(sample(6), 0.3)
def break_and_carried_state(x, c):
    state = c
    memory = 0.0
    for i in range(6):
        memory = memory * 0.5 + state * x[i]
        state = math.tanh(memory + state)
        if memory > 1.0:
            break
    return state * memory


@structured(sample(3, 3), 1.5)
def return_and_nested_loop_and_mutation(a, limit):
    for i in range(3):
        for j in range(3):
            a[i, j] = a[i, j] * a[i - 1, j]
            if a[i, j] > limit:
                return np.sum(a * a)
    return a[0, 0]


@structured(signed(4), 0.6)
def helper_mutation_and_result(state, x):
    total = 0.0
    for k in range(3):
        total += push_forward(state, x * (k + 1)) * total + state[0]
    return total


@structured(sample(4, 3))
def early_return_of_helper_in_loop(a):
    total = 0.0
    for row in a:
        total = total * 0.5 + first_above(row, 0.9) * row[0]
    return total


@structured(signed(5), 0.9)
def while_and_mutation(a, x):
    k = 0
    while np.sum(a * a) > 0.5 and k < 30:
        a *= 0.8
        a[k % 5] += 0.01 * x
        k += 1
    return np.sum(a) * x


@structured(signed(5))
def branch_on_mutated_element(a):
    for i in range(4):
        if a[i] > 0:
            a[i] = -a[i] * a[i + 1]
        else:
            a[i + 1] = a[i] * a[i]
    return np.sum(a * a)


@structured(signed(4), signed(4, seed=1))
def alias_and_branch(a, b):
    t = a
    if a[0] * b[0] > 0:
        t = b
    else:
        t[1] = b[1] * 2.0
    t[0] += a[1] * b[1]
    return np.sum(a * b)


@structured(signed(4), signed(4, seed=1))
def swap_and_branch(u, v):
    for k in range(4):
        if k % 2 == 1:
            u, v = v, u
        u[k] = v[k] * v[(k + 1) % 4]
    return np.sum(u * u * v)


@structured(signed(4), signed(4, seed=1))
def swap_and_break(u, v):
    for k in range(4):
        v[:] = np.sin(u) + v
        u, v = v, u
        if u[0] > 0.5 and k > 0:
            break
    return np.sum(u * v)


@structured(signed(6))
def views_and_loops(a):
    for k in range(1, 4):
        left, right = a[:-k], a[k:]
        right += 0.3 * left * k
    return np.sum(a * a)


@structured(signed(4), 3)
def rebinding_and_views(x, n):
    h = x
    for k in range(n):
        tail = h[1:]
        tail[0] = h[0] * x[3]
        h = np.concatenate((tail, h[:1])) * 1.1
    return np.sum(h * x)


@structured(signed(3, 3))
def recursion_and_views(a):
    def norm(v):
        if len(v) == 1:
            return v[0] * v[0]
        return v[0] * v[0] + norm(v[1:]) * v[1]

    total = 0.0
    for i in range(3):
        total += norm(a[i]) * norm(a[:, i])
    return total


@structured(signed(4), 0.4)
def closure_and_mutation(a, x):
    def update(i):
        a[i] = a[i] * x + a[i - 1]

    for i in range(4):
        update(i)
        if a[i] > 1.0:
            update(0)
    return np.sum(a * a)


@structured(sample(5))
def int_float_and_branch(x):
    count = 0
    for v in x:
        if v > 1.0:
            count = count + 1
        else:
            count = count + v
    return count * count


@structured(sample(4, 4))
def while_in_for_with_array(a):
    for i in range(4):
        k = 0
        while a[i, k] < 1.2 and k < 3:
            a[i, k + 1] += a[i, k] * 0.5
            k += 1
        a[i, 0] = a[i, k] * k
    return np.sum(a * a)


@structured(signed(5), np.array([3, 1, 3, 0]))
def index_array_in_loop(a, idx):
    for k in range(3):
        a[idx] = a[idx] * a[k]
        a[k] += np.sum(a[idx])
    return np.sum(a)


@structured(signed(5), 0.7)
def mask_in_loop(a, x):
    for k in range(3):
        a[a > x] *= 0.5
        a += 0.3 * x
    return np.sum(a * a)


@structured(signed(4), 0.7)
def conditional_store(a, x):
    for i in range(4):
        a[i] = a[i] * x if a[i] > 0 else x * x
    return np.sum(a * a)


@structured(signed(4))
def fill_and_loop(a):
    total = 1.0
    for i in range(4):
        total *= a[i]
        a.fill(total)
        a[0] = a[1] * 0.5
    return np.sum(a) * total


@structured(sample(6))
def two_loops_with_one_buffer(x):
    buffer = np.zeros(6)
    for i in range(6):
        buffer[i] = x[i] * x[i]
    s = np.sum(buffer)
    for i in range(6):
        buffer[i] = buffer[i] / s
    total = 0.0
    for i in range(6):
        total -= buffer[i] * math.log(buffer[i])
    return total


@structured(sample(5))
def for_else_and_mutation(a):
    for i in range(5):
        a[i] *= a[i - 1]
        if a[i] > 5:
            break
    else:
        a[0] = a[4] * a[3]
    return np.sum(a)


@structured(0.5, 1.5)
def tuple_state_and_while(x, y):
    state = (x, y, 0)
    while state[2] < 4:
        state = (state[1], state[0] * state[1], state[2] + 1)
    return state[0] + state[1]


@structured(signed(2, 4), 0.9)
def row_swap(a, c):
    for k in range(3):
        p, q = a[0], a[1]
        p += c * q
        tmp = p.copy()
        p[:] = q
        q[:] = tmp
    return np.sum(a[0] * a[1])


@structured(sample(4))
def list_and_break(x):
    values = []
    s = 0.0
    for v in x:
        s += v
        values.append(s * s)
        if s > 2.0:
            break
    total = 0.0
    for i in range(len(values)):
        total += values[i] * values[-1 - i]
    return total


@structured(sample(4))
def loop_variable_and_break_and_store(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i]
        if x[i] > 0.8:
            break
    y[i] = y[i] * x[0]
    return np.sum(y * y) + i


@structured(signed(5))
def negative_step_and_mutation(a):
    for i in range(4, 0, -2):
        a[i - 1] = a[i] * a[i - 1]
        a[i] = a[i - 2]
    return np.sum(a * a)


@structured(sample(5), 0.2)
def nested_while_break_continue(x, c):
    total = 0.0
    for v in x:
        t = v
        k = 0
        while True:
            k += 1
            if k == 2:
                continue
            t = t * 0.6 + c
            if t < 0.8 or k > 8:
                break
        if t < 0.3:
            continue
        total += t * t
    return total
