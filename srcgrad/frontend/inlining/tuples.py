"""Tuples whose elements are known while inlining: unpacked with a star, repeated, subscripted.

In: ``a, *b = t``, ``(0.0,) * 3``, ``((0, 1), (1, 2))[1]``. Out: assignments of the elements, or
the expression of one.

Invariant: elements are evaluated once, before any of the names is bound.
"""

from __future__ import annotations

import ast

from ...rules.expressions import literal
from .assignments import display
from .body import Body
from .displays import elements, is_known
from .pieces import MOST


def has_star(target: ast.expr) -> bool:
    """Whether a target is ``a, *b``."""
    return any(isinstance(e, ast.Starred) for e in getattr(target, "elts", ()))


def unpack_starred(worker: Body, target: ast.Tuple | ast.List, stmt: ast.Assign) -> None:
    """``a, *b, c = t``: the rest of a tuple whose elements are known."""
    parts = elements(worker, stmt.value) if is_known(worker, stmt.value) else None
    at = next(k for k, e in enumerate(target.elts) if isinstance(e, ast.Starred))
    after = len(target.elts) - at - 1
    if parts is None and not worker.kinds:  # types are not known yet, and not wanted
        base = worker.bound_if_needed(worker.expr(stmt.value), stmt)
        parts = [ast.Subscript(base, ast.Constant(0), ast.Load()) for _ in target.elts]
    if parts is None or len(parts) < len(target.elts) - 1:
        reason = f"how much `{ast.unparse(target.elts[at])}` takes is not known"
        worker.refuse(stmt, reason, "unpack a tuple that is bound once, or use subscripts")
    star = target.elts[at]
    assert isinstance(star, ast.Starred)
    end = len(parts) - after
    rest = ast.Tuple(parts[at:end], ast.Load())
    places = [*target.elts[:at], *target.elts[at + 1 :]]
    for place, part in zip(places, [*parts[:at], *parts[end:]], strict=True):
        worker.emit(ast.Assign([worker.target(place)], part), stmt)
    if isinstance(star.value, ast.Name):
        rest = display(worker, star.value, rest, stmt)
    worker.emit(ast.Assign([worker.target(star.value)], rest), stmt)


def repeated(worker: Body, value: ast.expr, at: ast.AST) -> ast.expr:
    """``(a, b) * 2`` as ``(a, b, a, b)``; any other operation as it is."""
    match value:
        case (
            ast.BinOp(left=ast.Tuple(elts=elts), op=ast.Mult(), right=count)
            | ast.BinOp(left=count, op=ast.Mult(), right=ast.Tuple(elts=elts))
        ):
            number = literal(count)
            if isinstance(number, int) and 0 < number * len(elts) <= MOST:
                parts = [worker.bound_if_needed(e, at) for e in elts]
                return ast.Tuple(parts * number, ast.Load())
    return value


def picked(worker: Body, value: ast.expr, at: ast.AST) -> ast.expr:
    """``(a, b)[1]`` as ``b``; any other subscript as it is."""
    match value:
        case ast.Subscript(value=ast.Tuple(elts=elts), slice=index):
            place = literal(index)
            if type(place) is int:
                if not -len(elts) <= place < len(elts):
                    worker.refuse(at, f"the tuple has no element {place}", "")
                return elts[place]
    return value
