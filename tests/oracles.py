"""Independent ways to a gradient, and the comparison of srcgrad with them.

In: a primal and sample arguments. Out: its gradient by differences or by a complex step
(neither knows srcgrad), and ``check_gradient``, which holds the listing in plain Python and,
on request, the compiled function against it.

Invariant: no array that the caller passes is ever changed here, whatever the primal does.
"""

from __future__ import annotations

import ast
import copy
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from srcgrad import grad, value_and_grad

Wrt = str | int | tuple[str | int, ...] | None


# --- Arguments as one vector -------------------------------------------------------------


def plain(f: Callable[..., Any]) -> FunctionType:
    """The Python function behind a dispatcher."""
    return getattr(f, "py_func", f)


def bound(f: Callable[..., Any], args: Sequence[Any]) -> dict[str, Any]:
    """Arguments by name, defaults filled in."""
    call = inspect.signature(plain(f)).bind(*args)
    call.apply_defaults()
    return dict(call.arguments)


def is_floating(value: Any) -> bool:
    """Whether an argument is one that ``wrt`` covers when it is left out."""
    match value:
        case float() | np.floating():
            return True
        case np.ndarray():
            return value.dtype.kind == "f"
        case list() | tuple():
            return len(value) > 0 and all(map(is_floating, value))
    return False


def chosen(f: Callable[..., Any], args: Sequence[Any], wrt: Wrt) -> list[str]:
    """The names of the parameters that the gradient is taken for."""
    arguments = bound(f, args)
    names = list(arguments)
    if wrt is None:
        return [name for name in names if is_floating(arguments[name])]
    keys = wrt if isinstance(wrt, tuple) else (wrt,)
    return [names[key] if isinstance(key, int) else key for key in keys]


def flatten(value: Any) -> Iterator[float]:
    """The numbers in a value, in order."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from flatten(item)
    else:
        yield from np.asarray(value).ravel().tolist()


def rebuild(like: Any, numbers: Iterator[Any], dtype: type | None) -> Any:
    """A value shaped like ``like``, filled from ``numbers``."""
    if isinstance(like, tuple) and hasattr(like, "_fields"):
        return type(like)(*(rebuild(item, numbers, dtype) for item in like))
    if isinstance(like, list | tuple):
        return type(like)(rebuild(item, numbers, dtype) for item in like)
    if isinstance(like, np.ndarray):
        out = np.empty_like(like, dtype=dtype or like.dtype)
        for index in np.ndindex(like.shape):
            out[index] = next(numbers)
        return out
    return (dtype or float)(next(numbers))


def as_vector_function(
    f: Callable[..., Any], args: Sequence[Any], wrt: Wrt, dtype: type | None = None
) -> tuple[Callable[[Sequence[Any]], Any], list[float]]:
    """``f`` as a function of the numbers in the chosen arguments, and those numbers."""
    arguments = bound(f, args)
    names = chosen(f, args, wrt)
    start = [float(v) for name in names for v in flatten(arguments[name])]

    def of_vector(vector: Sequence[Any]) -> Any:
        numbers = iter(vector)
        given = {k: copy.deepcopy(v) for k, v in arguments.items() if k not in names}
        given |= {name: rebuild(arguments[name], numbers, dtype) for name in names}
        return plain(f)(**given)

    return of_vector, start


# --- Oracles -----------------------------------------------------------------------------


def ridders(f: Callable[[float], float], x: float, levels: int = 7) -> tuple[float, float]:
    """The derivative of ``f`` at ``x`` by extrapolated central differences, and its error."""
    step, shrink = 0.005 * max(1.0, abs(x)), 1.6
    best, error = math.nan, math.inf
    table: list[float] = []
    for level in range(levels):
        row = [(f(x + step) - f(x - step)) / (2 * step)]
        factor = shrink * shrink
        for k in range(level):
            row.append((row[k] * factor - table[k]) / (factor - 1))
            factor *= shrink * shrink
            doubt = max(abs(row[k + 1] - row[k]), abs(row[k + 1] - table[k]))
            if doubt < error:
                best, error = row[k + 1], doubt
        table = row
        step /= shrink
    return best, error


def differences(f: Callable[..., Any], *args: Any, wrt: Wrt = None) -> tuple[Any, Any]:
    """The gradient by extrapolated differences, and an estimate of its error, as vectors."""
    of_vector, start = as_vector_function(f, args, wrt, dtype=float)

    def along(k: int) -> Callable[[float], float]:
        return lambda v: float(of_vector([*start[:k], v, *start[k + 1 :]]))

    pairs = [ridders(along(k), x) for k, x in enumerate(start)]
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def complex_step(f: Callable[..., Any], *args: Any, wrt: Wrt = None) -> Any:
    """The gradient by a complex step, exact to rounding, as a vector.

    For functions that use arithmetic and the functions of ``COMPLEX_NUMPY`` and
    ``COMPLEX_MATH`` only; comparisons look at the real part.
    """
    step = 1e-40
    of_vector, start = as_vector_function(f, args, wrt, dtype=np.complex128)
    with complex_names(plain(f).__globals__):
        slopes = []
        for k in range(len(start)):
            vector = [np.complex128(v) for v in start]
            vector[k] += 1j * step
            slopes.append(np.imag(of_vector(vector)) / step)
    return np.array(slopes)


def _by_sign(x: Any) -> Any:
    return np.where(np.real(x) < 0, -x, x)[()]


def _real(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, *rest: function(np.real(x), *rest)


def _allocate(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **_: function(*args, dtype=np.complex128)


class _ComplexNumpy(ModuleType):
    """NumPy, but what it allocates is complex and what it compares is the real part."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


