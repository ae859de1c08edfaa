"""Chosen round: of a loop that only adds something in the round with a given number, that round.

In: a Program at level "loops". Out: the same, where ``for i: g = x if i == k else 0.0; ...``, the
gradient of a maximum that was found at place k, is the round ``i = k`` under a test, if there are
loops in it.

Invariant: what is left out adds zero to what it adds to, and binds names that nobody reads. (Where
zero would be multiplied by infinity it adds nothing, not nan.)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ...analysis.exposed import exposed
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    If,
    Program,
    Stmt,
    While,
    binding_counts,
    blocks,
    bound,
    names,
    taken_names,
    times_bound,
    walk,
    with_blocks,
)
from .contraction import renamed
from .decisions import idle
from .lane_loops import following
from .own_names import with_own_names


def chosen_rounds(program: Program) -> Program:
    """The program with one round for such loops."""
    kinds, taken = dict(program.types), taken_names(program)
    counts = binding_counts(program)

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for stmt, later in following(body, after):
            around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
            new = one_round(stmt, later, kinds) if isinstance(stmt, For) else None
            if new is not None:
                own = times_bound(blocks(stmt)[0])
                body = with_own_names(new.body, own, counts, kinds, taken)
                result.append(replace(new, body=body))
                continue
            result.append(with_blocks(stmt, tuple(change(b, around) for b in blocks(stmt))))
        return tuple(result)

    return program.with_body(change(program.body, set()), types=kinds)


def one_round(loop: For, later: set[str], kinds: Mapping[str, Any]) -> If | None:
    """The round of a loop that adds something, under a test; None for any other loop."""
    inner = bound(loop.body)
    if not any(isinstance(s, For) for s in walk(loop.body)):
        return None  # LLVM makes vectors of it
    natural = (ast.unparse(loop.start), ast.unparse(loop.step)) == ("0", "1") and not loop.exit
    if not natural or loop.counter in inner or exposed(loop.body) & inner or inner & later:
        return None
    for k, stmt in enumerate(loop.body):
        place = chosen(stmt, loop.counter)
        if place is None or place in inner or not isinstance(kinds.get(place), types.Integer):
            continue
        assert isinstance(stmt, Assign) and isinstance(stmt.value, ast.IfExp)
        zero = replace(stmt, value=ast.Constant(0.0))
        if idle((*loop.body[:k], zero, *loop.body[k + 1 :]), frozenset()) is None:
            continue
        known = replace(stmt, value=stmt.value.body)
        body = (*loop.body[:k], known, *loop.body[k + 1 :])
        return If(
            inside(place, loop.stop),
            renamed(body, loop.counter, place),
            line=loop.line,
            comment=loop.comment,
        )
    return None


def chosen(stmt: Stmt, counter: str) -> str | None:
    """The name k in ``g = x if counter == k else 0.0``."""
    match stmt:
        case Assign(
            target=target,
            value=ast.IfExp(
                test=ast.Compare(left=ast.Name(id=a), ops=[ast.Eq()], comparators=[ast.Name(id=b)]),
                body=value,
                orelse=ast.Constant(value=0),
            ),
        ) if counter in (a, b) and a != b and target not in names(value):
            return b if a == counter else a
    return None


def inside(place: str, stop: Expr) -> Expr:
    """``0 <= place < stop``."""
    ends: list[Expr] = [ast.Name(place, ast.Load()), stop]
    return ast.Compare(ast.Constant(0), [ast.LtE(), ast.Lt()], ends)
