"""Lists of numbers: appended to, popped, overwritten, summed."""

import math

import numpy as np

from programs.case import sample, signed, structured


@structured(signed(3))
def mean_of_what_was_appended(x):
    errors = []
    for k in range(3):
        errors.append(x[k] ** 2)
    return sum(errors) / len(errors)


@structured(signed(3), compiled=True)
def filled_by_subscripts(x):
    h = [0.0] * 3
    for k in range(3):
        h[k] = x[k] ** 2
    return h[0] * h[1] + h[2]


@structured(signed(3))
def made_an_array(x):
    h = [x[0], x[1]]
    h[0], h[1] = h[1], h[0]
    h[1] += h[0] ** 2
    return np.sum(np.array(h) * x[:2])


@structured(signed(3))
def overwritten_after_use(x):
    h = [x[0], x[1]]
    t = h[0] * h[1]
    h[0] = t
    u = h[0] * h[1]
    h[1] = u * t
    return h[0] * h[1]


@structured(signed(3))
def last_element_moves(x):
    h = [x[0]]
    s = h[-1]
    h.append(x[1] * s)
    t = s * s
    h.append(t)
    return h[0] * h[1] * h[2] * t


@structured(signed(3), compiled=True)
def popped_and_added_to_the_first(x):
    h = [x[0]]
    while len(h) < 5:
        h.append(h[-1] * x[1])
    while len(h) > 2:
        y = h.pop()
        h[0] += y
    return h[0]


@structured(signed(3))
def overwritten_in_nested_loops(x):
    h = [x[0], x[1], x[2]]
    for _ in range(4):
        for i in range(len(h)):
            h[i] = h[i] * h[(i + 1) % len(h)]
    return h[0] + h[1]


@structured(np.array([0.9, 0.8, 0.6]), compiled=True)
def grown_or_shrunk_by_its_last(x):
    h = [x[0], x[1], x[2]]
    for _ in range(4):
        s = h[-1]
        if s > 0.5:
            h.append(s * 0.7)
        else:
            h.pop()
        h[0] *= s
    t = 0.0
    for v in h:
        t += v
    return t


@structured(signed(3))
def stack_of_work(x):
    stack = [0]
    t = 0.0
    while len(stack) > 0:
        k = stack.pop()
        t += x[k % 3] * t + x[0]
        if k < 6:
            stack.append(2 * k + 1)
            stack.append(2 * k + 2)
    return t


# Lists of arrays that are only appended to and popped from.
@structured(signed(3), compiled=True)
def arrays_kept_for_a_way_back(x):
    states = []
    h = x * 1.0
    for _ in range(3):
        states.append(h)
        h = np.sin(h) * x
    total = np.sum(h)
    for _ in range(3):
        h = states.pop()
        total += np.sum(h * h * x) * total
    return total


@structured(signed(3), signed(3, seed=4))
def changed_after_it_was_kept(x, y):
    states = []
    u = x * 1.0
    v = y * 1.0
    for i in range(4):
        states.append(u)
        v[0] = v[0] * u[1] + x[2]
        u, v = v, u
        if i % 2 == 0:
            w = states.pop()
            w *= u
    w = states.pop()
    w[1] = np.sum(u * v)
    return np.sum(u * u) + w[0] * w[1]


@structured(signed(4))
def views_kept(x):
    a = x * x
    parts = []
    for i in range(3):
        parts.append(a[i : i + 2])
    while len(a) > 1 and a[0] < 50.0:
        p = parts.pop()
        p[0] += p[1] * 2.0
        a[0] += 40.0
    return np.sum(a * a)


@structured(signed(4), signed(3, seed=4), compiled=True)
def list_made_in_each_round(x, y):
    total = 0.0
    for i in range(3):
        row = []
        for j in range(4):
            row.append(x[j] * y[i] * (i + 1))
        total += row[0] * row[3] + row[1] ** 2
    return total


@structured(signed(4), signed(4, seed=4))
def lists_of_other_lengths_as_arrays(x, y):
    total = 0.0
    for i in range(4):
        row = []
        for j in range(i + 1):
            row.append(x[j] * y[i])
        line = np.array(row)
        total += np.sum(line**3) * len(row) * y[i]
    return total


