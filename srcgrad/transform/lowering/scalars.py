"""Scalars: expressions of the flat program that are numbers, and how loops say them.

In: an expression and the scope. Out: its type, its dtype; whether it takes no array as a whole;
the same in terms of the extents that loops run over.

Invariant: what has no type is ``Opaque``.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
from numba import types

from ...program import Expr
from ...rules.declarations import FUNCTIONS
from ...rules.expressions import dotted
from .elementwise import element_dtype
from .reductions import count
from .scope import Opaque, Scope, is_array
from .shapes import spelled


def known(scope: Scope, expr: Expr) -> Any:
    """The type of an expression."""
    kind = scope.kind(expr)
    if kind is None:
        raise Opaque
    return kind


SHAPE_ATTRIBUTES = frozenset({"shape", "size", "ndim", "dtype"})


def array_free(scope: Scope, expr: ast.AST) -> bool:
    """Whether an expression takes no array as a whole: elements and extents at most."""
    match expr:
        case ast.Name(id=name):
            return not is_array(scope.types.get(name))
        case ast.Attribute(value=ast.Name(), attr=attr) if attr in SHAPE_ATTRIBUTES:
            return True
        case ast.Attribute(attr="T"):
            return False
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name()]):
            return True
        case ast.Call(args=args, keywords=keywords):
            inside: list[ast.AST] = [*args, *[k.value for k in keywords]]
            kind = scope.kind(expr)  # type: ignore[arg-type]
            scalar = not makes_array(expr) if kind is None else not is_array(kind)
            return scalar and all(array_free(scope, a) for a in inside)
        case ast.Subscript(value=ast.Name(id=name), slice=index) if is_array(scope.types.get(name)):
            kind = scope.kind(expr)  # type: ignore[arg-type]
            return array_free(scope, index) and kind is not None and not is_array(kind)
        case ast.Slice():
            return False
    return all(array_free(scope, child) for child in ast.iter_child_nodes(expr))


def makes_array(call: ast.AST) -> bool:
    """Whether a function may give an array though it is given none."""
    declared = FUNCTIONS.get(dotted(call.func) or "") if isinstance(call, ast.Call) else None
    return declared is not None and not declared.elementwise and declared.effect != "fresh"


def resolved(scope: Scope, expr: Any) -> Any:
    """An expression whose extents are said as those of loops are, not through temporaries."""
    match expr:
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=name), attr="shape"),
            slice=ast.Constant(value=int() as axis),
        ) if is_array(kind := scope.types.get(name)):
            return spelled(scope.shapes.of(name, kind.ndim)[axis])
        case ast.Attribute(value=ast.Name(id=name), attr="size") if is_array(
            kind := scope.types.get(name)
        ):
            return count(scope.shapes.of(name, kind.ndim))
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if is_array(
            kind := scope.types.get(name)
        ):
            return spelled(scope.shapes.of(name, kind.ndim)[0])
        case ast.BinOp(left=left, op=op, right=right):
            return ast.BinOp(resolved(scope, left), op, resolved(scope, right))
        case ast.UnaryOp(op=op, operand=operand):
            return ast.UnaryOp(op, resolved(scope, operand))
        case ast.Call(func=func, args=[c, x, y]) if dotted(func) == "np.where":
            return ast.IfExp(*(resolved(scope, e) for e in (c, x, y)))
    return expr


def scalar_dtype(scope: Scope, expr: Expr) -> np.dtype[Any]:
    """The dtype of a number; only its kind matters, since numbers are weak."""
    kind = scope.kind(expr)
    if isinstance(kind, types.Number | types.Boolean):
        return element_dtype(kind)
    match expr:
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return np.dtype(bool)
        case ast.Attribute(attr="size" | "ndim") | ast.Subscript(value=ast.Attribute()):
            return np.dtype(int)
        case ast.Call(func=ast.Name(id="len" | "int")):
            return np.dtype(int)
        case ast.UnaryOp(operand=operand):
            return scalar_dtype(scope, operand)
        case ast.BinOp(left=left, op=op, right=right) if not isinstance(op, ast.Div):
            pair = [scalar_dtype(scope, left), scalar_dtype(scope, right)]
            return np.result_type(*pair)
    return np.dtype(float)
