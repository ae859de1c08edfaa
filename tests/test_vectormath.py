"""Vectorised mathematics: errors against mpmath, edges against C, and where it is used."""

import math
from pathlib import Path

import mpmath
import numba
import numpy as np
import pytest
from oracles import run_listing, run_text

from srcgrad import ArgumentError, grad, value_and_grad, vectormath
from srcgrad.gates import sigmoid
from srcgrad.vectormath.circular import LIMIT

CIRCULAR = ("sin", "cos", "tan")
README = Path(__file__).parent.parent / "README.md"
CALLERS_FLAGS = {"contract", "reassoc", "nsz", "arcp"}
EXACT = {
    "exp": mpmath.exp,
    "exp_weight": mpmath.exp,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "log1p": mpmath.log1p,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "erf": mpmath.erf,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "pow": mpmath.power,
}
RANGES = {
    "exp": (-745.0, 709.7),
    "exp_weight": (-708.0, 709.7),
    "exp2": (-1074.0, 1023.9),
    "expm1": (-50.0, 709.7),
    "log": (0.0, 1e308),
    "log2": (0.0, 1e308),
    "log10": (0.0, 1e308),
    "log1p": (-1.0, 1e9),
    "sinh": (-710.0, 710.0),
    "cosh": (-710.0, 710.0),
    "tanh": (-22.0, 22.0),
    "sigmoid": (-745.0, 40.0),
    "erf": (-6.0, 6.0),
    "sin": (-LIMIT, LIMIT),
    "cos": (-LIMIT, LIMIT),
    "tan": (-LIMIT, LIMIT),
    "pow": (0.0, 30.0),
}
DTYPES = {"f64": np.float64, "f32": np.float32}
SPECIAL = [0.0, 5e-324, 1e-310, 1e-20, 0.5, 1.0, 2.0, 3.0, 2.5, 1e4, 1e17, 1e300, math.inf]
SPECIAL += [709.78271289338397, 745.13, 710.4758600739439, 88.72283, 103.97, 1023.9999, 1074.0]
SPECIAL += [708.396, 708.397, 87.3365, 87.3366]


def samples(name: str, dtype: type, size: int = 400) -> np.ndarray:
    """Numbers over the whole range of a function, more of them where it bends."""
    rng = np.random.default_rng(len(name))
    low, high = RANGES[name]
    if dtype == np.float32 and name not in CIRCULAR:
        low, high = max(low, -85.0), min(high, 85.0)
    even = rng.uniform(low, high, size)
    near = rng.uniform(max(low, -2.0), min(high, 2.0), size)
    tiny = np.exp(rng.uniform(-30.0, min(math.log(high), 80.0), size))
    if name in CIRCULAR:  # next to the zeros, where the argument's reduction loses most
        near = np.concatenate([near, rng.integers(-(2**20), 2**20, size) * (math.pi / 2)])
    found = np.concatenate([even, near, tiny, -tiny] if low < 0 else [even, near, tiny])
    return found[(found > low) & (found < high)].astype(dtype)


def arguments(name: str, dtype: type) -> list[tuple]:
    """One argument each, or a base and an exponent."""
    x = samples(name, dtype)
    if name != "pow":
        return [(v,) for v in x]
    rng = np.random.default_rng(0)
    size = 80.0 if dtype == np.float32 else 600.0
    y = rng.uniform(-size, size, len(x)) / np.maximum(abs(np.log(x.astype(float))), 1.0)
    return list(zip(x, y.astype(dtype), strict=True))


def error_in_ulp(name: str, result: float, args: tuple, dtype: type) -> float:
    """The distance to the exact value in units in its last place."""
    with mpmath.workprec(140):
        exact = EXACT[name](*(mpmath.mpf(float(a)) for a in args))
        ulp = float(np.spacing(abs(dtype(float(exact)))))
        return float(abs(mpmath.mpf(float(result)) - exact) / ulp)


def worst(name: str, precision: str) -> float:
    """The largest error over the samples, in plain Python: the same on every machine."""
    function, dtype = vectormath.FUNCTIONS[f"{name}_{precision}"], DTYPES[precision]
    with np.errstate(all="ignore"):
        return max(
            error_in_ulp(name, function(*args), args, dtype) for args in arguments(name, dtype)
        )


@pytest.mark.parametrize("name", vectormath.ACCURACY)
def test_errors_are_those_that_the_readme_states(name: str) -> None:
    found = [worst(name, precision) for precision in DTYPES]
    assert all(f <= bound for f, bound in zip(found, vectormath.ACCURACY[name], strict=True))
    row = f"| `{name}` | {' | '.join(f'{f:.2f}' for f in found)} |"
    assert row in README.read_text().splitlines(), row


