"""Loop nests: pulls are computed, stored and accumulated.

In: pulls. Out: statements: allocations, and loops whose bodies are scalar.

Invariant: an array that is stored to while it is read gets what it had before the statement:
the elements are computed into a temporary first, unless each is read only where it is stored.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import from_dtype

from ...program import Assign, Block, Expr, For, Increment, Stmt, Store, expressions, walk
from .pull import (
    Body,
    Index,
    Pull,
    array,
    as_stored,
    atom,
    call,
    element,
    joined,
    number,
    spread,
    variable,
)
from .scope import Scope
from .shapes import Extent, Extents, parse, spelled

Inner = Callable[[Index, Body], None]


def nest(scope: Scope, extents: Extents, inner: Inner, order: str = "C") -> Block:
    """Loops over extents around what ``inner`` puts into the body."""
    counters = scope.counters(len(extents))
    axes = [(c, e) for c, e in zip(counters, extents, strict=True) if e != 1]
    body: Body = []
    inner(
        tuple(
            variable(c) if e != 1 else ast.Constant(0)
            for c, e in zip(counters, extents, strict=True)
        ),
        body,
    )
    loops: Block = tuple(body)
    for counter, extent in axes if order == "F" else reversed(axes):
        loops = (loop(scope, counter, extent, loops),)
    if axes:
        assert isinstance(loops[0], For)
        return (replace(loops[0], comment=scope.comment),)
    return loops


def loop(scope: Scope, counter: str, extent: Extent, body: Block) -> For:
    """``for counter in range(extent)``."""
    return For(counter, ast.Constant(0), spelled(extent), ast.Constant(1), body, line=scope.line)


def allocate(
    scope: Scope, name: str, extents: Extents, dtype: np.dtype[Any], layout: str = "C"
) -> None:
    """``name = np.empty(...)``."""
    order = extents[::-1] if layout == "F" else extents
    shape = spelled(order[0]) if len(order) == 1 else joined([spelled(e) for e in order])
    if not order:
        shape = ast.Tuple([], ast.Load())
    value = call("np.empty", shape, parse(dtype_name(dtype)))
    if layout == "F":
        value = ast.Attribute(value, "T", ast.Load())
    scope.emit(Assign(name, value, line=scope.line))
    scope.bind([name])
    scope.types[name] = types.Array(from_dtype(dtype), len(extents), layout)
    scope.shapes.learn(name, extents)


def dtype_name(dtype: np.dtype[Any]) -> str:
    """A dtype as text."""
    return "np.bool_" if dtype == np.bool_ else f"np.{dtype.name}"


def compute(
    scope: Scope,
    pull: Pull,
    target: str = "",
    dtype: np.dtype[Any] | None = None,
    layout: str = "C",
) -> str:
    """A new array with a pull's elements; its name."""
    dtype = dtype or pull.dtype
    name = target or scope.fresh("t", types.Array(from_dtype(dtype), pull.rank, "C"))
    order = "F" if layout == "F" and pull.rank > 1 else "C"
    with scope.collecting() as loops:
        scope.emit(*nest(scope, pull.extents, storing(name, pull), order))
    allocate(scope, name, pull.extents, dtype, order)
    scope.emit(*loops)
    return name


def storing(name: str, pull: Pull) -> Inner:
    """The body that stores each element in its place."""

    def inner(index: Index, body: Body) -> None:
        value = pull.at(index, body)
        body.append(Store(name, joined(index), value))

    return inner


def store(scope: Scope, target: Pull, pull: Pull) -> None:
    """Elements of an array (a region of it) are overwritten by a pull's."""
    update(scope, target, pull, lambda name, index, value: Store(name, index, value))


def add(scope: Scope, target: Pull, pull: Pull, negative: bool) -> None:
    """A pull is added to elements of an array (a region of it)."""
    op = ast.Sub() if negative else ast.Add()

    def change(name: str, index: Expr, value: Expr) -> Stmt:
        if target.dtype.kind == "f":
            return Increment(name, index, value, negative)
        whole = ast.BinOp(ast.Subscript(variable(name), index, ast.Load()), op, value)
        return Store(name, index, as_stored(whole, np.dtype(np.int64), target.dtype))

    update(scope, target, pull, change)


def update(
    scope: Scope, target: Pull, pull: Pull, change: Callable[[str, Expr, Expr], Stmt]
) -> None:
    """Elements of a region are changed, each by the element of a pull at the same indices."""
    if pull.rank:
        pull = spread(scope, pull, target.extents)

    def inner(index: Index, body: Body) -> None:
        place = target.at(index, body)
        assert isinstance(place, ast.Subscript) and isinstance(place.value, ast.Name)
        value = as_stored(pull.at(index, body), pull.dtype, target.dtype)
        body.append(change(place.value.id, place.slice, value))

    loops = nest(scope, target.extents, inner)
    written = next(s for s in walk(loops) if isinstance(s, Store | Increment))
    if overlapping(scope, loops, written):
        taken = array(scope, compute(scope, pull)) if pull.rank else settled(scope, pull)
        loops = nest(
            scope,
            target.extents,
            lambda index, body: body.append(
                change(written.target, region_index(target, index), taken.at(index, body))
            ),
        )
    scope.emit(*loops)
    scope.write(written.target)


def settled(scope: Scope, pull: Pull) -> Pull:
    """A number computed once, before the loop."""
    value = atom(scope, pull.at((), scope.out), pull.dtype, scope.out)
    return number(value, pull.dtype)


def region_index(target: Pull, index: Index) -> Expr:
    """The subscript of the stored array at given indices of the region."""
    place = target.at(index, [])
    assert isinstance(place, ast.Subscript)
    return place.slice


def overlapping(scope: Scope, loops: Block, written: Store | Increment) -> bool:
    """Whether the loops read the memory that they write, elsewhere than in the same place."""
    memory = scope.memory(written.target)
    assert written.index is not None
    place = ast.unparse(element(written.target, [written.index]))
    for stmt in walk(loops):
        for expr in reads(stmt):
            for node in ast.walk(expr):
                match node:
                    case ast.Subscript(value=ast.Name(id=name)) if (
                        scope.memory(name) == memory and ast.unparse(node) != place
                    ):
                        return True
    return False


def reads(stmt: Stmt) -> Sequence[Expr]:
    """Expressions of a statement (a store's own place is none of them)."""
    return expressions(stmt)
