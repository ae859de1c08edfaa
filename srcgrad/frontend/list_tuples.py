"""List tuples: a list of tuples is a list for each part of them.

In: an untyped Program and the types that Numba found for it. Out: a Program in which ``h = []`` is
``h_0 = []`` and ``h_1 = []``, ``h.append(t)`` appends the parts of ``t``, and ``t = h[k]`` is the
tuple of ``h_0[k]`` and ``h_1[k]``.

Invariant: the lists of one list of tuples have one length. The same object is returned where the
program has none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..naming import free_name, fresh_stems
from ..program import (
    Alias,
    Assign,
    Block,
    Expr,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    binds,
    blocks,
    names,
    uses,
    with_blocks,
    with_expressions,
)
from ..rules.calls import call_of
from ..rules.listed import JOINED_LISTS
from .numba_types import Typing

Part = tuple[int, ...]
"""Where a number or an array stands in a tuple, and in the tuples in it."""


def list_tuples(program: Program, typing: Typing, places: Mapping[int, Place]) -> Program:
    """The program with a list for each part of the tuples in a list.

    Raises
    ------
    UnsupportedError
        Where such a list is used as a whole.
    """
    kinds = {n: k.dtype for (_, n), k in typing.defined.items() if is_list_of_tuples(k)}
    if not kinds:
        return program
    taken = {n for _, n in typing.defined} | set(program.params) | set(program.constants)
    lists: dict[str, dict[Part, str]] = {}
    for name, kind in kinds.items():
        lists[name] = {part: free(name, part, taken) for part in parts(kind)}
    return program.with_body(_Splitter(lists, places, taken).block(program.body))


def is_list_of_tuples(kind: object) -> bool:
    """Whether a type is that of lists of tuples."""
    return isinstance(kind, types.List) and isinstance(kind.dtype, types.BaseTuple)


def parts(kind: types.Type, before: Part = ()) -> Iterator[Part]:
    """The parts of a tuple, those of the tuples in it one by one."""
    if not isinstance(kind, types.BaseTuple):
        yield before
        return
    for k, inner in enumerate(kind.types):
        yield from parts(inner, (*before, k))


def free(name: str, part: Part, taken: set[str]) -> str:
    """A name for the list of a part."""
    return free_name("_".join([name, *map(str, part)]), taken)


class _Splitter:
    """Rewrites the statements that have to do with such lists."""

    def __init__(
        self, lists: Mapping[str, dict[Part, str]], places: Mapping[int, Place], taken: set[str]
    ) -> None:
        self.lists = lists
        self.places = places
        self.fresh = fresh_stems(taken)

    def block(self, body: Block) -> Block:
        """A block without lists of tuples."""
        return tuple(new for stmt in body for new in self.statement(stmt))

    def statement(self, stmt: Stmt) -> list[Stmt]:
        """One statement, as one for each part where it has to do with such a list."""
        match stmt:
            case Assign(target=t) if t in self.lists:
                each = self.lists[t].items()
                return [replace(stmt, target=n, value=self.whole(stmt, p)) for p, n in each]
            case Alias(target=t, source=s) if t in self.lists and s in self.lists:
                each = self.lists[t].items()
                return [replace(stmt, target=n, source=self.lists[s][p]) for p, n in each]
            case Push(tape=t, value=v) if t in self.lists:
                each = self.lists[t].items()
                return [replace(stmt, tape=n, value=subscripted(v, p)) for p, n in each]
            case Pop(target=None, tape=t) if t in self.lists:
                return [replace(stmt, tape=n) for n in self.lists[t].values()]
            case Pop(target=str(t), tape=s) if s in self.lists:
                return self.popped(stmt, t, self.lists[s])
            case Store(target=t, index=k, value=v, updates=False) if t in self.lists:
                place, each = self.lengths(k), self.lists[t].items()
                return [
                    replace(stmt, target=n, index=place, value=subscripted(v, p)) for p, n in each
                ]
            case Assign(value=ast.Subscript(value=ast.Name(id=s), slice=index)) if (
                s in self.lists and not isinstance(index, ast.Slice)
            ):
                return [replace(stmt, value=self.element(s, index))]
        new = with_expressions(stmt, self.lengths)
        if not blocks(stmt) and (set(binds(new)) | set(uses(new))) & set(self.lists):
            self.refuse(stmt)
        return [with_blocks(new, tuple(map(self.block, blocks(stmt))))]

    def popped(self, stmt: Pop, target: str, lists: Mapping[Part, str]) -> list[Stmt]:
        """``t = h.pop()``: a part from each list."""
        found = {part: self.fresh("item") for part in lists}
        pops = [replace(stmt, target=found[p], tape=n) for p, n in lists.items()]
        value = display({p: ast.Name(item, ast.Load()) for p, item in found.items()})
        return [*pops, Assign(target, value, line=stmt.line)]

    def whole(self, stmt: Assign, part: Part) -> Expr:
        """What the list of a part is bound to."""

        def of_part(value: Expr) -> Expr:
            match value:
                case ast.List(elts=[]):
                    return value
                case ast.Name(id=s) if s in self.lists:
                    return ast.Name(self.lists[s][part], ast.Load())
                case ast.Subscript(value=base, slice=ast.Slice() as index):
                    return ast.Subscript(of_part(base), index, ast.Load())
                case ast.Call(func=ast.Attribute(attr="copy"), args=[taken]):
                    return ast.Call(value.func, [of_part(taken)], [])
                case ast.Call(func=ast.Name(id=how), args=[a, b]) if how == JOINED_LISTS:
                    return call_of(JOINED_LISTS, of_part(a), of_part(b))
                case ast.BinOp(left=a, op=ast.Add() as op, right=b):
                    return ast.BinOp(of_part(a), op, of_part(b))
            return self.refuse(stmt)

        return of_part(stmt.value)

    def element(self, name: str, index: Expr) -> Expr:
        """``h[k]`` as a tuple."""
        place = self.lengths(index)
        return display(
            {
                part: ast.Subscript(ast.Name(held, ast.Load()), place, ast.Load())
                for part, held in self.lists[name].items()
            }
        )

    def lengths(self, expr: Expr) -> Expr:
        """An expression in which ``len(h)`` is that of one of the lists."""
        if not names(expr) & set(self.lists):
            return expr
        return _Lengths(self.lists).visit(expr)  # type: ignore[no-any-return]

    def refuse(self, stmt: Stmt) -> Expr:
        """Raise at the statement's place."""
        reason = "a list of tuples is used as a whole here"
        advice = "loop over it, or use a list for each part"
        raise UnsupportedError(Complaint(self.places.get(stmt.line), reason, advice))


class _Lengths(ast.NodeTransformer):
    """``len(h)`` of a list of tuples as that of one of its lists."""

    def __init__(self, lists: Mapping[str, dict[Part, str]]) -> None:
        self.lists = lists

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """A call of ``len``, or any other."""
        match node:
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if name in self.lists:
                first = next(iter(self.lists[name].values()))
                return ast.Call(node.func, [ast.Name(first, ast.Load())], [])
        args = [self.visit(a) for a in node.args]
        return ast.Call(node.func, args, node.keywords)


def display(values: Mapping[Part, Expr], before: Part = ()) -> Expr:
    """A tuple that is written out."""
    if before in values:
        return values[before]
    count = len(before)
    after = sorted({part[count] for part in values if part[:count] == before})
    return ast.Tuple([display(values, (*before, k)) for k in after], ast.Load())


def subscripted(value: Expr, part: Part) -> Expr:
    """A part of a tuple."""
    for k in part:
        parts_of = value.elts if isinstance(value, ast.Tuple) else None
        value = parts_of[k] if parts_of else ast.Subscript(value, ast.Constant(k), ast.Load())
    return value
