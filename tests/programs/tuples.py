"""Tuples: joined, sliced, subscripted by variables, unpacked with a star, of tuples."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from programs.case import sample, signed, structured

STAGES = ((0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (-1.0, 2.0, 0.0))
WEIGHTS = (1.0 / 6, 2.0 / 3, 1.0 / 6)


@structured(signed(4), compiled=True)
def star_in_a_loop(x):
    s = 1.0
    for k in range(2):
        t = (x[k], x[k + 1], s)
        a, *b = t
        s = a * b[0] + b[-1] * sum(b)
    return s


@structured(signed(4))
def star_of_names_that_are_bound(x):
    a, b = x[0], x[1]
    a, *c = (b, a, b * 2)
    return a * c[0] * c[1] + len(c)


@structured(signed(4))
def turned_round_in_a_loop(x):
    t = (x[0], x[1], x[2])
    for k in range(3):
        t = t[::-1]
        t = t[1:] + (t[0] * x[k],)
    return t[0] * t[1] ** 2 + t[2] ** 3


@structured(signed(4), compiled=True)
def rotated_and_read_by_a_variable(x):
    w = (x[0], x[1], x[2])
    s = 0.0
    for k in range(5):
        s += w[k % 3] * max(w) - min(w[:2])
        w = w[1:] + w[:1]
    return s


@structured(signed(4), compiled=True)
def table_of_stages_by_variables(x):
    s = x[0]
    for i in range(3):
        acc = 0.0
        for j in range(i):
            acc += STAGES[i][j] * x[j]
        s = s + 0.1 * math.sin(s + acc) * WEIGHTS[i]
    return s


@structured(signed(4))
def table_of_stages_in_turn(x):
    s = x[0]
    for i, row in enumerate(STAGES):
        acc = 0.0
        for c, v in zip(row, x):
            acc += c * v
        s = s + math.sin(s + acc) * WEIGHTS[i]
    return s


@structured(signed(4))
def pairs_by_name(x):
    edges = ((0, 1), (1, 2), (2, 3), (3, 0))
    s = 0.0
    for r in range(2):
        for a, b in edges:
            s += (x[a] - x[b]) ** 2 * (s + 1)
    a, b = edges[1]
    return s * x[a] + edges[2][1] * len(edges)


@structured(0.7, 1.3)
def turned_round_in_a_branch(s, t):
    p = (s, t)
    if s > 0.5:
        p = p[::-1]
    q = p + (s * t,)
    return q[0] ** 2 + q[2] * q[1]


@structured(signed(4))
def helper_of_tuples(x):
    def rest(first, t):
        return t[1:] + (first,)

    t = (x[0], x[1], x[2])
    t = rest(x[3], t)
    t = rest(t[0] * 2, t)
    return t[0] * t[1] + t[2] ** 2


@structured(signed(4))
def tuple_read_in_a_while(x):
    w = (x[0], x[1], 2.0)
    k = 0
    s = 0.0
    while s < 3.0 and k < 6:
        s += abs(w[k % 3])
        k += 1
    return s * w[k % 3]


@structured(signed(4))
def tuples_in_a_tuple(x):
    t = ((x[0], x[1]), (x[2], x[3]))
    s = 0.0
    for row in t:
        for v in row:
            s = s * v + 1
    return s


@structured(signed(4))
def repeated_and_joined(x):
    t = (0.0, x[0]) * 2 + (x[1],)
    s = 0.0
    for k in range(5):
        s = s * 0.5 + t[k]
    return s * t[-1]


@structured(signed(4))
def functions_of_a_tuple(x):
    t = (x[0], x[1], x[2])
    return sum(t) * max(t) + min(t) * len(t)


@structured((0.4, 0.8, 1.1))
def star_of_a_parameter(p):
    a, *r = p
    return a * r[0] * r[1]


@structured(signed(4))
def pair_rebound_and_read_by_a_variable(x):
    w = (x[0], x[1] * 2)
    s = 0.0
    for k in range(len(x)):
        s += w[k % 2] * x[k]
        w = (s, w[0])
    return s


class State(NamedTuple):
    x: float
    v: float
    t: float = 0.0

    def energy(self, k):
        return 0.5 * self.v**2 + 0.5 * k * self.x**2

    @property
    def phase(self):
        return math.atan2(self.v, self.x)


def advanced(s, dt):
    return State(s.x + dt * s.v, s.v - dt * math.sin(s.x), s.t + dt)


@structured(1.0, 0.5, 0.1, compiled=True)
def records_made_inside(x, v, dt):
    s = State(x, v)
    for _ in range(5):
        s = advanced(s, dt)
        if s.x > s.v:
            s = s._replace(v=s.v * 0.9)
    other = s if x > 0.5 else State(v=x, x=v)
    return s.energy(x) + other.t * s.phase


@structured(State(1.0, 0.5, 0.0), 0.1)
def records_passed_in_and_bound_again(s, dt):
    k = 0
    while s.energy(2.0) > 0.1 and k < 4:
        s = advanced(s, dt)
        k += 1
    return s.energy(1.5) + s.t * s.phase


@dataclass(frozen=True)
class Particles:
    pos: np.ndarray
    vel: np.ndarray
    mass: float = 1.5

    def kicked(self, dt):
        return replace(self, vel=self.vel - dt * self.pos / self.mass)


@structured(sample(4), 0.7)
def dataclasses_made_inside(x, m):
    p = Particles(x, np.zeros_like(x), mass=m)
    for _ in range(3):
        p = p.kicked(0.1)
        p = Particles(p.pos + 0.1 * p.vel, p.vel, p.mass)
    p, q = Particles(p.vel, p.pos), p
    return np.sum(p.pos * q.vel) * p.mass + q.mass


@structured(sample(3))
def tuples_of_several_lengths(x):
    total = 0.0
    for i, ends in ((0, (1, 2)), (1, (2,)), (2, (0,))):
        for j in ends:
            total += x[i] * x[j] ** 2
        total *= len(ends)
    for pair in ((x[0], x[1]), (x[1], x[2])):
        x = x * pair[0]
        if pair[1] > 1.0:
            break
    return total + ends[0] * np.sum(x) * pair[1]
