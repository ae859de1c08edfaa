"""Lists of arrays: references, which share memory as Python's do."""

import numpy as np

from programs.case import sample, signed, structured


@structured(signed(4), compiled=True)
def stacked_rows(x):
    h = []
    for k in range(3):
        h.append(x * (k + 1.0))
    return np.sum(np.stack(h) ** 2)


@structured(signed(4))
def array_of_states(x):
    h = []
    u = x * 1.0
    for k in range(3):
        h.append(u)
        u = np.sin(u)
    return np.sum(np.array(h) ** 3)


@structured(signed(4), compiled=True)
def product_with_the_first(x):
    h = [x]
    for k in range(3):
        h.append(np.sin(h[-1]) * h[0])
    return np.sum(h[-1] * h[1])


@structured(signed(4))
def rows_in_turn(x):
    h = []
    for k in range(3):
        h.append(x ** (k + 1))
    total = 0.0
    for row in h:
        total += np.sum(row * row) * total + row[0]
    return total


@structured(signed(4))
def sum_of_rows(x):
    h = []
    for k in range(3):
        h.append(np.sin(x * k))
    return np.sum(sum(h) ** 2)


@structured(signed(4), compiled=True)
def changed_after_it_was_appended(x):
    h = []
    u = x * 1.0
    for k in range(3):
        h.append(u)
        u[k] = u[k] * u[k + 1]
    return np.sum(h[0] * h[2])


@structured(signed(4))
def one_array_twice(x):
    u = x * x
    h = [u, u]
    h[0][1] = 5.0 * x[0]
    return np.sum(h[1] * h[0])


@structured(signed(4), signed(4, seed=1))
def scaled_where_it_is(x, y):
    h = [x, y * 1.0]
    for k in range(3):
        h[k % 2] *= x[k]
        h[0] /= 1.5 + y[1] ** 2
        h[(k + 1) % 2] -= 0.3 * h[k % 2]
        h[-1] += y[k]
        h[1] = h[1] * y
    return np.sum(x * h[0]) + np.sum(h[1] * y)


@structured(signed(3, 4), 0.7)
def rows_scaled_in_a_list(m, c):
    rows = [m[0], m[1], m[2]]
    rows[1] *= c
    rows[2] = rows[2] * c
    rows[0] += rows[1] * rows[2]
    return np.sum(m * m)


@structured(signed(2, 3), 0.7, compiled=True)
def popped_and_appended_again(m, c):
    rows = list(m)
    last = rows.pop()
    rows.append(last * c)
    return np.sum(rows[0]) - rows[-1][1] * rows[-1][0]


@structured(signed(4), 0.7)
def scaled_as_it_is_moved(x, c):
    here, there = [x * 1.0, x * c, x * x], []
    while len(here) > 0:
        there.append(here.pop() * c)
    return np.sum(there[0] * there[1] ** 2) + np.sum(there[-1])


@structured(signed(4))
def mean_of_a_history(x):
    hist = []
    u = x * 1.0
    for k in range(4):
        u = u - 0.1 * np.cos(u)
        hist.append(u.copy())
    return np.sum(np.mean(np.array(hist), axis=0) ** 2)


@structured(signed(4, 4, seed=2), signed(4), compiled=True)
def outputs_crosswise(A, x):
    h = np.zeros(4)
    hs = []
    for k in range(3):
        h = np.tanh(A @ h + x)
        hs.append(h)
    out = 0.0
    for k in range(3):
        out += hs[k] @ hs[2 - k]
    return out


@structured(signed(3, 4, 4, seed=2), signed(4))
def layers_kept(W, x):
    acts = [x]
    for k in range(len(W)):
        acts.append(np.tanh(W[k] @ acts[-1]))
    return np.sum(acts[-1] ** 2) + sum(np.sum(a * a) for a in acts)


@structured(signed(3, 4, 4, seed=2), signed(4))
def lists_in_step(W, x):
    hs = []
    for k in range(3):
        hs.append(W[k] @ x)
    gs = []
    for k in range(3):
        gs.append(x * k)
    t = 0.0
    for h, g in zip(hs, gs):
        t += h @ g
    for k, h in enumerate(hs):
        t += k * np.sum(h)
    for h in reversed(hs):
        t = t * np.sum(h)
    return t


@structured(signed(4))
def parts_joined(x):
    parts = []
    for k in range(3):
        parts.append(x[k:] * k)
    return np.sum(np.concatenate(parts) ** 2)


