"""Constructed: arrays that are made of numbers and places, ``np.zeros`` and its like.

In: a call, its operands' pulls. Out: its pull, whose elements follow from where they are.

Invariant: the extents are those that the call states.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from numba import types

from ...program import Expr
from ...rules.expressions import literal
from .along import identity_matrix
from .elementwise import element_dtype
from .pull import Pull, number, spread
from .rearranged import converted, is_found, put_along, put_at
from .scalars import array_free, known
from .scope import Opaque, Scope, is_array
from .shapes import Extents


def constructed(
    scope: Scope, function: str, expr: ast.Call, inner: Callable[[Expr], Pull]
) -> Pull | None:
    """The pull of an array that is filled by a rule of places, None where the call makes none."""
    match function, expr.args:
        case "np.eye", [n] if not expr.keywords:
            return identity_matrix(scope.shapes.extent(n), element_dtype(known(scope, expr)))
        case "np.zeros_like" | "np.ones_like" | "np.full_like", [x, *value]:
            fill = value[0] if value else ast.Constant(1 if "ones" in function else 0)
            return filled(scope, inner(x).extents, fill, known(scope, expr), inner)
        case "np.zeros" | "np.ones" | "np.full", [shape, *value]:
            fill = value[0] if value else ast.Constant(1 if "ones" in function else 0)
            return filled(scope, extents_of(scope, shape), fill, known(scope, expr), inner)
        case "put_along", [index, value, shape, axis] if isinstance(literal(axis), int):
            extents = extents_of(scope, shape)
            place = literal(axis) % len(extents)
            return put_along(inner(index), inner(value), extents, place)
        case "put_at", [index, value, shape]:
            return put_at(inner(index), inner(value), extents_of(scope, shape), is_found(index))
        case "np.broadcast_to", [x, shape]:
            return spread(scope, inner(x), extents_of(scope, shape))
    return None


def extents_of(scope: Scope, shape: Expr) -> Extents:
    """The extents that a shape argument states."""
    match shape:
        case ast.Attribute(value=ast.Name(id=name), attr="shape"):
            kind = scope.types.get(name)
            return scope.shapes.of(name, kind.ndim) if is_array(kind) else ()
        case ast.Tuple(elts=elts):
            return tuple(scope.shapes.extent(e) for e in elts)
    kind = scope.kind(shape)
    if isinstance(kind, types.BaseTuple) or not array_free(scope, shape):
        raise Opaque
    return (scope.shapes.extent(shape),)


def filled(
    scope: Scope, extents: Extents, fill: Expr, kind: Any, inner: Callable[[Expr], Pull]
) -> Pull:
    """An array of one number."""
    value, dtype = inner(fill), element_dtype(kind)
    if value.rank:
        raise Opaque
    if isinstance(fill, ast.Constant) and dtype.kind == "f":
        value = number(ast.Constant(float(fill.value)), dtype)  # type: ignore[arg-type]
    elif dtype.kind in "biu" and value.dtype != dtype:
        value = converted(scope, value, dtype)
    zero = isinstance(fill, ast.Constant) and fill.value == 0
    return Pull(extents, dtype, lambda index, body: value.at((), body), zero=zero)
