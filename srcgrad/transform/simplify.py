"""Simplify: what nobody reads goes away, what can be folded is folded.

In: a Program with both sweeps. Out: a shorter one with the same results.

Invariant: the primal's own statements stay (they are the forward pass on the board); only
names that srcgrad made up are dropped, and only where nothing reads them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Set
from typing import Any

from ..program import (
    Alias,
    Assign,
    Block,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    View,
    While,
    blocks,
    expressions,
    names,
    uses,
    walk,
    with_blocks,
    with_expressions,
)


def simplify(program: Program, keep: Collection[str]) -> Program:
    """The program without dead statements of srcgrad's own.

    Parameters
    ----------
    program : Program
        Forward and backward sweep.
    keep : collection of str
        The primal's names, which stay whether they are read or not.
    """
    body = tuple(folded_statement(s) for s in program.body)
    while True:
        read = {n for s in walk(body) for n in _reads(s)} | _shared(body)
        shorter = _without(body, read | set(keep))
        if shorter == body:
            return program.with_body(body)
        body = shorter


def _shared(body: Block) -> set[str]:
    """Names whose memory has another name: writing to them is seen elsewhere."""
    found: set[str] = set()
    for stmt in walk(body):
        match stmt:
            case View(target=t, source=s) | Alias(target=t, source=s):
                found |= {t, s}
            case Pop(target=str(t)):
                found.add(t)  # the array that was recorded
    return found


def _reads(stmt: Stmt) -> Set[str]:
    """Names that a statement reads for something other than updating themselves."""
    found = uses(stmt)
    match stmt:
        case Assign(target=t) | Increment(target=t, index=None):
            return found - {t}
        case Push(tape=t) | Store(target=t) | Increment(target=t):
            return set().union(*map(names, expressions(stmt)))
    return found


def _without(body: Block, alive: set[str]) -> Block:
    """A block without statements that only bind names nobody reads."""
    found: list[Stmt] = []
    for stmt in body:
        match stmt:
            case Assign(target=t) | View(target=t) | Alias(target=t) if t not in alive:
                continue
            case Increment(target=t) | Store(target=t) | Push(tape=t) if t not in alive:
                continue
        inner = tuple(_without(b, alive) for b in blocks(stmt))
        if isinstance(stmt, For | While | If) and not any(inner) and any(blocks(stmt)):
            continue
        found.append(with_blocks(stmt, inner))
    return tuple(found)


def folded_statement(stmt: Stmt) -> Stmt:
    """A statement with constant arithmetic done."""
    new = with_expressions(stmt, folded)
    if isinstance(new, Assign) and isinstance(new.value, ast.Name):
        new = stmt  # `z = x - 0` is a new array
    inner = tuple(tuple(folded_statement(s) for s in b) for b in blocks(stmt))
    return with_blocks(new, inner)


def folded(expr: Any) -> Any:
    """``x ** (3 - 1)`` as ``x ** 2``; ``x ** 1`` as ``x``; nothing that rounds."""
    if not isinstance(expr, ast.AST):
        return expr
    fields = {
        name: [folded(v) for v in value] if isinstance(value, list) else folded(value)
        for name, value in ast.iter_fields(expr)
    }
    new: Expr = type(expr)(**fields)  # type: ignore[assignment]
    match new:
        case ast.BinOp(left=a, op=op, right=b):
            left, right = _integer(a), _integer(b)
            if left is not None and right is not None:
                results = {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}
                if type(op) in results:
                    return _constant(results[type(op)])
            if isinstance(op, ast.Pow) and right == 1:
                return a
            if isinstance(op, ast.Add | ast.Sub) and right == 0:
                return a
        case ast.Call(func=ast.Attribute(attr="argsort"), args=[ast.Tuple(elts=elts)]):
            order = [_integer(e) for e in elts]
            if None not in order:
                back = sorted(range(len(order)), key=lambda k: order[k] or 0)
                return ast.Tuple([_constant(k) for k in back], ast.Load())
    return new


def _integer(expr: Expr) -> int | None:
    """The value of an integer literal."""
    match expr:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int(v)):
            return v
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(v))):
            return -v
    return None


def _constant(value: int) -> Expr:
    """An integer literal."""
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)
