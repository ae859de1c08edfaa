"""Gradients in the caller's arrays: the same numbers, in the same memory, or an error."""

import math
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from oracles import as_given, bound, captured_arrays, chosen, flatten, run_text
from ordinary import one_in
from programs import CASES

from srcgrad import ArgumentError, SrcgradError, grad, value_and_grad

X = np.array([0.3, -1.2, 0.8, 2.0])
W = np.array([[1.0, 0.5, -0.3, 0.2], [0.4, -2.0, 0.1, 0.9]])
RATES = np.array([0.5, 1.5, 2.5, 3.5])


def curved(x, scale):
    return np.sum(np.tanh(x) ** 2) * scale


def shared(x, y):
    return np.sum(x + y)


def product(W, x):
    return np.sum((W @ x) ** 2)


def scaled_in_place(x):
    x *= 2.0
    return np.sum(x * x)


def weighted(x):
    return np.sum(RATES * x * x)


class Layer(NamedTuple):
    W: Any
    b: Any


def layered(layer, x):
    return np.sum((layer.W @ x + layer.b) ** 2)


def with_default(x, power=3.0):
    return np.sum(x**power)


def buffer_for(value: Any) -> Any:
    """An array of other strides, full of nan, for an array; None for a number."""
    if isinstance(value, tuple):
        return tuple(map(buffer_for, value))
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return None
    return np.full((*value.shape, 2), np.nan, value.dtype)[..., 0]


def assert_written(result: Any, out: Any) -> None:
    """What is returned is what was given, where something was."""
    if isinstance(out, tuple):
        for one, other in zip(result, out, strict=True):
            assert_written(one, other)
    elif out is not None:
        assert (
            result is out or result.__array_interface__["data"] == out.__array_interface__["data"]
        )


def has_text(case: Any) -> bool:
    """Whether a case is called with a text, which its listing has no parameter for."""
    return any(isinstance(v, str) for v in bound(case.function, case.args).values())


PLAIN = [case for case in CASES if not has_text(case)]


@pytest.mark.parametrize("case", one_in(14, PLAIN), ids=lambda case: case.name)
def test_corpus(case: Any) -> None:
    """Both levels in plain Python: what is written is what is returned without ``out``."""
    given = [as_given(value) for value in bound(case.function, case.args).values()]
    wanted = chosen(case.function, case.args, case.wrt)
    arguments = dict(zip(bound(case.function, case.args), given, strict=True))
    out: Any = tuple(buffer_for(arguments[name]) for name in wanted)
    plain, written = (grad(case.function, wrt=case.wrt, out=flag) for flag in (False, True))
    bare = len(wanted) == 1 and not isinstance(case.wrt, tuple)
    out = out[0] if bare else out
    for level in ("flat", "loops"):
        one = run_text(plain.source(*case.args, level=level))
        other = run_text(written.source(*given, out, level=level))
        more = captured_arrays(
            case.function, list(one.__code__.co_varnames)[len(given) : one.__code__.co_argcount]
        )
        with np.errstate(all="ignore"):
            expected = one(*given, *more)
            got = other(*given, out, *more)
        assert_written(got, out)
        np.testing.assert_array_equal(list(flatten(got)), list(flatten(expected)))


def compiled_cases() -> list[Any]:
    layer = Layer(W, np.array([0.1, 0.2]))
    return [
        (curved, (X, 2.0), None),
        (product, (W, X), None),
        (scaled_in_place, (X,), "x"),
        (weighted, (X,), "x"),
        (layered, (layer, X), None),
        (with_default, (X,), "x"),
        (curved, (X.astype(np.float32), 2.0), "x"),
    ]


@pytest.mark.parametrize(("f", "args", "wrt"), compiled_cases())
def test_compiled(f: Any, args: Any, wrt: Any) -> None:
    value, expected = value_and_grad(f, wrt=wrt)(*args)
    out = buffer_for(expected)
    gradient = value_and_grad(f, wrt=wrt, out=True)
    got_value, got = gradient(*args, out=out)
    assert_written(got, out)
    assert got_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(list(flatten(got)), list(flatten(expected)), rtol=1e-6)
    alone = gradient(*args)[1]
    np.testing.assert_allclose(list(flatten(alone)), list(flatten(expected)), rtol=1e-6)


