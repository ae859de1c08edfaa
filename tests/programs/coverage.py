"""Buffers that are overwritten from end to end in each round, or nearly so."""

import math

import numpy as np

from programs.case import signed, structured


@structured(signed(3, 2), signed(2, seed=4), compiled=True)
def buffer_filled_and_added_to(X, w):
    n, d = X.shape
    z = np.zeros(d)
    total = 0.0
    for i in range(n):
        for r in range(d):
            z[r] = X[i, r] * w[r]
        for c in range(d):
            for r in range(c + 1, d):
                z[r] += z[c] * w[c]
        for r in range(d):
            total += z[r] * z[r] * w[r]
    return total


@structured(signed(3, 3), signed(3, seed=4))
def last_element_is_left(X, w):
    n, d = X.shape
    z = np.ones(d)
    total = 0.0
    for i in range(n):
        for r in range(d - 1):
            z[r] = X[i, r] * w[r]
        z[d - 1] += z[0] * z[1]
        for r in range(d):
            z[r] += w[r]
        for r in range(d):
            total += z[r] * z[r] * z[r]
    return total


@structured(signed(3, 3), signed(3, seed=4))
def filled_where_a_condition_holds(X, w):
    z = np.ones(3)
    total = 0.0
    for i in range(3):
        for r in range(3):
            if X[i, r] > 0:
                z[r] = X[i, r] * w[r]
        z[0] += w[i]
        total += z[0] * z[1] * z[2]
    return total


@structured(signed(3, 3), signed(3, seed=4))
def filled_from_what_it_held(X, w):
    z = w * 1.0
    total = 0.0
    for i in range(3):
        for r in range(3):
            z[r] = math.sin(z[2 - r]) * X[i, r]
        z[1] += w[i] * z[0]
        total += z[0] * z[1] * z[2]
    return total


@structured(signed(4, 3), signed(3, seed=4))
def filled_never(X, w):
    z = w * 1.0
    total = 0.0
    for i in range(4):
        for _ in range(i % 2):
            for r in range(3):
                z[r] = X[i, r] * w[r]
        z[1] += w[1] * z[0]
        total += z[0] * z[1] * z[2]
    return total


@structured(signed(3, 3), signed(3, seed=4))
def matrix_filled_by_two_loops(X, w):
    A = np.zeros((len(w), X.shape[1]))
    total = 0.0
    for i in range(3):
        for c in range(X.shape[1]):
            for r in range(len(w)):
                A[r, c] = X[r, c] * w[r] * w[i]
        A[i, 0] += A[0, i] * w[0]
        A[0, i] += 1.0
        for r in range(3):
            total += A[r, i] * A[i, r]
    return total


@structured(signed(3, 3), signed(3, seed=4))
def whole_stored_at_once(X, w):
    z = np.zeros(3)
    total = 0.0
    for i in range(3):
        z[:] = X[i] * w
        z[i] += z[0] * w[1]
        z[1] += w[i]
        total += np.sum(z * z * z)
    return total


@structured(signed(3, 3), signed(3, seed=4))
def extents_that_change(X, w):
    m = 2
    z = np.ones(m + 1)
    total = 0.0
    for i in range(3):
        for r in range(m):
            z[r] = X[i, r] * w[r]
        m = 3 - i % 2
        z[2] += w[0] * z[1]
        total += z[0] * z[1] * z[2]
    return total


@structured(signed(3, 3), signed(3, seed=4))
def filled_through_a_view_of_it(X, w):
    z = np.ones(3)
    v = z[1:]
    total = 0.0
    for i in range(3):
        for r in range(3):
            z[r] = X[i, r] * w[r]
        v[0] += v[1] * w[0]
        total += z[0] * z[1] * z[2] * v[0]
    return total


@structured(signed(3, 3), signed(3, seed=4))
def counter_bound_again(X, w):
    z = w * 1.0
    total = 0.0
    for i in range(3):
        for r in range(3):
            r = r // 2
            z[r] = X[i, r] * w[r]
        z[2] += z[0] * w[i]
        total += z[0] * z[1] * z[2]
    return total
