"""Tables: arrays that a nest of loops fills so that elements are read only after they are stored.

In: the ``Facts`` of a Program. Out: the stores (by ``id``) of which nothing that they overwrite
was ever read: ``x[t + 1] = f(x[t])``, ``D[i + 1, j + 1] = min(D[i, j], D[i, j + 1], D[i + 1, j])``.

Such a store need not record what it overwrites.

Invariant: the array was only written to between its allocation and the nest, and the counters of
all loops around the store are in its subscripts, each plus a number. An element that a round reads
was stored in an earlier one: the first counter, from outside, whose number differs between the
subscripts of the store and of the read is ahead in the store, in the direction in which its loop
counts. None of these is negative.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..program import Alias, Assign, Block, Expr, For, If, Stmt, Store, View, binds, blocks, walk
from ..rules.expressions import literal
from ..syntax import elements_of
from .elements import subscripts
from .facts import Facts
from .freshness import is_allocation, is_write


def table_stores(facts: Facts) -> frozenset[int]:
    """The stores, by ``id``, that overwrite nothing that was read."""

    def inside(block: Block) -> Iterator[int]:
        for position, stmt in enumerate(block):
            for inner in blocks(stmt):
                yield from inside(inner)
            if isinstance(stmt, Assign) and is_allocation(stmt.value):
                yield from filled(stmt.target, block[position + 1 :])

    return frozenset(inside(facts.program.body))


def filled(array: str, rest: Block) -> Iterator[int]:
    """The stores in the first statement that does more with an array than write to it."""
    for stmt in rest:
        used = [s for s in walk((stmt,)) if array in binds(s) or list(subscripts(s, array))]
        if all(is_write(s, array) for s in used):
            continue
        if isinstance(stmt, For) and not any(isinstance(s, View | Alias) for s in used):
            reads = [i for s in used for i in read_subscripts(s, array)]
            if not any(array in binds(s) for s in used):
                yield from (id(s) for s, loops in stores(stmt, array, ()) if leads(s, loops, reads))
        return


def read_subscripts(stmt: Stmt, array: str) -> list[Expr | None]:
    """The subscripts with which a statement reads an array; None for the whole of it."""
    found = list(subscripts(stmt, array))
    return found[1:] if isinstance(stmt, Store) and stmt.target == array else found


def stores(stmt: Stmt, array: str, loops: tuple[For, ...]) -> Iterator[tuple[Store, list[For]]]:
    """The stores to an array with the loops around them, none of another kind between."""
    if isinstance(stmt, Store) and stmt.target == array:
        yield stmt, list(loops)
    if isinstance(stmt, For | If):
        around = (*loops, stmt) if isinstance(stmt, For) else loops
        for block in blocks(stmt):
            for inner in block:
                yield from stores(inner, array, around)


def leads(store: Store, loops: list[For], reads: list[Expr | None]) -> bool:
    """Whether no round reads what a later round, or itself later on, stores."""
    if not all(map(direction, loops)):
        return False
    own = elements_of(store.index)
    axes = []
    for loop in loops:
        found = [k for k, p in enumerate(own) if distance(p, loop.counter) is not None]
        if len(found) != 1:
            return False
        axes.append((found[0], loop))
    return all(index is not None and is_behind(elements_of(index), own, axes) for index in reads)


def is_behind(read: list[Expr], own: list[Expr], axes: list[tuple[int, For]]) -> bool:
    """Whether what a round reads was stored in an earlier round, if ever.

    Subscripts that may be negative, and so count from the end, are not compared.
    """
    if len(read) != len(own):
        return False
    for axis, loop in axes:
        ahead, behind = distance(own[axis], loop.counter), distance(read[axis], loop.counter)
        if ahead is None or behind is None:
            return False
        lead = (ahead - behind) * direction(loop)
        if lead < 0 or not is_natural(loop, min(ahead, behind)):
            return False
        if lead > 0:
            return True
    return False


def is_natural(loop: For, number: int) -> bool:
    """Whether the counter of a loop plus a number is never negative."""
    down = direction(loop) < 0
    least = literal(loop.stop if down else loop.start)
    return isinstance(least, int) and least + down + number >= 0


def direction(loop: For) -> int:
    """1 or -1 where a loop counts so, and nothing in it sets its counter; else 0."""
    step = literal(loop.step)
    if step not in (1, -1) or any(loop.counter in binds(s) for s in walk(loop.body)):
        return 0
    return int(step)


def distance(part: Expr, counter: str) -> int | None:
    """The number that is added to a counter in a subscript; None for any other subscript."""
    match part:
        case ast.Name(id=name) if name == counter:
            return 0
        case ast.BinOp(
            left=ast.Name(id=name), op=ast.Add() | ast.Sub() as op, right=ast.Constant(value=int(v))
        ) if name == counter:
            return v if isinstance(op, ast.Add) else -v
    return None
