"""Stacked: vectors that become the columns or rows of a matrix are stored into it.

In: ``np.column_stack((x, y))``, or ``np.stack`` of vectors, assigned to a name. Out: a new matrix
and a store for each vector: the loop that computes a vector can then store it as well, and needs
no memory of its own.

Invariant: the same values; vectors of different lengths raise ``ValueError``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from numba import types

from ...program import Assign, Stmt, Store
from ...rules.expressions import dotted, literal
from .products import fit
from .pull import variable
from .scope import Scope
from .shapes import parse, spelled


def stack_of(scope: Scope, stmt: Assign) -> tuple[list[str], int] | None:
    """The vectors that a statement stacks, and along which axis; None for any other.

    None as well where the name has had another array, which views and shapes may speak of.
    """
    match stmt.value:
        case ast.Call(args=[ast.Tuple(elts=elts) | ast.List(elts=elts)]) as call:
            axis = literal(call.keywords[0].value) if call.keywords else 0
        case _:
            return None
    axis = {"np.column_stack": 1, "np.stack": axis}.get(dotted(call.func) or "")
    names = [e.id for e in elts if isinstance(e, ast.Name)]
    kinds = [scope.types.get(n) for n in names]
    plain = all(isinstance(k, types.Array) and k.ndim == 1 for k in kinds)
    if axis not in (0, 1, -1) or len(names) < len(elts) or not plain or stmt.target in scope.again:
        return None
    return names, int(axis) % 2


def stores(scope: Scope, stmt: Assign, vectors: list[str], axis: int) -> Iterator[Stmt]:
    """A new matrix, and what is stored into it."""
    extent, *others = (scope.shapes.of(name, 1)[0] for name in vectors)
    for other in others:
        fit(scope, extent, other, "stack")
    shape = [spelled(extent), ast.Constant(len(vectors))]
    made = parse(f"np.empty(shape, dtype=np.{scope.types[stmt.target].dtype})")
    assert isinstance(made, ast.Call)
    made.args = [ast.Tuple(shape if axis else shape[::-1], ast.Load())]
    yield replace(stmt, value=made)
    extents = (extent, len(vectors))
    scope.shapes.learn(stmt.target, extents if axis else extents[::-1])
    for k, name in enumerate(vectors):
        place = [ast.Slice(), ast.Constant(k)]
        index = ast.Tuple(place if axis else place[::-1], ast.Load())
        yield Store(stmt.target, index, variable(name), line=stmt.line)
