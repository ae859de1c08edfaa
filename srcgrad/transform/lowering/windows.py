"""Windows: slices that have the extent that they are written with, unless their array ends before.

In: extents of slices such as ``x[i:i + n]``. Out: where such an extent meets another that is
``n`` as well, a test before the loop, and from there on both are the same.

Invariant: a window that its array cuts off is not broadcast; that is an error, also where what is
left happens to be a single element, which NumPy would repeat.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace

from ...program import Assign, Check, Expr, For, If, Stmt, binds, blocks, with_blocks
from ...rules.expressions import dotted
from ...syntax import elements_of
from .scope import Scope, depends
from .shapes import Extent, parse, spelled

Linear = tuple[frozenset[tuple[str, int]], int]
"""Terms with their factors, and a constant."""
MESSAGE = "a slice is cut off at the end of its array, and does not fit"


def note_window(scope: Scope, length: Extent, part: ast.Slice) -> None:
    """Remember with which extent a slice is written."""
    if isinstance(length, int) or part.upper is None:
        return
    lower = part.lower or ast.Constant(0)
    terms, constant = linear(scope, ast.BinOp(part.upper, ast.Sub(), lower))
    used = depends(length, ast.unparse(part.upper), ast.unparse(lower), *(t for t, _ in terms))
    scope.remember(("window", length), (terms, constant), used)


def same(scope: Scope, a: Extent, b: Extent) -> bool:
    """Whether two extents are equal, if need be after a test that is emitted here."""
    a, b = known_as(scope, a), known_as(scope, b)
    if a == b or 1 in (a, b):
        return a == b
    first, second = scope.recall(("window", a)), scope.recall(("window", b))
    if first is None and second is None:
        return False
    if (first or size(scope, a)) != (second or size(scope, b)):
        return False
    keep, drop = (b, a) if second is None else (a, b)
    test = ast.Compare(spelled(drop), [ast.NotEq()], [spelled(keep)])
    error = Check(ast.parse(f"raise ValueError({MESSAGE!r})").body[0], line=scope.line)
    place = _first(scope, depends(keep, drop))
    rest = [_respelled(s, drop, keep) for s in scope.out[place:]]
    scope.out[place:] = [If(test, (error,), line=scope.line), *rest]
    scope.remember(("same", drop), keep, depends(a, b))
    scope.equate(keep, drop)
    return True


def _first(scope: Scope, wanted: set[str]) -> int:
    """Where in the block that is being written all of these names are there."""
    bound = [k for k, s in enumerate(scope.out) if wanted & set(binds(s))]
    return bound[-1] + 1 if bound else len(scope.out)


def _respelled(stmt: Stmt, drop: Extent, keep: Extent) -> Stmt:
    """An allocation, or a loop nest, with another text for an extent."""
    new = with_blocks(
        stmt, tuple(tuple(_respelled(s, drop, keep) for s in b) for b in blocks(stmt))
    )
    match new:
        case For(stop=stop) if ast.unparse(stop) == drop:
            return replace(new, stop=spelled(keep))
        case Assign(value=ast.Call(func=func, args=[shape, dtype])) if dotted(func) == "np.empty":
            parts = [spelled(keep) if ast.unparse(e) == drop else e for e in elements_of(shape)]
            extents = ast.Tuple(parts, ast.Load()) if isinstance(shape, ast.Tuple) else parts[0]
            return replace(new, value=ast.Call(func, [extents, dtype], []))
    return new


def known_as(scope: Scope, extent: Extent) -> Extent:
    """The extent that another has been found to equal, if there is one."""
    while (found := scope.recall(("same", extent))) is not None:
        extent = found
    return extent


def size(scope: Scope, extent: Extent) -> Linear:
    """An extent as a linear expression; ``max(n - 2, 0)`` is ``n - 2``."""
    match spelled(extent):
        case ast.Call(func=ast.Name(id="max"), args=[inner, ast.Constant(value=0)]):
            return linear(scope, inner)
        case expr:
            return linear(scope, expr)


def linear(scope: Scope, expr: Expr) -> Linear:
    """An integer expression as a sum of terms, those that cancel left out."""
    terms: Counter[str] = Counter()
    constant = _collect(scope, expr, 1, terms)
    return frozenset((t, n) for t, n in terms.items() if n), constant


def _collect(scope: Scope, expr: Expr, sign: int, terms: Counter[str]) -> int:
    """Add an expression's terms; its constant."""
    match expr:
        case ast.Constant(value=int() as value):
            return sign * value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _collect(scope, operand, -sign, terms)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            other = sign if isinstance(op, ast.Add) else -sign
            return _collect(scope, left, sign, terms) + _collect(scope, right, other, terms)
    known = scope.shapes.extent(expr)
    if isinstance(known, int):
        return sign * known
    if known != ast.unparse(expr):
        return _collect(scope, parse(known), sign, terms)
    terms[known] += sign
    return 0
