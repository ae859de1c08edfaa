"""List stores: what is put into lists of arrays, in terms of ``append`` and ``pop``.

In: a typed Program. Out: the same with ``h[k] = v`` of a list of arrays as what follows ``h[k]``
popped, ``v`` appended and the rest appended again; with ``h[k] *= v`` and ``h[k] += v`` of one as
updates of that array; and with a list of numbers that is appended to another list, and not used
any more, as an array.

Invariant: the list has afterwards what Python's list has, in the same order; a place that is
beyond its ends is an ``IndexError``. The same object is returned where there is nothing of the
kind.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ..errors import Place
from ..naming import fresh_stems
from ..program import (
    Assign,
    Block,
    Check,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    While,
    binds,
    blocks,
    uses,
    walk,
    with_blocks,
)
from ..rules.calls import call_of
from ..rules.listed import is_list_of_arrays

Fresh = Callable[[str], str]


def list_stores(program: Program, places: Mapping[int, Place]) -> Program:
    """The program without stores into lists of arrays, and without lists of numbers in lists."""
    del places
    kinds = program.types
    taken = set(kinds) | set(program.constants) | set(program.params)
    kept = kept_rows(program)
    fresh = fresh_stems(taken)

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> list[Stmt]:
        match stmt:
            case Store(target=h, index=k, value=ast.Name(id=v)) if is_list_of_arrays(
                kinds.get(h)
            ) and isinstance(kinds.get(v), types.Array):
                if stmt.updates:
                    item = fresh("item")
                    new = replace(stmt, target=item, index=ast.Slice(), updates=False)
                    return [element(item, h, k, stmt.line), new]
                return replaced(h, k, v, fresh, stmt.line)
            case Increment(target=h, index=ast.expr() as k) if is_list_of_arrays(kinds.get(h)):
                item = fresh("item")
                return [element(item, h, k, stmt.line), replace(stmt, target=item, index=None)]
            case Push(tape=h, value=ast.Name(id=v)) if id(stmt) in kept:
                row = fresh("row")
                made = Assign(row, call_of("np.array", ast.Name(v, ast.Load())), line=stmt.line)
                return [made, Push(h, ast.Name(row, ast.Load()), line=stmt.line)]
        return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]

    body = block(program.body)
    same = len(list(walk(body))) == len(list(walk(program.body)))
    return program if same else program.with_body(body)


def replaced(h: str, index: Expr, value: str, fresh: Fresh, line: int) -> list[Stmt]:
    """``h[k] = v``: all that follows is popped, and appended again."""
    place, count, rest = fresh("place"), fresh("count"), fresh("rest")

    def expr(text: str) -> Expr:
        return ast.parse(text, mode="eval").body

    def each(source: str, target: str) -> For:
        item = fresh("item")
        body = (Pop(item, source, line=line), Push(target, ast.Name(item, ast.Load()), line=line))
        return For(fresh("k"), expr("0"), expr(count), expr("1"), body, line=line)

    beyond = f"if {place} < 0 or {place} >= len({h}):\n    raise IndexError('list index')"
    return [
        Assign(place, index, line=line),
        If(expr(f"{place} < 0"), (Assign(place, expr(f"{place} + len({h})"), line=line),)),
        Check(ast.parse(beyond).body[0], line=line),
        Assign(count, expr(f"len({h}) - 1 - {place}"), line=line),
        Assign(rest, ast.List([], ast.Load()), line=line),
        each(h, rest),
        Pop(fresh("item"), h, line=line),
        Push(h, ast.Name(value, ast.Load()), line=line),
        each(rest, h),
    ]


def element(item: str, h: str, index: Expr, line: int) -> Stmt:
    """``item = h[k]``."""
    return Assign(item, ast.Subscript(ast.Name(h, ast.Load()), index, ast.Load()), line=line)


def kept_rows(program: Program) -> set[int]:
    """Appends of a list of numbers that is not used afterwards, by ``id``."""
    found: set[int] = set()

    def block(body: Block, after: set[str], repeated: bool) -> None:
        later = set(after)
        for stmt in reversed(body):
            match stmt:
                case Push(value=ast.Name(id=v)) if is_numbers(program.types.get(v)):
                    fresh = starts(next((s for s in body if v in touched(s)), stmt), v)
                    if v not in later and (fresh or not repeated):
                        found.add(id(stmt))
                case If():
                    for inner in blocks(stmt):
                        block(inner, later | (touched_in(body) if repeated else set()), repeated)
                case For() | While():
                    block(stmt.body, later, True)
            later |= touched(stmt)

    block(program.body, set(), False)
    return found


def touched(stmt: Stmt) -> set[str]:
    """Names that a statement, or one inside it, has to do with."""
    return {n for s in walk((stmt,)) for n in (*uses(s), *binds(s))} | {
        s.tape for s in walk((stmt,)) if isinstance(s, Push | Pop)
    }


def touched_in(body: Block) -> set[str]:
    """Names that a block has to do with."""
    return set().union(*map(touched, body))


def starts(stmt: Stmt, name: str) -> bool:
    """Whether a statement is ``name = []``."""
    match stmt:
        case Assign(target=t, value=ast.List(elts=[])):
            return t == name
    return False


def is_numbers(kind: Any) -> bool:
    """Whether a type is that of lists of numbers."""
    return isinstance(kind, types.List) and isinstance(kind.dtype, types.Number)
