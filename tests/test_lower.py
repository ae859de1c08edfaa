"""Lowering: loops give what the flat listing gives, for every shape, dtype and layout."""

from __future__ import annotations

import math
from itertools import product as pairs
from types import SimpleNamespace

import numba
import numpy as np
import pytest
from ordinary import one_in

from srcgrad.errors import SrcgradError
from srcgrad.gates import logsumexp
from srcgrad.pipeline import derive

RNG = np.random.default_rng(7)


def run(text, name, args, compiled=False):
    """What a module's function returns: plain Python, or compiled."""
    scope = {}
    plain = text if compiled else text.replace("@numba.njit\n", "")
    exec(compile(plain, "<lowered>", "exec"), scope)
    function = scope[name]
    if compiled:
        function = numba.njit(error_model="numpy")(function)
    with np.errstate(all="ignore"):
        return function(*args)


def both(f, args, compiled=False):
    """Flat in NumPy, and lowered."""
    derived = derive(f, None, True, tuple(map(numba.typeof, args)))
    arguments = (*args, *derived.extra)
    flat = run(
        derived.flat,
        derived.name,
        [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments],
    )
    loops = run(derived.loops, derived.name, arguments, compiled)
    return SimpleNamespace(flat=flat, loops=loops, text=derived.loops)


