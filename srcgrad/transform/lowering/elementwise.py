"""Element-wise operations on pulls: the scalar form of each, in NumPy's dtype.

In: an operation and its operands as pulls. Out: the pull of the result.

Invariant: the scalar expression gives what NumPy's ufunc gives for the element (nan included);
where NumPy computes in float32, in an integer of fewer than 64 bits (which wraps) or in bool, so
does it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from ...program import Expr
from ...rules.registry import FUNCTIONS
from .pull import Body, Index, Pull, as_stored, atom, broadcast, call, cast, spread
from .scope import Scope, is_array
from .shapes import Extents

Build = Callable[[Scope, Sequence[Expr], np.dtype[Any], Body], Expr]
"""From operands' expressions and the dtype that is computed in: the element's expression."""


def elementwise(scope: Scope, kind: Any, operands: Sequence[Pull], build: Build) -> Pull:
    """The pull of an element-wise operation of this result type.

    Parameters
    ----------
    scope : Scope
        The point of lowering.
    kind : numba type
        What ``rules`` say of the result; None for numbers.
    operands : sequence of Pull
        Arrays and numbers.
    build : callable
        The scalar form.
    """
    extents, pulls = broadcast(scope, operands)
    working = computed_in(operands)
    result = working if kind is None else element_dtype(kind)
    if result.kind == "f":
        working = result

    def at(index: Index, body: Body) -> Expr:
        values = [p.at(index if p.rank else (), body) for p in pulls]
        if extents:
            values = [cast(v, p.dtype, working) for v, p in zip(values, pulls, strict=True)]
        value = build(scope, values, working, body)
        return wrapped(value, result) if extents and working.kind in "biu" else value

    def widen(wider: Extents) -> Pull:
        repeated = [spread(scope, p, trailing(wider, p)) if p.rank else p for p in operands]
        return elementwise(scope, kind, repeated, build)

    return Pull(extents, result, at, widen=widen)


def trailing(extents: Extents, pull: Pull) -> Extents:
    """The extents that a pull of lower rank has in a shape: 1 where it has 1 itself."""
    own = extents[len(extents) - pull.rank :]
    return tuple(1 if have == 1 else want for have, want in zip(pull.extents, own, strict=True))


def computed_in(operands: Sequence[Pull]) -> np.dtype[Any]:
    """The dtype that operands have together: that of arrays, numbers being weak."""
    weak = {"f": 1.0, "i": 1, "u": 1}
    known = [p.dtype if p.rank else weak.get(p.dtype.kind, p.dtype) for p in operands]
    return np.result_type(*known)


def element_dtype(kind: Any) -> np.dtype[Any]:
    """The dtype of an array's elements, or of a number."""
    return as_dtype(kind.dtype if is_array(kind) else types.unliteral(kind))


def wrapped(expr: Expr, dtype: np.dtype[Any]) -> Expr:
    """An operation on integers or bools in their dtype; Numba computes in 64 bits."""
    match expr:
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor()):
            return expr
        case ast.BinOp() | ast.UnaryOp(op=ast.USub()) | ast.Call(func=ast.Name(id="abs")):
            return as_stored(expr, np.dtype(np.int64), dtype)
    return expr


# Scalar forms


