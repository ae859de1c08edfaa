"""Sums of terms: polynomial fit, log-sum-exp, Rosenbrock's function, an option's price."""

import math

import numpy as np

from .. import vector_math
from ..problem import Problem, hand_written, random

LANES = 64


# --- Fit of a polynomial to a step: GradBench's llsq --------------------------------------


def llsq(x, t):
    total = 0.0
    for i in range(len(t)):
        fit = 0.0
        power = 1.0
        for j in range(len(x)):
            fit += x[j] * power
            power *= t[i]
        r = np.sign(t[i]) - fit
        total += 0.5 * r * r
    return total


def llsq_array(xp):
    def f(x, t):
        powers = t[:, None] ** np.arange(len(x))
        return 0.5 * xp.sum((xp.sign(t) - powers @ x) ** 2)

    return f


@hand_written
def llsq_hand(x, ts):
    m, n = len(x), len(ts)
    g = np.zeros(m)
    t, r, power = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    total = 0.0
    for start in range(0, n, LANES):
        width = min(LANES, n - start)
        for k in range(width):
            t[k] = ts[start + k]
            r[k] = 0.0
            power[k] = 1.0
        for j in range(m):
            for k in range(width):
                r[k] += x[j] * power[k]
                power[k] *= t[k]
        for k in range(width):
            r[k] = r[k] - np.sign(t[k])
            total += 0.5 * r[k] * r[k]
        for j in range(m):
            s = 0.0
            for k in range(width):
                s += r[k]
                r[k] *= t[k]
            g[j] += s
    return total, g


def points(n):
    return -1.0 + 2.0 * np.arange(n) / (n - 1)


# --- Log of a sum of exponentials ---------------------------------------------------------


def lse(x):
    top = x[0]
    for i in range(1, len(x)):
        if x[i] > top:
            top = x[i]
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i] - top)
    return math.log(total) + top


def lse_numpy(x):
    top = np.max(x)
    return np.log(np.sum(np.exp(x - top))) + top


def lse_array(xp):
    def f(x):
        top = xp.max(x)
        return xp.log(xp.sum(xp.exp(x - top))) + top

    return f


@hand_written
def lse_hand(x):
    n = len(x)
    lanes = np.full(LANES, x[0])
    for start in range(0, n - LANES + 1, LANES):
        for k in range(LANES):
            lanes[k] = lanes[k] if lanes[k] > x[start + k] else x[start + k]
    top = lanes[0]
    for k in range(LANES):
        top = max(top, lanes[k])
    for i in range(n - n % LANES, n):
        top = max(top, x[i])
    g = np.empty(n)
    total = 0.0
    for i in range(n):
        g[i] = vector_math.exp(x[i] - top)
        total += g[i]
    scale = 1.0 / total
    for i in range(n):
        g[i] *= scale
    return math.log(total) + top, g


# --- Rosenbrock's function ----------------------------------------------------------------


def rosenbrock(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def rosenbrock_array(xp):
    return lambda x: xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@hand_written
def rosenbrock_hand(x):
    n = len(x)
    g = np.empty(n)
    total = 0.0
    carried = 0.0
    for i in range(n - 1):
        a = x[i + 1] - x[i] * x[i]
        b = 1.0 - x[i]
        total += 100.0 * a * a + b * b
        g[i] = carried - 400.0 * a * x[i] - 2.0 * b
        carried = 200.0 * a
    g[n - 1] = carried
    return total, g


# --- The price of a call option by Monte Carlo --------------------------------------------


def black_scholes(s, r, sigma, t, strike, z):
    total = 0.0
    for i in range(len(z)):
        end = s * math.exp((r - 0.5 * sigma**2) * t + sigma * math.sqrt(t) * z[i])
        total += max(end - strike, 0.0)
    return math.exp(-r * t) * total / len(z)


def black_scholes_array(xp):
    def f(s, r, sigma, t, strike, z):
        end = s * xp.exp((r - 0.5 * sigma**2) * t + sigma * xp.sqrt(t) * z)
        return xp.exp(-r * t) * xp.mean(xp.maximum(end - strike, 0.0))

    return f


@hand_written
def black_scholes_hand(s, r, sigma, t, strike, z):
    n = len(z)
    drift, root = (r - 0.5 * sigma * sigma) * t, math.sqrt(t)
    slope = sigma * root
    total, sum_end, sum_end_z = 0.0, 0.0, 0.0
    for i in range(n):
        end = s * vector_math.exp(drift + slope * z[i])
        paid = 1.0 if end >= strike else 0.0
        total += paid * (end - strike)
        sum_end += paid * end
        sum_end_z += paid * end * z[i]
    discount = math.exp(-r * t) / n
    value = discount * total
    grad_s = discount * sum_end / s
    grad_r = discount * t * sum_end - t * value
    grad_sigma = discount * (root * sum_end_z - sigma * t * sum_end)
    by_drift = (r - 0.5 * sigma * sigma) * sum_end
    grad_t = discount * (by_drift + 0.5 * sigma / root * sum_end_z) - r * value
    return value, grad_s, grad_r, grad_sigma, grad_t


def option(n):
    return 100.0, 0.03, 0.2, 1.5, 105.0, random(n).normal(size=n)


PROBLEMS = [
    Problem("llsq", llsq, ("x",), ((16, 128), (1024, 128), (16392, 128)),
            lambda n, m: (random(n).uniform(size=m), points(n)), llsq_hand, llsq_array),
    Problem("lse", lse, ("x",), ((25,), (2500,), (80_000,), (1_280_000,)),
            lambda n: (random(n).uniform(size=n),), lse_hand, lse_array),
    Problem("lse_numpy", lse_numpy, ("x",), ((25,), (2500,), (80_000,), (1_280_000,)),
            lambda n: (random(n).uniform(size=n),), lse_hand, lse_array),
    Problem("rosenbrock", rosenbrock, ("x",), ((2,), (1000,), (100_000,)),
            lambda n: (random(n).uniform(-1.0, 1.0, size=n),), rosenbrock_hand, rosenbrock_array),
    Problem("black_scholes", black_scholes, ("s", "r", "sigma", "t"),
            ((1000,), (30_000,), (1_000_000,)), option, black_scholes_hand, black_scholes_array),
]  # fmt: skip