@structured(signed(4))
def list_made_in_each_round_of_a_while(x):
    total, k = 0.0, 0
    while total < 2.0 and k < 3:
        found = []
        for v in x:
            found.append(v * v + total)
        found[0] *= found[k]
        total += sum(found)
        k += 1
    return total * x[0]


@structured(1.5)
def last_of_a_list_made_anew(y):
    for _ in range(0, 4, 3):
        h = [y]
        for _ in range(2):
            h.append(h[-1] * y)
        y = h[-1] + h[0]
    return y * y


@structured(signed(3), 1.5)
def sum_of_a_map(x, item):
    return sum(map(lambda v: v * v * item, x)) + max(map(math.sin, x)) * item


@structured(signed(4))
def slice_of_a_comprehension_is_a_copy(x):
    h = [v * v for v in x]
    g = h[1:]
    g[0] = 3.0
    return sum(h) * sum(g)


@structured(signed(4))
def list_that_a_helper_made(x):
    def squares(z):
        found = []
        for v in z:
            found.append(v * v)
        return found

    h = squares(x)
    h.append(x[0])
    return sum(h) * h[0] * len(h)


@structured(signed(4), 0.4, 0.5)
def list_of_constants_that_nothing_reads(b, x, y):
    for v in b:
        x = v or y
        h = [1.296]
    return x + y


@structured(signed(4), 0.4, compiled=True)
def places_listed_anew_in_each_round(a, x):
    s = x
    for k in range(3):
        h = [k]
        h.append((k * k) % 4)
        s = s * a[h[1]] + a[h[0]]
        h.append(2)
        s = s * s * a[h[k]]
    return s


@structured(np.array([0.3, -1.1, 0.7, 0.5]), 0.4, compiled=True)
def places_listed_by_value(a, x):
    h = [0]
    s = x
    for k in range(4):
        if a[k] > 0:
            h.append(k)
        s = s * a[h[-1]] + x
        x = x * s
    while len(h) > 1:
        s = s * a[h.pop()] + s * s
    h.append(3)
    return s * a[h[-1]] * a[h[0]]


@structured(signed(4))
def functions_of_a_list(x):
    h = []
    for k in range(4):
        h.append(math.sin(x[k]))
    return np.mean(h) * np.sum(h) + np.max(h)


@structured(signed(4))
def vector_functions_of_a_list(x):
    h = []
    for k in range(4):
        h.append(math.sin(x[k]))
    return np.dot(h, x) + np.linalg.norm(h)


@structured(signed(4))
def emptied_in_the_branch_that_asks_its_length(x):
    h = []
    s = 0.0
    for k in range(4):
        h.append(x[k])
        if len(h) == 2:
            s += h[0] * h[1]
            while len(h) > 0:
                h.pop()
    return s


@structured(signed(4), compiled=True)
def extended_in_a_loop_over_its_length(x):
    h = [x[0], x[1]]
    for r in range(2):
        for k in range(len(h)):
            h.append(h[k] * h[-1])
    return h[-1] + h[3]


@structured(signed(4))
def shortened_in_a_loop_over_its_length(x):
    h = [x[0], x[1], x[2], x[3]]
    s = 1.0
    for k in range(len(h) - 1):
        s = s * h.pop() + h[0]
    return s


@structured(signed(4))
def popped_from_its_length_down(x):
    h = [x[0], x[1], x[2], x[3]]
    s = 1.0
    for k in range(len(h) - 1, -1, -1):
        s = s * h.pop() + k
        while s > 2.0:
            s *= 0.5
        if s < -1:
            break
    return s


@structured(signed(4))
def extended_while_looped_over(x):
    h = [x[0]]
    s = 0.0
    for r in range(3):
        for k in range(0, len(h), 2):
            h.append(h[k] * x[r])
            s += h[-1] * s + h[0]
            if len(h) > 4:
                break
    return s + sum(h)


@structured(signed(4))
def length_asked_before_an_append(x):
    h = []
    for k in range(4):
        if len(h) < 2:
            h.append(x[k] * x[k - 1])
        else:
            h[0] *= x[k]
            h.append(h[0])
    return h[0] * h[1] + h[-1]


