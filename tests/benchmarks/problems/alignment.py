"""Dynamic programming: dynamic time warping."""

import numpy as np

from ..problem import Problem, hand_written, random


def dtw(a, b):
    n, m = len(a), len(b)
    D = np.full((n + 1, m + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            cost = (a[i] - b[j]) ** 2
            D[i + 1, j + 1] = cost + min(D[i, j], D[i, j + 1], D[i + 1, j])
    return D[n, m]


def dtw_array(xp):
    def f(a, b):
        row = [0.0] + [np.inf] * len(b)
        for i in range(len(a)):
            new = [np.inf]
            for j in range(len(b)):
                before = min(row[j], row[j + 1], new[j])
                new.append((a[i] - b[j]) ** 2 + before)
            row = new
        return row[-1]

    return f


def dtw_jax(jax):
    jnp = jax.numpy

    def f(a, b):
        def along_row(left, above):
            diagonal, up, cost = above
            new = cost + jnp.minimum(diagonal, jnp.minimum(up, left))
            return new, new

        def row(before, x):
            steps = before[:-1], before[1:], (x - b) ** 2
            _, new = jax.lax.scan(along_row, jnp.inf, steps)
            return jnp.concatenate([jnp.array([jnp.inf]), new]), None

        first = jnp.full(len(b) + 1, jnp.inf).at[0].set(0.0)
        return jax.lax.scan(row, first, a)[0][-1]

    return f


@hand_written
def dtw_hand(a, b):
    n, m = len(a), len(b)
    D = np.full((n + 1, m + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            best = D[i, j]
            best = D[i, j + 1] if D[i, j + 1] < best else best
            best = D[i + 1, j] if D[i + 1, j] < best else best
            D[i + 1, j + 1] = (a[i] - b[j]) ** 2 + best
    ga, gb = np.zeros(n), np.zeros(m)
    i, j = n, m
    while i > 0 and j > 0:
        slope = 2.0 * (a[i - 1] - b[j - 1])
        ga[i - 1] += slope
        gb[j - 1] -= slope
        if D[i - 1, j - 1] <= D[i - 1, j] and D[i - 1, j - 1] <= D[i, j - 1]:
            i, j = i - 1, j - 1
        elif D[i - 1, j] <= D[i, j - 1]:
            i -= 1
        else:
            j -= 1
    return D[n, m], ga, gb


def data(n):
    source = random(n)
    return source.normal(size=n).cumsum(), source.normal(size=n).cumsum()


PROBLEMS = [
    Problem("dtw", dtw, ("a", "b"), ((10,), (100,), (1000,)), data, dtw_hand, dtw_array, dtw_jax),
]
