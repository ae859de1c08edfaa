"""Lists of plain Python: of numbers, of rows, and what people do with them."""

import math

import numpy as np

from programs.case import sample, structured


@structured(sample(4))
def comprehension_that_grows(x):
    a = [v * 2 for v in x]
    a.append(x[0])
    return a[4] * a[0]


@structured(sample(4), compiled=True)
def whole_numbers_that_become_floats(x):
    a = [0] * 5
    for i in range(4):
        a[i + 1] = a[i] + x[i] * (i + 1)
    return a[4] * a[2]


@structured(sample(4))
def float_among_whole_numbers(x):
    a = [0, 1, 2]
    a[1] = x[0] * x[1]
    return a[1] * a[2] + a[0]


@structured(sample(4))
def numbers_of_both_kinds(x):
    a = [1, x[0], 2]
    return a[1] * a[2] + a[0]


@structured(sample(4), compiled=True)
def table_of_zeros(x):
    t = [[0.0] * 3 for _ in range(4)]
    for i in range(4):
        for j in range(3):
            t[i][j] = x[i] * (j + 1)
    t[0][1] += t[3][2] * x[1]
    return t[0][1] * t[1][2]


@structured(sample(4))
def table_of_whole_zeros(x):
    t = [[0] * 3 for _ in range(4)]
    for i in range(4):
        for j in range(3):
            t[i][j] = x[i] * (j + 1)
    return t[0][1] * t[1][2]


@structured(sample(4))
def table_read_in_a_test(x):
    t = [[0.0 for j in range(3)] for i in range(4)]
    for i in range(4):
        t[i][1] = math.inf
        if x[i] < t[i][1]:
            t[i][1] = x[i]
    return sum(t[0]) * t[1][1]


@structured(sample(4))
def table_written_out(x):
    t = [[x[0], 1.0], [2.0, x[1] * x[2]]]
    t[0][1] = t[1][1] * 3
    s = 0.0
    for row in t:
        for v in row:
            s += v * v
    for i in range(2):
        for j in range(2):
            s *= 1 + 0.1 * t[i][j]
    return s


@structured(sample(4))
def table_of_whole_numbers(x):
    t = [[1, 2], [3, 4]]
    s = 0.0
    for i in range(2):
        for j in range(2):
            s += t[i][j] * x[i] * x[j]
    return s


@structured(sample(4))
def table_of_constants(x):
    a = [[0.5, 0.2, 0], [0.5, 0.3, 1.0]]
    s = 0.0
    for i in range(len(a)):
        for j in range(len(a[0])):
            s += a[i][j] * x[i] * x[j]
    return s


@structured(sample(4))
def rows_of_other_lengths(x):
    a = [[], [0.5], [0.25, 0.25]]
    k = []
    for i in range(3):
        t = x[0]
        for j in range(i):
            t += a[i][j] * k[j]
        k.append(math.sin(t))
    return k[2]


@structured(sample(4), compiled=True)
def rows_change_places(x):
    t = [[x[0], x[1]], [x[2], x[3]]]
    t[0], t[1] = (t[1], t[0])
    return t[0][0] * 2 + t[1][0] ** 2


@structured(sample(4))
def rows_that_grow(x):
    rows = []
    for i in range(4):
        row = []
        for j in range(3):
            row.append(x[i] * j)
        rows.append(row)
    return rows[1][2] * rows[3][1]


@structured(sample(4))
def rows_by_name(x):
    t = [[0.0] * 3 for _ in range(4)]
    for i in range(1, 4):
        prev = t[i - 1]
        cur = t[i]
        for j in range(3):
            cur[j] = prev[j] * 0.5 + x[i] * j
    return t[3][2] + t[2][1] ** 2


@structured(sample(4))
def lists_for_a_helper(x):

    def dotp(a, b):
        return sum((p * q for p, q in zip(a, b)))

    y = [1.0, 0.5, x[0], x[1]]
    z = [v * 2 for v in y]
    return dotp(y, z) * dotp(z, x)


@structured(sample(4))
def list_made_anew(x):
    y = [1.0, x[0]]
    for k in range(3):
        y = [y[0] + 0.1 * y[1], y[1] - 0.1 * math.sin(y[0])]
    return y[0] * y[1]


