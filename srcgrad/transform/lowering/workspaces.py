"""Workspaces: memory that a loop would allocate in each round is allocated once, before the loop.

In: a Program at level "loops". Out: the same, where an array that a round makes for itself is made
before the loop.

Invariant: the same elements. An array moves if its extents are the same in all rounds and not
negative, and if nothing else shares its memory: what the round before has left there is as little
read as what ``np.empty`` finds.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ...analysis.least import lowest, sizes
from ...program import (
    Block,
    Call,
    Expr,
    For,
    Program,
    Stmt,
    While,
    binds,
    blocks,
    bound,
    names,
    uses,
    walk,
    with_blocks,
)
from .contraction import unshared
from .lanes import allocated


def in_workspaces(program: Program) -> Program:
    """The program with allocations moved out of loops."""
    lent = set().union(*(uses(s) for s in walk(program.body) if isinstance(s, Call)))
    alone, least = unshared(program) - lent, sizes(program)

    def is_movable(stmt: Stmt, loop: Stmt) -> bool:
        made = allocated(stmt)
        if made is None or not alone.issuperset(binds(stmt)):
            return False
        extents, dtype = made
        fixed = not set().union(*map(names, [*extents, *dtype])) & bound((loop,))
        return fixed and all(is_size(e, least) for e in extents)

    def change(body: Block) -> Block:
        result: list[Stmt] = []
        for stmt in body:
            stmt = with_blocks(stmt, tuple(map(change, blocks(stmt))))
            if isinstance(stmt, For | While):
                out = [s for s in stmt.body if is_movable(s, stmt)]
                rest = tuple(s for s in stmt.body if s not in out)
                if out and rest:
                    result += out
                    stmt = with_blocks(stmt, (rest,))
            result.append(stmt)
        return tuple(result)

    return program.with_body(change(program.body))


def is_size(expr: Expr, least: Mapping[str, int]) -> bool:
    """Whether an extent cannot be negative."""
    match expr:
        case ast.Call(func=ast.Name(id="max"), args=[*_, ast.Constant(value=0)]):
            return True
    known = lowest(expr, least)
    return known is not None and known >= 0
