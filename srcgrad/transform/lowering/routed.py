"""Routed: rounds of a backward sweep that no gradient reaches are left out.

In: a Program at level "loops". Out: the same, where a round that takes a gradient from an array,
and hands it on by ``min``, ``max`` or a choice to one element of that array, does so only if it is
not zero. A table of minima has one path along which gradients are not zero.

Invariant: what is left out adds zero to what it adds to, and binds names that nobody reads. (Where
zero would be multiplied by infinity it adds nothing, not nan.)
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection

from ...analysis.exposed import exposed
from ...program import (
    Assign,
    Block,
    Comment,
    Expr,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    While,
    blocks,
    bound,
    names,
    with_blocks,
)
from .lane_loops import following


def routed(program: Program) -> Program:
    """The program without rounds that hand on nothing."""

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for stmt, later in following(body, after):
            around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
            if isinstance(stmt, For) and not any(map(blocks, stmt.body)):
                result.append(with_blocks(stmt, (guarded(stmt.body, around),)))
            else:
                result.append(with_blocks(stmt, tuple(change(b, around) for b in blocks(stmt))))
        return tuple(result)

    return program.with_body(change(program.body, set()))


def guarded(body: Block, later: set[str]) -> Block:
    """The body of an innermost loop, what follows the gradient that it takes under a test."""
    for k, (stmt, zeroed) in enumerate(itertools.pairwise(body)):
        if (array := taken(stmt, zeroed)) is None:
            continue
        assert isinstance(stmt, Assign)
        rest = body[k + 2 :]
        read = later | exposed(body)
        if not bound(numbers(rest)) & read and hands_on(rest, array, stmt.target):
            given = ast.Name(stmt.target, ast.Load())
            test = ast.Compare(given, [ast.NotEq()], [ast.Constant(0.0)])
            return (*body[: k + 1], If(test, body[k + 1 :], line=stmt.line))
        return body
    return body


def numbers(body: Block) -> Block:
    """The statements of a block that give names new values."""
    return tuple(s for s in body if isinstance(s, Assign))


def taken(first: Stmt, second: Stmt) -> str | None:
    """The array in ``g = a[i]; a[i] = 0.0``."""
    match first, second:
        case (
            Assign(value=ast.Subscript(value=ast.Name(id=array), slice=index)),
            Store(target=target, index=place, value=ast.Constant(value=0)),
        ) if array == target and ast.unparse(index) == ast.unparse(place):
            return array
    return None


def hands_on(body: Block, array: str, given: str) -> bool:
    """Whether a block only adds multiples of a number, and to an array only those it chooses."""
    multiples: set[str] = {given}
    choices: set[str] = set()
    routes = 0
    for stmt in body:
        match stmt:
            case Assign(target=name, value=value):
                chosen = is_choice(value, multiples) or bool(names(value) & choices)
                multiples.discard(name)
                choices.discard(name)
                if is_multiple(value, multiples):
                    multiples.add(name)
                    choices |= {name} if chosen else set()
            case Increment(target=target, value=value):
                if not is_multiple(value, multiples):
                    return False
                if target == array and not names(value) & choices:
                    return False
                routes += target == array
            case Comment():
                pass
            case _:
                return False
    return routes > 0


def is_choice(value: Expr, multiples: Collection[str]) -> bool:
    """``g if test else 0.0``."""
    match value:
        case ast.IfExp(body=ast.Name(id=name), orelse=ast.Constant(value=0)):
            return name in multiples
    return False


def is_multiple(value: Expr, multiples: Collection[str]) -> bool:
    """Whether an expression is zero where some numbers are."""
    match value:
        case ast.Name(id=name):
            return name in multiples
        case ast.Constant(value=0):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return is_multiple(operand, multiples)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return is_multiple(left, multiples) and is_multiple(right, multiples)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return is_multiple(left, multiples) or is_multiple(right, multiples)
        case ast.BinOp(left=left, op=ast.Div()):
            return is_multiple(left, multiples)
        case ast.IfExp(body=body, orelse=orelse):
            return is_multiple(body, multiples) and is_multiple(orelse, multiples)
    return False
