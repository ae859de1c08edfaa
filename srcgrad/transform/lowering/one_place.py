"""One place: a loop that adds to one element of an array only is that one addition.

In: a Program at level "loops". Out: the same, where ``a[i] += v if i == k else 0`` in a loop
over i, alone in it, is ``a[k] += v``, if k is one of its rounds.

Invariant: the same elements, but for the sign of a zero.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from numba import types

from ...program import Block, Expr, For, If, Increment, Program, Stmt, Store, blocks, with_blocks
from .pull import element, variable


def one_place(program: Program) -> Program:
    """The program without loops over places of which only one counts."""

    def change(body: Block) -> Block:
        new = (with_blocks(s, tuple(map(change, blocks(s)))) for s in body)
        return tuple(at_once(s, program.types) or s for s in new)

    return program.with_body(change(program.body))


def at_once(loop: Stmt, kinds: Mapping[str, Any]) -> Stmt | None:
    """What stands for a loop that adds to one element; None for any other."""
    match loop:
        case For(counter=i, body=(stmt,), exit=None) if ast.unparse(loop.step) == "1":
            array, place, value = added(stmt, i) or ("", "", None)
        case _:
            return None
    if value is None or not isinstance(kinds.get(place), types.Integer):
        return None
    ends = [ast.LtE(), ast.Lt()]
    test = ast.Compare(loop.start, ends, [variable(place), loop.stop])
    new = Increment(array, variable(place), value, line=loop.line)
    return If(test, (new,), line=loop.line, comment=loop.comment)


def added(stmt: Stmt, counter: str) -> tuple[str, str, Expr] | None:
    """The array, the place and the value in ``a[i] = a[i] + (v if i == k else 0)``."""
    match stmt:
        case Increment(target=array, index=ast.Name(id=i), value=value, negative=False):
            pass
        case Store(
            target=array,
            index=ast.Name(id=i),
            value=ast.BinOp(left=left, op=ast.Add(), right=value),
        ) if ast.unparse(left) == ast.unparse(element(array, (variable(i),))):
            pass
        case _:
            return None
    match value:
        case ast.IfExp(
            test=ast.Compare(left=ast.Name(id=first), ops=[ast.Eq()], comparators=[place]),
            body=ast.Name() | ast.Constant() as given,
            orelse=ast.Constant(value=0),
        ) if isinstance(place, ast.Name) and first == i == counter != place.id:
            return (array, place.id, given) if ast.unparse(given) != counter else None
    return None