COMPLEX_NUMPY = _ComplexNumpy("np")
for _name in ("zeros", "ones", "empty", "full", "array", "zeros_like", "ones_like", "empty_like"):
    setattr(COMPLEX_NUMPY, _name, _allocate(getattr(np, _name)))
for _name in ("sign", "floor", "ceil", "argmax", "argmin"):
    setattr(COMPLEX_NUMPY, _name, _real(getattr(np, _name)))
COMPLEX_NUMPY.abs = _by_sign
COMPLEX_NUMPY.maximum = lambda x, y: np.where(np.real(x) >= np.real(y), x, y)[()]
COMPLEX_NUMPY.minimum = lambda x, y: np.where(np.real(x) <= np.real(y), x, y)[()]

COMPLEX_MATH = ModuleType("math")
for _name in ("exp", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "log"):
    setattr(COMPLEX_MATH, _name, getattr(np, _name))
COMPLEX_MATH.pi = math.pi
COMPLEX_MATH.floor = lambda x: math.floor(np.real(x))

COMPLEX_BUILTINS = {
    "abs": _by_sign,
    "float": lambda x: x,
    "int": lambda x: int(np.real(x)),
    "math": COMPLEX_MATH,
    "np": COMPLEX_NUMPY,
}


@contextmanager
def complex_names(namespace: dict[str, Any]) -> Iterator[None]:
    """``np``, ``math``, ``abs``, ... of a module mean their complex counterparts meanwhile."""
    missing = object()
    before = {name: namespace.get(name, missing) for name in COMPLEX_BUILTINS}
    namespace.update(COMPLEX_BUILTINS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is missing:
                del namespace[name]
            else:
                namespace[name] = value


# --- Listings in plain Python ------------------------------------------------------------


def run_text(text: str) -> FunctionType:
    """The function that a listing defines, uncompiled: the last one in the text."""
    tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in functions:
        node.decorator_list = []
    namespace: dict[str, Any] = {"__name__": "listing"}
    exec(compile(tree, "<listing>", "exec"), namespace)
    return namespace[functions[-1].name]


def captured_arrays(f: Callable[..., Any], missing: Sequence[str]) -> list[Any]:
    """What the listing's parameters beyond the primal's are given: arrays that it captures."""
    values = inspect.getclosurevars(plain(f))
    everything = plain(f).__globals__  # what a recursive function captures as well
    known: Mapping[str, Any] = {**everything, **values.globals, **values.nonlocals}
    return [np.copy(known[name]) for name in missing]


def as_given(value: Any) -> Any:
    """A fresh argument as the compiled function receives it: lists are arrays there."""
    if isinstance(value, list):
        return np.array(value)
    return copy.deepcopy(value)


def run_listing(transformed: Any, f: Callable[..., Any], *args: Any, level: str = "flat") -> Any:
    """A gradient's listing, executed in plain Python on copies of ``args``."""
    listing = run_text(transformed.source(*args, level=level))
    arguments = bound(f, args)
    given = [as_given(value) for value in arguments.values() if not isinstance(value, str)]
    names = list(inspect.signature(listing).parameters)
    before = copy.deepcopy(given)
    with np.errstate(all="ignore"):
        result = listing(*given, *captured_arrays(f, names[len(given) :]))
    assert_same(given, before, "the listing changed its arguments")
    return result


# --- Comparison --------------------------------------------------------------------------


def assert_same(left: Any, right: Any, message: str) -> None:
    """Equal, bit for bit, nan and all."""
    if isinstance(left, list | tuple):
        assert len(left) == len(right), message
        for one, other in zip(left, right, strict=True):
            assert_same(one, other, message)
    elif isinstance(left, str):
        assert left == right, message
    else:
        np.testing.assert_array_equal(left, right, err_msg=message)


def assert_form(gradients: Sequence[Any], arguments: Sequence[Any], names: Sequence[str]) -> None:
    """Each gradient has the shape and the dtype of its argument."""
    for gradient, argument, name in zip(gradients, arguments, names, strict=True):
        if isinstance(argument, tuple):
            assert isinstance(gradient, tuple), f"gradient of {name} is no tuple: {gradient!r}"
            assert_form(gradient, argument, [f"{name}[{k}]" for k in range(len(argument))])
            continue
        assert np.shape(gradient) == np.shape(argument), f"shape of the gradient of {name}"
        if isinstance(argument, np.ndarray) and argument.dtype.kind == "f":
            kinds = np.ndarray if argument.ndim else np.ndarray | float | np.floating
            assert isinstance(gradient, kinds), f"gradient of {name} is {type(gradient)}"
            kept = np.asarray(gradient).dtype == argument.dtype
            assert kept, f"dtype of the gradient of {name}"


def assert_gradient(got: Any, expected: Any, arguments: Sequence[Any], names: Sequence[str],
                    rtol: float, error: Any = 0.0, how: str = "") -> None:  # fmt: skip
    """A gradient (bare for one name) agrees with the expected vector and has the right form."""
    gradients = (got,) if len(names) == 1 else got
    assert isinstance(gradients, tuple), f"{how}: expected a tuple, got {got!r}"
    assert_form(gradients, arguments, names)
    actual = np.array(list(flatten(gradients)))
    scale = np.max(np.abs(expected), initial=1e-3)
    bound_ = rtol * (np.abs(expected) + 0.1 * scale) + 10 * np.asarray(error)
    wrong = ~(np.abs(actual - expected) <= bound_)
    assert not wrong.any(), (
        f"{how}: gradient of {', '.join(names)}\n  is       {actual}\n  expected {expected}"
    )


def check_gradient(
    f: Callable[..., Any],
    *args: Any,
    wrt: Wrt = None,
    rtol: float = 1e-6,
    compiled: bool = False,
    oracle: Callable[..., Any] = differences,
    without_value: bool = True,
    loops: bool = True,
) -> None:
    """Hold ``value_and_grad(f)`` and ``grad(f)`` at ``args`` against an oracle.

    The listing is run in plain Python, flat and as ``loops``; with ``compiled``, Numba's code is
    run as well, and that of ``grad`` itself unless ``without_value`` is false.
    """
    answer = oracle(f, *args, wrt=wrt)
    expected, error = answer if isinstance(answer, tuple) else (answer, 0.0)
    assert np.all(np.isfinite(expected)), f"the oracle gives {expected}"
    with np.errstate(all="ignore"):
        value = plain(f)(*copy.deepcopy(args))
    names = chosen(f, args, wrt)
    arguments = [bound(f, args)[name] for name in names]
    single = np.asarray(value).dtype == np.float32  # whose sums may be in another order
    close = max(rtol * (0.1 if single else 1e-3), 1e-9)
    both, only = value_and_grad(f, wrt=wrt), grad(f, wrt=wrt)
    runs: list[tuple[str, Callable[[], tuple[Any, Any]]]]
    runs = [("listing", lambda: run_listing(both, f, *args))]
    if loops:
        runs.append(("loops", lambda: run_listing(both, f, *args, level="loops")))
    if compiled:
        runs.append(("compiled", lambda: both(*args)))
        if without_value:
            runs.append(("listing of grad", lambda: (value, run_listing(only, f, *args))))
            runs.append(("compiled grad", lambda: (value, only(*args))))
    for how, run in runs:
        before = copy.deepcopy(args)
        got_value, got = run()
        np.testing.assert_allclose(got_value, value, rtol=close, atol=1e-12)
        assert_gradient(got, expected, arguments, names, rtol, error, how)
        assert_same(list(args), list(before), f"{how}: the call changed its arguments")
