"""Lanes: rounds of a loop that run side by side give what rounds one after the other give."""

import ast
import linecache
import math
import random

import numba
import numpy as np
import pytest
from oracles import check_gradient, complex_step
from random_programs import Choices

import srcgrad.transform.lowering.lanes
from srcgrad import value_and_grad
from srcgrad.gates import logsumexp
from srcgrad.pipeline import derive
from srcgrad.program import For
from srcgrad.transform.lowering.upward import upward

X = np.array([[0.31, -0.42], [1.23, 0.74], [-0.85, 0.56], [0.47, -0.98], [0.13, 0.66]])
W = np.array([0.63, -1.12])
T = np.array([0.4, -0.3, 0.9])
ARGUMENTS = (X, W, T)
MARK = "rounds of `i` at a time"


@pytest.fixture(autouse=True)
def few_lanes(monkeypatch):
    """Two rounds side by side: the five rows are two blocks and a half."""
    monkeypatch.setattr(srcgrad.transform.lowering.lanes, "LANES", 2)


def leaves(value):
    if isinstance(value, tuple):
        return np.concatenate([leaves(v) for v in value])
    return np.ravel(value)


def run(derived, args):
    """What the loops return, in plain Python."""
    scope = {}
    text = "\n".join(x for x in derived.loops.splitlines() if not x.startswith("@numba.njit"))
    exec(compile(text, "<loops>", "exec"), scope)
    with np.errstate(all="ignore"):
        return leaves(scope[derived.name](*[np.copy(a) for a in args]))


def on_and_off(f, args):
    """Whether it is in lanes, after holding it to what it is without."""
    kinds = tuple(map(numba.typeof, args))
    on, off = (derive(f, None, True, kinds, lanes=flag) for flag in (True, False))
    assert MARK not in off.loops
    np.testing.assert_allclose(run(on, args), run(off, args), rtol=1e-11, atol=1e-13)
    return MARK in on.loops


# By hand


def polynomial(X, w, t):
    total = 0.0
    for i in range(X.shape[0]):
        fit, power = 0.0, 1.0
        for j in range(len(t)):
            fit += t[j] * power
            power *= X[i, 0]
        total += (fit - w[0]) ** 2
    return total


def nearest(X, w, t):
    total = 0.0
    for i in range(X.shape[0]):
        best = np.inf
        for j in range(len(t)):
            square = 0.0
            for k in range(len(w)):
                square += (X[i, k] - w[k] * t[j]) ** 2
            best = min(best, square)
        total += best
    return total


def mixture(X, w, t):
    n, d = X.shape
    y, z, main = np.zeros(d), np.zeros(d), np.zeros(len(t))
    total = 0.0
    for i in range(n):
        for j in range(len(t)):
            for r in range(d):
                y[r] = X[i, r] - t[j]
                z[r] = w[r] * y[r]
            p = 0
            for c in range(d):
                for r in range(c, d):
                    z[r] += t[p] * y[c]
                    p += 1
            s = t[j]
            for r in range(d):
                s -= 0.5 * z[r] * z[r]
            main[j] = s
        total += logsumexp(main)
    more = 0.0
    for j in range(len(t)):
        more += t[j] ** 2
    return total + more - n * logsumexp(t)


def rows_and_functions(X, w, t):
    loss = 0.0
    for i in range(X.shape[0]):
        z = t[0]
        for j in range(X.shape[1]):
            z += X[i, j] * w[j]
        loss += max(z, 0.0) + math.log1p(math.exp(-abs(z)))
    for j in range(len(w)):
        loss += 0.5 * w[j] ** 2
    return loss


def some_rows_only(X, w, t):
    total = 0.0
    for i in range(X.shape[0]):
        if X[i, 0] > 0.0:  # noqa: SIM108
            s = w[0]
        else:
            s = w[1]
        for j in range(len(t)):
            s = s * X[i, 1] + t[j]
        total += s * s
    return total


def more_rounds_than_rows(X, w, t):
    total = 0.0
    for i in range(8):
        s = 0.0
        for j in range(len(t)):
            for k in range(len(w)):
                if i < X.shape[0]:
                    s += X[i, k] * t[j]
        total += s * s
    return total


