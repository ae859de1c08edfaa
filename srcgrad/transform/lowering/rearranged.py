"""Rearranged: pulls whose elements are those of other pulls at other places.

In: one or two pulls. Out: the pull of the result; nothing is computed before it is asked for.

Invariant: the extents of the result follow from those of the operands alone.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import numpy as np
from numba import types

from ...program import Assign, Expr
from ...rules.expressions import MISSING, dotted, literal
from .elementwise import (
    elementwise,
    of_binary,
)
from .pull import (
    Body,
    Index,
    Pull,
    call,
    element,
    materialised,
    variable,
)
from .scope import Opaque, Scope, depends
from .shapes import Extent, Extents, parse, spelled


def converted(scope: Scope, pull: Pull, dtype: np.dtype[Any]) -> Pull:
    """The elements in another dtype."""
    name = "bool" if dtype.kind == "b" else f"np.{dtype.name}"
    return Pull(pull.extents, dtype, lambda index, body: call(name, pull.at(index, body)))


def transposed(pull: Pull) -> Pull:
    """Axes in reverse order."""
    if pull.rank < 2:
        return pull
    return replace(
        pull,
        extents=pull.extents[::-1],
        at=lambda index, body: pull.at(index[::-1], body),
        name="",
        widen=None,
    )


def expanded(pull: Pull, axis: int) -> Pull:
    """One axis of extent 1 more."""
    place = axis % (pull.rank + 1)
    return replace(
        pull,
        extents=(*pull.extents[:place], 1, *pull.extents[place:]),
        at=lambda index, body: pull.at((*index[:place], *index[place + 1 :]), body),
        name="",
        widen=None,
    )


def rolled(scope: Scope, pull: Pull, shift: Expr, axis: object) -> Pull:
    """``np.roll`` along one axis: a negative subscript counts from the end, as a roll does."""
    if not isinstance(axis, int) or not isinstance(scope.kind(shift), types.Integer | None):
        raise Opaque
    name = materialised(scope, pull)
    place = axis % pull.rank
    by = shift_within(scope, shift, pull.extents[place])

    def at(index: Index, body: Body) -> Expr:
        moved = ast.BinOp(index[place], ast.Sub(), variable(by))
        return element(name, (*index[:place], moved, *index[place + 1 :]))

    return Pull(pull.extents, pull.dtype, at)


def shift_within(scope: Scope, shift: Expr, extent: Extent) -> str:
    """The name of a shift as it is counted along an axis: not negative, and less than it."""
    key = ("shift", ast.unparse(shift), extent)
    known = scope.recall(key)
    if known is None:
        known = scope.fresh("k", types.int64)
        text = f"({ast.unparse(shift)}) % max({extent}, 1)"
        scope.emit(Assign(known, parse(text), line=scope.line))
        scope.remember(key, known, depends(ast.unparse(shift), str(extent)) | {known})
    return str(known)


def put_along(index: Pull, value: Pull, extents: Extents, axis: int) -> Pull:
    """Zeros, except for the value at a position along an axis."""
    if index.rank != len(extents) - 1 or value.rank not in (index.rank, index.rank + 1):
        raise Opaque

    def at(place: Index, body: Body) -> Expr:
        rest = place[:axis] + place[axis + 1 :]
        one = (*place[:axis], ast.Constant(0), *place[axis + 1 :])
        chosen = index.at(rest, body)
        given = value.at(rest if value.rank == index.rank else one, body)
        test = ast.Compare(place[axis], [ast.Eq()], [chosen])
        return ast.IfExp(test, given, zero_of(value.dtype))

    return Pull(extents, value.dtype, at)


def is_found(index: Expr) -> bool:
    """Whether a position is one that a search gave, so that it is not negative."""
    return isinstance(index, ast.Call) and dotted(index.func) in ("np.argmax", "np.argmin")


def put_at(index: Pull, value: Pull, extents: Extents, found: bool) -> Pull:
    """Zeros, except for the value at a position of the flattened array."""
    if index.rank or value.rank:
        raise Opaque
    size = spelled(extents[0])
    for extent in extents[1:]:
        size = ast.BinOp(size, ast.Mult(), spelled(extent))

    def at(place: Index, body: Body) -> Expr:
        flat = place[0]
        for i, extent in zip(place[1:], extents[1:], strict=True):
            flat = ast.BinOp(ast.BinOp(flat, ast.Mult(), spelled(extent)), ast.Add(), i)
        position = index.at((), body)
        test: Expr = ast.Compare(flat, [ast.Eq()], [position])
        known = literal(position)
        if not found and not (isinstance(known, int) and known >= 0):  # from the end, perhaps
            from_end = ast.Compare(ast.BinOp(flat, ast.Sub(), size), [ast.Eq()], [position])
            test = from_end if known is not MISSING else ast.BoolOp(ast.Or(), [test, from_end])
        return ast.IfExp(test, value.at((), body), zero_of(value.dtype))

    return Pull(extents, value.dtype, at)


def zero_of(dtype: np.dtype[Any]) -> Expr:
    """0 in a dtype."""
    return call("np.float32", ast.Constant(0.0)) if dtype == np.float32 else ast.Constant(0.0)


def outer(scope: Scope, x: Pull, y: Pull) -> Pull:
    """``x[i] * y[j]``."""
    if x.rank != 1 or y.rank != 1:
        raise Opaque
    extents = x.extents + y.extents
    column = Pull(extents, x.dtype, lambda index, body: x.at(index[:1], body))
    row = Pull(extents, y.dtype, lambda index, body: y.at(index[1:], body))
    return elementwise(scope, None, [column, row], of_binary(ast.Mult()))
