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
from .statements import bind, new_names, write


def has_star(target: ast.expr) -> bool:
    """Whether a target is ``a, *b``."""
    return any(isinstance(e, ast.Starred) for e in getattr(target, "elts", ()))


def unpack_starred(worker: Body, target: ast.Tuple | ast.List, stmt: ast.Assign) -> None:
    """``a, *b, c = t``: the rest of a tuple whose elements are known, or of a list."""
    parts = elements(worker, stmt.value) if is_known(worker, stmt.value) else None
    at = next(k for k, e in enumerate(target.elts) if isinstance(e, ast.Starred))
    after = len(target.elts) - at - 1
    if parts is None:
        return unpack_list(worker, target, at, stmt)
    if len(parts) < len(target.elts) - 1:
        worker.refuse(stmt, f"the tuple has only {len(parts)} elements", "")
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


UNPACKED = """\
if len({whole}) < {least}:
    raise ValueError("not enough values to unpack")
"""

REST = "{rest} = list({whole}[{at}:len({whole}) - {after}])"


def unpack_list(worker: Body, target: ast.Tuple | ast.List, at: int, stmt: ast.Assign) -> None:
    """``a, *b, c = x`` of an array or a list; of any tuple where nobody reads ``b``."""
    star = target.elts[at]
    assert isinstance(star, ast.Starred) and isinstance(star.value, ast.Name)
    names = new_names(worker, "whole", "rest")
    bind(worker, names["whole"], worker.expr(stmt.value), stmt)
    after = len(target.elts) - at - 1
    kept = is_read(star.value.id, worker.scope.source.tree)
    text = UNPACKED + REST if kept else UNPACKED
    text = text.format(least=at + after, at=at, after=after, **names)
    write(worker, stmt, text, len, *([list] if kept else []))
    whole = worker.scope.names[names["whole"]]
    for k, place in enumerate(target.elts):
        if k != at:
            index = (
                ast.Constant(k)
                if k < at
                else ast.UnaryOp(ast.USub(), ast.Constant(after + at - k + 1))
            )
            element = ast.Subscript(whole, index, ast.Load())
            worker.emit(ast.Assign([worker.target(place)], element), stmt)
    if kept:
        value = worker.scope.names[names["rest"]]
        worker.emit(ast.Assign([worker.target(star.value)], value), stmt)


def is_read(name: str, tree: ast.AST) -> bool:
    """Whether a function reads a name anywhere."""
    nodes = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
    return any(n.id == name and isinstance(n.ctx, ast.Load) for n in nodes)


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