@structured(signed(4))
def stacked_beside(x):
    h = []
    for k in range(3):
        h.append(x * (k + 1.0))
    return np.sum(np.stack(h, axis=1)[0] ** 2)


@structured(signed(4))
def columns_of_a_list(x):
    h = []
    for k in range(3):
        h.append(x * (k + 1.0))
    return np.sum(np.column_stack(h)[0] ** 2)


@structured(signed(4))
def mean_over_a_list(x):
    h = []
    for k in range(3):
        h.append(x**k)
    return np.sum(np.mean(h, axis=0) ** 2)


@structured(signed(3, 4, 4, seed=2), signed(4))
def filtered_products(W, x):
    h = [W[k] @ x for k in range(3) if k != 1]
    return np.sum(h[0] * h[1])


@structured(signed(4))
def lengths_that_grow(x):
    h = [x * 1.0]
    s = 1.0
    for r in range(3):
        n = len(h)
        for k in range(len(h)):
            s = s * 0.5 + np.sum(h[k]) * len(h) * n
        if len(h) < 3:
            h.append(x * s)
    h.append(x)
    h.append(x)
    return s * len(h)


@structured(signed(4))
def grown_by_a_while(x):
    h = [x * 1.0]
    while len(h) < 4:
        h.append(h[len(h) - 1] * x * len(h))
    return np.sum(h[len(h) - 2] * h[-1])


@structured(signed(4), compiled=True)
def popped_and_read_between(x):
    h = [x * 1.0]
    t = 0.0
    for k in range(5):
        u = h[-1]
        t += np.sum(u * u) * t + u[0]
        if k % 2 == 0:
            h.append(np.sin(u))
        else:
            v = h.pop()
            v *= 0.5
            h.append(v * x)
            h.append(v)
    return t + np.sum(h[-1] * h[0])


@structured(signed(4))
def lists_made_in_branches(x):
    h = []
    if x[0] > 0:
        h.append(x * x)
        h.append(x)
    else:
        h.append(x)
    t = 0.0
    for r in h:
        if r[1] < 0:
            t += np.sum(r**3)
        else:
            t = t * r[0] + 1
    return t


@structured(signed(4), compiled=True)
def rows_written_to(x):
    h = []
    for k in range(3):
        h.append(x * (k + 1.0))
    for r in h:
        r[0] = r[1] * r[2]
        r *= 1.1
    h[1][1:] += h[0][:-1]
    for k in range(len(h)):
        for i in range(3):
            h[k][i] = h[k - 1][i + 1] * h[k][i]
    return np.sum(h[0] * h[1] * h[2])


@structured(signed(4))
def views_in_a_list(x):
    u = x * 1.0
    h = [u, u[1:]]
    s = np.sum(h[1] ** 2)
    u[2] = s * u[0]
    t = np.sum(h[1] * s)
    h[1][0] = t
    return np.sum(u * u) + np.sum(h[1])


@structured(signed(4))
def stack_is_a_copy(x):
    h = []
    for k in range(3):
        h.append(x * (k + 1.0))
    S = np.stack(h)
    h[0][0] = 5.0 * x[1]
    S[1, 1] = x[2] * h[0][0]
    return np.sum(S * S) + np.sum(np.stack(h)[0])


@structured(signed(4), signed(4, seed=4))
def arguments_written_through_a_list(x, y):
    h = [x, y]
    for r in h:
        r[0] = r[1] * 2.0
    return np.sum(x * y)


@structured(signed(4), signed(4, seed=4))
def buffers_swapped_and_kept(x, y):
    u = x * 1.0
    v = y * 1.0
    h = []
    for k in range(4):
        h.append(u)
        u, v = v, u * v
    return np.sum(h[0] * h[1] * h[3]) + np.sum(u)


@structured(signed(4), signed(4, seed=4))
def arrays_in_two_lists(x, y):
    h = []
    g = []
    for k in range(3):
        u = x * (k + 1)
        h.append(u)
        g.append(u)
        g.append(y)
    g[0][1] = y[0] ** 2
    return np.sum(h[0] * g[2]) + np.sum(h[2] * g[5])


@structured(signed(4))
def data_in_a_list_that_is_overwritten(x):
    h = []
    for k in range(3):
        h.append(np.arange(4.0) + k)
    t = 0.0
    for k in range(3):
        t = t * x[0] + np.sum(h[k] * x)
        h[k][1] = 3.0
        t += np.sum(h[k] * x)
    return t


