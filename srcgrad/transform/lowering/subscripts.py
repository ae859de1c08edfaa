"""Subscripts: those that cannot be negative say so.

In: a Program at level "loops". Out: the same, with ``np.uint64(i - 1)`` as a subscript where
it is proved not to be negative and LLVM would not see that itself: in loops that count down,
and after a subtraction. Otherwise Numba asks at each access whether to count from the end. What
is the same in all rounds of the innermost loop needs no cast, since that is asked once; and where
a loop around counts down it must have none: LLVM then tests once, before both loops, whether arrays
overlap, does so for strides upwards only, and never runs the vectorised inner loop.

Invariant: the same elements. Arithmetic stays signed: the cast is around a whole subscript.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numba import types

from ...analysis.least import lowest, sizes, step_of
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    While,
    binds,
    blocks,
    bound,
    names,
    with_blocks,
)
from .pull import call


def unsigned(program: Program) -> Program:
    """The program with casts around subscripts that cannot be negative."""
    return program.with_body(changed(program.body, starting(program)))


@dataclass(frozen=True)
class Known:
    """What is known in a block.

    Attributes
    ----------
    types : mapping of str to numba.types.Type
    least : mapping of str to int
        Numbers that integers are not below.
    down : frozenset of str
        Counters that count down.
    inner : frozenset of str
        Names that the innermost loop around the block binds, its counter with them.
    sizes : frozenset of str
        Names of extents, or of bounds in them, and what is computed from counters: LLVM does not
        know that these are not negative.
    once : frozenset of str
        Names of extents that are bound in one place only: they stay what they are.
    """

    types: Mapping[str, Any]
    least: Mapping[str, int]
    down: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()

    def inside(self, stmt: Stmt) -> Known:
        """What is known in the blocks of a statement, in every round of a loop."""
        if isinstance(stmt, While):
            return self.without(stmt)
        return self.within(stmt) if isinstance(stmt, For) else self

    def within(self, loop: For) -> Known:
        """What is known in the body of a loop that counts."""
        counter = loop.counter
        least = dict(self.without(loop).least)
        up, down = step_of(loop) > 0, self.down - {counter}
        first = lowest(loop.start, self.least) if up else lowest(loop.stop, self.least)
        if first is not None and step_of(loop) and counter not in bound(loop.body):
            least[counter] = first if up else first + 1
        inner = frozenset({counter} | bound(loop.body))
        return replace(self, least=least, down=down if up else down | {counter}, inner=inner)

    def without(self, stmt: Stmt) -> Known:
        """What is known of names that a statement, or what is in it, does not bind."""
        lost = {*binds(stmt), *bound(tuple(s for b in blocks(stmt) for s in b))} - self.once
        least = {n: v for n, v in self.least.items() if n not in lost}
        return replace(self, least=least, sizes=self.sizes - lost) if lost else self

    def after(self, stmt: Stmt) -> Known:
        """What is known after a statement."""
        known = self.without(stmt)
        if isinstance(stmt, Assign) and isinstance(stmt.value, ast.BinOp):
            least = lowest(stmt.value, self.least)
            if least is not None and isinstance(known.types.get(stmt.target), types.Integer):
                sizes = known.sizes | {stmt.target}
                return replace(known, least={**known.least, stmt.target: least}, sizes=sizes)
        return known

    def is_fixed(self, index: Expr) -> bool:
        """Whether the innermost loop goes on with one subscript, and one around counts it down."""
        return bool(names(index) & self.down) and not names(index) & self.inner


def starting(program: Program) -> Known:
    """What is known at the start of a program."""
    found = sizes(program)
    return Known(program.types, found, sizes=frozenset(found), once=frozenset(found))


def changed(body: Block, known: Known) -> Block:
    """A block with its subscripts cast."""
    result: list[Stmt] = []
    for stmt in body:
        inner = known.inside(stmt)
        new = with_blocks(stmt, tuple(changed(b, inner) for b in blocks(stmt)))
        changes: dict[str, Any] = {
            key: cast(value, known)
            for key, value in vars(new).items()
            if isinstance(value, ast.expr)
        }
        if isinstance(new, Store | Increment) and new.index is not None:
            if isinstance(known.types.get(new.target), types.Array):
                changes["index"] = subscript(changes["index"], known)
        result.append(replace(new, **changes) if changes else new)
        known = known.after(stmt)
    return tuple(result)


def cast(expr: Any, known: Known) -> Any:
    """An expression with its subscripts cast."""
    if not isinstance(expr, ast.AST):
        return expr
    fields = {
        key: [cast(v, known) for v in value] if isinstance(value, list) else cast(value, known)
        for key, value in ast.iter_fields(expr)
    }
    new = type(expr)(**fields)
    match new:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if isinstance(
            known.types.get(name), types.Array
        ):
            return ast.Subscript(new.value, subscript(index, known), new.ctx)
    return new


def subscript(index: Expr, known: Known) -> Expr:
    """A subscript, each of its parts cast where that is right and of use."""
    if isinstance(index, ast.Tuple):
        return ast.Tuple([subscript(part, known) for part in index.elts], ast.Load())
    subtracts = any(isinstance(n, ast.Sub) for n in ast.walk(index))
    signs = known.down | known.sizes
    useful = names(index) and (subtracts or names(index) & signs)
    least = lowest(index, known.least)
    if useful and least is not None and least >= 0 and not known.is_fixed(index):
        return call("np.uint64", index)
    return index
