"""Freshness: stores to memory that nothing has read yet.

In: the ``Facts`` of a Program. Out: the stores (by ``id``) of which nothing that they overwrite
was ever read.

Such a store need not record what it overwrites, though other arrays of its alias class are read:
its array was made before it in the same block, and has only been written to since.

Invariant: between the array's allocation and the store, every statement that names the array is a
store to it, or adds to it, and has subscripts and a value that do not name it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..program import (
    Assign,
    Block,
    Expr,
    Increment,
    Stmt,
    Store,
    binds,
    blocks,
    expressions,
    names,
    uses,
    walk,
)
from .coverage import ALLOCATIONS, LIKE
from .facts import Facts


def unread_stores(facts: Facts) -> frozenset[int]:
    """The stores, by ``id``, that overwrite nothing that was read."""

    def inside(block: Block) -> Iterator[int]:
        for position, stmt in enumerate(block):
            for inner in blocks(stmt):
                yield from inside(inner)
            if isinstance(stmt, Assign) and is_allocation(stmt.value):
                yield from first_stores(stmt.target, block[position + 1 :])

    return frozenset(inside(facts.program.body))


def is_allocation(value: Expr) -> bool:
    """Whether an expression makes an array that nothing else refers to."""
    made = ALLOCATIONS | LIKE | {"np.copy"}  # the reversals of these read no element of them
    return isinstance(value, ast.Call) and ast.unparse(value.func) in made


def first_stores(array: str, rest: Block) -> Iterator[int]:
    """The stores to an array before anything else is done with it."""
    for stmt in rest:
        found = [s for s in walk((stmt,)) if array in uses(s) or array in binds(s)]
        if not all(is_write(s, array) for s in found):
            return
        yield from map(id, found)


def is_write(stmt: Stmt, array: str) -> bool:
    """Whether a statement stores to an array, or adds to it, and does nothing else with it."""
    read = any(array in names(e) for e in expressions(stmt))
    return isinstance(stmt, Store | Increment) and stmt.target == array and not read
