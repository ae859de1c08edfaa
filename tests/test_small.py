"""Small arrays as numbers: the same gradients with and without, and by differences."""

import dataclasses
import linecache
import random

import numba
import numpy as np
import pytest
from oracles import differences, flatten, run_text

from srcgrad import value_and_grad
from srcgrad.other_forms import OfNumbers
from srcgrad.pipeline import derive

V = np.array([0.3, -0.7, 1.1])
M = np.array([[0.6, 0.2, -0.1], [0.3, 0.9, 0.4], [-0.2, 0.1, 0.7]])
POINTS = np.random.default_rng(1).normal(size=(5, 3))


def lorenz(y0, p, data):
    y = y0.copy()
    loss = 0.0
    for k in range(data.shape[0]):
        u, v, w = y
        k1 = np.array([p[0] * (v - u), u * (p[1] - w) - v, u * v - p[2] * w])
        y = y + 0.01 * k1
        loss += np.sum((y - data[k]) ** 2)
    return loss


def turned(angles, lengths):
    R = np.eye(3)
    p = np.zeros(3)
    for k in range(len(angles)):
        c, s = np.cos(angles[k]), np.sin(angles[k])
        R = (
            R
            @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
            @ np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
        )
        p += R @ np.array([lengths[k], 0.0, 0.0])
    return p @ p + R[0, 1] + np.trace(R.T @ R)


def projected(camera, points):
    total = 0.0
    for i in range(len(points)):
        k = camera[:3] / np.linalg.norm(camera[:3])
        x = points[i]
        r = x * 0.5 + np.cross(k, x) * 0.2 + k * np.dot(k, x) + camera[3:6]
        uv = camera[6] * r[:2] / (4.0 + r[2])
        total += np.sum(uv**2)
    return total


def pushed(x0):
    n = x0.shape[0]
    x = x0.copy()
    v = np.zeros((n, 3))
    for _ in range(3):
        f = np.zeros((n, 3))
        for i in range(n):
            for j in range(i):
                d = x[i] - x[j]
                g = d / (np.dot(d, d) + 0.5) + np.array([0.0, 0.1, 0.0])
                f[i] += g
                f[j] -= g
        v += 0.1 * f
        x += 0.1 * v
    return np.sum(x**2)


def held_in_place(v):
    a = np.zeros(3)
    for k in range(3):
        a[k] = v[k] * v[2 - k] + (a[k - 1] if k > 0 else 1.0)
    a[1:] *= 2.0
    a[:2] += a[1:]
    a[0], a[2] = a[2], a[0]
    b = a[::-1]
    a = np.array([b[1], b[2] * b[0], a[0]])
    return a[0] * a[1] + np.sum(np.concatenate((a, b)) ** 2)


def seen_through_another_name(v):
    a = np.zeros(3) + v
    b = a
    c = a[1:]
    b[0] = v[1] * v[2]
    a[1] *= 3.0
    c[1] = a[0] * a[1]
    return a[0] + b[1] * c[1] + a[2] ** 2


def swapped(v, w):
    a, b = v * 1.0, w + np.array([1.0, 2.0, 3.0])
    for _ in range(3):
        a, b = b, np.sin(a)
    return np.sum(a * b)


def looked_up(v, k):
    table = np.array([1.0, 2.0, 4.0])
    total = 0.0
    for i in range(len(v)):
        total += table[(i + k) % 3] * v[i]
    return total * np.linalg.det(np.outer(v[:2], v[1:3]) + np.eye(2))


def filtered(q, ys):
    F = np.array([[1.0, 0.1], [0.0, 1.0]])
    H = np.array([1.0, 0.0])
    x, P, total = np.zeros(2), np.eye(2), 0.0
    for t in range(len(ys)):
        x = F @ x
        P = F @ P @ F.T + q * np.eye(2)
        s = H @ P @ H + 0.5
        K = P @ H / s
        e = ys[t] - H @ x
        x, P = x + K * e, P - np.outer(K, H @ P)
        total += np.log(s) + e * e / s
    return total


