"""First sums: what is first added to zeros is stored.

In: a Program at level "loops", not fused. Out: the same, where an array that is filled with zeros
and next added to, once at each place, is stored to instead.

Invariant: the same elements. The loops of the sum, the user's among them, run over the array's own
extents, each counter at one axis, and nothing reads the zeros.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from ...program import (
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    binds,
    blocks,
    bound,
    expressions,
    mentions,
    names,
    times_bound,
    uses,
    walk,
    with_blocks,
)
from ...syntax import elements_of
from .contraction import unshared
from .lanes import allocated

Sizes = Mapping[str, list[str]]


def first_sums(program: Program, counters: frozenset[str]) -> Program:
    """The program without zeros that are only there to be added to."""
    alone = unshared(program)
    times = times_bound(program.body)
    sizes = {
        name: list(map(ast.unparse, made[0]))
        for stmt in walk(program.body)
        if (made := allocated(stmt)) is not None
        for name in binds(stmt)
        if name in alone and all(times[n] <= 1 for e in made[0] for n in names(e))
    }

    def change(body: Block) -> Block:
        result: list[Stmt | None] = []
        zeros: dict[str, int] = {}
        for stmt in body:
            stmt = with_blocks(stmt, tuple(map(change, blocks(stmt))))
            mentioned = set().union(*({*uses(s), *binds(s)} for s in walk((stmt,))))
            for name in mentioned & set(zeros):
                if (new := stored(stmt, name, sizes[name], counters)) is not None:
                    stmt = new
                    result[zeros[name]] = None
                del zeros[name]
            if (fill := filled(stmt, sizes, counters)) is not None:
                zeros[fill] = len(result)
            result.append(stmt)
        return tuple(s for s in result if s is not None)

    return program.with_body(change(program.body))


def filled(stmt: Stmt, sizes: Sizes, counters: frozenset[str]) -> str | None:
    """The array that a nest of loops fills with zeros."""
    around: list[For] = []
    while isinstance(stmt, For) and stmt.counter in counters and len(stmt.body) == 1:
        around.append(stmt)
        stmt = stmt.body[0]
    match stmt:
        case Store(target=name, index=index, value=ast.Constant(value=0)) if name in sizes:
            return name if covers(index, around, sizes[name]) else None
    return None


def stored(stmt: Stmt, name: str, sizes: list[str], counters: frozenset[str]) -> Stmt | None:
    """A nest of loops that stores what it added to an array; None where it does anything else."""
    if not isinstance(stmt, For):
        return None

    def change(stmt: Stmt, around: list[For]) -> Stmt | None:
        if not mentions(stmt, name):
            return stmt
        match stmt:
            case For(counter=counter, body=body) if counter in counters or counter not in bound(
                body
            ):
                if any(name in names(e) for e in expressions(stmt)):
                    return None
                inner = [change(s, [*around, stmt]) for s in body]
                if sum(a is not b for a, b in zip(inner, body, strict=True)) != 1:
                    return None
                kept = tuple(s for s in inner if s is not None)
                return replace(stmt, body=kept) if len(kept) == len(body) else None
            case Increment(target=target, index=ast.expr() as index, value=value) if (
                target == name and name not in names(value) | names(index)
            ):
                if not covers(index, around, sizes):
                    return None
                value = ast.UnaryOp(ast.USub(), value) if stmt.negative else value
                return Store(name, index, value, line=stmt.line, comment=stmt.comment)
        return None

    return change(stmt, [])


def covers(index: Expr, around: list[For], sizes: list[str]) -> bool:
    """Whether loops take a subscript to each element of an array once."""
    parts = elements_of(index)
    loops = {loop.counter: loop for loop in around}
    counted = [p.id for p in parts if isinstance(p, ast.Name)]
    if len(parts) != len(sizes) or sorted(counted) != sorted(loops):
        return False
    return all(
        is_whole(loops[part.id], size)
        if isinstance(part, ast.Name)
        else ast.unparse(part) == "0" and size == "1"
        for part, size in zip(parts, sizes, strict=True)
    )


def is_whole(loop: For, size: str) -> bool:
    """Whether a loop runs from 0 to a size."""
    ends = (ast.unparse(loop.start), extent(loop.stop), ast.unparse(loop.step))
    return ends == ("0", size, "1") and not loop.exit


def extent(stop: Expr) -> str:
    """The text of an end: ``x.shape[0]`` for ``len(x)``."""
    match stop:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
            return f"{name}.shape[0]"
    return ast.unparse(stop)
