"""First values: what a result that loops return is before one of them does.

In: an untyped Program, in which ``structure`` has started such results with ``0.0``, and
``optional`` names that are None at first. Out: the same where each starts with a value of its
type: 0 for integers, False, an array without elements, or a tuple of these.

Invariant: nobody uses a first value: another is set first, or an exception is raised. The same
object is returned where all of them are floats.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from numba import types

from ..errors import Place
from ..naming import fresh_stems
from ..program import (
    Assign,
    Block,
    Expr,
    Pop,
    Program,
    Push,
    Stmt,
    binds,
    blocks,
    uses,
    walk,
    with_blocks,
)
from ..type_text import no_elements
from .one_pass import types_of
from .optional import UNSET
from .structure import FIRST


def first_values(
    program: Program, argument_types: Sequence[types.Type], places: Mapping[int, Place]
) -> Program:
    """The program with first values of the types that its results have."""
    marked = {s.target for s in walk(program.body) if is_first(s)}
    if not marked:
        return program
    bare = without(program, marked)
    kinds: dict[str, list[types.Type]] = {}
    for (_, name), kind in types_of(bare, tuple(argument_types), places).defined.items():
        kinds.setdefault(name, []).append(kind)
    values = {name: first_value(kinds.get(name, [])) for name in marked}
    if all(isinstance(v, ast.Constant) and isinstance(v.value, float) for v in values.values()):
        return program
    return program.with_body(changed(program.body, values, marked))


def is_first(stmt: Stmt) -> TypeGuard[Assign]:
    """Whether a statement sets a first value."""
    match stmt:
        case Assign(value=ast.Constant(kind=kind)):
            return kind in (FIRST, UNSET)
    return False


def without(program: Program, marked: Collection[str]) -> Program:
    """The program without first values, for its types.

    A name that may be read before it is set takes its first value from a list that has no
    elements, to which its other values are appended: so it has the type of these.
    """
    read = {s.target for s in walk(program.body) if is_first(s) and is_unset(s)}
    taken = {n for s in walk(program.body) for n in (*uses(s), *binds(s))} | set(program.params)
    stem = fresh_stems(taken)
    lists = {name: stem(f"{name}_values") for name in sorted(read)}
    bare = changed(program.body, {}, set(marked) - read)

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> list[Stmt]:
        if is_first(stmt):
            values = lists[stmt.target]
            empty = Assign(values, ast.List([], ast.Load()), line=stmt.line)
            return [empty, Pop(stmt.target, values, line=stmt.line)]
        own = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        given = [n for n in binds(stmt) if n in lists and not blocks(stmt)]
        return [own, *(Push(lists[n], ast.Name(n, ast.Load()), line=stmt.line) for n in given)]

    return program.with_body(block(bare))


def is_unset(stmt: Assign) -> bool:
    """Whether a first value is that of a name that is None at first."""
    return isinstance(stmt.value, ast.Constant) and stmt.value.kind == UNSET


def changed(body: Block, values: Mapping[str, Expr], marked: Collection[str]) -> Block:
    """A block with these first values; without those of the names that have none."""
    found: list[Stmt] = []
    for stmt in body:
        if is_first(stmt) and stmt.target in marked:
            if stmt.target in values:
                found.append(replace(stmt, value=values[stmt.target]))
            continue
        found.append(with_blocks(stmt, tuple(changed(b, values, marked) for b in blocks(stmt))))
    return tuple(found)


def first_value(kinds: Sequence[types.Type]) -> Expr:
    """A value of the type that a name's definitions have in common, if it is one of these."""
    first = kinds[0] if kinds else types.float64
    if all(isinstance(k, types.Boolean) for k in kinds):
        return ast.Constant(False)
    if all(isinstance(k, types.Integer | types.Boolean) for k in kinds):
        return ast.Constant(0)
    if all(isinstance(k, types.Array) for k in kinds):
        return no_elements(first)
    if all(isinstance(k, types.BaseTuple) and len(k) == len(first) for k in kinds):
        parts = zip(*(k.types for k in kinds), strict=True)
        return ast.Tuple([first_value(p) for p in parts], ast.Load())
    return ast.Constant(0.0)