def lengths_that_differ(X, w, t):
    total = 0.0
    for i in range(X.shape[0]):
        s = w[0]
        for j in range(i % 3):
            s += t[j] * X[i, 0]
        for k in range(len(t)):
            s = math.sin(s) * t[k] + w[1]
        total += s
    return total


@pytest.mark.parametrize(
    "f",
    [
        polynomial,
        nearest,
        mixture,
        rows_and_functions,
        some_rows_only,
        lengths_that_differ,
        more_rounds_than_rows,
    ],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("rows", [0, 5])
def test_in_lanes(f, rows):
    assert on_and_off(f, (X[:rows], W, T))


@pytest.mark.parametrize("f", [mixture, some_rows_only], ids=lambda f: f.__name__)
def test_compiled(f):
    on = leaves(value_and_grad(f)(*ARGUMENTS))
    off = leaves(value_and_grad(f, lanes=False)(*ARGUMENTS))
    np.testing.assert_allclose(on, off, rtol=1e-12)


def carried(X, w, t):
    total, last = 0.0, 1.0
    for i in range(X.shape[0]):
        for j in range(len(t)):
            last = 0.5 * last + X[i, 0] * t[j]
        total += last * w[0]
    return total


def swept_in_place(X, w, t):
    buffer = np.zeros(3)
    for i in range(X.shape[0]):
        for j in range(len(t)):
            buffer[j] = 0.5 * buffer[j] + X[i, 0] * t[j] * w[0]
    return buffer[0] * buffer[1]


def early_end(X, w, t):
    total = 0.0
    for i in range(X.shape[0]):
        s = 0.0
        for j in range(len(t)):
            s = s * w[0] + t[j]
        total += s * X[i, 0]
        if X[i, 1] > 0.7:
            break
    return total


def loops_in_some_rows(X, w, t):
    total = 0.0
    for i in range(X.shape[0]):
        s = w[0]
        if X[i, 0] > 0.0:
            for j in range(len(t)):
                s = s * s * t[j]
        for j in range(i % 3):
            s = s * s * t[j]
        for j in range(len(t)):
            s = s * X[i, 1] + t[j]
        total += s
    return total


@pytest.mark.parametrize(
    "f", [carried, swept_in_place, early_end, loops_in_some_rows], ids=lambda f: f.__name__
)
def test_rounds_that_stay(f):
    assert not on_and_off(f, ARGUMENTS)


def test_order_is_kept_where_asked():
    """Sums in the order of the rounds: no lanes."""
    for flags in (False, {"contract"}):
        assert MARK not in value_and_grad(polynomial, fastmath=flags).source(
            *ARGUMENTS, level="loops"
        )


# Which loop of a nest


def filtered(X, w, t):
    total = 0.0
    for i in range(X.shape[0] - 2):
        for j in range(X.shape[1] - 1):
            s = 0.0
            for a in range(len(t)):
                for b in range(len(w)):
                    s += t[a] * w[b] * X[i + a, j + b]
            total += max(s, 0.1) ** 2
    return total


def step_of_a_grid(X, w, t):
    v = np.zeros_like(X)
    for i in range(1, X.shape[0] - 1):
        for j in range(X.shape[1]):
            if X[i, j] > 0.0:
                v[i, j] = X[i - 1, j] * X[i + 1, j] * w[0]
            else:
                v[i, j] = X[i, j] ** 2
    total = 0.0
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            total += v[i, j] * t[0]
    return total


def test_lanes_go_along_rows():
    """Not over the loop around, whose rounds would be far apart in memory."""
    derived = derive(filtered, None, True, tuple(map(numba.typeof, ARGUMENTS)))
    assert "rounds of `j` at a time" in derived.loops
    assert not on_and_off(filtered, ARGUMENTS)
    assert on_and_off(polynomial, ARGUMENTS)


def test_what_suits_vectors_as_it_is_has_no_lanes():
    assert not on_and_off(step_of_a_grid, ARGUMENTS)


def test_functions_are_for_lanes():
    """One mathematical function costs more than elements that are apart."""
    assert on_and_off(rows_and_functions, ARGUMENTS)


# Loops that count down


def network(X, w, t):
    h = t.copy()
    new = np.zeros(len(t))
    total = 0.0
    for i in range(X.shape[0]):
        for j in range(len(t)):
            s = X[i, 0] * w[0]
            for k in range(len(t)):
                s += h[k] * t[j] * 0.1
            new[j] = math.tanh(s)
        for j in range(len(t)):
            h[j] = new[j]
            total += h[j] * X[i, 1]
    return total


def waves(X, w, t):
    a = t.copy()
    b = 2.0 * t
    c = np.zeros(len(t))
    for i in range(X.shape[0]):
        for j in range(len(t)):
            s = 0.0
            for k in range(len(w)):
                s += w[k] * b[j] * X[i, k]
            c[j] = s * s - a[j]
        a, b, c = b, c, a
    return b[0] * b[2] + a[1]


def sums_so_far(X, w, t):
    a = t.copy()
    for i in range(X.shape[0]):
        for j in range(1, len(t)):
            for k in range(len(w)):
                a[j] = a[j] * w[k] + a[j - 1] * X[i, k]
    return a[2]


@pytest.mark.parametrize(("f", "up"), [(network, 2), (waves, 2), (sums_so_far, 0)])
def test_rounds_that_are_independent_count_up(f, up):
    """Also in the backward sweep, so that they are side by side; arrays may change places."""
    kinds = tuple(map(numba.typeof, ARGUMENTS))
    on, off = (derive(f, None, True, kinds, lanes=flag) for flag in (True, False))
    np.testing.assert_allclose(run(on, ARGUMENTS), run(off, ARGUMENTS), rtol=1e-11, atol=1e-13)
    check_gradient(f, *ARGUMENTS, oracle=complex_step, rtol=1e-9)
    assert on.loops.count("rounds of `j` at a time") == up
    assert "64" not in off.loops.replace("float64", "").replace("uint64", "")


@pytest.mark.parametrize(
    ("down", "up"),
    [
        ("range(n - 1, -1, -1)", "range(0, n)"),
        ("range(n - 2, 0, -1)", "range(1, n - 1)"),
        ("range(n, k, -1)", "range(k + 1, n + 1)"),
        ("range(5, -3, -1)", "range(-2, 6)"),
    ],
)
def test_upward(down, up):
    loop = For("i", *ast.parse(down, mode="eval").body.args, ())
    found = upward(loop)
    text = f"range({ast.unparse(found.start)}, {ast.unparse(found.stop)})"
    assert text == up
    for n, k in [(0, 0), (1, 3), (7, 2), (2, -4)]:
        names = {"n": n, "k": k}
        assert list(eval(text, names))[::-1] == list(eval(down, names))
    assert upward(found) is None


# At random

STEPS = (
    ["{z} = {p}", "for j in range(2):", "    {z} = {z} * w[j] + X[i, j] * {q}"],
    ["{z} = 0.0", "for j in range(2):", "    for k in range(j, 2):",
     "        {z} += w[k] * X[i, j] * {p}"],
    ["{z} = -np.inf", "for j in range(3):", "    {z} = max({z}, t[j] * {p} - {q})"],
    ["{z}, n = 0.0, 0", "for j in range(2):", "    for k in range(j, 2):",
     "        {z} += t[n] * X[i, j] * X[i, k] * {p}", "        n += 1"],
    ["for j in range(2):", "    row[j] = X[i, j] * w[j] * {p}", "for j in range(2):",
     "    for k in range(3):", "        row[j] += t[k] * {q}", "{z} = row[0] * row[1]"],
    ["for j in range(2):", "    row[j] = X[i, j] * {p}", "for j in range(1, 2):",
     "    row[j] = row[j - 1] * row[j]", "{z} = row[1] * {q}"],
    ["if {p} > 0.2107:", "    {z} = {p} * {q}", "else:", "    {z} = math.exp({p})"],
    ["{z} = {p}", "for j in range(2):", "    if w[j] > 0.0:", "        {z} = {z} * {z} * w[j]",
     "    else:", "        {z} -= {q} * t[j]"],
    ["{z} = {p}", "for j in range(i % 3):", "    {z} = {z} * 0.5 + t[j]"],
    ["{z} = {p}", "for j in range(2):", "    count = count + 1", "    {z} = {z} * w[j]"],
    # Not independent
    ["for j in range(2):", "    row[j] = 0.5 * row[j] + {p}", "{z} = row[0]"],
    ["w[i % 2] = w[i % 2] * 0.9", "{z} = {p}", "for j in range(2):", "    {z} = {z} * w[j]"],
    ["for j in range(2):", "    last = last * 0.5 + {p}", "{z} = last"],
    ["for j in range(3):", "    t[j] = t[j] * 0.9", "{z} = t[0] * {p}"],
)  # fmt: skip
ENDS = (
    ["return total"],
    ["return total * total"],
    ["return total / 4 + 0.3 * other"],
    ["return total * last + count"],
    ["return total * row[0]"],
    ["for j in range(2):", "    total += w[j] ** 3", "return total + t[1]"],
    ["return math.exp(0.1 * t[0]) * total"],
)


def program_text(choices: Choices) -> str:
    """A loop over rows of one to three steps with loops in them."""
    known = ["t[2]", "w[0]", "X[i, 0]", "X[i, 1]"]
    lines = []
    for number in range(choices.integer(1, 2)):
        p, q = choices.of(known), choices.of(known)
        lines += [
            s.format(z=f"z{number}", p=p, q=q) for s in choices.of(2 * STEPS[:-4] + STEPS[-4:])
        ]
        known.append(f"z{number}")
    lines.append(f"total += {known[-1]}")
    if choices.chance(30):
        lines.append(f"other -= {choices.of(known)}")
    body = "".join(f"        {line}\n" for line in lines)
    end = "".join(f"    {line}\n" for line in choices.of(ENDS))
    return (
        "import math\nimport numpy as np\n\n\n"
        "def primal(X, w, t):\n    total, other, last, count = 0.0, 1.0, w[1], 0\n"
        f"    row = np.zeros(2)\n    for i in range(X.shape[0]):\n{body}{end}"
    )


def define(text: str):
    """The function, with a source that ``inspect`` finds."""
    filename = f"<lanes {abs(hash(text))}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    space: dict = {}
    exec(compile(text, filename, "exec"), space)
    return space["primal"]


def compare(seed: int) -> bool:
    """Hold one program to the oracle, and with lanes to without; whether it is in lanes."""
    text = program_text(Choices(random.Random(seed).randint))
    f = define(text)
    try:
        check_gradient(f, *ARGUMENTS, rtol=1e-8, oracle=complex_step)
        return on_and_off(f, ARGUMENTS)
    except Exception as error:
        error.add_note(text)
        raise


def test_random_loops() -> None:
    """Enough of them are in lanes, and enough are not, for the test to say something."""
    found = [compare(seed) for seed in range(12)]
    assert 3 <= sum(found) <= 11


def powers(U, b, steps):
    n = len(b)
    h = np.zeros(n)
    new = np.zeros(n)
    for _ in range(steps):
        for i in range(n):
            s = b[i]
            for j in range(n):
                s += U[i, j] * h[j]
            new[i] = s * s
        h, new = new, h
    return np.sum(h)


def test_loops_around_others_count_up() -> None:
    """The rounds only add to what they share: LLVM vectorises the loop inside."""
    U = np.array([[0.3, -0.2, 0.5], [0.1, 0.4, -0.6], [0.7, 0.2, 0.1]])
    b = np.array([0.5, -0.3, 0.8])
    check_gradient(powers, U, b, 3)
    text = value_and_grad(powers).source(U, b, 3, level="loops")
    assert "for i in range(n - 1, -1, -1):" not in text, text
    down = value_and_grad(powers, lanes=False).source(U, b, 3, level="loops")
    assert "for i in range(n - 1, -1, -1):" in down, down
