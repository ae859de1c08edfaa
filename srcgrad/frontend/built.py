"""Built: what a comprehension or a sum builds, once the type of its elements is known.

In: an untyped Program, as ``inlining.comprehensions`` leaves it, and its ``Typing``: elements are
appended to a list, which a call of ``listed`` or ``added`` turns into the result. Out: the same
Program in which numbers fill an array, or are added up, in the loop itself; arrays stay in a list.

Invariant: no call of ``listed`` or ``added`` is left; the same object is returned where there is
none.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from numba import types

from ..program import (
    Assign,
    Block,
    Expr,
    For,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    blocks,
    walk,
    with_blocks,
)
from ..rules.expressions import np_name
from ..rules.listed import ADDED, LISTED
from .fixed import Kin, stored_floats
from .numba_types import Typing


@dataclass(frozen=True)
class Result:
    """What a list turns into: the name of the result, how, and the array that is ready for it.

    ``arrays``: whether it stays a list, of arrays, or of numbers that come and go; ``integers``:
    whether it becomes an array of integers.
    """

    name: str
    how: str
    buffer: str
    arrays: bool
    integers: bool


def built(program: Program, typing: Typing | None = None) -> Program:
    """The program with comprehensions and sums in the form for their elements.

    Without types: with lists where something is appended or popped later.
    """
    kinds = {} if typing is None else {n: kind for (_, n), kind in typing.defined.items()}
    results: dict[str, Result] = {}
    kin = Kin(program)
    resized = {kin.root(s.tape) for s in walk(program.body) if isinstance(s, Push | Pop)}
    floats = stored_floats(program, kinds)
    for stmt in walk(program.body):
        match stmt:
            case Assign(target=t, value=ast.Call(func=ast.Name(id=how), args=args)) if how in (
                LISTED,
                ADDED,
            ):
                items, *buffer = (a.id for a in args if isinstance(a, ast.Name))
                kind = getattr(kinds.get(items), "dtype", None)
                grows = how == LISTED and kin.root(t) in resized
                arrays = isinstance(kind, types.Array | types.BaseTuple) or grows
                whole = isinstance(kind, types.Integer) and t not in floats
                if typing is None and not arrays:
                    continue
                results[items] = Result(t, how, "".join(buffer), arrays, whole)
    if not results:
        return program
    return program.with_body(_Builder(results).block(program.body, None))


class _Builder:
    """Writes each statement of a build in the form that its elements want."""

    def __init__(self, results: dict[str, Result]) -> None:
        self.results = results
        self.buffers = {r.buffer: r for r in results.values()}

    def block(self, body: Block, loop: For | None) -> Block:
        """A block; ``loop`` is the loop that it is the body of."""
        return tuple(new for stmt in body for new in self.statement(stmt, loop))

    def statement(self, stmt: Stmt, loop: For | None) -> list[Stmt]:
        """One statement, none where it is for elements of the other kind."""
        match stmt:
            case Assign(target=t) if t in self.buffers:
                result = self.buffers[t]
                if result.integers and isinstance(stmt.value, ast.Call):
                    dtype = np_name("int64")
                    made = [ast.keyword("dtype", dtype)]
                    stmt = replace(stmt, value=ast.Call(stmt.value.func, stmt.value.args, made))
                return [] if result.arrays else [replace(stmt, target=result.name)]
            case Assign(target=t) if t in self.results:
                return self.start(stmt, self.results[t])
            case Push(tape=t, value=v) if t in self.results:
                return [self.element(stmt, self.results[t], v, loop)]
            case Assign(target=t, value=ast.Call(func=ast.Name(id=how), args=[ast.Name(id=s), *_])):
                if how in (LISTED, ADDED):
                    total = ast.Call(ast.Name("sum", ast.Load()), [ast.Name(s, ast.Load())], [])
                    if s not in self.results:
                        return [stmt]
                    of_arrays = how == ADDED and self.results[s].arrays
                    return [Assign(t, total, line=stmt.line)] if of_arrays else []
        inner = stmt if isinstance(stmt, For) else loop
        return [with_blocks(stmt, tuple(self.block(b, inner) for b in blocks(stmt)))]

    def start(self, stmt: Assign, result: Result) -> list[Stmt]:
        """``items = []``, where the list stays or a sum starts."""
        if result.how == ADDED:
            zero = replace(stmt, target=result.name, value=ast.Constant(0))
            return [stmt if result.arrays else zero]
        return [replace(stmt, target=result.name)] if result.arrays else []

    def element(self, stmt: Push, result: Result, value: Expr, loop: For | None) -> Stmt:
        """``items.append(value)``."""
        target = ast.Name(result.name, ast.Load())
        if result.arrays:
            return stmt if result.how == ADDED else replace(stmt, tape=result.name)
        if result.how == ADDED:
            return Assign(result.name, ast.BinOp(target, ast.Add(), value), line=stmt.line)
        assert loop is not None
        return Store(result.name, ast.Name(loop.counter, ast.Load()), value, line=stmt.line)
