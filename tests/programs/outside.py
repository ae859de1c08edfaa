"""What functions read from outside and what they are made of: lists, dicts, texts, functions."""

import functools
import math

import numpy as np

from programs.case import sample, structured

YS = [0.14, 0.18, 0.22]
KS = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
RAG = [[], [0.5], [0.25, 0.75]]
PAIRS = [(0.5, 1.0), (0.2, 2.0)]
EDGES = [(0, 1), (1, 2), (2, 3)]
MIX = [(0, 0.5), (2, 0.25)]
P = {"g": 9.81, "L": 2.0, "name": "x"}
MODE = "fast"
KERNEL = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
Y_BARD = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39]


def kern(x, y, ell, var=1.0):
    return var * math.exp(-((x - y) ** 2) / ell)


KP = functools.partial(kern, ell=0.5, var=2.0)


def compose(f, g):
    return lambda x: f(g(x))


def make_poly(c):

    def p(x):
        r = 0.0
        for ci in c:
            r = r * x + ci
        return r

    return p


@structured(sample(4), compiled=True)
def lists_from_outside(x):
    s = 0.0
    for i in range(3):
        s += (x[i] - YS[i]) ** 2 * KS[1][i]
    for y in YS:
        s += y * x[0]
    for k, (lam, w) in enumerate(PAIRS):
        s += w * math.exp(-lam * x[k])
    for i, j in EDGES:
        s += x[i] * x[j]
    for i, c in MIX:
        s += c * x[i] ** 2
    return s * len(YS)


@structured(sample(4))
def ragged_list_from_outside(x):
    k = []
    for i in range(3):
        t = x[0]
        for j in range(i):
            t += RAG[i][j] * k[j]
        k.append(math.sin(t))
    return k[2]


@structured(sample(4))
def dicts_of_constants(x):
    p = {"m": 1.5, "k": 2, "dt": 0.1 * P["L"]}

    def step(y, q):
        return y + q["dt"] * P["g"] * q.get("z", 2.0)

    return step(x[0], p) * p["m"] ** p["k"] + x[1]


@structured(1.3, 0.7)
def modes_by_text(x, y):

    def act(v, kind="tanh", scale=1.0):
        if kind == "tanh":
            return math.tanh(v) * scale
        elif kind in ("sig", "sigmoid"):
            return 1 / (1 + math.exp(-v))
        else:
            raise ValueError(f"unknown {kind}")

    method = "rk"
    z = act(x) + act(y, kind="sig")
    if MODE == "fast" and method != "euler":
        z *= 2
    return z + (1.0 if MODE == "slow" else x)


@structured(sample(3))
def steps_by_text(x):
    steps = ["square", "add", "square"]
    y = x[0]
    for step in steps:
        y = y * y if step == "square" else y + x[1]
    for k in range(2):
        if steps[k] == "add":
            y *= x[2]
    return y


@structured(sample(3))
def prints_on_the_way(x):
    s = 0.0
    for i, v in enumerate(x):
        s += v * v
        if i % 2 == 0:
            print(f"step {i}: {s:.3f}", s, end="\n")
    print("done", np.sum(x), x.shape)
    return s


@structured(0.4, 1.0)
def partial_of_a_helper(a, b):

    def f(k, x, y=1.0):
        return k * x + y

    g = functools.partial(f, 2.0)
    h = functools.partial(f, 3.0, y=a)
    return g(a) * h(b)


@structured(sample(4), 0.7)
def partial_from_outside(x, ell):
    k2 = functools.partial(kern, ell=ell)
    s = 0.0
    for a in x:
        for b in x:
            s += KP(a, b) * k2(a, b, var=1.5)
    return s


@structured(sample(4))
def largest_by_a_key(xs):
    best = max(xs, key=lambda v: (v - 0.5) ** 2)
    i = max(range(len(xs)), key=lambda i: xs[i])
    return (
        best * 2
        + xs[i]
        + min([v for v in xs if v > 5], default=1.0)
        + min([v * 2 for v in xs], key=abs)
    )


@structured(sample(4))
def sum_with_a_start(xs):
    return sum((v * v for v in xs), 1.0) + sum(xs, start=xs[0])