def written_through_a_view_of_a_view(v, y):
    a = v * np.array([1.0, 2.0, 3.0])
    b = a[::-1]
    c = b[:2]
    c *= y
    c[0] += y
    return a[0] * a[1] + a[2]


def never_reached(v):
    a = v * np.array([1.0, 2.0, 3.0])
    if 0.2 > 0.5:
        b = a * 2.0
        a = b[::-1]
    return np.sum(a * a)


CASES = [
    (lorenz, (V, np.array([3.0, 5.0, 1.0]), POINTS)),
    (turned, (V, V + 1.0)),
    (projected, (np.array([0.2, 0.5, -0.3, 0.1, 0.2, 0.3, 1.5]), POINTS)),
    (pushed, (POINTS,)),
    (held_in_place, (V,)),
    (seen_through_another_name, (V,)),
    (written_through_a_view_of_a_view, (V, 0.7)),
    (never_reached, (V,)),
    (swapped, (V, V[::-1].copy())),
    (looked_up, (V, 1)),
    (filtered, (0.3, V)),
]
NAMES = [f.__name__ for f, _ in CASES]


def copied(args):
    return [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]


def derived(f, args, **switches):
    return derive(f, None, True, tuple(map(numba.typeof, args)), **switches)


def values(text, args):
    with np.errstate(all="ignore"):
        return np.array(list(flatten(run_text(text)(*copied(args)))))


def check(f, args):
    """On and off agree, and both are what differences say; what ``derive`` found."""
    found = derived(f, args)
    on, off = values(found.loops, args), values(derived(f, args, small=False).loops, args)
    slopes, error = differences(f, *args)
    scale = np.max(np.abs(slopes), initial=1.0)
    np.testing.assert_allclose(on, off, rtol=1e-10, atol=1e-10 * scale)
    np.testing.assert_allclose(on[0], f(*copied(args)), rtol=1e-12)
    assert (np.abs(on[1:] - slopes) <= 1e-6 * scale + 10 * error).all()
    return found


@pytest.mark.parametrize(("f", "args"), CASES, ids=NAMES)
def test_same_gradients(f, args):
    check(f, args)


def made_in_rounds(text):
    """How often arrays are made, or recorded, in a round of a loop."""
    inside = [line for line in text.splitlines() if line.startswith(" " * 8)]
    return sum(w in line for line in inside for w in ("np.empty", "np.array", "append", "stretch"))


@pytest.mark.parametrize("f", [lorenz, turned, projected, swapped, filtered])
def test_no_array_is_made_in_a_round(f):
    args = dict(CASES)[f]
    assert made_in_rounds(derived(f, args).straight) == 0
    assert made_in_rounds(derived(f, args, small=False).straight) > 0


def test_the_listing_is_of_arrays():
    on, off = (derived(lorenz, dict(CASES)[lorenz], small=s) for s in (True, False))
    assert on.flat == off.flat
    assert "k1 = np.array([" in on.flat and "k1 = np.array([" not in on.straight


def test_compiled():
    for f in (lorenz, projected, held_in_place):
        args = dict(CASES)[f]
        value, slopes = value_and_grad(f)(*copied(args))
        expected = values(derived(f, args).flat, args)
        np.testing.assert_allclose(np.array([value, *flatten(slopes)]), expected, rtol=1e-9)


# What is taken for granted of parameters


def shifted(w):
    return np.sum((w * np.array([1.0, 2.0, 3.0])) ** 2)


def test_extents_taken_for_granted():
    found = derived(shifted, (V,)).form
    assert isinstance(found, OfNumbers) and found.assumed == {"w.shape[0]": 3}


