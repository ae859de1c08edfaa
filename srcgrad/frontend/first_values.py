"""First values: what a result that loops return is before one of them does.

In: an untyped Program, in which ``structure`` has started such results with ``0.0``. Out: the same
where each starts with a value of its type: 0 for integers, False, an array without elements, or a
tuple of these.

Invariant: nobody reads a first value: another is set first. The same object is returned where
every result is a float.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from numba import types

from ..errors import Place
from ..program import Assign, Block, Expr, Program, Stmt, blocks, walk, with_blocks
from ..type_text import no_elements
from .one_pass import types_of
from .structure import FIRST


def first_values(
    program: Program, argument_types: Sequence[types.Type], places: Mapping[int, Place]
) -> Program:
    """The program with first values of the types that its results have."""
    marked = {s.target for s in walk(program.body) if is_first(s)}
    if not marked:
        return program
    bare = program.with_body(changed(program.body, {}, marked))
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
            return kind == FIRST
    return False


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
