"""Index arrays: a name for each array that a subscript computes.

In: a typed Program. Out: the same with ``a[j[1:]]``, ``a[j + 1]`` and rows of a table of indices,
``a[j[k]]``, as reads through a named array; subscripts that are numbers stay compound.

Invariant: in the subscript of a step, a store or an increment, every array is a name; the same
object is returned where there is nothing of the kind.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ..errors import Place
from ..naming import fresh_names
from ..program import (
    Assign,
    Block,
    Expr,
    Increment,
    Program,
    Stmt,
    Store,
    blocks,
    with_blocks,
)
from ..syntax import elements_of
from .values import Values


def index_arrays(program: Program, places: Mapping[int, Place]) -> Program:
    """The program with its index arrays named."""
    taken = set(program.types) | set(program.constants) | set(program.params)
    worker = _Namer(fresh_names("s", taken), places, set(program.routines))
    worker.kinds = dict(program.types)
    changed = False

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> Block:
        nonlocal changed
        worker.line = stmt.line
        found: list[Stmt] = []
        steps = worker.sub_block(lambda: found.append(worker.stated(stmt)))
        changed = changed or bool(steps)
        stmt = found[0]
        return (*steps, with_blocks(stmt, tuple(map(block, blocks(stmt)))))

    body = block(program.body)
    return program.with_body(body) if changed else program


class _Namer(Values):
    """Emits a step for each index array; ``kinds`` are the types of names."""

    kinds: dict[str, Any]

    def stated(self, stmt: Stmt) -> Stmt:
        """A statement whose subscript has names for arrays."""
        match stmt:
            case Assign(value=ast.Subscript(value=base, slice=index)):
                return replace(stmt, value=ast.Subscript(base, self.named(index), ast.Load()))
            case Store(index=index) | Increment(index=ast.expr() as index):
                return replace(stmt, index=self.named(index))
        return stmt

    def named(self, part: Expr) -> Expr:
        """A subscript, or a part of one, in which arrays are names."""
        match part:
            case ast.Tuple(elts=elts):
                return ast.Tuple([self.named(e) for e in elts], ast.Load())
            case ast.Name() | ast.Constant() | ast.Slice():
                return part
        rank = self.rank(part)
        if rank == 0:
            return part
        name = self.atom(self.inside(part))
        assert isinstance(name, ast.Name)
        self.kinds[name.id] = types.Array(types.int64, rank, "A")
        return name

    def inside(self, part: Expr) -> Expr:
        """An index array whose own subscripts have names for arrays."""
        match part:
            case ast.Subscript(value=base, slice=index):
                return ast.Subscript(self.inside(base), self.named(index), ast.Load())
            case ast.BinOp(left=left, op=op, right=right):
                return ast.BinOp(self.inside(left), op, self.inside(right))
            case ast.UnaryOp(op=op, operand=operand):
                return ast.UnaryOp(op, self.inside(operand))
            case ast.Call(func=func, args=args):
                return ast.Call(func, [self.inside(a) for a in args], [])
        return part

    def rank(self, expr: Expr) -> int:
        """The number of axes of a pure expression."""
        match expr:
            case ast.Name(id=name):
                kind = self.kinds.get(name)
                return kind.ndim if isinstance(kind, types.Array) else 0
            case ast.Subscript(value=base, slice=index):
                return max(0, self.rank(base) + self.change(index))
            case ast.Call(func=ast.Name(id="abs" | "round"), args=[operand]):
                return self.rank(operand)
            case ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.BoolOp():
                parts = (n for n in ast.iter_child_nodes(expr) if isinstance(n, ast.expr))
                return max(map(self.rank, parts), default=0)
        return 0

    def change(self, index: Expr) -> int:
        """By how much a subscript changes the number of axes."""
        parts = elements_of(index)
        numbers = [p for p in parts if not isinstance(p, ast.Slice | ast.Constant)]
        added = sum(isinstance(p, ast.Constant) and p.value is None for p in parts)
        taken = sum(isinstance(p, ast.Constant) and isinstance(p.value, int) for p in parts)
        return max(map(self.rank, numbers), default=0) - len(numbers) - taken + added
