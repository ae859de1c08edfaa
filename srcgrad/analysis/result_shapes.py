"""Shapes of results: the extents of an operation's result, told from those of its operands.

In: an expression, and what is known of names (``Knowledge``). Out: one symbol an axis, "" where
it is not known, () for a number; None where not even the number of axes is.

Invariant: what is said holds wherever the operation does not raise.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Protocol

from numba import types

from ..program import Expr
from ..rules import registry
from ..rules.expressions import dotted, literal
from ..syntax import elements_of

Known = tuple[str, ...]

LIKE_FIRST = frozenset(
    {"np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like", "np.copy", "softmax"}
    | {"np.roll", "np.flip", "np.sort", "np.tril", "np.triu"}
    | {"np.linalg.inv", "np.linalg.cholesky"}
)
"""Functions whose result has the shape of the first argument."""

REDUCTIONS = frozenset(
    {"np.sum", "np.prod", "np.mean", "np.max", "np.min", "np.any", "np.all", "np.var", "np.std"}
    | {"np.argmax", "np.argmin", "logsumexp", "logsumexp_along"}
)
"""Functions that take an axis, or all of them, away."""


class Knowledge(Protocol):
    """What is known of names."""

    kinds: Mapping[str, Any]

    def of(self, name: str) -> Known:
        """The symbols of an array; () for a number."""

    def extent(self, expr: Expr) -> str:
        """The symbol of an integer expression; "" where it has none."""

    def extents(self, shape: Expr) -> Known:
        """The symbols of an array made in a shape."""


def result_shape(expr: Expr, known: Knowledge) -> Known | None:
    """The symbols of an expression's value."""
    match expr:
        case ast.Constant():
            return ()
        case ast.Name(id=name):
            numeric = isinstance(known.kinds.get(name), types.Array | types.Number | types.Boolean)
            return known.of(name) if numeric else None
        case ast.Attribute(value=ast.Name(id=name), attr="T"):
            return known.of(name)[::-1]
        case ast.Attribute():
            return ()
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            return product(result_shape(left, known), result_shape(right, known))
        case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
            return broadcast(result_shape(left, known), result_shape(right, known))
        case ast.UnaryOp(operand=operand):
            return result_shape(operand, known)
        case ast.Call(args=[_, *_]):
            return called(expr, known)
        case ast.Subscript(value=ast.Name(id=base), slice=index):
            return subscripted(known.of(base), index, known.kinds)
        case ast.Subscript():
            return ()
    return None


def called(expr: ast.Call, known: Knowledge) -> Known | None:
    """The symbols of a call's result."""
    name = dotted(expr.func) or ""
    first, *rest = expr.args
    match name, rest:
        case "np.array", []:
            return displayed(first, known)
        case "np.zeros" | "np.ones" | "np.empty" | "np.full", _:
            return known.extents(first)
        case "unbroadcast", [shape]:
            return known.extents(shape)
        case "np.transpose", [] if not expr.keywords:
            shape_of = result_shape(first, known)
            return None if shape_of is None else shape_of[::-1]
        case "np.dot", [second]:
            return product(result_shape(first, known), result_shape(second, known))
        case "affine", [weights, _]:
            return product(result_shape(first, known), result_shape(weights, known))
        case "np.expand_dims", [axis]:
            return expanded(result_shape(first, known), literal(axis))
        case "np.diag", [] if not expr.keywords:
            return diagonal(result_shape(first, known))
    if name in LIKE_FIRST:
        return result_shape(first, known)
    if name in REDUCTIONS:
        return reduced(result_shape(first, known), expr)
    declared = registry.FUNCTIONS.get(name)
    if declared is None or not declared.elementwise:
        return None
    result = result_shape(first, known)
    for other in (*rest, *(k.value for k in expr.keywords)):
        result = broadcast(result, result_shape(other, known))
    return result


def displayed(expr: Expr, known: Knowledge) -> Known | None:
    """The symbols of ``np.array`` of a display: its length, and those of its first element."""
    if not isinstance(expr, ast.List | ast.Tuple):
        return result_shape(expr, known)
    if not expr.elts or any(isinstance(e, ast.Starred) for e in expr.elts):
        return None
    first = displayed(expr.elts[0], known)
    return None if first is None else (str(len(expr.elts)), *first)


def product(a: Known | None, b: Known | None) -> Known | None:
    """Symbols of a product of vectors and matrices."""
    if not a or not b:
        return None
    return a[:-1] + (b[1:] if len(b) == 2 else ())


def expanded(known: Known | None, axis: Any) -> Known | None:
    """Symbols with one axis of extent 1 more."""
    if known is None or not isinstance(axis, int):
        return None
    place = axis % (len(known) + 1)
    return (*known[:place], "1", *known[place:])


def diagonal(known: Known | None) -> Known | None:
    """Symbols of ``np.diag``: of a vector a square matrix, of a square matrix a vector."""
    match known:
        case (n,):
            return n, n
        case n, m if n == m:
            return (n,)
    return None


def reduced(known: Known | None, expr: ast.Call) -> Known | None:
    """Symbols of a reduction along the axes that its arguments tell."""
    given = dict(zip(("axis",), expr.args[1:], strict=False))
    given |= {k.arg: k.value for k in expr.keywords if k.arg}
    if known is None or len(expr.args) > 2 or not set(given) <= {"axis", "keepdims"}:
        return None
    keep = literal(given.get("keepdims", ast.Constant(False)))
    axis = given.get("axis", ast.Constant(None))
    axes = [literal(a) for a in elements_of(axis)]
    if axes == [None]:
        axes = list(range(len(known)))
    if not isinstance(keep, bool) or not all(type(a) is int for a in axes):
        return None
    gone = {a % len(known) for a in axes} if known else set()
    return tuple("1" if k in gone else e for k, e in enumerate(known) if keep or k not in gone)


def subscripted(known: Known, index: Expr, kinds: Mapping[str, Any]) -> Known | None:
    """Symbols of ``a[index]`` where the subscript takes integers and whole slices."""
    parts = elements_of(index)
    result: list[str] = []
    axis = 0
    for part in parts:
        match part:
            case ast.Slice(lower=None, upper=None, step=None):
                result.append(known[axis])
            case ast.Slice():
                result.append("")
            case ast.Constant(value=int()):
                pass
            case ast.Name(id=name) if isinstance(kinds.get(name), types.Integer):
                pass
            case ast.BinOp() | ast.UnaryOp():
                pass
            case _:
                return None
        axis += 1
    return tuple(result) + known[axis:]


def broadcast(a: Known | None, b: Known | None) -> Known | None:
    """Symbols of two operands broadcast against each other."""
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a, b = b, a
    padded = ("1",) * (len(a) - len(b)) + b
    return tuple(map(common, a, padded))


def common(x: str, y: str) -> str:
    """The extent of two operands' axis: a number of several elements is that of the result."""
    if x == y or y == "1":
        return x
    return y if x == "1" or y.isdigit() else x if x.isdigit() else ""