@structured(signed(4))
def data_in_a_list_that_grows(x):
    h = [np.ones(4)]
    t = 1.0
    for k in range(3):
        t = t * np.sum(h[-1] * x) + h[k][0]
        h.append(h[-1] + k)
    return t


@structured(signed(4))
def returns_from_a_list(x):
    h = []
    for k in range(5):
        h.append(np.sin(x) * k)
        if np.sum(h[-1]) > 2.0:
            return np.sum(h[-1] * h[0]) + h[k][0]
    return np.sum(h[2])


@structured(signed(4), compiled=True)
def history_until_it_settles(x):
    h = [x]
    for k in range(10):
        nx = h[-1] - 0.3 * np.cos(h[-1])
        if np.sum(np.abs(nx - h[-1])) < 0.4:
            break
        h.append(nx)
    return np.sum(np.array(h) ** 2) * len(h)


@structured(sample(3, 4))
def rows_of_a_matrix_kept(a):
    h = []
    for i in range(3):
        h.append(a[i])
    h.append(a[0] * a[1])
    return np.sum(np.stack(h) ** 3)


@structured(signed(3, 4, 4, seed=2))
def matrices_in_a_list(W):
    h = [W[0]]
    for k in range(1, 3):
        h.append(h[-1] @ W[k])
    t = np.sum(h[2]) * h[1][0, 1]
    P = np.concatenate(h)
    return t + np.sum(P[4] * P[9])


@structured(signed(4))
def list_in_each_round_of_a_while(x):
    t = np.sum(x)
    n = 0
    while t < 5.0 and n < 4:
        h = []
        for k in range(n + 1):
            h.append(x * t)
        t += np.sum(h[n] * h[0]) + 1.0
        n += 1
    return t


@structured(signed(4))
def one_element_by_two_names(x):
    h = [x * 1.0]
    u = h[0]
    v = h[0]
    u[0] = v[1] * v[0]
    v[1] = u[0] * u[2]
    return np.sum(u * v)


@structured(signed(4))
def best_element_by_name(x):
    h = []
    for k in range(3):
        h.append(x * (k + 1.0))
    best = h[0]
    for r in h:
        if r[0] > best[0]:
            best = r
        best[1] += 0.5 * r[2]
    return np.sum(best * h[0])


@structured(signed(4))
def arrays_of_different_lengths(x):
    h = []
    for k in range(1, 4):
        h.append(x[:k] * k)
    return sum(np.sum(v) ** 2 for v in h) + np.sum(np.concatenate(h) ** 2)


@structured(signed(4))
def helper_that_writes_to_elements(x):
    def scale(v):
        v *= 2.0
        v[0] = v[1]

    h = [x * 1.0, np.sin(x)]
    for v in h:
        scale(v)
    scale(h[1])
    return np.sum(h[0] * h[1])


@structured(signed(3, 4, 4, seed=2), signed(4), compiled=True)
def lists_in_nested_loops(W, x):
    t = 0.0
    for i in range(2):
        hs = [x]
        for k in range(3):
            hs.append(np.tanh(W[k] @ hs[-1] + t))
        for k in range(2, -1, -1):
            t += hs[k] @ hs[k + 1] * 0.1
    return t


@structured(signed(4))
def list_that_a_branch_extends(x):
    h = [x, x * x]
    t = 0.0
    for k in range(4):
        v = h[k % 2]
        w = h[-1]
        t = t * v[k] + w[0] * v[1]
        if t > 0.2:
            h.append(v * w)
    return t


@structured(signed(4))
def trajectory_of_a_helper(x):
    def traj(x0):
        out = [x0]
        for k in range(3):
            out.append(out[-1] * 0.9 + np.sin(out[-1]))
        return out

    h = traj(x)
    return np.sum(h[-1] * h[0])


@structured(signed(3, 4, 4, seed=2), signed(4))
def stack_made_anew(W, x):
    t = 0.0
    for r in range(2):
        h = []
        for k in range(3):
            h.append(W[k] @ x * (t + 1))
        t += np.sum(np.stack(h) ** 2) * h[r][0]
    return t


@structured(signed(3, 4, 4, seed=2), signed(4), compiled=True)
def comprehension_stacked(W, x):
    h = [W[k] @ x for k in range(3)]
    return np.sum(np.stack(h) ** 2)


