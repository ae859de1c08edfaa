"""List uses: what a function may do with its lists.

In: a typed Program. Out: refusals of what lists cannot be differentiated through
(``refuse_list_operators``, ``refuse_nested_lists``); the Program with the lengths of lists of
arrays as names (``with_lengths``).

Invariant: a list has one name at a time. Nothing that the backward sweep evaluates reads a list of
arrays, since such a list is not brought back to what it was: its elements and its length are
names, which are.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from numba import types

from ..analysis.aliasing import moves
from ..errors import Complaint, Place, UnsupportedError
from ..naming import fresh_names
from ..program import (
    Alias,
    Assign,
    Block,
    Expr,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    Swap,
    View,
    While,
    binds,
    blocks,
    expressions,
    names,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ..rules.listed import is_list_of_arrays


def refuse_nested_lists(program: Program, places: Mapping[int, Place]) -> None:
    """Refuse lists of anything but numbers and arrays, and unusual uses of lists of arrays."""
    for stmt in walk(program.body):
        for name in binds(stmt):
            kind, odd = program.types.get(name), None
            if isinstance(kind, types.List) and not (
                isinstance(kind.dtype, types.Number | types.Boolean)
                or (isinstance(kind.dtype, types.Array) and (odd := odd_use(program, name)) is None)
            ):
                place = places.get(stmt.line if odd is None else odd.line)
                reason = f"`{name}` is a list of {_plural(kind.dtype)}"
                advice = "fill an array with one more axis, `np.empty((n, ...))`"
                raise UnsupportedError(Complaint(place, reason, advice))


def refuse_list_operators(program: Program, places: Mapping[int, Place]) -> None:
    """Refuse second names of lists, and what makes lists of lists' elements."""

    def is_list(expr: Expr) -> bool:
        return isinstance(expr, ast.Name) and isinstance(program.types.get(expr.id), types.List)

    put = [(s.tape, s.value) for s in walk(program.body) if isinstance(s, Push)]
    for stmt in walk(program.body):
        if isinstance(stmt, Assign) and isinstance(stmt.value, ast.List):
            put += [(stmt.target, e) for e in stmt.value.elts]
    data = {n for n, _ in put if all(isinstance(v, ast.Constant) for t, v in put if t == n)}
    moved = set(moves(program.body))
    for stmt in walk(program.body):
        match stmt:
            case Assign(value=ast.BinOp(left=ast.Name(id=s), op=ast.Mult())) if s in data:
                continue
            case Alias(source=s) if is_list(ast.Name(s)) and id(stmt) in moved:
                continue
            case Alias(source=s) if is_list(ast.Name(s)):
                reason = f"`{s}` is a list that would have two names"
            case Swap(sources=sources) if any(is_list(ast.Name(s)) for s in sources):
                reason = "lists that change places cannot be differentiated"
            case Assign(value=ast.BinOp(left=a, right=b)) if is_list(a) or is_list(b):
                reason = "lists that are joined or repeated cannot be differentiated"
            case Assign(value=ast.Subscript(value=a, slice=ast.Slice())) if is_list(a):
                reason = "a part of a list cannot be differentiated"
            case _:
                continue
        advice = "use an array: `np.array(...)` of the list, or `np.empty(n)` that a loop fills"
        raise UnsupportedError(Complaint(places.get(stmt.line), reason, advice))


def odd_use(program: Program, name: str) -> Stmt | None:
    """The first use of a list that is not to append, to pop, to read an element or the length."""
    length = ast.unparse(ast.Call(ast.Name("len"), [ast.Name(name)], []))
    for stmt in walk(program.body):
        match stmt:
            case Assign(target=t, value=ast.List(elts=[])) if t == name:
                continue
            case Assign(target=t, value=ast.BinOp(left=ast.List())) if t == name:
                continue
            case Assign(target=t, value=ast.Call(func=ast.Name(id=f))) if f in program.routines:
                continue
            case Push(tape=t, value=v) if t == name and not names(v) & {name}:
                continue
            case Pop(target=t, tape=tape) if tape == name and t != name:
                continue
            case Alias(target=t, source=s) if s == name or t == name:
                continue  # the list moves to another name
            case View(target=t, source=s, value=ast.Subscript(slice=index)) if s == name:
                if t != name and not _mentions(index, name, length):
                    continue
        read = name in uses(stmt) and any(_mentions(e, name, length) for e in expressions(stmt))
        other = isinstance(stmt, Swap | Push | Pop | Store | Increment)
        if name in binds(stmt) or read or (other and name in uses(stmt)):
            return stmt
    return None


def _mentions(expr: Expr, name: str, length: str) -> bool:
    """Whether an expression has a list in it other than as its length."""
    if ast.unparse(expr) == length:
        return False
    if isinstance(expr, ast.Name):
        return expr.id == name
    children = [n for n in ast.iter_child_nodes(expr) if isinstance(n, ast.expr)]
    return any(_mentions(child, name, length) for child in children)


def _plural(kind: types.Type) -> str:
    """What elements of a type are called."""
    if isinstance(kind, types.Array):
        return "arrays"
    return "lists" if isinstance(kind, types.List) else f"{kind}"


def with_lengths(program: Program) -> Program:
    """The program with the lengths of lists of arrays as names, but in the tests of ``while``."""
    lists = {n for n, k in program.types.items() if is_list_of_arrays(k)}
    if not lists:
        return program
    fresh = fresh_names("size", set(program.types) | set(program.constants))

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> Block:
        stmt = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        lengths = _Lengths(lists, fresh)
        named = isinstance(stmt, Assign) and lengths.is_length(stmt.value)
        if named or isinstance(stmt, While):
            return (stmt,)
        new = with_expressions(stmt, lambda e: lengths.visit(e) if names(e) & lists else e)
        made = [Assign(n, ast.parse(v, mode="eval").body, line=stmt.line) for v, n in lengths.found]
        return (*made, new)

    return program.with_body(block(program.body))


class _Lengths(ast.NodeTransformer):
    """Replaces ``len(h)`` by names, which ``found`` has."""

    def __init__(self, lists: set[str], fresh: Any) -> None:
        self.lists = lists
        self.fresh = fresh
        self.found: list[tuple[str, str]] = []

    def is_length(self, node: Expr) -> bool:
        """Whether an expression is the length of one of the lists."""
        match node:
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                return name in self.lists
        return False

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node = deepcopy(node)
        self.generic_visit(node)
        if not self.is_length(node):
            return node
        self.found.append((ast.unparse(node), self.fresh()))
        return ast.Name(self.found[-1][1], ast.Load())
