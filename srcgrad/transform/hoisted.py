"""Hoisted: arithmetic that is the same in all rounds of a loop is done once, before the loop.

In: a prepared Program. Out: the same, where sums, differences and products of numbers that a loop
does not change stand before it. The reversal gains more than the primal: each round adds to the
gradient of the one number that is read in it, and what that is made of gets its share once.

Invariant: the same numbers. What is moved is bound once in the program, raises nothing and is
finite where its operands are: a loop without rounds gives zero to it, and zero goes on to them.
"""

from __future__ import annotations

import ast
from collections import Counter

from numba import types

from ..program import (
    Assign,
    Block,
    Expr,
    For,
    Program,
    Stmt,
    binding_counts,
    blocks,
    bound,
    names,
    with_blocks,
)


def hoisted(program: Program) -> Program:
    """The program with what does not change in a loop before it."""
    counts = binding_counts(program)

    def block(body: Block) -> Block:
        found: list[Stmt] = []
        for stmt in body:
            new = with_blocks(stmt, tuple(map(block, blocks(stmt))))
            if isinstance(new, For):
                first, new = parted(program, new, counts)
                found += first
            found.append(new)
        return tuple(found)

    return program.with_body(block(program.body))


def parted(program: Program, loop: For, counts: Counter[str]) -> tuple[list[Stmt], For]:
    """What can stand before a loop, and the loop without it."""
    changing = bound((loop,))
    first: list[Stmt] = []
    rest: list[Stmt] = []
    for stmt in loop.body:
        if isinstance(stmt, Assign) and counts[stmt.target] == 1 and is_steady(program, stmt):
            if not names(stmt.value) & changing:
                changing.discard(stmt.target)
                first.append(stmt)
                continue
        rest.append(stmt)
    return first, with_blocks(loop, (tuple(rest),)) if first else loop  # type: ignore[return-value]


def is_steady(program: Program, stmt: Assign) -> bool:
    """Whether a statement does arithmetic on numbers that is defined for all of them."""
    found = names(stmt.value)
    kinds = [program.types.get(n) for n in (*found, stmt.target)]
    numbers = all(isinstance(k, types.Float | types.Integer) for k in kinds)
    return bool(found) and numbers and isinstance(kinds[-1], types.Float) and is_total(stmt.value)


def is_total(value: Expr) -> bool:
    """Whether an operation has a finite value and finite derivatives everywhere."""
    match value:
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()) | ast.UnaryOp(op=ast.USub()):
            return True
        case ast.BinOp(op=ast.Div(), right=ast.Constant(value=int() | float() as divisor)):
            return divisor != 0
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int() as power)):
            return power >= 1
    return False