@structured(signed(3, 4, 4, seed=2), signed(4))
def comprehension_indexed(W, x):
    h = [W[k] @ x for k in range(len(W))]
    return h[0] @ h[2] + np.sum(h[-1])


@structured(signed(3, 4, 4, seed=2), signed(4), compiled=True)
def sum_of_products(W, x):
    return np.sum(sum(W[k] @ x for k in range(len(W))) ** 2)


@structured(signed(4), signed(4, seed=4), compiled=True)
def matrix_by_nested_comprehensions(x, y):
    n = len(x)
    M = np.array([[np.sin(x[i] * y[j]) for j in range(n)] for i in range(n)])
    return np.sum(M * M)


@structured(signed(4, 4, seed=2))
def product_of_nested_lists(A):
    n = len(A)
    B = [[sum(A[i][k] * A[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
    return sum(B[i][i] for i in range(n))


@structured(signed(4))
def table_of_zeros_filled(x):
    n = 3
    B = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            B[i][j] = x[i] * x[j]
    return B[0][1] * B[2][2]


@structured(signed(4))
def slice_of_a_row_is_a_copy(x):
    M = [[a * b for b in x] for a in x]
    g = M[0][1:]
    g[0] = 3.0
    return sum(M[0]) * sum(g)


@structured(signed(4))
def row_by_two_names(x):
    M = [[a * b for b in x] for a in x]
    r = M[1]
    r[0] = r[1] * 2
    M[1][2] = r[0] * x[0]
    return sum(M[1]) * sum(r)


@structured(signed(4, 4, seed=2), signed(4), compiled=True)
def elimination_with_nested_lists(A, x):
    n = 4
    M = [[A[i][j] + (5.0 if i == j else 0.0) for j in range(n)] for i in range(n)]
    b = [v for v in x]
    for k in range(n):
        for i in range(k + 1, n):
            f = M[i][k] / M[k][k]
            for j in range(k, n):
                M[i][j] -= f * M[k][j]
            b[i] -= f * b[k]
    s = [0.0] * n
    for i in range(n - 1, -1, -1):
        s[i] = (b[i] - sum(M[i][j] * s[j] for j in range(i + 1, n))) / M[i][i]
    return s[0] * s[3] + s[1]


@structured(signed(4), signed(4, seed=4))
def distance_by_a_table(x, y):
    n, m = len(x), len(y)
    D = [[0.0 for _ in range(m + 1)] for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            c = (x[i - 1] - y[j - 1]) ** 2
            D[i][j] = c + min(D[i - 1][j], D[i][j - 1], D[i - 1][j - 1])
    return D[n][m]


@structured(signed(3, 4, 4, seed=2), signed(4))
def comprehension_in_each_round(W, x):
    t = 0.0
    for r in range(2):
        h = [np.tanh(W[k] @ x + t) for k in range(3)]
        t += np.sum(np.stack(h)) * h[r][0] + sum(v[0] * t for v in h)
    return t


@structured(signed(3, 4, 4, seed=2), signed(4))
def sums_of_arrays_and_numbers_in_branches(W, x):
    t = 0.0
    if x[0] > 0:
        s = sum(W[k] @ x for k in range(3))
        t = np.sum(s * s)
    else:
        s = sum(W[k][0, 0] for k in range(3))
        t = s
    return t


@structured(signed(3, 4, 4, seed=2), signed(4))
def products_changed_in_their_list(W, x):
    h = [W[k] @ x for k in range(3)]
    h[0][1] = h[1][0] * 2
    for v in h:
        v *= v[0]
    return np.sum(h[0] * h[2])


@structured(sample(3, 4))
def rows_of_a_matrix_by_comprehension(a):
    h = [a[i] for i in range(3)]
    h[1][0] = h[0][1] * 3
    return np.sum(a**2) * h[1][1]


@structured(signed(4))
def one_array_thrice(x):
    u = x * x
    h = [u for _ in range(3)]
    h[0][1] = 3 * x[0]
    return np.sum(h[2] * h[1])


@structured(signed(4))
def arrays_of_comprehensions_stacked(x):
    rows = [np.array([a * b for b in x]) for a in x]
    return np.sum(np.stack(rows) ** 2) + sum(r[0] for r in rows)


@structured(signed(4))
def part_of_a_list_of_arrays(x):
    h = []
    for k in range(4):
        h.append(x * (k + 1.0))
    t = h[1:3]
    t[0][0] = x[1] * x[2]
    return np.sum(h[1] * t[1]) + sum(np.sum(v * v) for v in h[2:])