@structured(signed(4))
def last_element_asked_before_it_goes(x):
    h = [x[0]]
    for k in range(4):
        if h[-1] > 0:
            h.append(-h[-1] * x[k])
        else:
            h.pop()
            h.append(x[k] * x[0])
    return h[-1] * h[0] * len(h)


@structured(signed(4))
def length_in_tests_and_subscripts(x):
    h = [x[0], x[1]]
    while h[-1] > -1.0 and len(h) < 6:
        h.append(h[-1] * 0.5 - h[len(h) - 2] * 0.3)
        if len(h) % 2 == 0:
            h[len(h) // 2] *= 1.5
            h.append(h[len(h) - 1] * x[2])
    return h[-1] * h[-2]


@structured(signed(4), compiled=True)
def inserted_deleted_reversed(x):
    h = [x[0]]
    s = 0.0
    for k in range(4):
        h.insert(0, h[-1] * x[k])
        h.insert(2, x[k] * s)
        s += h[1] * h[0]
        if k == 2:
            del h[0]
            h.reverse()
    return s + sum(h)


@structured(signed(4), compiled=True)
def queue_of_numbers(x):
    q = [x[0], x[1]]
    s = 1.0
    for k in range(5):
        v = q.pop(0)
        s = s * 0.7 + v * v
        q.append(v * x[2])
        if s > 1.0:
            q.extend([s, v])
    return s + q[0] * q[-1]


@structured(signed(4))
def cleared_in_a_loop(x):
    h = []
    s = 0.0
    for k in range(4):
        h.append(x[k])
        if len(h) == 2:
            s += h[0] * h[1]
            h.clear()
    return s + len(h)


@structured(signed(4))
def joined_and_rebound_in_a_loop(x):
    h = [x[0]]
    s = 0.0
    for k in range(3):
        g = [x[k] * s]
        h = h + g
        s += h[-1] + h[0] * h[k]
    return s * len(h)


@structured(signed(4))
def parts_are_copies(x):
    h = []
    s = 0.0
    for k in range(4):
        h.append(x[k] * (s + 1))
        t = h[-2:]
        t[0] *= 2.0
        s += sum(h[1:]) + t[0] * len(t) + sum(h[:-1]) * h[::-1][0]
    return s


@structured(signed(4))
def window_of_the_last_two(x):
    h = []
    s = 0.0
    for k in range(4):
        h.append(x[k] ** 2)
        if len(h) > 2:
            h.pop(0)
        s += sum(h) / len(h) * s + h[0]
    return s


@structured(signed(4))
def extended_by_a_generator(x):
    h = [x[0]]
    h.extend(x[k] ** 2 for k in range(1, 4))
    return sum(h) * h[2]


@structured(signed(4))
def reversed_in_a_loop(x):
    h = []
    s = 0.0
    for k in range(3):
        h.append(x[k])
        h.reverse()
        s += h[0] * h[-1] * s + x[k]
    return s


@structured(signed(4), compiled=True)
def comprehension_that_is_extended(x):
    h = [v * v for v in x]
    h.append(h[0] * x[1])
    s = 0.0
    for v in h:
        s = s * v + 1
    return s * len(h) + sum(h[1:]) + np.max(h)


@structured(signed(4))
def comprehension_that_is_popped(x):
    s = 1.0
    for r in range(2):
        h = [v * s for v in x]
        while len(h) > 1:
            s = s * 0.5 + h.pop() * h[0]
    return s


@structured(sample(4), 0.5)
def loop_over_a_growing_list(a, x):
    h = [x]
    t = x
    for k in range(3):
        for j in range(len(h)):
            t = t * a[j] + h[j] * t
            h[j] = t * 0.3
        h.append(t * a[k])
    return t + sum(h)


@structured(sample(4), 0.5)
def arrays_as_long_as_a_list(a, x):
    h = [x]
    t = x
    for k in range(3):
        h.append(t * a[k])
        n = len(h)
        u = np.zeros(n)
        u[0] = t
        u[n - 1] = h[k] * a[0]
        v = np.ones(len(h)) * t
        t = np.sum(u * v) + 0.1 * np.sum(u)
    return t + sum(h)