def test_from_compiled_code() -> None:
    slope = value_and_grad(curved, out=True)

    @numba.njit
    def every(points, scales, slopes):
        total = 0.0
        for k in range(len(points)):
            value, (_, by_scale) = slope(points[k], scales[k], out=(slopes[k, :4], None))
            slopes[k, 4] = by_scale
            total += value
        return total

    points, slopes = np.stack([X, 2 * X, -X]), np.full((3, 5), np.nan)
    scales = np.array([1.0, 2.0, 3.0])
    total = every(points, scales, slopes)
    expected = [value_and_grad(curved)(p, s) for p, s in zip(points, scales, strict=True)]
    assert total == pytest.approx(sum(v for v, _ in expected))
    np.testing.assert_allclose(slopes, [[*g, s] for _, (g, s) in expected], rtol=1e-12)
    with pytest.raises(ValueError, match="another shape"):
        every(points[:, :3].copy(), scales, slopes)
    with pytest.raises(ValueError, match="memory"):
        every(slopes[:, 1:], scales, slopes)


@pytest.mark.parametrize("level", ["flat", "loops"])
def test_argument_as_out(level: str) -> None:
    """Where all of it is read before anything is written, an argument's memory will do."""

    def two(x):
        return math.sin(x[0]) * x[1]

    listing = run_text(grad(two, out=True).source(X[:2], X[:2].copy(), level=level))
    x = X[:2].copy()
    assert listing(x, x) is x
    np.testing.assert_allclose(x, grad(two)(X[:2]), rtol=1e-12)


ERRORS = [
    ("another shape", ValueError, lambda x: (x[:3].copy(), None)),
    ("shares memory", ValueError, lambda x: (x, None)),
    ("shares memory", ValueError, lambda x: (x[::-1], None)),
    ("float64 with 1 axes", ArgumentError, lambda x: (x.astype(int), None)),
    ("float64 with 1 axes", ArgumentError, lambda x: (x.astype(np.float32), None)),
    ("float64 with 1 axes", ArgumentError, lambda x: (np.ones((4, 1)), None)),
    ("read-only", ArgumentError, lambda x: (np.broadcast_to(1.0, 4), None)),
    ("is a number", ArgumentError, lambda x: (x.copy(), x.copy())),
    ("a tuple of 2", ArgumentError, lambda x: x.copy()),
    ("a tuple of 2", ArgumentError, lambda x: (x.copy(), None, None)),
    ("holds a int", ArgumentError, lambda x: 3),
    ("holds a str", ArgumentError, lambda x: (x.copy(), "x")),
]


@pytest.mark.parametrize(("words", "kind", "out"), ERRORS)
def test_errors(words: str, kind: type, out: Any) -> None:
    x = X.copy()
    with pytest.raises(kind, match=words):
        grad(curved, out=True)(x, 2.0, out=out(x))
    np.testing.assert_array_equal(x, X)


def test_outs_that_share_memory() -> None:
    memory = np.full(6, np.nan)
    gradient = grad(shared, out=True)
    with pytest.raises(ValueError, match="memory"):
        gradient(X, X + 1.0, out=(memory[:4], memory[2:]))
    assert np.all(np.isnan(memory))
    memory = np.full(8, np.nan)
    gradient(X, X + 1.0, out=[memory[:4], memory[4:]])
    np.testing.assert_array_equal(memory, 1.0)


def with_out(x, out):
    return np.sum(x * out)


def inner_with_out(x):
    buffer = np.empty(4)
    return np.sum(CURVED(x, 1.0, out=(buffer, None))[0])


CURVED = grad(curved, out=True)


def test_refused() -> None:
    with pytest.raises(ArgumentError, match="a parameter `out` of its own"):
        grad(with_out, out=True)
    assert grad(with_out)(X, X)[0] is not None
    with pytest.raises(SrcgradError, match="out=True"):
        grad(inner_with_out)(X)
    with pytest.raises(SrcgradError, match="out=True"):
        grad(grad(curved, wrt="scale", out=True), wrt="scale")(X, 1.0)
