"""Through views: elements of a row that has a name are elements of the matrix.

In: a Program at level "loops". Out: the same, where a loop whose rounds could run side by side but
for ``row = x[i]`` says ``x[i, r]`` for ``row[r]``.

Invariant: the same elements. From the view to its uses neither its array's name nor what its
subscript reads is bound again; a view that is used as a whole stays.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ...analysis.exposed import exposed
from ...analysis.least import natural_loops
from ...program import (
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    View,
    While,
    binds,
    blocks,
    bound,
    names,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...syntax import elements_of
from .effects import memory_classes
from .joint import by_elements
from .lane_loops import Nests, following


def through_views(program: Program) -> Program:
    """The program without views in loops that lanes can take without them."""

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for stmt, later in following(body, after):
            around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
            if isinstance(stmt, For) and any(isinstance(s, View) for s in walk(stmt.body)):
                new = with_blocks(stmt, (looked_through(stmt.body, around, program.types),))
                if new != stmt and suits_lanes(program, stmt, new, later):
                    result.append(new)
                    continue
            result.append(with_blocks(stmt, tuple(change(b, around) for b in blocks(stmt))))
        return tuple(result)

    return program.with_body(change(program.body, set()))


def suits_lanes(program: Program, old: Stmt, new: Stmt, later: set[str]) -> bool:
    """Whether the rounds of a loop can run side by side, which they could not before."""

    def replaced(body: Block) -> Block:
        return tuple(
            new if s is old else with_blocks(s, tuple(map(replaced, blocks(s)))) for s in body
        )

    changed = program.with_body(replaced(program.body))
    nests = Nests(changed, memory_classes(changed), natural_loops(changed))
    found = nests.lanes(new, later) if isinstance(new, For) else None
    return found is not None and not nests.is_better_inside(found, later)


def looked_through(body: Block, after: set[str], kinds: Mapping[str, Any]) -> Block:
    """A block in which elements of views are those of their arrays; idle views go.

    ``after``: names that are read after it.
    """
    rest = list(body)
    result: list[Stmt] = []
    while rest:
        stmt = rest.pop(0)
        later = exposed(tuple(rest)) | after
        new = through(stmt, tuple(rest), after, kinds) if isinstance(stmt, View) else None
        if new is not None:
            rest = list(new)
            continue
        around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
        inner = tuple(looked_through(b, around, kinds) for b in blocks(stmt))
        result.append(with_blocks(stmt, inner))
    return tuple(result)


def through(view: View, rest: Block, after: set[str], kinds: Mapping[str, Any]) -> Block | None:
    """What follows a view, without it; None where it cannot be done without."""
    place = place_of(view)
    end = next((k for k, s in enumerate(rest) if view.target in binds(s)), len(rest))
    span, others = rest[:end], rest[end:]
    if place is None or (not others and view.target in after):
        return None
    if not isinstance(kinds.get(view.source), types.Array):  # rows in a list have no matrix
        return None
    if bound(span) & {view.target, view.source, *set().union(*map(names, place))}:
        return None
    users = [s for s in walk(span) if mentions(s, view.target)]
    if not all(by_elements(s, view.target, kinds) for s in users):
        return None
    return (*(replaced(s, view, place) for s in span), *others)


def mentions(stmt: Stmt, name: str) -> bool:
    """Whether a statement itself has to do with a name."""
    return name in uses(stmt) or getattr(stmt, "target", None) == name


def place_of(view: View) -> list[Expr] | None:
    """The subscripts of ``row = x[i]``, numbers all of them; None for any other view."""
    match view.value:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if name == view.source:
            parts = elements_of(index)
            return parts if all(map(is_number, parts)) and name != view.target else None
    return None


def is_number(part: Expr) -> bool:
    """Whether a part of a subscript is the name of a number, or an integer."""
    match part:
        case ast.Name():
            return True
        case ast.Constant(value=int()):
            return True
        case ast.Call(func=ast.Attribute(attr="uint64"), args=[ast.Name()]):
            return True
    return False


def replaced(stmt: Stmt, view: View, place: list[Expr]) -> Stmt:
    """A statement with elements of the array for those of the view."""
    new = with_expressions(stmt, lambda e: elements(e, view, place))
    if isinstance(new, Store | Increment) and new.target == view.target and new.index is not None:
        new = replace(new, target=view.source, index=joined(place, new.index))
    return with_blocks(new, tuple(tuple(replaced(s, view, place) for s in b) for b in blocks(new)))


def elements(expr: Any, view: View, place: list[Expr]) -> Any:
    """An expression with elements of the array for those of the view."""
    if isinstance(expr, list):
        return [elements(e, view, place) for e in expr]
    if not isinstance(expr, ast.AST):
        return expr
    new = type(expr)(**{k: elements(v, view, place) for k, v in ast.iter_fields(expr)})
    match new:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if name == view.target:
            return ast.Subscript(
                ast.Name(view.source, ast.Load()), joined(place, index), ast.Load()
            )
    return new


def joined(place: list[Expr], index: Expr) -> Expr:
    """The subscript of an element."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return ast.Tuple([*place, *parts], ast.Load())
