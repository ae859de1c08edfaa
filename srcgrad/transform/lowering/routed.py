"""Routed: rounds of a backward sweep that no gradient reaches are left out.

In: a Program at level "loops". Out: the same, where a round that takes a gradient from an array,
and hands it on by ``min``, ``max`` or a choice to one element of that array, does so only if it is
not zero. A table of minima has one path along which gradients are not zero.

Invariant: what is left out adds zero to what it adds to, and binds names that nobody reads. Zero
times infinity is nan, and is added: the factors are looked at as well.
"""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Collection, Mapping

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
    any_of,
    blocks,
    bound,
    names,
    times_bound,
    with_blocks,
)
from .effects import memory_classes
from .lane_loops import following


def routed(program: Program) -> Program:
    """The program without rounds that hand on nothing."""
    classes = memory_classes(program)

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for stmt, later in following(body, after):
            around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
            if isinstance(stmt, For) and not any(map(blocks, stmt.body)):
                result.append(with_blocks(stmt, (guarded(stmt.body, around, classes),)))
            else:
                result.append(with_blocks(stmt, tuple(change(b, around) for b in blocks(stmt))))
        return tuple(result)

    return program.with_body(change(program.body, set()))


def guarded(body: Block, later: set[str], classes: Mapping[str, str]) -> Block:
    """The body of an innermost loop, what follows the gradient that it takes under a test."""
    for k, (stmt, zeroed) in enumerate(itertools.pairwise(body)):
        if (array := taken(stmt, zeroed)) is None:
            continue
        assert isinstance(stmt, Assign)
        rest = body[k + 1 :]
        if bound(numbers(rest)) & (later | exposed(body)):
            return body
        if (risks := handed_on(rest[1:], array, stmt.target)) is None:
            return body
        first = made_first(rest, set().union(*map(names, risks)), classes)
        if first is None:
            return body
        test = any_of([ast.parse(f"{stmt.target} != 0.0", mode="eval").body, *risks])
        last = tuple(s for s in rest if s not in first)
        return (*body[: k + 1], *first, If(test, last, line=stmt.line))
    return body


def made_first(body: Block, wanted: set[str], classes: Mapping[str, str]) -> Block | None:
    """What makes the wanted names, if it can be moved before the rest of a block."""
    bindings = times_bound(body)
    wanted, moved = set(wanted), []
    for stmt in reversed(body):
        if isinstance(stmt, Assign) and stmt.target in wanted and bindings[stmt.target] == 1:
            moved.append(stmt)
            wanted |= stmt.reads
    stay = set(bindings) - {stmt.target for stmt in moved}
    if {classes.get(n, n) for n in wanted} & {classes.get(n, n) for n in stay}:
        return None
    return tuple(reversed(moved))


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


def handed_on(body: Block, array: str, given: str) -> list[Expr] | None:
    """When a block adds something though a number is zero, if it only adds multiples of it.

    To the array only those are added that the block chooses.
    """
    multiples: set[str] = {given}
    choices: set[str] = set()
    risks: dict[str, Expr] = {}
    routes = 0
    for stmt in body:
        if isinstance(stmt, Comment):
            continue
        if not isinstance(stmt, Assign | Increment):
            return None
        found = zero_unless(stmt.value, multiples)
        chosen = is_choice(stmt.value, multiples) or bool(names(stmt.value) & choices)
        if isinstance(stmt, Assign):
            multiples.discard(stmt.target)
            choices.discard(stmt.target)
            if found is not None:
                multiples.add(stmt.target)
                choices |= {stmt.target} if chosen else set()
        elif found is None or (stmt.target == array and not names(stmt.value) & choices):
            return None
        else:
            routes += stmt.target == array
        risks |= {ast.unparse(risk): risk for risk in found or ()}
    return list(risks.values()) if routes else None


def is_choice(value: Expr, multiples: Collection[str]) -> bool:
    """``g if test else 0.0``."""
    match value:
        case ast.IfExp(body=ast.Name(id=name), orelse=ast.Constant(value=0)):
            return name in multiples
    return False


def zero_unless(value: Expr, multiples: Collection[str]) -> list[Expr] | None:
    """The tests without which an expression is zero where some numbers are; None if it need not be.

    ``g * x`` is zero unless x is infinite or nan, ``g / x`` unless x is zero or nan.
    """

    def both(left: Expr, right: Expr) -> list[Expr] | None:
        tests = zero_unless(left, multiples), zero_unless(right, multiples)
        return None if tests[0] is None or tests[1] is None else tests[0] + tests[1]

    match value:
        case ast.Name(id=name):
            return [] if name in multiples else None
        case ast.Constant(value=0):
            return []
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return zero_unless(operand, multiples)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return both(left, right)
        case ast.IfExp(body=body, orelse=orelse):
            return both(body, orelse)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            for one, other in ((left, right), (right, left)):
                if (tests := zero_unless(one, multiples)) is not None:
                    return tests + risky(other, "not abs({}) < math.inf")
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            if (tests := zero_unless(left, multiples)) is not None:
                return tests + risky(right, "not abs({}) > 0.0")
    return None


def risky(factor: Expr, test: str) -> list[Expr]:
    """The test of a factor; none for a constant, which the text shows."""
    match factor:
        case ast.Constant(value=int() | float() as value) if value and math.isfinite(value):
            return []
    return [ast.parse(test.format(ast.unparse(factor)), mode="eval").body]