def leaves(value):
    if isinstance(value, tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def check(f, *args, compiled=False):
    result = both(f, args, compiled)
    first, second = leaves(result.flat), leaves(result.loops)
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert np.shape(a) == np.shape(b), result.text
        single = np.asarray(a).dtype == np.float32 or any(
            isinstance(x, np.ndarray) and x.dtype == np.float32 for x in args
        )
        np.testing.assert_allclose(
            b,
            a,
            rtol=2e-4 if single else 1e-11,
            atol=2e-5 if single else 1e-12,
            err_msg=result.text,
        )
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, result.text
    return result.text


# Primals


def product(x, y):
    return np.sum(x * y)


def mixed(x, y):
    s = np.tanh(x * y + y)
    return np.sum(s * x - 2.0 * y**2) + np.mean(x) * np.sum(y * y)


def narrow_chain(x, y):
    u = np.exp(0.1 * y) + y
    v = u * u / (1 + y * y)
    return np.sum(x * v) + np.sum(v) * np.sum(u)


def kinks(x, y):
    a = np.maximum(x, y)
    b = np.minimum(x, 0.5)
    c = np.where(x > y, a * b, y)
    return np.sum(c + np.abs(x) + np.clip(y, -0.5, 0.5))


def squares(x, y):
    return np.mean((x - y) ** 2) + np.sum(x**3 - y**-1 + np.sqrt(np.abs(x) + 1) ** 0.5)


def normalised(x, y):
    z = x - np.mean(x)
    return np.sum(z * z / (1 + np.sum(x * x))) + np.sum(y)


PAIRS = [product, mixed, narrow_chain, kinks, squares, normalised]
SHAPES = [
    ((4,), (4,)), ((4,), (1,)), ((1,), (4,)), ((1,), (1,)), ((0,), (0,)), ((0,), (1,)),
    ((3, 4), (3, 4)), ((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((3, 4), (1, 4)),
    ((3, 4), (3, 1)), ((1, 4), (3, 4)), ((3, 4), (1,)), ((2, 3, 4), (3, 4)), ((2, 3, 4), (2, 1, 4)),
    ((1, 1), (3, 1)),
]  # fmt: skip


def short(value):
    """What a parameter is called: functions by their names."""
    if isinstance(value, tuple) and value and callable(value[0]):
        return f"{value[0].__name__}-{value[1:]}"
    return getattr(value, "__name__", None) or str(value)


def sample(shape, dtype=np.float64, layout="C"):
    a = RNG.uniform(0.3, 1.5, shape) * RNG.choice([-1.0, 1.0], shape)
    a = a.astype(dtype)
    match layout:
        case "F":
            return np.asfortranarray(a)
        case "A":
            wide = np.zeros(tuple(2 * n for n in shape), dtype)
            wide[tuple(slice(None, None, 2) for _ in shape)] = a
            return wide[tuple(slice(None, None, 2) for _ in shape)]
        case "reversed":
            return a[::-1]
    return a


@pytest.mark.parametrize(("f", "shapes"), one_in(2, pairs(PAIRS, SHAPES)), ids=short)
def test_two_operands(f, shapes):
    if 0 in shapes[0] + shapes[1] and f in (mixed, squares, normalised):
        pytest.skip("the mean of nothing: plain Python raises")
    check(f, *map(sample, shapes))


@pytest.mark.parametrize(
    ("f", "layout"), one_in(2, pairs(PAIRS, ["F", "A", "reversed"])), ids=short
)
def test_layouts(f, layout):
    check(f, sample((3, 4), layout=layout), sample((3, 4)))
    check(f, sample((3, 4)), sample((4,), layout="A"))
    check(f, sample((3, 4), layout="F"), sample((3, 4), layout=layout))


@pytest.mark.parametrize("f", PAIRS, ids=lambda f: f.__name__)
def test_single_precision(f):
    text = check(f, sample((3, 4), np.float32), sample((3, 1), np.float32))
    assert "np.float64)" not in text[text.rindex("\ndef ") :]
    check(f, sample((4,), np.float32), sample((4,)))


COMPILED = [((4,), (4,)), ((4,), (1,)), ((3, 4), (1, 4)), ((3, 4), (4,))]
ORDINARY = [
    pytest.param(
        f, shapes, id=f"{f.__name__}-{shapes}", marks=() if k == j % 4 else pytest.mark.slow
    )
    for j, f in enumerate(PAIRS)
    for k, shapes in enumerate(COMPILED)
]


@pytest.mark.parametrize(("f", "shapes"), ORDINARY)
def test_compiled(f, shapes):
    """Each function with one pair of shapes in the ordinary run."""
    check(f, *map(sample, shapes), compiled=True)


def test_mismatched_shapes_raise():
    args = sample((3,)), sample((4,))
    derived = derive(product, None, True, tuple(map(numba.typeof, args)))
    with pytest.raises(ValueError, match="broadcast"):
        run(derived.loops, derived.name, args)
    with pytest.raises(ValueError):
        run(derived.loops, derived.name, args, compiled=True)


# Reductions, products, structure


def rows(x, w):
    s = np.sum(x * w, axis=1)
    m = np.max(x, axis=0)
    return np.sum(s * s) + np.sum(m * w) + np.prod(np.mean(x, axis=1, keepdims=True))


def softmax_loss(x, t):
    m = np.max(x, axis=1, keepdims=True)
    e = np.exp(x - m)
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.sum(t * np.log(p)) / len(x)


def network(X, W, b, V, c, T):
    h = np.tanh(X @ W + b)
    o = h @ V + c
    return np.mean((o - T) ** 2) + 0.1 * np.sum(W * W)


def distances(p):
    x, y = p[:, 0:1], p[:, 1:2]
    d = (x.T - x) ** 2 + (y.T - y) ** 2
    total = np.sum(d * d)
    p[:] = 0.0  # x and y have shadows: their gradients are added to views
    return total


def shared_gradients(A, C, v):
    u = np.sin(A)  # the gradients of u and of A start as one array
    z = A * v + (u + A + C)
    return np.sum(z * z)


def logistic(w, X, t):
    z = X @ w
    return np.mean(np.log1p(np.exp(-z)) + (1 - t) * z) + 0.1 * np.sum(w * w)


def quadratic(x, A):
    y = A @ x
    return x @ y + np.vdot(A, A) + np.sum(np.outer(x, y) * A.T)


def slices(x):
    d = x[1:] - x[:-1]
    r = x[::-1] * x
    return np.sum(d * d) + np.sum(r[::2]) + np.sum(x[1:-1] ** 2) + x[-1] * np.sum(x[:3])


def windows(x, n):
    k = n - 1
    return np.sum(x[k:] * 2.0) + np.sum(x[:-k] * x[k:]) + np.sum(x[-n:])


def matrix_slices(A):
    d = A[1:, :] - A[:-1, :]
    return (
        np.sum(d * d) + np.sum(A[:, 0] * A[:, -1]) + np.sum(A[0] * A[-1]) + np.sum(A[None, 1] * A)
    )


def stores(x):
    a = np.zeros(len(x))
    a[1:] = x[:-1] * 2.0
    a[0] = x[0]
    b = a * x
    b[:] = b[::-1]
    b[1:] = b[:-1]
    b[1:] += b[:-1] * x[1:]
    return np.sum(b * a)


def self_products(A):
    B = A * 1.0
    B += B.T
    B *= B.T
    return np.sum(B * A)


def gathered(x, idx):
    v = x[idx]
    return np.sum(v * v * x[0])


def looped(x, y):
    s = x * 1.0
    for k in range(3):
        s = np.tanh(s * y) + k
        if np.sum(s) > 2.0:
            s = s * 0.5
    return np.sum(s)


def rebound(x, y):
    z = x
    for _ in range(2):
        z = z * y
        y = y + z
    return np.sum(z * y)


def rows_of(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        r = X[i]
        d = np.sum(r * w) - 1.0
        total += d * d
    return total


def scaled(x, a):
    return np.sum(a * x + a) / (1.0 + a * a)


CASES = [
    (rows, (3, 4), (4,)), (rows, (1, 4), (1,)), (softmax_loss, (3, 4), (3, 4)),
    (softmax_loss, (3, 4), (1, 4)), (softmax_loss, (3, 1), (3, 4)),
    (network, (5, 3), (3, 4), (4,), (4, 2), (2,), (5, 2)),
    (network, (5, 3), (3, 4), (1, 4), (4, 2), (1,), (5, 2)),
    (network, (5, 3), (3, 1), (4,), (4, 2), (2,), (1, 2)),
    (network, (1, 3), (3, 4), (4,), (4, 1), (5, 2), (5, 2)),
    (shared_gradients, (3, 4), (1, 4), (4,)), (distances, (4, 3)), (distances, (1, 3)),
    (logistic, (3,), (6, 3), (6,)), (logistic, (3,), (6, 3), (1,)), (logistic, (3,), (1, 3), (6,)),
    (logistic, (3, 1), (6, 3), (6, 1)), (logistic, (3, 1), (6, 3), (6,)),
    (quadratic, (3,), (3, 3)), (slices, (5,)), (slices, (3,)), (matrix_slices, (3, 4)),
    (matrix_slices, (2, 2)), (stores, (5,)), (stores, (2,)), (self_products, (3, 3)),
    (looped, (4,), (4,)), (looped, (4,), (1,)), (looped, (1,), (4,)),
    (rebound, (4,), (4,)), (rebound, (3, 4), (4,)),
    (rows_of, (3, 4), (4,)), (rows_of, (3, 4), (1,)),
]  # fmt: skip


def attempt(f, *args, compiled=False):
    try:
        return check(f, *args, compiled=compiled)
    except SrcgradError as error:
        pytest.skip(f"refused: {error}")


@pytest.mark.parametrize(("case", "layout"), one_in(2, pairs(CASES, ["C", "F", "A"])), ids=short)
def test_programs(case, layout):
    f, *shapes = case
    attempt(f, *(sample(s, layout=layout) for s in shapes))


@pytest.mark.parametrize("case", one_in(6, ((c,) for c in CASES)), ids=short)
def test_programs_compiled(case):
    f, *shapes = case
    attempt(f, *(sample(s) for s in shapes), compiled=True)


@pytest.mark.parametrize("case", one_in(2, ((c,) for c in CASES)), ids=short)
def test_programs_single(case):
    f, *shapes = case
    attempt(f, *(sample(s, np.float32) for s in shapes))


@pytest.mark.parametrize("n", [2, 3])
def test_windows(n):
    check(windows, sample((6,)), n)


@pytest.mark.parametrize("idx", [[0, 1, 2], [3, 3, 0, -1], []])
def test_gathered(idx):
    attempt(gathered, sample((4,)), np.array(idx, dtype=np.int64))


@pytest.mark.parametrize("shape", [(4,), (0,), (2, 3)])
def test_scaled(shape):
    check(scaled, sample(shape), 0.7)
    check(scaled, sample(shape, np.float32), 0.7)


def log_of_sums(x, y):
    rows, columns = logsumexp(x * y, axis=1), logsumexp(x + y, axis=0)
    return np.sum(rows * rows) + np.sum(np.exp(columns))


def largest_of_rows(x, y):
    top = np.max(x * y, axis=1, keepdims=True)
    low = np.min(x - y, axis=0, keepdims=True)
    return np.sum((x - top) * (y + low)) + np.sum(x * np.eye(x.shape[0], x.shape[1]))


@pytest.mark.parametrize("f", [log_of_sums, largest_of_rows])
@pytest.mark.parametrize("shape", [(3, 4), (1, 3), (3, 1)])
def test_along_axes(f, shape):
    x, y = RNG.normal(size=shape), RNG.normal(size=shape)
    x[0, 0] = y[0, -1] = 40.0
    check(f, x, y)
    check(f, np.asfortranarray(x), y[:1])


def test_first_position_and_nan():
    def f(x):
        return np.sum(np.max(x, axis=1)) + np.sum(np.min(x, axis=0))

    for rows in ([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], [[1.0, np.nan, np.nan], [-np.inf] * 3]):
        check(f, np.array(rows))


def test_products_with_the_identity():
    def f(x, noise):
        return np.sum((x + noise * np.eye(len(x))) ** 2)

    check(f, RNG.normal(size=(3, 3)), 0.3)
    check(f, RNG.normal(size=(1, 3)), 0.3)


def test_loops_move_down_to_be_fused():
    """The squares wait for the scales, which another loop makes, and need no array then."""

    def f(x, w):
        squares = x * x
        scales = np.exp(w)
        return np.sum(squares / scales[0])

    text = check(f, RNG.normal(size=5), RNG.normal(size=3))
    assert "scales = np.empty" in text
    assert "squares = np.empty" not in text


def stacked_columns(x, y):
    T = np.column_stack((x, y, x * y, np.sin(x)))
    return np.sum(T @ T.T * np.outer(x, y))


def stacked_rows(x, y):
    T = np.stack([x, y * 2, x])
    x[0] = 3.0
    T[1, 0] = 2.0
    return np.sum(np.cos(T) * x)


def stacked_again(x, y):
    T = np.column_stack((x[::-1], y))
    T = np.column_stack((T[:, 0], T[:, 1] * T[:, 0]))
    return np.sum(T * np.sin(T))


def stacked_rounds(x, y):
    total = 0.0
    for i in range(3):
        T = np.stack((x * 2.0, y), axis=-1)
        x = T[:, 1] * 2
        y = T[:, 0]
        T[0, 1] = 2.0
        total += np.sum(T * T * i)
    return total


@pytest.mark.parametrize("f", [stacked_columns, stacked_rows, stacked_again, stacked_rounds])
def test_stacks_of_vectors(f):
    for x in (RNG.uniform(size=4), RNG.uniform(size=8)[::-2], RNG.uniform(size=1)):
        check(f, x, RNG.uniform(size=x.size))
    with pytest.raises(ValueError):
        check(f, RNG.uniform(size=4), RNG.uniform(size=1))
    lines = [line.strip() for line in both(stacked_columns, [x, x]).text.splitlines()]
    assert not any("column_stack" in line for line in lines if not line.startswith("#"))


def standardised(X):
    mean = np.mean(X, axis=0)
    return np.sum((X - mean) / np.std(X, axis=0) * X) + np.var(X, axis=0, ddof=1) @ mean


def standardised_rounds(X):
    total = 0.0
    for _ in range(2):
        mean = np.mean(X, axis=1)
        mean[0] = 0.5
        total += np.sum(np.std(X, axis=1, keepdims=True) * X) + np.sum(np.var(X, axis=1) * mean)
        X = X * X
    return total


@pytest.mark.parametrize("f", [standardised, standardised_rounds])
def test_deviations_are_loops_whose_mean_is_known(f):
    X = RNG.uniform(size=(4, 3))
    for x in (X, X[::-1, ::2], X.T, X.astype(np.float32)):
        check(f, x)
    lines = [line.strip() for line in both(standardised, [X]).text.splitlines()]
    assert not any("np.sum(" in line for line in lines if not line.startswith("#"))
    assert sum(line.endswith("+= X[i0, i1]") for line in lines) == 1


def test_nan_is_kept():
    x = np.array([0.5, np.nan, -1.0])

    def f(x):
        return np.sum(np.maximum(x, 0.2)) + np.max(x)

    result = both(f, (x,))
    assert math.isnan(result.loops[0])


def test_empty_maximum_raises():
    def f(x):
        return np.max(x) + np.sum(x)

    args = (np.zeros(0),)
    derived = derive(f, None, True, tuple(map(numba.typeof, args)))
    with pytest.raises(ValueError, match="zero-size"):
        run(derived.loops, derived.name, args)


def test_chain_is_one_loop():
    text = check(mixed_chain, sample((5,)), sample((5,)))
    body = text[text.index("def mixed_chain_grad") :]
    before = body[: body.index("if n0 != ")]
    assert before.count("for ") == 1
    assert before.count("np.empty") == 2


def mixed_chain(x, y):
    s = x * y
    for_tanh = np.tanh(s + y)
    s = for_tanh * x - 2.0 * y**2
    return np.sum(s)


def network(W1, b1, W2, b2, X):
    return np.sum(np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2))


@pytest.mark.parametrize("hidden", [3, 1])
def test_extents_that_a_product_compares_are_one_extent_afterwards(hidden) -> None:
    """``W2`` has as many rows as the hidden layer is wide, or the product raises."""
    W2 = RNG.normal(size=(3, 2))
    args = RNG.normal(size=(4, hidden)), RNG.normal(size=3), W2, np.ones(2), RNG.normal(size=(5, 4))
    text = check(network, *args)
    assert "n1 = " in text and "n2 = " not in text


def test_known_triangles_are_substituted():
    def of_factor(K, y):
        a = np.linalg.solve(np.linalg.cholesky(K), y)
        return np.sum(a * a)

    def of_changed(K, y):
        L = np.tril(K)
        L[0, 2] = 0.5
        return np.sum(np.linalg.solve(L, y) ** 2)

    def of_turned(K, y):
        U = np.tril(K).T
        return np.sum(np.linalg.solve(U, y) ** 2)

    matrix, y = np.eye(3) * 3 + RNG.uniform(size=(3, 3)), RNG.uniform(size=3)
    matrix += matrix.T
    for f, known in ((of_factor, True), (of_changed, False), (of_turned, True)):
        text = check(f, matrix, y, compiled=known)
        assert ("def solve_vector" in text) is not known
    with pytest.raises(np.linalg.LinAlgError):
        check(of_turned, np.zeros((3, 3)), y)


def test_calls_of_linear_algebra_are_made_once():
    def solved(A, b):
        x = np.linalg.solve(A, b)
        return np.sum(x * x)

    def changed(A, b):
        C = A * b
        x = np.linalg.inv(C)
        C = np.linalg.inv(C)
        C[0, 0] = 2.0
        return np.sum(x * np.cos(C)) + x[0, 0]

    matrix, b = np.eye(3) * 3 + RNG.uniform(size=(3, 3)), RNG.uniform(1, 2, size=3)
    text = check(solved, matrix, b)
    assert text.count("= solve_vector(") == 2
    check(changed, matrix, b)


def test_any_and_all_of_numbers_are_truth_values():
    def some(x):
        return np.any(x) * np.sum(x) + np.all(x) * x[0] + np.sum(np.any(x, axis=0) * x)

    for x in (RNG.uniform(1, 2, size=(3, 2)), np.zeros((2, 2)), np.array([[0.0, 2.0]])):
        check(lambda x: some(x)[0] + some(x)[1], x)


def test_elements_from_the_end():
    def last(x, k):
        return np.take(x, -1) ** 2 + np.take(x, k) ** 3

    for x in (RNG.uniform(1, 2, size=(3, 2)), RNG.uniform(1, 2, size=4)):
        for k in (-1, -3, 0, 2):
            check(last, x, k)
