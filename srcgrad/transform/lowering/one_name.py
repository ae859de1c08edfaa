"""One name: an array that has two names has one.

In: a Program at level "loops", not fused. Out: the same, where ``b = a`` is left out and what
follows says ``a``.

Invariant: wherever the second name is read, it stood for the first one's array.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from numba import types

from ...analysis.exposed import exposed
from ...program import (
    Alias,
    Assign,
    Block,
    Call,
    Check,
    Increment,
    Program,
    Stmt,
    Swap,
    View,
    binds,
    blocks,
    bound,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.registry import instantiate


def one_name(program: Program) -> Program:
    """The program without second names of arrays."""

    def change(body: Block, outermost: bool) -> Block:
        rest = list(body)
        result: list[Stmt] = []
        while rest:
            stmt = rest.pop(0)
            pair = second_name(stmt)
            if pair and same_kind(program, *pair):
                local = outermost or is_local(program, body, pair[0])
                new = replaced(*pair, tuple(rest)) if local else None
                if new is not None:
                    rest = list(new)
                    continue
            result.append(with_blocks(stmt, tuple(change(b, False) for b in blocks(stmt))))
        return tuple(result)

    return program.with_body(change(program.body, True))


def second_name(stmt: Stmt) -> tuple[str, str] | None:
    """The names in ``b = a``."""
    match stmt:
        case Alias(target=new, source=old) | Assign(target=new, value=ast.Name(id=old)):
            return new, old
    return None


def same_kind(program: Program, first: str, second: str) -> bool:
    """Whether two names are arrays of one rank and dtype."""
    match program.types.get(first), program.types.get(second):
        case types.Array() as a, types.Array() as b:
            return bool((a.ndim, a.dtype) == (b.ndim, b.dtype))
    return False


def is_local(program: Program, body: Block, name: str) -> bool:
    """Whether a name is bound and read in one block only, each round for itself."""
    inside = sum(name in {*uses(s), *binds(s)} for s in walk(body))
    everywhere = sum(name in {*uses(s), *binds(s)} for s in walk(program.body))
    return inside == everywhere and name not in exposed(body)


def replaced(old: str, new: str, rest: Block) -> Block | None:
    """What follows a second name, in terms of the first; None where that cannot be said."""
    result: list[Stmt] = []
    for k, stmt in enumerate(rest):
        if not mentions(stmt, old, new):
            result.append(stmt)
            continue
        inside = set().union(*(bound(b) for b in blocks(stmt)))
        opaque = (s for s in walk((stmt,)) if isinstance(s, Swap | Call | Check))
        if {old, new} & inside or any(old in uses(s) for s in opaque):
            return None
        in_place = isinstance(stmt, Increment)  # of the whole array: it stays the same array
        ends = set() if in_place else {old, new} & set(binds(stmt))
        if new in ends and old not in ends and old in exposed(rest[k:]) | uses(stmt):
            return None
        if ends:
            return (*result, reading(stmt, old, new), *rest[k + 1 :])
        result.append(throughout(stmt, old, new))
    return tuple(result)


def mentions(stmt: Stmt, old: str, new: str) -> bool:
    """Whether a statement, or one in its blocks, has the second name or gives the first anew."""
    return any(old in uses(s) or old in binds(s) or new in binds(s) for s in walk((stmt,)))


def throughout(stmt: Stmt, old: str, new: str) -> Stmt:
    """A statement and its blocks with a name replaced, where it is read and where it is written."""
    stmt = with_blocks(stmt, tuple(tuple(throughout(s, old, new) for s in b) for b in blocks(stmt)))
    stmt = reading(stmt, old, new)
    return replace(stmt, target=new) if getattr(stmt, "target", None) == old else stmt  # type: ignore[call-arg]


def reading(stmt: Stmt, old: str, new: str) -> Stmt:
    """A statement with a name replaced where it is read."""
    if old not in uses(stmt):
        return stmt
    name = ast.Name(new, ast.Load())
    stmt = with_expressions(stmt, lambda e: instantiate(e, {old: name}))
    if isinstance(stmt, Alias | View) and stmt.source == old:
        stmt = replace(stmt, source=new)
    return stmt