def test_other_extents():
    """The guard leaves what is broadcast, or longer, to the program of arrays."""
    gradient = value_and_grad(shifted)
    np.testing.assert_allclose(gradient(V)[1], 2 * V * np.array([1.0, 4.0, 9.0]))
    np.testing.assert_allclose(gradient(np.array([0.5]))[1], [14.0])
    with pytest.raises(ValueError, match="broadcast"):
        gradient(np.ones(4))

    long = np.append(V, [2.0, 3.0])
    args = (np.array([0.2, 0.5, -0.3, 0.1, 0.2, 0.3, 1.5, 9.0]), POINTS)
    for f, given in ((firsts, (long,)), (projected, args)):
        on, off = (values(derived(f, given, small=s).loops, given) for s in (True, False))
        np.testing.assert_allclose(on, off, rtol=1e-12)


def firsts(v):
    total = 0.0
    for k in range(4):
        r = v * (k + 1.0)
        total += np.sum(r**2) + r[2]
    return total


def test_guesses_do_not_change_longer_arguments():
    long = np.append(V, [2.0, 3.0])
    found = derived(firsts, (V,))
    assert isinstance(found.form, OfNumbers) and found.form.assumed == {"v.shape[0]": 3}
    slopes, _ = differences(firsts, long)
    np.testing.assert_allclose(values(found.loops, (long,))[1:], slopes, rtol=1e-7)


# What has to stay


def too_long(x):
    y = np.zeros(40)
    for k in range(40):
        y[k] = x * k
    return np.sum(y**2)


def grown(x):
    rows = []
    for k in range(3):
        rows.append(np.array([x * k, x]))
    return rows[0][0] + rows[2][0] * rows[1][1]


@pytest.mark.parametrize("f", [too_long, grown])
def test_stays(f):
    found = check(f, (0.7,))
    text = found.loops
    assert found.form is None or "np.empty" in text or "append" in text


def length(v):
    u = v - np.array([1.0, 2.0, 2.0])
    return np.linalg.norm(u) + np.sum(v)


def test_norm_of_zeros():
    """The convention: 0 where the norm is 0."""
    args = (np.array([1.0, 2.0, 2.0]),)
    found = derived(length, args)
    assert isinstance(found.form, OfNumbers)
    np.testing.assert_array_equal(values(found.loops, args), [5.0, 1.0, 1.0, 1.0])


# What integers hold


def cut_off(x):
    a = np.array([1, 2, 3])
    a[0] = 2.7
    a[1] += 1
    b = np.zeros_like(a)
    b[2] = 3.9
    return x * a[0] + a[1] * x * x + b[2] * np.array([x, 2.0])[0]


def counted(x):
    c = np.zeros(3, dtype=np.int64)
    v = np.array([x, 2 * x, 3.0])
    for k in range(3):
        c[k % 2] += k
    e = np.full_like(np.array([True, x > 0.0]), 3)
    return v[c[0]] * x + c[1] + np.sum(e * x)


def of_integers(x, n):
    a = np.array([n, 2 * n])
    b = a * 2 + a
    b[1] = 7
    c = np.array([x, x * x, 1.0])
    d, e = a / 4, np.array([1.7, 2.2], dtype=np.int64)
    return c[b[0] - 3] + np.sum(b * c[:2]) + b[1] // 2 + np.sum(d * x) + np.sum(a % 3 + e) * x


@pytest.mark.parametrize("f", [cut_off, counted, of_integers])
def test_integers_stay_integers(f):
    args = (1.3, 1) if f is of_integers else (1.3,)
    found = derived(f, args)
    on, off = values(found.loops, args), values(found.flat, args)
    np.testing.assert_allclose(on, off, rtol=1e-14)
    assert on[0] == pytest.approx(f(*args), rel=1e-14)


# Random programs


