"""Assumed: the extents that parameters must have, unless something is broadcast at run time.

In: a typed primal whose parameters keep their arrays. Out: for extents of parameters (as text) the
constants that they would be if operands of equal rank have equal extents: an array is added to
three numbers, goes into a cross product, is multiplied by a matrix of 3 by 3. With ``guess``, those
as well of which only constant subscripts are read: the highest is taken for the last.

Invariant: none needed; what is taken for granted is tested at run time.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping

from numba import types

from ...program import Alias, Assign, Expr, For, Increment, Program, Store, View, expressions, walk
from ...rules.expressions import dotted, literal
from ...syntax import elements_of
from .extents import Extents, Shape

Axis = tuple[str, int]

MOST = 16
"""The largest extent of a small array."""


def assumed_extents(program: Program, guess: bool) -> dict[str, str]:
    """For extents of parameters the constants that they are likely to be."""
    assumed: dict[str, str] = {}
    while True:
        more = likely(program, Extents(program, assumed).shapes, guess) | assumed
        if more == assumed:
            return assumed
        assumed = more


def likely(program: Program, shapes: Mapping[str, Shape], guess: bool) -> dict[str, str]:
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
    if guess:
        told = {a for a, sizes in known.items() if sizes - {1}}
        last: dict[Axis, int] = {}
        for place, size in reached(program):
            last[root(place)] = max(size, last.get(root(place), 0))
        known.update({a: {size} for a, size in last.items() if a not in told})
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


ENDLESS = 10**9
"""How far a subscript may reach that is not a constant."""


def reached(program: Program) -> Iterator[tuple[Axis, int]]:
    """How many elements of an axis each subscript says that there are."""
    counted = {
        s.counter: literal(s.stop)
        for s in walk(program.body)
        if isinstance(s, For) and type(literal(s.stop)) is int and literal(s.step) == 1
    }
    for stmt in walk(program.body):
        parts: list[ast.AST] = list(expressions(stmt))
        if isinstance(stmt, Store | Increment) and stmt.index is not None:
            parts.append(ast.Subscript(name(stmt.target), stmt.index, ast.Load()))
        for node in (n for p in parts for n in ast.walk(p)):
            match node:
                case ast.Subscript(value=ast.Name(id=text), slice=index):
                    for k, part in enumerate(elements_of(index)):
                        if not whole(part):
                            yield (text, k), reach(part, counted)
                case ast.Attribute(value=ast.Name(id=text), attr="shape" | "size"):
                    yield from (((text, k), ENDLESS) for k in range(len(axes(program, name(text)))))
                case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=text)]):
                    yield (text, 0), ENDLESS


def reach(part: Expr, counted: Mapping[str, int]) -> int:
    """How many elements a part of a subscript says that there are."""
    match part:
        case ast.Constant(value=int() as place) if place is not True and place is not False:
            return place + 1
        case ast.Slice(upper=ast.Constant(value=int() as end)):
            return end
        case ast.Name(id=text):
            return counted.get(text, ENDLESS)
        case ast.BinOp(left=ast.Name(id=text), op=ast.Add(), right=ast.Constant(value=int() as k)):
            return counted.get(text, ENDLESS) + k
    return ENDLESS


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
            parts = elements_of(index)
            if not all(whole(p) or is_one(p) for p in parts):
                return []
            return [(text, k) for k in range(kind.ndim) if k >= len(parts) or whole(parts[k])]
    return []


def is_one(part: Expr) -> bool:
    """Whether a part of a subscript may be one number."""
    return not isinstance(part, ast.Slice) and literal(part) not in (None, ...)