@structured(sample(4))
def list_made_anew_by_comprehension(x):
    y = [1.0, x[0]]
    for k in range(3):
        y = [v * math.sin(v) + 1 for v in y]
    return y[0] * y[1]


@structured(sample(4))
def copy_of_a_list(x):
    y = [0.0] * 4
    for k in range(3):
        old = y[:]
        for i in range(4):
            y[i] = old[(i + 1) % 4] * 0.3 + x[i]
    return y[0] * y[1]


@structured(sample(4))
def lists_change_places(x):
    a = [0.0] * 4
    b = [1.0] * 4
    for k in range(3):
        for i in range(4):
            b[i] = a[(i + 1) % 4] * 0.3 + x[i]
        a, b = (b, a)
    return a[0] * b[1]


@structured(sample(4))
def row_becomes_the_one_before(x):
    prev = [0.0] * 5
    for k in range(4):
        cur = [0.0] * 5
        for j in range(1, 5):
            cur[j] = max(cur[j - 1], prev[j]) + x[j - 1] * prev[j - 1] + x[k]
        prev = cur
    return prev[-1]


@structured(sample(4))
def grown_row_becomes_the_one_before(x):
    prev = [0.0] * 5
    for k in range(4):
        cur = [prev[0] + 1]
        for j in range(1, 5):
            cur.append(cur[j - 1] * prev[j] + x[j - 1])
        prev = cur
    return prev[-1]


@structured(sample(4))
def lists_joined(x):
    h = [x[0]] + [x[i] * 2 for i in range(1, 4)] + [1.0]
    return sum(h) * h[2]


@structured(sample(4))
def two_lists_at_once(x):
    a, b = ([0.0] * 4, [0.0] * 4)
    for i in range(4):
        a[i] = x[i] ** 2
        b[i] = a[i] + a[i - 1]
    return sum(a) * b[3]


@structured(sample(3, 4), sample(4, 2))
def product_of_tables(A, B):
    n, m, p = (len(A), len(B), len(B[0]))
    C = [[0] * p for _ in range(n)]
    for i in range(n):
        for j in range(p):
            for k in range(m):
                C[i][j] += A[i][k] * B[k][j]
    return sum((sum(row) for row in C)) + C[0][1] ** 2


@structured(sample(4), compiled=True)
def arrays_replaced_in_a_list(x):
    h = [np.zeros(3) for _ in range(4)]
    for i in range(4):
        h[i] = np.array([x[i], 1.0, 2.0])
    h[1] = h[0] * h[2]
    return h[1][0] + h[3].sum()