def program_text(rng):
    """Vectors of three, matrices of three by three, numbers: made, changed, in loops."""
    vectors = ["v", "w", "a"]
    lines = ["v = v * np.array([1.0, 0.9, 1.1])", "w = w + np.zeros(3)"]
    lines += ["a = np.array([v[0], x, 0.5])", "B = M @ np.eye(3)"]

    def vector():
        p, q, s = rng.choice(vectors), rng.choice(vectors), rng.choice(["x", "a[1]", "0.7"])
        forms = [
            f"{p} + {q}", f"np.sin({p}) * {q}", f"{s} * {p}", f"np.cross({p}, {q})", f"B @ {p}",
            f"{p} / (2.0 + {q} ** 2)", f"{p}[::-1] - {s}", f"np.array([{s}, {p}[2], {q}[0]])",
            f"B[1] - {p}", f"B[:, 2] * {s}", f"np.roll({p}, 1)", f"{p} @ B", f"np.copy({p})",
            f"np.concatenate(({p}[1:], {q}[:1]))", f"np.where({p} > {q}, {p}, {s})",
            f"np.maximum({p}, 0.1 * {q})", f"{p}",
        ]  # fmt: skip
        return rng.choice(forms)

    def number():
        p, q = rng.choice(vectors), rng.choice(vectors)
        forms = [
            f"np.dot({p}, {q})", f"np.sum({p} * {q})", f"{p}[1] * {q}[-1]", f"np.mean({p})",
            f"np.linalg.norm({p})", "np.trace(B)", "np.sum(B[0])", f"np.sum(B, axis=0)[1] + {p}[0]",
        ]  # fmt: skip
        return f"np.tanh({rng.choice(forms)})"

    def statement(depth):
        kind = rng.randrange(11 if depth < 2 else 8)
        target = rng.choice(vectors)
        if kind <= 2:
            return [f"{target} = {vector()}"]
        if kind == 3:
            return [f"x = {number()}"]
        if kind == 4:
            return [f"a = np.tanh({vector()})", f"a[{rng.randrange(3)}] = {number()}"]
        if kind == 5:
            return ["a = a * 0.5", f"a[{rng.choice(['0', '1:', ':2'])}] += {number()}"]
        if kind == 6:
            forms = ["B @ M", "B.T", "np.outer(v, a)", "B * v", "B - M"]
            return [f"B = np.tanh({rng.choice(forms)})"]
        if kind == 7:
            return ["a, w = w, a"]
        inner = [line for _ in range(rng.randint(1, 3)) for line in statement(depth + 1)]
        head = rng.choice(["for k in range(3):", "for _ in range(n):", "if x > 0.1:"])
        if head.startswith("for k"):
            inner.append("x = np.tanh(x + a[k] * w[2 - k])")
        return [head, *("    " + line for line in inner)]

    for _ in range(rng.randint(3, 7)):
        lines += statement(0)
    lines.append("return np.sum(np.sin(v)) + np.sum(w * a) + x + np.sum(np.sin(B))")
    return "\n    ".join(["def primal(v, w, M, x, n):", *lines]) + "\n"


def define(text, number):
    name = f"<small {number}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space = {"np": np, "__name__": "small"}
    exec(compile(text, name, "exec"), space)
    return space["primal"]


@pytest.mark.parametrize("batch", range(2))
def test_random_programs(batch):
    """Most of them have numbers; all have the same gradients."""
    args = (V, np.array([0.4, 0.9, -0.2]), M, 0.35, 2)
    count = 0
    for seed in range(6 * batch, 6 * batch + 6):
        text = program_text(random.Random(seed))
        f = define(text, seed)
        found = derived(f, args)
        count += isinstance(found.form, OfNumbers)
        on, off = values(found.loops, args), values(derived(f, args, small=False).loops, args)
        np.testing.assert_allclose(on, off, rtol=1e-9, atol=1e-9, err_msg=text)
        slopes, error = differences(f, *args)
        assert (np.abs(on[1:] - slopes) <= 1e-5 * (1 + np.abs(slopes)) + 10 * error).all(), text
    assert count >= 3


def test_switch():
    gradient = value_and_grad(shifted)
    off = dataclasses.replace(gradient._options, small=False)
    assert off != gradient._options and off.key != gradient._options.key
