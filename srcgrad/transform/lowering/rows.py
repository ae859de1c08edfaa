"""Rows: an array that one loop makes and uses up, a row a round, is a row.

In: a fused Program. Out: the same, where an array that only one loop touches, at one axis always
at the loop's own counter, loses this axis and is made in each round.

Invariant: no element of another round is read: what a round reads it has stored itself, or nobody
has.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any

from numba import types

from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    binds,
    block_at,
    blocks,
    bound,
    names,
    walk,
    with_blocks,
    with_expressions,
)
from ...syntax import elements_of
from .contraction import Use, changed, loads, mentions, unshared
from .lanes import allocated


def rows(program: Program, counters: frozenset[str]) -> Program:
    """The program with rows for arrays that a loop uses up row by row."""
    alone = unshared(program)
    made = [s for s in walk(program.body) if allocated(s) is not None]
    users = mentions(program.body)
    for name in (n for s in made for n in binds(s) if n in alone):
        while (found := row(program, name, users[name], counters)) is not None:
            program = narrowed(program, found)
            users = mentions(program.body)
    return program


@dataclass(frozen=True)
class Row:
    """An array that loses an axis, the place of its allocation and that of the loop."""

    name: str
    axis: int
    made: Use
    user: int


def row(program: Program, name: str, users: list[Use], counters: frozenset[str]) -> Row | None:
    """What is known of an array that may lose an axis; None for any other."""
    found = sorted(users, key=lambda use: use.path)
    made, rest = found[0], found[1:]
    allocation = allocated(made.stmt)
    if allocation is None or len(allocation[0]) < 2 or not rest:
        return None
    depth = len(made.home)
    if len({use.path[: depth + 1] for use in rest}) != 1 or not rest[0].inside(made.home):
        return None
    loop = block_at(program.body, made.home)[rest[0].path[depth]]
    if not isinstance(loop, For) or loop.counter not in counters or len(rest[0].path) == depth + 1:
        return None
    if set().union(*map(names, [*allocation[0], *allocation[1]])) & bound((loop,)):
        return None
    axes = set(range(len(allocation[0])))
    for use in rest:
        axes &= positions(use.stmt, name, loop.counter, len(allocation[0]))
    return Row(name, min(axes), made, rest[0].path[depth]) if axes else None


def positions(stmt: Stmt, name: str, counter: str, rank: int) -> set[int]:
    """The axes at which a statement uses an array, always one element, at a counter."""
    found = set(range(rank))
    indices: list[Expr] = []
    if isinstance(stmt, Store | Increment) and stmt.target == name:
        if stmt.index is None:
            return set()
        indices.append(stmt.index)
    elif name in binds(stmt):
        return set()
    inside = 0
    for expr in (v for v in vars(stmt).values() if isinstance(v, ast.expr)):
        for node in ast.walk(expr):
            match node:
                case ast.Subscript(value=ast.Name(id=used), slice=index) if used == name:
                    indices.append(index)
                case ast.Name(id=used) if used == name:
                    inside += 1
    own = isinstance(stmt, Store | Increment) and stmt.target == name
    if inside != len(indices) - own or (not own and not inside and name not in loads(stmt)):
        return set()
    for index in indices:
        parts = elements_of(index)
        if len(parts) != rank or any(isinstance(n, ast.Slice) for n in ast.walk(index)):
            return set()
        found &= {k for k, p in enumerate(parts) if isinstance(p, ast.Name) and p.id == counter}
    return found


def narrowed(program: Program, found: Row) -> Program:
    """The program with an array that has lost an axis."""
    assert isinstance(found.made.stmt, Assign)
    kind = program.types[found.name]
    made = shorter(found.made.stmt, found)

    def change(body: Block) -> Block:
        new = list(body)
        loop = new[found.user]
        (inner,) = blocks(loop)
        new[found.user] = with_blocks(loop, ((made, *without(inner, found)),))
        del new[found.made.path[-1]]
        return tuple(new)

    body = changed(program.body, found.made.home, change)
    narrow = types.Array(kind.dtype, kind.ndim - 1, "C")
    return program.with_body(body, types={**program.types, found.name: narrow})


def shorter(stmt: Assign, found: Row) -> Assign:
    """An allocation without an axis."""
    assert isinstance(stmt.value, ast.Call)
    shape, *rest = stmt.value.args
    assert isinstance(shape, ast.Tuple)
    call = ast.Call(stmt.value.func, [dropped(shape, found.axis), *rest], stmt.value.keywords)
    return replace(stmt, value=call)


def dropped(index: Expr, axis: int) -> Expr:
    """A tuple without one of its parts; the other one itself where there were two."""
    assert isinstance(index, ast.Tuple)
    parts = [p for k, p in enumerate(index.elts) if k != axis]
    return parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())


def without(body: Block, found: Row) -> Block:
    """A block in which an array has lost an axis."""
    result: list[Stmt] = []
    for stmt in body:
        new = with_expressions(stmt, lambda e: accessed(e, found))
        if isinstance(new, Store | Increment) and new.target == found.name and new.index:
            new = replace(new, index=dropped(new.index, found.axis))
        result.append(with_blocks(new, tuple(without(b, found) for b in blocks(new))))
    return tuple(result)


def accessed(expr: Any, found: Row) -> Any:
    """An expression in which an array has lost an axis."""
    if isinstance(expr, list):
        return [accessed(e, found) for e in expr]
    if not isinstance(expr, ast.AST):
        return expr
    new = type(expr)(**{k: accessed(v, found) for k, v in ast.iter_fields(expr)})
    match new:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if name == found.name:
            return ast.Subscript(new.value, dropped(index, found.axis), ast.Load())
    return new
