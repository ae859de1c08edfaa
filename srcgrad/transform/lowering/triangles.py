"""Triangles: which arrays are known, while the text is written, to be triangular matrices.

In: a flat, typed Program. Out: for each such name whether it is a lower triangle.

Invariant: what is said of a name holds wherever it is read: it is bound once, and its memory
is not written to afterwards.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ...program import (
    Alias,
    Assign,
    Call,
    Expr,
    Increment,
    Program,
    Store,
    View,
    times_bound,
    uses,
    walk,
)
from ...rules.expressions import dotted
from .effects import memory_classes

MAKERS = {"np.linalg.cholesky": True, "np.tril": True, "np.triu": False}
"""Functions whose result is triangular, and whether it is a lower triangle."""


def triangles(program: Program) -> dict[str, bool]:
    """The names of triangular matrices, and whether they are lower triangles."""
    found: dict[str, bool] = {}
    kept = _kept(program)
    for stmt in walk(program.body):
        match stmt:
            case Assign(target=target, value=value) | View(target=target, value=value):
                side = side_of(value, found)
            case Alias(target=target, source=source):
                side = found.get(source)
            case _:
                continue
        if side is not None and target in kept:
            found[target] = side
    return found


def side_of(value: Expr, known: Mapping[str, bool]) -> bool | None:
    """Whether a value is a lower triangle, or an upper one; None where that is not known."""
    match value:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=inner, attr="T"):
            side = side_of(inner, known)
            return None if side is None else not side
        case ast.Call(func=func, args=[inner], keywords=[]):
            name = dotted(func) or ""
            if name == "np.transpose":
                side = side_of(inner, known)
                return None if side is None else not side
            return MAKERS.get(name)
    return None


def _kept(program: Program) -> set[str]:
    """Names that are bound once and whose memory nobody writes to."""
    classes = memory_classes(program, flat=True)
    counts = times_bound(program.body)
    counts.update(program.params)
    written: set[str] = set()
    for stmt in walk(program.body):
        match stmt:
            case Store(target=target) | Increment(target=target):
                written.add(classes.get(target, target))
            case Call():
                written |= {classes.get(name, name) for name in uses(stmt)}
    return {n for n, count in counts.items() if count == 1 and classes.get(n, n) not in written}
