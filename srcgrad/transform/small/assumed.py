"""Assumed: the extents that parameters must have, unless something is broadcast at run time.

In: a typed primal whose parameters keep their arrays. Out: for extents of parameters (as text) the
constants that they would be if operands of equal rank have equal extents: an array is added to
three numbers, goes into a cross product, is multiplied by a matrix of 3 by 3.

Invariant: none needed; what is taken for granted is tested at run time.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping

from numba import types

from ...program import Alias, Assign, Expr, Increment, Program, Store, View, walk
from ...rules.expressions import dotted, literal
from .extents import Extents, Shape

Axis = tuple[str, int]

MOST = 16
"""The largest extent of a small array."""


def assumed_extents(program: Program) -> dict[str, str]:
    """For extents of parameters the constants that they are likely to be."""
    assumed: dict[str, str] = {}
    while True:
        more = likely(program, Extents(program, assumed).shapes) | assumed
        if more == assumed:
            return assumed
        assumed = more


def likely(program: Program, shapes: Mapping[str, Shape]) -> dict[str, str]:
    """The same, where these shapes are known."""
    groups: dict[Axis, Axis] = {}
    known: dict[Axis, set[int]] = {}

    def root(axis: Axis) -> Axis:
        while axis in groups:
            axis = groups[axis]
        return axis

    sizes = (((n, k), e) for n, shape in shapes.items() for k, e in enumerate(shape))
    for first, second in itertools.chain(pairs(program), sizes):
        if isinstance(second, int):
            known.setdefault(root(first), set()).add(second)
        elif (a := root(first)) != (b := root(second)):
            groups[a] = b
            known[b] = known.get(b, set()) | known.pop(a, set())
    found = {}
    for name in program.params:
        kind = program.types.get(name)
        for axis in range(kind.ndim if isinstance(kind, types.Array) else 0):
            sure = known.get(root((name, axis)), set()) - {1}
            if len(sure) == 1 and 1 < min(sure) <= MOST:
                found[f"{name}.shape[{axis}]"] = str(min(sure))
    return found


def pairs(program: Program) -> Iterator[tuple[Axis, Axis | int]]:
    """Axes that are of one extent where nothing is broadcast, or of a known one."""
    for stmt in walk(program.body):
        match stmt:
            case Alias(target=t, source=s):
                yield from alike(program, name(t), name(s))
            case Assign(target=t, value=v) | View(target=t, value=v):
                yield from of_value(program, name(t), v)
            case Increment(target=t, index=None, value=v):
                yield from alike(program, name(t), v)
            case (
                Increment(target=t, index=ast.expr() as i, value=v)
                | Store(target=t, index=i, value=v)
            ):
                part = ast.Subscript(name(t), i, ast.Load())
                yield from of_value(program, v, part)


def name(text: str) -> Expr:
    """A name as an expression."""
    return ast.Name(text, ast.Load())


def of_value(program: Program, target: Expr, value: Expr) -> Iterator[tuple[Axis, Axis | int]]:
    """What an assignment says."""
    match value:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield from product(program, target, left, right)
        case ast.BinOp(left=left, right=right):
            yield from alike(program, left, right)
            for operand in (left, right):
                yield from alike(program, target, operand)
        case ast.UnaryOp(operand=operand) | ast.Call(args=[operand]) if not display(value):
            yield from alike(program, target, operand)
        case ast.Call(func=func, args=[left, right]) if dotted(func) == "np.cross":
            for part in (left, right, target):
                yield from ((axis, 3) for axis in axes(program, part)[:1])
        case ast.Call(func=func, args=[left, right]) if dotted(func) == "np.dot":
            yield from product(program, target, left, right)
        case ast.Subscript() if len(axes(program, target)) == len(axes(program, value)):
            yield from alike(program, target, value)
        case ast.Name():
            yield from alike(program, target, value)


def whole(part: Expr) -> bool:
    """Whether a part of a subscript is ``:``."""
    return isinstance(part, ast.Slice) and not (part.lower or part.upper or part.step)


def display(value: Expr) -> bool:
    """Whether a value is an array made of a display, or in a shape."""
    match value:
        case ast.Call(args=[ast.List() | ast.Tuple(), *_]):
            return True
        case ast.Call(func=func):
            return dotted(func) in ("np.zeros", "np.ones", "np.empty", "np.eye", "np.sum", "len")
    return False


def product(
    program: Program, target: Expr, left: Expr, right: Expr
) -> Iterator[tuple[Axis, Axis | int]]:
    """What a matrix product says."""
    x, y, z = (axes(program, e) for e in (left, right, target))
    if not x or not y:
        return
    yield x[-1], y[0]
    yield from zip(z, x[:-1] + y[1:], strict=False)


def alike(program: Program, first: Expr, second: Expr) -> Iterator[tuple[Axis, Axis]]:
    """The axes of two operands, from the last on, where both have any."""
    x, y = axes(program, first), axes(program, second)
    yield from zip(reversed(x), reversed(y), strict=False)


def axes(program: Program, expr: Expr) -> list[Axis]:
    """The axes of an array; none of anything else."""
    match expr:
        case ast.Name(id=text) if isinstance(kind := program.types.get(text), types.Array):
            return [(text, k) for k in range(kind.ndim)]
        case ast.Subscript(value=ast.Name(id=text), slice=index) if isinstance(
            kind := program.types.get(text), types.Array
        ):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            if not all(whole(p) or is_one(p) for p in parts):
                return []
            return [(text, k) for k in range(kind.ndim) if k >= len(parts) or whole(parts[k])]
    return []


def is_one(part: Expr) -> bool:
    """Whether a part of a subscript may be one number."""
    return not isinstance(part, ast.Slice) and literal(part) not in (None, ...)
