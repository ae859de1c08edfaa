"""Elements: loops in which every round keeps to its own part of an array.

In: the counter of a loop, an array's name, and the statements of the loop. Out: whether each
subscript of the array has the counter itself on one axis: then no round touches what another does,
if the counter is never negative (``least``).

Invariant: an array that is used as a whole anywhere in the loop, or bound there, has no own part.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ..program import (
    Alias,
    Call,
    Expr,
    Increment,
    Pop,
    Push,
    Stmt,
    Store,
    View,
    binds,
    expressions,
    uses,
)
from ..syntax import elements_of


def own_axis(counter: str, name: str, inside: Iterable[Stmt]) -> bool:
    """Whether every subscript of an array has the counter itself on one axis."""
    axes: list[set[int]] = []
    for stmt in inside:
        if name in binds(stmt) or counter in binds(stmt):
            return False
        for index in subscripts(stmt, name):
            if index is None:
                return False
            parts = elements_of(index)
            axes.append({k for k, p in enumerate(parts) if ast.unparse(p) == counter})
    return bool(axes) and bool(set.intersection(*axes))


def subscripts(stmt: Stmt, name: str) -> Iterator[Expr | None]:
    """Subscripts of an array in a statement itself; None where it is taken as a whole.

    Its extents are not of its elements, and do not count.
    """
    if name not in uses(stmt):
        return
    if isinstance(stmt, View | Alias | Push | Pop | Call):
        yield None
    if isinstance(stmt, Store | Increment) and stmt.target == name:
        yield stmt.index
    for expr in expressions(stmt):
        bases = set()
        for node in ast.walk(expr):
            match node:
                case ast.Subscript(value=ast.Name(id=base) as inner, slice=index) if base == name:
                    bases.add(id(inner))
                    yield index
                case ast.Attribute(value=ast.Name(id=base) as inner, attr="shape" | "size"):
                    bases.add(id(inner))
                case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=base) as inner]):
                    bases.add(id(inner))
                case ast.Name(id=base) if base == name and id(node) not in bases:
                    yield None
