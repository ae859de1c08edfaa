"""Subscripts of pulls: slices, integers, index arrays and new axes as arithmetic on indices.

In: a pull and a subscript. Out: the pull of the part.

Invariant: no view is made; offsets are right for negative and out-of-range bounds.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from numba import types

from ...program import Assign, Expr
from ...rules.expressions import MISSING, literal
from ...syntax import elements_of
from .pull import Body, Index, Pull, broadcast
from .scope import Opaque, Scope, depends, is_array
from .shapes import Extent, at_most, minus, parse, shortened, spelled
from .windows import known_as, note_window

Evaluate = Callable[[Expr], Pull]
Axis = tuple[Extent | None, Callable[[Expr], Expr]]
"""Of an axis of the array: the extent of the part (None: the axis goes), its index there."""


def subscript(scope: Scope, base: Pull, index: Expr, evaluate: Evaluate) -> Pull:
    """``base[index]``."""
    parts = filled(elements_of(index), base.rank)
    if any(is_array(scope.kind(p)) for p in parts):
        return gathered(scope, base, parts, evaluate)
    axes: list[Axis | None] = []  # None: a new axis
    position = 0
    for part in parts:
        if isinstance(part, ast.Constant) and part.value is None:
            axes.append(None)
            continue
        axes.append(axis_of(scope, base, base.extents[position], part))
        position += 1
    kept = [1 if axis is None else axis[0] for axis in axes]
    extents = tuple(extent for extent in kept if extent is not None)

    def at(index: Index, body: Body) -> Expr:
        rest = iter(index)
        places = []
        for axis in axes:
            if axis is None:
                next(rest)
            else:
                places.append(axis[1](next(rest) if axis[0] is not None else ast.Constant(0)))
        return base.at(tuple(places), body)

    return replace(base, extents=extents, at=at, name="", widen=None)


def filled(parts: Sequence[Expr], rank: int) -> list[Expr]:
    """The parts of a subscript, one for each axis: ``...`` and what is left out are ``:``."""
    new = sum(isinstance(p, ast.Constant) and p.value is None for p in parts)
    dots = [k for k, p in enumerate(parts) if isinstance(p, ast.Constant) and p.value is ...]
    at = dots[0] if dots else len(parts)
    before, after = list(parts[:at]), list(parts[at + 1 :])
    missing = rank + new - len(before) - len(after)
    if missing < 0:
        raise Opaque
    return [*before, *[ast.Slice()] * missing, *after]


def axis_of(scope: Scope, base: Pull, extent: Extent, part: Expr) -> Axis:
    """One part of a subscript."""
    if isinstance(part, ast.Slice):
        return slice_of(scope, extent, part)
    if not isinstance(scope.kind(part), types.Integer) and not is_integer(part):
        raise Opaque
    value = literal(part)
    place = part
    if not base.name:
        if value is MISSING:
            raise Opaque  # its sign is not known, and there is no array to count from the end of
        if isinstance(value, int) and value < 0:
            place = spelled(minus(extent, -value))
    return None, lambda index: place


def is_integer(expr: Expr) -> bool:
    """Whether integer arithmetic on names and constants, as subscripts have it."""
    match expr:
        case ast.Constant(value=int()):
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv(), right=r):
            return is_integer(left) and is_integer(r)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return is_integer(operand)
        case ast.Name() | ast.Subscript() | ast.Call():
            return not isinstance(expr, ast.Call) or ast.unparse(expr.func) in ("len", "int")
    return False


def slice_of(scope: Scope, extent: Extent, part: ast.Slice) -> Axis:
    """A slice with a constant step."""
    step = 1 if part.step is None else literal(part.step)
    if not isinstance(step, int) or step == 0:
        raise Opaque
    if step < 0:
        if part.lower is not None or part.upper is not None:
            raise Opaque
        last = minus(extent, 1)
        return rounds(extent, -step), lambda index: scaled(spelled(last), ast.Sub(), index, -step)
    start = bound(scope, extent, part.lower, 0)
    stop = bound(scope, extent, part.upper, extent)
    length = stop if start == 0 else shortened(stop, start)
    if step == 1:
        note_window(scope, length, part)
        length = known_as(scope, length)
    if start == 0:
        return rounds(length, step), lambda index: scaled(None, ast.Add(), index, step)
    # A start beyond the end needs no clamping: no index is formed then.
    return rounds(length, step), lambda index: scaled(spelled(start), ast.Add(), index, step)


def rounds(length: Extent, step: int) -> Extent:
    """How many elements a step picks from a length."""
    if step == 1:
        return length
    if isinstance(length, int):
        return -(-length // step)
    return f"({length} + {step - 1}) // {step}"


def scaled(start: Expr | None, op: ast.operator, index: Expr, step: int) -> Expr:
    """``index * step``, added to a start or taken from it."""
    moved = index if step == 1 else ast.BinOp(index, ast.Mult(), ast.Constant(step))
    if start is None:
        return moved
    if isinstance(op, ast.Add):
        return ast.BinOp(moved, op, start)
    return ast.BinOp(start, op, moved)


def bound(scope: Scope, extent: Extent, given: Expr | None, default: Extent) -> Extent:
    """Where a slice's bound falls; a lower one is not clamped to the extent from above."""
    if given is None:
        return default
    value = literal(given)
    if isinstance(value, int):
        if value < 0:
            return shortened(extent, -value)
        return value if default == 0 else at_most(extent, value)
    key = ("bound", extent, ast.unparse(given))
    known = scope.recall(key)
    if known is None:
        text = ast.unparse(given)
        limit = f"min({text}, {extent}) if {text} >= 0 else max({text} + {extent}, 0)"
        known = scope.fresh("k", types.int64)
        scope.emit(Assign(known, parse(limit), line=scope.line))
        scope.remember(key, known, depends(text, str(extent)) | {known})
    return str(known)


def gathered(scope: Scope, base: Pull, parts: Sequence[Expr], evaluate: Evaluate) -> Pull:
    """``base[idx]`` of integer arrays: one among whole slices, or one for every axis."""
    arrays = [k for k, p in enumerate(parts) if is_array(scope.kind(p))]
    rest = [p for k, p in enumerate(parts) if k not in arrays]
    single = len(arrays) == 1 and all(
        isinstance(p, ast.Slice) and p.lower is p.upper is p.step is None for p in rest
    )
    if not base.name or not (single or not rest):
        raise Opaque
    extents, pulls = broadcast(scope, [evaluate(parts[k]) for k in arrays])
    if any(p.dtype.kind not in "iu" for p in pulls):
        raise Opaque
    first, width = arrays[0], len(extents)
    whole = base.extents[:first] + extents + base.extents[first + len(arrays) :]

    def at(index: Index, body: Body) -> Expr:
        picked = index[first : first + width]
        chosen = tuple(p.at(picked, body) for p in pulls)
        return base.at((*index[:first], *chosen, *index[first + width :]), body)

    return replace(base, extents=whole, at=at, name="", widen=None)