@structured(sample(4))
def queue_of_arrays(x):
    q = [x * 1.0]
    s = 0
    while len(q) > 0:
        v = q.pop(0)
        if len(v) > 1:
            q.append(v[: len(v) // 2])
            q.append(v[len(v) // 2 :])
        else:
            s += v[0] ** 2
    return s


@structured(sample(4))
def sorted_in_place(x):
    h = [v * v for v in x]
    h.sort()
    x.sort()
    g = []
    for v in x:
        g.append(-v)
    g.sort(reverse=True)
    return h[0] * 2 + h[3] * 3 + x[1] + g[0] * x[2]


@structured(sample(4))
def rows_that_are_tuples(theta):
    params = [(0.1, 0.2, np.pi / 2), (0.0, 0.4, 0.0), (0.2, 0.0, -np.pi / 2), (0.1, 0.1, 0.3)]
    T = np.identity(4)
    for th, (d, a, alpha) in zip(theta, params):
        ct, st = (np.cos(th), np.sin(th))
        ca, sa = (np.cos(alpha), np.sin(alpha))
        T = T.dot(
            np.array(
                [
                    [ct, -st * ca, st * sa, a * ct],
                    [st, ct * ca, -ct * sa, a * st],
                    [0, sa, ca, d],
                    [0, 0, 0, 1],
                ]
            )
        )
    return np.sum(T[:3, 3] ** 2)


@structured(100.0, 95.0, 0.03, 0.2, 1.0)
def american_option_by_a_tree(S, K, r, sigma, T, N=12):
    dt = T / N
    u = math.exp(sigma * math.sqrt(dt))
    d = 1 / u
    p = (math.exp(r * dt) - d) / (u - d)
    disc = math.exp(-r * dt)
    V = [max(K - S * u**j * d ** (N - j), 0.0) for j in range(N + 1)]
    for i in range(N - 1, -1, -1):
        for j in range(i + 1):
            cont = disc * (p * V[j + 1] + (1 - p) * V[j])
            V[j] = max(cont, K - S * u**j * d ** (i - j))
    return V[0]


@structured(sample(6, 4))
def alignments_of_labels(logits):
    labels = [1, 2, 2]
    ext = [0]
    for l in labels:
        ext += [l, 0]
    p = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    T, S = (len(p), len(ext))
    alpha = np.zeros((T, S))
    alpha[0, 0] = p[0, 0]
    alpha[0, 1] = p[0, ext[1]]
    for t in range(1, T):
        for s in range(S):
            a = alpha[t - 1, s]
            if s > 0:
                a += alpha[t - 1, s - 1]
            if s > 1 and ext[s] != 0 and (ext[s] != ext[s - 2]):
                a += alpha[t - 1, s - 2]
            alpha[t, s] = a * p[t, ext[s]]
    return -math.log(alpha[-1, -1] + alpha[-1, -2])


@structured(sample(4), sample(5, seed=3))
def edit_distance_by_a_table(a, b):
    n, m = (len(a), len(b))
    D = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        D[i][0] = D[i - 1][0] + a[i - 1]
    for j in range(1, m + 1):
        D[0][j] = D[0][j - 1] + b[j - 1]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            D[i][j] = min(
                D[i - 1][j] + a[i - 1],
                D[i][j - 1] + b[j - 1],
                D[i - 1][j - 1] + abs(a[i - 1] - b[j - 1]),
            )
    return D[n][m]


@structured(sample(4), sample(5, seed=3))
def edit_distance_by_two_rows(a, b):
    prev = [0.1 * j for j in range(len(b) + 1)]
    for i, ai in enumerate(a, 1):
        cur = [prev[0] + ai]
        for j, bj in enumerate(b, start=1):
            cost = (ai - bj) ** 2
            cur.append(min(cur[j - 1] + 0.3, prev[j] + 0.4, prev[j - 1] + cost))
        prev = cur
    return prev[-1]


@structured(np.linspace(0.0, 1.0, 6), sample(6), 0.37)
def natural_spline_by_lists(x, y, xq):
    n = len(x) - 1
    h = [x[i + 1] - x[i] for i in range(n)]
    alpha = [0.0] * (n + 1)
    for i in range(1, n):
        alpha[i] = 3 / h[i] * (y[i + 1] - y[i]) - 3 / h[i - 1] * (y[i] - y[i - 1])
    l = [1.0] * (n + 1)
    mu = [0.0] * (n + 1)
    z = [0.0] * (n + 1)
    for i in range(1, n):
        l[i] = 2 * (x[i + 1] - x[i - 1]) - h[i - 1] * mu[i - 1]
        mu[i] = h[i] / l[i]
        z[i] = (alpha[i] - h[i - 1] * z[i - 1]) / l[i]
    b, c, d = ([0.0] * n, [0.0] * (n + 1), [0.0] * n)
    for j in range(n - 1, -1, -1):
        c[j] = z[j] - mu[j] * c[j + 1]
        b[j] = (y[j + 1] - y[j]) / h[j] - h[j] * (c[j + 1] + 2 * c[j]) / 3
        d[j] = (c[j + 1] - c[j]) / (3 * h[j])
    for j in range(n):
        if x[j] <= xq <= x[j + 1]:
            t = xq - x[j]
            return y[j] + b[j] * t + c[j] * t**2 + d[j] * t**3
    return 0.0


@structured(0.7, 2.0)
def romberg_by_a_table(a, b):

    def g(x):
        return math.log(1 + a * x)

    r = [[0] * 4 for i in range(4)]
    h = b - a
    r[0][0] = 0.5 * h * (g(a) + g(b))
    powerOf2 = 1
    for i in range(1, 4):
        h = 0.5 * h
        sum = 0.0
        powerOf2 = 2 * powerOf2
        for k in range(1, powerOf2, 2):
            sum = sum + g(a + k * h)
        r[i][0] = 0.5 * r[i - 1][0] + sum * h
        powerOf4 = 1
        for j in range(1, i + 1):
            powerOf4 = 4 * powerOf4
            r[i][j] = r[i][j - 1] + (r[i][j - 1] - r[i - 1][j - 1]) / (powerOf4 - 1)
    return r[3][3]


@structured(np.array([[4.0, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 5]]), sample(3))
def elimination_by_a_table(A, b):
    n = 3
    M = [[A[i, j] for j in range(n)] + [b[i]] for i in range(n)]
    for i in range(n):
        for k in range(i + 1, n):
            f = M[k][i] / M[i][i]
            for j in range(i, n + 1):
                M[k][j] -= f * M[i][j]
    x = [0] * n
    for i in range(n - 1, -1, -1):
        x[i] = M[i][n] / M[i][i]
        for k in range(i):
            M[k][n] -= M[k][i] * x[i]
    return sum((v * v for v in x))


@structured(sample(5), np.array([2, 3, 1, 4, 2]), wrt="values")
def knapsack_by_a_list(values, weights, cap=7):
    dp = [0] * (cap + 1)
    for v, w in zip(values, weights):
        for c in range(cap, w - 1, -1):
            dp[c] = max(dp[c], dp[c - w] + v)
    return dp[cap]


@structured(sample(4))
def chain_of_products(p):
    n = len(p) - 1
    m = [[0.0 for _ in range(n)] for _ in range(n)]
    for L in range(2, n + 1):
        for i in range(n - L + 1):
            j = i + L - 1
            m[i][j] = float("inf")
            for k in range(i, j):
                q = m[i][k] + m[k + 1][j] + p[i] * p[k + 1] * p[j + 1]
                if q < m[i][j]:
                    m[i][j] = q
    return m[0][n - 1]


@structured(sample(5), sample(4, seed=3))
def longest_common_subsequence(a, b):
    n, m = (len(a), len(b))
    dp = [[0] * (m + 1) for i in range(n + 1)]
    for i in range(n):
        for j in range(m):
            match = math.exp(-((a[i] - b[j]) ** 2))
            dp[i + 1][j + 1] = max(dp[i][j + 1], dp[i + 1][j], dp[i][j] + match)
    return dp[-1][-1]


def runge_kutta(f, y, t, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, [yi + h / 2 * k for yi, k in zip(y, k1)])
    k3 = f(t + h / 2, [yi + h / 2 * k for yi, k in zip(y, k2)])
    k4 = f(t + h, [yi + h * k for yi, k in zip(y, k3)])
    return [yi + h / 6 * (a + 2 * b + 2 * c + d) for yi, a, b, c, d in zip(y, k1, k2, k3, k4)]


@structured(1.1, 0.4, 0.8)
def predators_by_lists(a, b, c):

    def rhs(t, y):
        return [a * y[0] - b * y[0] * y[1], -c * y[1] + 0.3 * y[0] * y[1]]

    y = [1.0, 0.5]
    t = 0
    h = 0.05
    for _ in range(10):
        y = runge_kutta(rhs, y, t, h)
        t += h
    return y[0] + y[1] ** 2


@structured(sample(4))
def lists_as_tests(x):
    stack, kept, total = [0], [], 0.0
    while stack:
        i = stack.pop()
        total += x[i] * x[i]
        kept.append(x * total)
        if i < 3:
            stack.append(i + 1)
    if not stack and kept:
        total += np.sum(kept[-1])
    return total * 2.0 if kept else total


@structured(sample(3, 3))
def subscripts_that_are_lists(a):
    others = [k for k in range(3) if k != 1]
    total = np.sum(a[others] ** 2) + np.sum(a[1:][:, others] * a[0, others])
    return total + np.sum(a[:, [0, 2]])


@structured(0.7, 1.2)
def table_with_rows_of_whole_numbers(a, b):
    table = [[0, 0, 0], [1 / 2, 0, 0], [-1, 2, +0]]
    weights = [1 / 6, 2 / 3, 1 / 6]
    y = 1.0
    for _ in range(3):
        k = [0.0] * 3
        for i in range(3):
            state = y
            for j in range(i):
                state += 0.1 * table[i][j] * k[j]
            k[i] = a * math.sin(state) - b * state**2
        y += 0.1 * sum(w * slope for w, slope in zip(weights, k, strict=True))
    return y
