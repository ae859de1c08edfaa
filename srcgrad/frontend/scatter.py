"""Scatter: reads and stores through index arrays, as loops.

In: a typed Program. Out: a Program in which ``a[idx] = v`` stores one element (or row) a round, in
order, so that the last of several stores to one place wins as in NumPy; ``a[idx] += v`` reads all,
adds, then stores; ``a[i, j]`` of two index arrays is read one element a round.

Invariant: the same object is returned where there is nothing of the kind.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from numba import types

from ..program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    blocks,
    with_blocks,
)


def scattered(program: Program) -> Program:
    """The program with loops for index arrays."""
    kinds = program.types
    taken = set(kinds) | set(program.constants)
    changed = []

    def fresh(stem: str) -> str:
        number = 0
        while f"{stem}{number}" in taken:
            number += 1
        taken.add(f"{stem}{number}")
        return f"{stem}{number}"

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        stmt = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        new = _expanded(stmt, kinds, fresh)
        if new is not None:
            changed.append(stmt)
        return new or [stmt]

    body = block(program.body)
    return program.with_body(body) if changed else program


def _expanded(
    stmt: Stmt, kinds: Mapping[str, types.Type], fresh: Callable[[str], str]
) -> list[Stmt] | None:
    """The loop for one statement, None where it needs none."""
    match stmt:
        case Store(target=a, index=index, value=v) if _indices(index, kinds):
            return [_store_loop(a, index, v, kinds, fresh, stmt.line)]
        case Increment(target=a, index=index, value=v, negative=negative) if (
            index is not None and _indices(index, kinds)
        ):
            old, new = fresh("old"), fresh("new")
            read = Assign(old, ast.Subscript(ast.Name(a), index, ast.Load()), line=stmt.line)
            op = ast.Sub() if negative else ast.Add()
            total = Assign(new, ast.BinOp(ast.Name(old), op, v), line=stmt.line)
            like = {**kinds, new: types.Array(types.float64, _rows(a, kinds), "C")}
            store = _store_loop(a, index, ast.Name(new), like, fresh, stmt.line)
            reads = _expanded(read, kinds, fresh) or [read]
            return [*reads, total, store]
        case Assign(
            target=t, value=ast.Subscript(value=ast.Name(id=a), slice=ast.Tuple() as index)
        ) if _indices(index, kinds) and len(index.elts) == _rows(a, kinds):
            k = fresh("k")
            size = _length(index, kinds)
            keywords = []
            dtype = getattr(kinds[a], "dtype", types.float64)
            if dtype != types.float64:
                keywords = [ast.keyword("dtype", ast.Attribute(ast.Name("np"), str(dtype)))]
            empty = ast.Call(ast.Attribute(ast.Name("np"), "empty"), [size], keywords)
            element, held = ast.Subscript(ast.Name(a), _at(index, k, kinds), ast.Load()), fresh("v")
            body = (
                Assign(held, element, line=stmt.line),
                Store(t, ast.Name(k), ast.Name(held), line=stmt.line),
            )
            zero, one = ast.Constant(0), ast.Constant(1)
            return [Assign(t, empty, line=stmt.line), For(k, zero, size, one, body, line=stmt.line)]
    return None


def _store_loop(
    array: str,
    index: Expr,
    value: Expr,
    kinds: Mapping[str, types.Type],
    fresh: Callable[[str], str],
    line: int,
) -> Stmt:
    """``for k in range(len(idx)): a[idx[k]] = v[k]``."""
    k = fresh("k")
    body: list[Stmt] = []
    if isinstance(value, ast.Name) and isinstance(kinds.get(value.id), types.Array):
        held = fresh("v")
        element = ast.Subscript(value, ast.Name(k), ast.Load())
        body.append(Assign(held, element, line=line))
        value = ast.Name(held)
    body.append(Store(array, _at(index, k, kinds), value, line=line))
    zero, one = ast.Constant(0), ast.Constant(1)
    return For(k, zero, _length(index, kinds), one, tuple(body), line=line)


def _indices(index: Expr, kinds: Mapping[str, types.Type]) -> bool:
    """Whether a subscript has index arrays of integers (and integers) only."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    arrays = [p for p in parts if _is_index_array(p, kinds)]
    others = [p for p in parts if not _is_index_array(p, kinds)]
    return bool(arrays) and not any(isinstance(p, ast.Slice) for p in others)


def _is_index_array(part: Expr, kinds: Mapping[str, types.Type]) -> bool:
    kind = kinds.get(part.id) if isinstance(part, ast.Name) else None
    return (
        isinstance(kind, types.Array) and kind.ndim == 1 and isinstance(kind.dtype, types.Integer)
    )


def _length(index: Expr, kinds: Mapping[str, types.Type]) -> Expr:
    """The number of rounds."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    first = next(p for p in parts if _is_index_array(p, kinds))
    return ast.Call(ast.Name("len"), [first], [])


def _at(index: Expr, k: str, kinds: Mapping[str, types.Type]) -> Expr:
    """The subscript of one round."""

    def part(p: Expr) -> Expr:
        return ast.Subscript(p, ast.Name(k), ast.Load()) if _is_index_array(p, kinds) else p

    if isinstance(index, ast.Tuple):
        return ast.Tuple([part(p) for p in index.elts], ast.Load())
    return part(index)


def _rows(array: str, kinds: Mapping[str, types.Type]) -> int:
    return int(getattr(kinds.get(array), "ndim", 0))
