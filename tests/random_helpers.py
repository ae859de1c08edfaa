"""What random programs call: helpers that return early, recur, and write through their arguments.

In: numbers and arrays of at least two elements. Out: numbers, arrays, views of what is passed.

Invariant: every loop ends, and nothing grows without bound. The text of this module stands before
each random program, so the helpers are differentiated with it.
"""

import math

import numpy as np

IDX = np.array([2, 0, 2, 1])


def scale(u, c):
    for k in range(len(u)):
        u[k] *= c


def mix(p, q):
    if p > q + 0.0413:
        return p * q
    return math.sin(p) - 0.5 * q


def energy(u):
    total = 0.0
    for v in u:
        if v > 1.2371:
            continue
        total += v * v * 0.3
    return total


def put(u, k, value):
    old = u[k]
    u[k] = value
    return old


def smooth(u, v):
    u[1:] += 0.25 * v[:-1]
    return u


def pair(p, q):
    if p > 0.6113:
        return q * p, p
    return p + q, 0.5


def down(p, n):
    if n <= 0:
        return p
    return math.sin(down(p * 0.9, n - 1)) + 0.3 * p


def first_above(u, limit):
    for k in range(len(u)):
        if u[k] > limit:
            found = u[k] * limit
            break
        if u[k] < -1.1731:
            return 0.5 * u[k]
    else:
        return limit - u[0]
    return found + 0.25 * k


def search(u, v, limit):
    total = limit
    for p in u:
        for q in v:
            if p * q > 0.9137:
                return total + p
            if q < -0.7371:
                continue
            total += 0.3 * p * q
        else:
            total -= 0.1 * p
            if total < -1.3173:
                break
    else:
        total *= 0.9
    return total


def climb(u, p):
    steps, last = 0, p
    while p < 1.3171:
        last, p = p, 0.5 * p + 0.3 * last + u[steps] * u[steps]
        u[steps] = last
        steps += 1
        if steps >= len(u):
            return last
    return p - 0.1 * steps


def flip(u):
    u[:] = u[::-1]


def trade(u, v):
    for k in range(len(u)):
        u[k], v[-1 - k] = v[-1 - k], u[k]


def nudge(u, p):
    v = u[1:]
    if p > 0.4137:
        v = v[::-1]
    v[0] += p
    return v[-1]


def fold(u, k):
    if k >= len(u):
        return 0.1
    return u[k] * 0.5 + math.tanh(fold(u, k + 1)) * u[k]


def run_down(u, k):
    if k > 0:
        u[k] = 0.5 * u[k] + math.sin(u[k - 1])
        run_down(u, k - 1)


def halves(u):
    return u[::-1], u * 0.5


def grown(u, c=0.8, *, shift=0.1):
    u = u * c
    u[0] += shift
    return u