@pytest.fixture(scope="module")
def compiled() -> dict:
    scope: dict = {"np": np, "numba": numba}
    names = [f"{name}_{p}" for name in vectormath.ACCURACY for p in DTYPES]
    exec("\n\n".join(vectormath.sources(names).values()), scope)
    return scope


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("name", vectormath.ACCURACY)
def test_compiled_in_a_loop(name: str, precision: str, compiled: dict) -> None:
    """The caller's flags reach not into the functions; edges are those of C."""
    function, dtype = compiled[f"{name}_{precision}"], DTYPES[precision]
    if name == "pow":

        @numba.njit(fastmath=CALLERS_FLAGS, error_model="numpy")
        def run(x, y, out):
            for i in range(x.size):
                out[i] = function(x[i], y[i])
    else:

        @numba.njit(fastmath=CALLERS_FLAGS, error_model="numpy")
        def run(x, out):
            for i in range(x.size):
                out[i] = function(x[i])

    columns = [np.array(c, dtype) for c in zip(*arguments(name, dtype), strict=True)]
    out = np.empty_like(columns[0])
    run(*columns, out)
    bound = vectormath.ACCURACY[name][precision == "f32"]
    for k in range(0, len(out), 7):
        args = tuple(c[k] for c in columns)
        assert error_in_ulp(name, out[k], args, dtype) <= bound, args
    with np.errstate(over="ignore"):
        edges = np.array([*SPECIAL, *(-s for s in SPECIAL), math.nan]).astype(dtype)
    if name in CIRCULAR:
        edges = edges[~(abs(edges) > LIMIT) | np.isinf(edges)]
    given = [np.ravel(c) for c in np.meshgrid(edges, edges)] if name == "pow" else [edges]
    out = np.empty_like(given[0])
    run(*given, out)
    assert_like_c(name, given, out, dtype)


def assert_like_c(name: str, given: list, out: np.ndarray, dtype: type) -> None:
    """Infinities, nan, zeros and their signs, subnormal numbers: what NumPy gives."""
    wide = [c.astype(np.longdouble) for c in given]
    with np.errstate(all="ignore"):
        if name == "sigmoid":
            expected = np.where(wide[0] < 0, np.exp(wide[0]), 1) / (1 + np.exp(-abs(wide[0])))
        elif name == "erf":
            expected = np.array([math.erf(v) for v in given[0]])
        elif name == "pow":
            expected = np.power(*given)
        else:
            expected = getattr(np, name.removesuffix("_weight"))(*wide)
        expected = expected.astype(dtype)
        if name == "exp_weight":
            expected[expected < np.finfo(dtype).tiny] = 0.0
        near = abs(out - expected) <= 2 * np.spacing(abs(expected))
    same = (out == expected) & (np.signbit(out) == np.signbit(expected))
    both_nan = np.isnan(out) & np.isnan(expected)
    wrong = ~(near | same | both_nan)
    assert not wrong.any(), [tuple(c[wrong] for c in (*given, out, expected))]


# Where they are used


def soft(x, y):
    return np.sum(np.exp(x) * np.tanh(y) + np.log(1.0 + y * y) + sigmoid(x))


def in_a_loop(x, w):
    total = 0.0
    for i in range(len(x)):
        total += math.exp(-w * x[i])
    return total


def recurrence(x, w):
    state = x[0]
    for i in range(len(x)):
        state = math.log(1.0 + w * state * state + x[i] * x[i])
    return state


def powers(x, y):
    return np.sum(np.abs(x) ** y)


X = np.array([0.3, -1.2, 2.5])
Y = np.array([1.1, 0.4, -0.7])


def loops_of(f, *args, **options) -> str:
    return value_and_grad(f, **options).source(*args, level="loops")


@pytest.mark.parametrize(
    ("f", "args", "names"),
    [
        (soft, (X, Y), ["exp_f64", "tanh_f64", "log_f64", "sigmoid_f64"]),
        (soft, (X.astype(np.float32), Y.astype(np.float32)), ["exp_f32", "tanh_f32", "log_f32"]),
        (in_a_loop, (X, 0.7), ["exp_f64"]),
        (powers, (X, Y), ["pow_f64"]),
    ],
)
def test_used_in_loops(f, args, names: list[str]) -> None:
    text = loops_of(f, *args)
    assert all(f"{name}(" in text for name in names), text
    gradient = value_and_grad(f)
    flat = run_listing(gradient, f, *args)
    for got in (run_listing(gradient, f, *args, level="loops"), gradient(*args)):
        single = any(getattr(a, "dtype", None) == np.float32 for a in args)
        np.testing.assert_allclose(got[0], flat[0], rtol=1e-6 if single else 1e-14)
        for one, other in zip(got[1], flat[1], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5 if single else 1e-13)


@pytest.mark.parametrize("options", [{"vectormath": False}, {"fastmath": False}])
def test_switched_off(options: dict) -> None:
    text = loops_of(soft, X, Y, **options)
    assert "_f64" not in text
    assert "math.exp(" in text


def test_not_where_a_value_is_carried() -> None:
    assert "math.log(" in loops_of(recurrence, X, 0.7)
    assert "_f64" not in loops_of(recurrence, X, 0.7)


