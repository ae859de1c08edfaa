"""Unrolled: short loops over the elements of small arrays are written out.

In: a primal, and the arrays that are to become numbers. Out: the same, where a loop of a few
rounds, whose counter is in subscripts of these arrays, is its rounds, one after the other.

Invariant: the same statements run in the same order. What a round makes for itself has a name in
each.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from ...analysis.exposed import exposed
from ...naming import free_name
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    blocks,
    bound,
    expressions,
    names,
    taken_names,
    walk,
    with_blocks,
)
from .renaming import renamed
from .sharing import live_after

MOST_ROUNDS = 16
"""Loops with more rounds stay."""


def unrolled(program: Program, small: set[str], integer: Callable[[Expr], int | None]) -> Program:
    """The program without short loops over small arrays.

    Parameters
    ----------
    program : Program
        Typed.
    small : set of str
        Arrays that are to become numbers.
    integer : callable
        The value of an integer expression that is the same all the time, None for others.
    """
    kinds: dict[str, Any] = dict(program.types)
    taken = taken_names(program)
    later = live_after(program)

    def change(body: Block, fixed: Mapping[str, Expr]) -> Block:
        result: list[Stmt] = []
        for stmt in body:
            rounds = rounds_of(stmt, small, integer)
            inner = tuple(change(b, fixed) for b in blocks(stmt))
            new = with_blocks(stmt, inner)
            if rounds is None:
                result.append(new)
                continue
            assert isinstance(new, For)
            result += written_out(new, rounds, later[id(stmt)])
        return tuple(result)

    def written_out(loop: For, rounds: range, after: set[str]) -> list[Stmt]:
        own = bound(loop.body) - exposed(loop.body) - after
        result: list[Stmt] = []
        for number in rounds:
            new = {n: free_name(f"{n}_{number}", taken) for n in sorted(own)}
            kinds.update({new[n]: kinds[n] for n in own if n in kinds})
            result += renamed(loop.body, new, {loop.counter: ast.Constant(number)})
        if loop.counter in after and rounds:
            result.append(Assign(loop.counter, ast.Constant(rounds[-1]), line=loop.line))
        return result

    body = change(program.body, {})
    return program if body == program.body else program.with_body(body, types=kinds)


def rounds_of(stmt: Stmt, small: set[str], integer: Callable[[Expr], int | None]) -> range | None:
    """The rounds of a loop that is to be written out; None for any other statement."""
    if not isinstance(stmt, For) or stmt.exit or stmt.counter in bound(stmt.body):
        return None
    bounds = [integer(b) for b in (stmt.start, stmt.stop, stmt.step)]
    if None in bounds or not bounds[2]:
        return None
    rounds = range(*bounds)  # type: ignore[arg-type]
    if not min(rounds, default=0) >= 0 or len(rounds) > MOST_ROUNDS:
        return None
    inside = list(walk(stmt.body))
    counted = any(is_at(e, small, stmt.counter) for s in inside for e in expressions(s)) or any(
        s.target in small and s.index is not None and stmt.counter in names(s.index)
        for s in inside
        if isinstance(s, Store | Increment)
    )
    return rounds if counted else None


def is_at(expr: Expr, small: set[str], counter: str) -> bool:
    """Whether an expression has a subscript of a small array with this counter."""
    return any(
        isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Name)
        and n.value.id in small
        and counter in names(n.slice)
        for n in ast.walk(expr)
    )