def of_binary(op: ast.operator) -> Build:
    """``x op y``."""

    def build(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
        if isinstance(op, ast.Pow):
            return power(scope, x[0], x[1], dtype, body)
        return ast.BinOp(x[0], op, x[1])

    return build


def power(scope: Scope, x: Expr, y: Expr, dtype: np.dtype[Any], body: Body) -> Expr:
    """``x ** y``; small constant exponents as NumPy has them."""
    match bare(y):
        case 1 | 1.0:
            return x
        case 2 | 2.0:
            base = atom(scope, x, dtype, body)
            return ast.BinOp(base, ast.Mult(), base)
        case 0.5:
            return call("math.sqrt", x)
        case -1 | -1.0 if dtype.kind == "f":
            return ast.BinOp(one(dtype), ast.Div(), x)
        case int() as n if 2 < n <= 4 and dtype.kind == "f":
            base = atom(scope, x, dtype, body)
            square = atom(scope, ast.BinOp(base, ast.Mult(), base), dtype, body)
            return ast.BinOp(square, ast.Mult(), base if n == 3 else square)
    return ast.BinOp(x, ast.Pow(), y)


def bare(expr: Expr) -> object:
    """A constant's value, a cast around it left out; None for anything else."""
    match expr:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Call(func=ast.Attribute(attr="float32"), args=[inner]):
            return bare(inner)
    return None


def one(dtype: np.dtype[Any]) -> Expr:
    """1 in a floating-point dtype."""
    return cast(ast.Constant(1.0), np.dtype(np.float64), dtype)


def of_unary(op: ast.unaryop) -> Build:
    """``op x``."""
    return lambda scope, x, dtype, body: ast.UnaryOp(op, x[0])


def of_compare(op: ast.cmpop) -> Build:
    """``x op y``."""
    return lambda scope, x, dtype, body: ast.Compare(x[0], [op], [x[1]])


def of_call(function: str) -> Build:
    """``function(x, ...)`` of numbers."""
    return lambda scope, x, dtype, body: call(function, *x)


def selection(order: ast.cmpop) -> Build:
    """The larger (or smaller) of two; nan where either is."""

    def build(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
        a, b = (atom(scope, v, dtype, body) for v in x)
        return choose(a, b, order, dtype)

    return build


def choose(a: Expr, b: Expr, order: ast.cmpop, dtype: np.dtype[Any]) -> Expr:
    """``a if a > b or a is nan else b``."""
    test: Expr = ast.Compare(a, [order], [b])
    if dtype.kind == "f" and not isinstance(a, ast.Constant):
        test = ast.BoolOp(ast.Or(), [test, ast.Compare(a, [ast.NotEq()], [a])])
    return ast.IfExp(test, a, b)


def square(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
    """``x * x``."""
    base = atom(scope, x[0], dtype, body)
    return ast.BinOp(base, ast.Mult(), base)


def reciprocal(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
    """``1 / x``."""
    return ast.BinOp(one(dtype), ast.Div(), x[0])


def clip(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
    """``np.clip(x, low, high)``."""
    value, low, high = (atom(scope, v, dtype, body) for v in x)
    above = atom(scope, choose(value, low, ast.Gt(), dtype), dtype, body)
    return choose(above, high, ast.Lt(), dtype)


def conjunction(op: ast.boolop) -> Build:
    """``x and y``."""
    return lambda scope, x, dtype, body: ast.BoolOp(op, list(x))


def magnitude(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
    """``abs(x)``."""
    return call("abs", x[0])


def step_at(x: Expr, y: Expr) -> Expr:
    """``np.heaviside`` of numbers, which Numba lacks."""
    x_, y_ = ast.unparse(x), ast.unparse(y)
    text = f"({y_}) if ({x_}) == 0 else 0.0 if ({x_}) < 0 else 1.0 if ({x_}) > 0 else ({x_})"
    return ast.parse(text, mode="eval").body


def identity(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
    """The element itself."""
    return x[0]


_MATH = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "isnan",
    "isinf",
    "isfinite",
]
_RENAMED = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2", "hypot": "hypot",
    "copysign": "copysign",
}  # fmt: skip


def heaviside(scope: Scope, x: Sequence[Expr], dtype: np.dtype[Any], body: Body) -> Expr:
    """0, 1, or at 0 the second operand; nan of nan."""
    return step_at(*x)


FORMS: dict[str, Build] = {
    "np.heaviside": heaviside,
    "np.fix": of_call("np.trunc"),
    **{f"np.{name}": of_call(f"math.{name}") for name in _MATH},
    **{f"np.{name}": of_call(f"math.{other}") for name, other in _RENAMED.items()},
    "np.maximum": selection(ast.Gt()),
    "np.minimum": selection(ast.Lt()),
    "np.clip": clip,
    "np.square": square,
    "np.reciprocal": reciprocal,
    "np.abs": magnitude,
    "abs": magnitude,
    "np.negative": of_unary(ast.USub()),
    "np.positive": identity,
    "np.copy": identity,
    "np.ascontiguousarray": identity,
    "np.logical_and": conjunction(ast.And()),
    "np.logical_or": conjunction(ast.Or()),
    "np.logical_not": of_unary(ast.Not()),
    **{
        f"np.{name}": of_binary(op)
        for name, op in (
            ("add", ast.Add()),
            ("subtract", ast.Sub()),
            ("multiply", ast.Mult()),
            ("divide", ast.Div()),
            ("power", ast.Pow()),
            ("floor_divide", ast.FloorDiv()),
            ("remainder", ast.Mod()),
        )
    },
    **{
        f"np.{name}": of_compare(op)
        for name, op in (
            ("less", ast.Lt()),
            ("less_equal", ast.LtE()),
            ("greater", ast.Gt()),
            ("greater_equal", ast.GtE()),
            ("equal", ast.Eq()),
            ("not_equal", ast.NotEq()),
        )
    },
}
"""Scalar forms that are not the function itself."""

VECTOR_ONLY = frozenset({"np.where", "np.signbit", "np.angle"})
"""Functions that Numba has for arrays only, or that have a form of their own."""


def form_of(function: str, arguments: int) -> Build | None:
    """The scalar form of an element-wise function, None where there is none."""
    if (form := FORMS.get(function)) is not None:
        return None if form is clip and arguments != 3 else form
    declared = FUNCTIONS.get(function)
    if declared is None or not declared.elementwise or function in VECTOR_ONLY:
        return None
    return of_call(function)


def where(scope: Scope, kind: Any, operands: Sequence[Pull]) -> Pull:
    """``x if c else y``."""
    extents, (c, x, y) = broadcast(scope, operands)
    dtype = computed_in(operands[1:]) if kind is None else element_dtype(kind)

    def at(index: Index, body: Body) -> Expr:
        test, first, second = (p.at(index if p.rank else (), body) for p in (c, x, y))
        if extents:
            first, second = cast(first, x.dtype, dtype), cast(second, y.dtype, dtype)
        return ast.IfExp(test, first, second)

    return Pull(extents, dtype, at)