@structured(0.3, 2.0)
def functions_that_are_returned(a, b):

    def make(k):

        def inner(x):
            return k * x + a

        return inner

    f = make(b)
    b = b * 3
    g = make(3.0)
    h = make(b)
    return f(g(a)) + h(1.0)


@structured(sample(3), 0.4)
def functions_made_of_functions(c, x):
    p = make_poly(c)
    q = compose(p, math.sin)
    return p(x) * q(x) + make_poly(c * 2)(x)


@structured(np.array([[4.0, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 5]]))
def rows_through_an_index_array(A):
    A = A.copy()
    for k in range(2):
        p = k + 1
        A[[k, p], :] = A[[p, k], :]
        A[:, [k, p]] = A[:, [p, k]] * 2
        A[p, [0, 2]] = A[k, [2, 0]]
    return A[0, 0] * A[1, 2] + np.sum(A**2)


@structured(sample(6, 6))
def filter_with_a_kernel_from_outside(img):
    h, w = img.shape
    out = np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            acc, wsum = (0.0, 0)
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    yy, xx = (y + dy, x + dx)
                    if yy < 0 or yy >= h or xx < 0 or (xx >= w):
                        continue
                    k = KERNEL[dy + 1][dx + 1]
                    acc += k * img[yy, xx]
                    wsum += k
            out[y, x] = acc / wsum
    return np.sum(out**2)


@structured(sample(3))
def bard_with_data_from_outside(x):
    f = 0.0
    for i in range(15):
        u = i + 1
        v = 16 - u
        w = min(u, v)
        f += (Y_BARD[i] - (x[0] + u / (v * x[1] + w * x[2]))) ** 2
    return f


@structured(np.array([[0.1, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 5]]), sample(3))
def pivoted_elimination(A, b):
    n = len(b)
    A, b = (A.copy(), b.copy())
    for k in range(n - 1):
        piv = k + np.argmax(np.abs(A[k:, k]))
        if piv != k:
            A[[k, piv], :] = A[[piv, k], :]
            b[k], b[piv] = (b[piv], b[k])
        for i in range(k + 1, n):
            m = A[i, k] / A[k, k]
            for j in range(k, n):
                A[i, j] -= m * A[k, j]
            b[i] -= m * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        s = 0
        for j in range(i + 1, n):
            s += A[i, j] * x[j]
        x[i] = (b[i] - s) / A[i, i]
    return np.sum(x**2)


def rule_of(y, rule="trapezoid", dx=0.1):
    match rule:
        case "trapezoid":
            return dx * (np.sum(y) - 0.5 * (y[0] + y[-1]))
        case "midpoint" | "left":
            return dx * np.sum(y[:-1] * (0.5 if rule == "left" else 1.0))
        case _:
            raise ValueError(f"unknown rule {rule}")


@structured(sample(5), "left", 0.3)
def text_as_an_argument(y, rule, dx):
    shift = SHIFTS[rule] if rule in ("left", "right") else 1.0
    return rule_of(y, rule, dx) * shift + rule_of(y * y)


@structured(sample(5))
def text_as_a_default(y, rule="midpoint"):
    return rule_of(y, rule) * len(rule) if rule else y[0]


SHIFTS = {"left": 0.5, "right": 2.0}
ACTIVATIONS = {"tanh": math.tanh, "square": lambda v: v * v}


def activated(x, name="square"):
    act = ACTIVATIONS[name]
    return act(x) + ACTIVATIONS["tanh"](2.0 * x)


@structured(0.7)
def functions_in_a_dictionary(x):
    return activated(x, "tanh") * activated(x)


RATES = {"growth": 0.5, "decay": 2.0}


@structured(0.7, sample(3))
def loops_over_dictionaries(x, y):
    weights = {(0, 1): 3.0, (1, 2): 10.0}
    total = 0.0
    for name, rate in RATES.items():
        total += rate * x ** (2 if name == "growth" else 3)
    for (i, j), w in weights.items():
        total += w * y[i] * x + y[j]
    for name in RATES:
        total *= RATES[name]
    return total + sum(v * x for v in RATES.values())