# Versions of loops with sin and cos


def waves(x, w):
    return np.sum(np.sin(w * x) * np.cos(x))


def wave_in_a_branch(x):
    total = 0.0
    for i in range(len(x)):
        if i + 1 < len(x):
            total += math.sin(x[i + 1])
    return total


def waves_of_waves(x):
    return np.sum(np.sin(np.cos(x)))


def carried_phase(x):
    total, phase = 0.0, x[0]
    for i in range(len(x)):
        total += math.sin(phase) * x[i]
        phase = phase + 0.5
    return total


def phase_in_place(x):
    a = x * 1.0
    for i in range(len(a)):
        a[i] = a[i] * 2.0
        a[i] = math.sin(a[i])
    return np.sum(a)


HUGE = [LIMIT, np.nextafter(LIMIT, np.inf), -1e22, 5.319372648326541e255, 1e308]


@pytest.mark.parametrize("x", [X, np.array(HUGE), np.array([1.0, math.nan]), np.array([])])
@pytest.mark.parametrize("compiled", [False, True])
def test_sin_and_cos_of_any_size(x: np.ndarray, compiled: bool) -> None:
    """Of a number for which the arithmetic does not hold, all are the library's."""
    gradient = value_and_grad(waves)
    text = gradient.source(x, 1.0, level="loops")
    assert "sin_f64(" in text
    assert "math.sin(" in text
    if compiled:
        value, slopes = gradient(x, 1.0)
    else:
        value, slopes = run_listing(gradient, waves, x, 1.0, level="loops")
    np.testing.assert_allclose(value, np.sum(np.sin(x) * np.cos(x)), rtol=1e-13)
    np.testing.assert_allclose(slopes[0], np.cos(x) ** 2 - np.sin(x) ** 2, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("far", [1.0, 1e7])
def test_tan_of_any_size(far: float) -> None:
    def tangents(x):
        return np.sum(np.tan(x) ** 2)

    x = np.linspace(-1.4, 1.4, 9) * far
    text = value_and_grad(tangents).source(x, level="loops")
    assert "tan_f64(" in text
    assert "math.tan(" in text
    value, slope = run_text(text)(x)
    np.testing.assert_allclose(value, tangents(x), rtol=1e-12)
    expected = 2 * np.tan(x) / np.cos(x) ** 2
    np.testing.assert_allclose(slope, expected, rtol=1e-12, atol=1e-14)


def test_sines_of_integers_are_the_librarys() -> None:
    def f(x):
        total = 0.0
        for i in range(len(x)):
            total += x[i] * math.sin(i)
        return total

    text = loops_of(f, X)
    assert "math.sin(" in text
    assert "far" not in text


def test_infinity_has_no_sine() -> None:
    value, slopes = value_and_grad(waves)(np.array([0.5, math.inf]), 1.0)
    assert math.isnan(value)
    np.testing.assert_allclose(slopes[0], [math.cos(1.0), math.nan])


@pytest.mark.parametrize("f", [wave_in_a_branch, waves_of_waves, carried_phase, phase_in_place])
def test_arguments_that_are_not_computed_before_the_loop(f) -> None:
    """Not those of a branch, of another sine, of a sum, of memory that the loop changes."""
    text = loops_of(f, X)
    assert "math.sin(" in text
    assert "sin_f64(" not in text
    np.testing.assert_allclose(value_and_grad(f)(X)[0], f(X), rtol=1e-14)


def test_a_name_of_the_user() -> None:
    def f(exp_f64):
        return np.sum(np.exp(exp_f64))

    assert "math.exp(" in loops_of(f, X)
    np.testing.assert_allclose(grad(f)(X), np.exp(X))


# Floating-point options


def compensated(x):
    """Kahan's sum: what reassociation would cancel."""
    total, lost = 0.0, 0.0
    for i in range(len(x)):
        y = x[i] - lost
        t = total + y
        lost = (t - total) - y
        total = t
    return total


def test_without_fastmath_every_rounding_is_kept() -> None:
    x = np.array([1.0, *[1e-16] * 1000])
    value, slope = value_and_grad(compensated, fastmath=False)(x)
    assert value == compensated(x) == 1.0 + 1e-13
    np.testing.assert_array_equal(slope, np.ones(1001))


def test_infinity_and_nan_are_honoured() -> None:
    def f(x):
        return np.sum(np.where(np.isfinite(x), x * x, 0.0))

    value, slope = value_and_grad(f)(np.array([1.0, math.inf, math.nan]))
    assert value == 1.0
    np.testing.assert_array_equal(slope, [2.0, 0.0, 0.0])


@pytest.mark.parametrize("fastmath", ["fast", 3, {"quick"}])
def test_bad_options(fastmath) -> None:
    with pytest.raises(ArgumentError, match="fastmath"):
        grad(soft, fastmath=fastmath)
