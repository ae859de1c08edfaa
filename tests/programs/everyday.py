"""What people write without a thought: None at first, lists of pairs, messages, clocks."""

import logging
import math
import time

import numpy as np

from programs.case import sample, signed, structured

log = logging.getLogger(__name__)


@structured(sample(5), compiled=True)
def best_so_far(x):
    best, at = None, None
    for i in range(len(x)):
        v = math.sin(3.0 * x[i])
        if best is None or v > best:
            best, at = v, i
    return best * x[at]


@structured(sample(5), compiled=True)
def best_array(x):
    best = None
    for k in range(3):
        h = np.roll(x, k) * (k + 1)
        if best is None or np.sum(h[:2]) < np.sum(best[:2]):
            best = h
    return np.sum(best**2)


@structured(sample(5))
def previous_element(x):
    previous, total = None, 0.0
    for v in x:
        if previous is not None:
            total += (v - previous) ** 2
        previous = v
    return total


@structured(signed(3, 3))
def product_of_rows(a):
    out = None
    for row in a:
        h = np.tanh(row)
        out = h if out is None else out * h + 1.0
    return np.sum(out)


@structured(sample(5))
def copies_of_what_may_be_none(x):
    previous = current = None
    total = 0.0
    for v in x:
        current = v
        if previous is None:
            previous = current
            continue
        total += (current - previous) ** 2
        previous = current
    if previous is None:
        return 0.0
    return total * previous


def smallest(x):
    best = None
    for v in x:
        if best is None or v < best:
            best = v
    return best


@structured(sample(5))
def helper_that_starts_with_none(x):
    return smallest(x) * smallest(x[2:])


@structured(sample(5))
def set_to_none_again(x):
    u = None
    for k in range(4):
        if k % 2 == 0:
            u = None
        u = x * k if u is None else np.sin(u) + x
    return np.sum(u)


@structured(sample(5))
def root_until_found(x):
    root, low, high = None, 0.0, 4.0
    while root is None:
        middle = 0.5 * (low + high)
        if middle * middle > x[0]:
            high = middle
        else:
            low = middle
        if high - low < 1e-3:
            root = middle
    return root * x[0]


@structured(sample(5), compiled=True)
def list_of_nones(x):
    r = [None] * len(x)
    r[0] = x[0]
    for i in range(1, len(x)):
        r[i] = r[i - 1] * 0.5 + np.sin(x[i])
    return r[-1] * r[2] + sum(r)


@structured(signed(4, 3), signed(2, 4, seed=1), sample(3), compiled=True)
def list_of_nones_for_arrays(w, v, x):
    weights = [w, v]
    h = [None for _ in range(3)]
    h[0] = x
    for i in range(2):
        h[i + 1] = np.tanh(weights[i] @ h[i])
    return np.sum(h[2] ** 2) + np.sum(h[1])


@structured(signed(4, 3), sample(4), signed(2, 4, seed=1), sample(2), sample(3))
def list_of_layers(w, b, v, c, x):
    layers = [(w, b), (v, c)]
    scaled = [(m * 0.9, a) for m, a in layers]
    h = x
    for k, (m, a) in enumerate(scaled):
        h = np.tanh(m @ h + a) * (k + 1)
    return np.sum(h * h) + np.sum(layers[-1][0])


@structured(sample(5))
def stack_of_pairs(x):
    stack = [(x, 0)]
    total = 0.0
    while stack:
        v, k = stack.pop()
        total += np.sum(v) * (k + 1)
        if k < 3:
            stack.append((np.sin(v), k + 1))
            if k < 2:
                stack.append((v * 0.5, k + 2))
    return total


@structured(sample(5))
def pairs_in_pairs(x):
    points = [((x * 2.0, x[1]), x[2]), ((x, x[3]), x[4])]
    points[0] = ((x, x[0]), x[1])
    return sum(np.sum(a) * b * c for (a, b), c in points)


@structured(signed(3, 3), compiled=True)
def pairs_of_several_layouts(a):
    pairs = [((1, a), 2), ((2.0, a.T), 3.0)]
    pairs.append(((1, a[:, ::-1]), 2))
    return sum(c * d * np.sum(m * a * a) for (c, m), d in pairs)


@structured(signed(4, 3), sample(4), signed(2, 4, seed=1), sample(2), sample(3))
def list_of_lists_of_several_ranks(w, b, v, c, x):
    layers = [[w, b], [v, c]]
    h = x
    for m, a in layers:
        h = np.tanh(m @ h + a)
    first = layers[0]
    first[1][0] = h[0]
    return np.sum(h) + np.sum(layers[0][1] * b)


@structured(sample(5))
def window_of_a_list(x):
    h = [0.0, x[0], 0.0]
    total = 0.0
    for v in x:
        h = h[1:] + [v]
        total += h[0] * h[1] + h[2]
    return total


@structured(0.7)
def loop_over_functions_left_early(x):
    total = 0.0
    for k, (f, w) in enumerate([(math.sin, x), (math.cos, total), (math.exp, 2.0)]):
        v = f(x) * w
        if v > 1.0:
            break
        total += v * (k + 1)
    else:
        total *= 5.0
    return total


FUNCTIONS = [math.sin, math.cos]


@structured(0.7)
def functions_from_outside(x):
    for f in FUNCTIONS:
        x = f(x) + x
    for f, w in zip((math.sin, math.exp), (x, 2.0)):  # noqa: B905
        x = f(x) * w
    return x


@structured(signed(6, 3), sample(6))
def first_of_a_tuple(a, y):
    beta, *_ = np.linalg.lstsq(a, y, rcond=None)
    *_, logarithm = np.linalg.slogdet(a.T @ a)
    return np.sum(beta**2) + logarithm


@structured(sample(5))
def messages_and_clocks(x):
    start = time.perf_counter()
    log.info("start: %s", x)
    total = 0.0
    for i, v in enumerate(x):
        with np.errstate(invalid="ignore", divide="ignore"):
            total += np.sqrt(v)
            if total > 3.0:
                break
        logging.debug(f"{i}: {total}")
    elapsed = time.perf_counter() - start
    log.info("took %s", elapsed)
    return total


@structured(sample(5), compiled=True)
def dictionary_of_state(x):
    s = {"position": x[0], "velocity": x[1:3]}
    for _ in range(3):
        s["position"] += 0.1 * s["velocity"][0]
        s["velocity"][1] = s["position"] * x[3]
        s = {"position": s["velocity"][1] + x[4], "velocity": s["velocity"] * s["position"]}
    return s["position"] ** 2 + sum(np.sum(v) for v in s.values())


@structured(sample(5))
def dictionary_that_grows(x):
    cache = {}
    rates = dict(slope=0.5, offset=x[0])  # noqa: C408
    cache["z"] = np.tanh(rates["slope"] * x + rates["offset"])
    cache["y"] = np.sin(cache["z"]) * rates.get("scale", 2.0)
    return np.sum(cache["y"] * cache["z"]) + sum(v for k, v in rates.items() if k != "slope")


@structured(sample(5))
def neighbours_with_an_empty_row(x):
    neighbours = [[], [1, 2], [0], [4], [3, 0]]
    total = 0.0
    for i in range(5):
        for j in neighbours[i]:
            total += x[i] * x[j]
    return total
