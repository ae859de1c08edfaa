"""Scatter: reads and stores through index arrays, as loops.

In: a typed Program. Out: a Program in which ``a[idx] = v`` stores one element (or row) a round, in
order, so that the last of several stores to one place wins as in NumPy; ``a[idx] += v`` reads all,
adds, then stores; ``a[i, j]`` of two index arrays is read one element a round; an index array of
several axes is read through its ravelled form, a mask of several axes is index arrays; lists are
summed and made arrays one by one.

Invariant: the same object is returned where there is nothing of the kind.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace

from numba import types

from ..naming import fresh_stems
from ..program import (
    Assign,
    Block,
    Check,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    blocks,
    with_blocks,
)
from ..rules.expressions import np_name
from ..syntax import elements_of


def scattered(program: Program, classes: Mapping[str, str]) -> Program:
    """The program with loops for index arrays.

    Parameters
    ----------
    program : Program
        With types.
    classes : mapping of str to str
        Names that may share memory have the same: a value that does is copied first.
    """
    kinds = dict(program.types)
    taken = set(kinds) | set(program.constants)
    changed = []
    fresh = fresh_stems(taken)

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        stmt = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        positions, stmt = _without_masks(stmt, kinds, fresh)
        if positions:
            changed.append(stmt)
            return [*positions, *statement(stmt)]
        copied = _copied(stmt, kinds, classes, fresh)
        if copied is not None:
            first, then = copied
            return [first, *statement(then)]
        new = _expanded(stmt, kinds, fresh) or _of_list(stmt, kinds, fresh)
        if new is not None:
            changed.append(stmt)
        return new or [stmt]

    body = block(program.body)
    return program.with_body(body) if changed else program


def _without_masks(
    stmt: Stmt, kinds: dict[str, types.Type], fresh: Callable[[str], str]
) -> tuple[list[Stmt], Stmt]:
    """A statement whose masks of several axes are index arrays, and what makes these first.

    Numba takes such a mask for an array of integers.
    """
    match stmt:
        case Assign(value=ast.Subscript(value=ast.Name(id=array), slice=index)):
            pass
        case Store(target=array, index=index) | Increment(target=array, index=ast.expr() as index):
            pass
        case _:
            return [], stmt
    made: list[Stmt] = []
    parts: list[Expr] = []
    place = 0
    for part in elements_of(index):
        if not _is_wide_mask(part, kinds):
            parts.append(part)
            place += not (isinstance(part, ast.Constant) and part.value is None)
            continue
        assert isinstance(part, ast.Name)
        for axis in range(_rows(part.id, kinds)):
            made.append(_same_extent(part.id, axis, array, place, stmt.line))
            place += 1
            name = fresh("k")
            kinds[name] = types.Array(types.int64, 1, "C")
            call = ast.Call(ast.Name("mask_positions"), [part, ast.Constant(axis)], [])
            made.append(Assign(name, call, line=stmt.line))
            parts.append(ast.Name(name, ast.Load()))
    if not made:
        return [], stmt
    new: Expr = ast.Tuple(parts, ast.Load())
    if isinstance(stmt, Assign):
        assert isinstance(stmt.value, ast.Subscript)
        return made, replace(stmt, value=ast.Subscript(stmt.value.value, new, ast.Load()))
    return made, replace(stmt, index=new)


def _same_extent(mask: str, axis: int, array: str, place: int, line: int) -> Stmt:
    """That a mask is as long as the axis that it selects from."""
    text = f"if {mask}.shape[{axis}] != {array}.shape[{place}]:\n"
    text += "    raise IndexError('the mask has another shape than the array')"
    return Check(ast.parse(text).body[0], line=line)


def _is_wide_mask(part: Expr, kinds: Mapping[str, types.Type]) -> bool:
    """Whether a part of a subscript is a mask of two axes or more."""
    kind = kinds.get(part.id) if isinstance(part, ast.Name) else None
    return isinstance(kind, types.Array) and kind.dtype == types.boolean and kind.ndim > 1


def _copied(
    stmt: Stmt,
    kinds: dict[str, types.Type],
    classes: Mapping[str, str],
    fresh: Callable[[str], str],
) -> tuple[Stmt, Stmt] | None:
    """A copy of the value of a store that may share memory with its target, and the store."""
    match stmt:
        case Store(target=a, index=index, value=ast.Name(id=v)) if (
            _indices(index, kinds) or _among_slices(index, kinds) is not None
        ):
            if isinstance(kinds.get(v), types.Array) and classes.get(v) == classes.get(a):
                name = fresh("old")
                copy = ast.Call(np_name("copy"), [ast.Name(v)], [])
                kinds[name] = kinds[v]
                made = Assign(name, copy, line=stmt.line)
                return made, replace(stmt, value=ast.Name(name, ast.Load()))
    return None


def _expanded(
    stmt: Stmt, kinds: Mapping[str, types.Type], fresh: Callable[[str], str]
) -> list[Stmt] | None:
    """The loop for one statement, None where it needs none."""
    match stmt:
        case Store(target=a, index=index, value=v) if _indices(index, kinds):
            return _store_loop(a, index, v, kinds, fresh, stmt.line)
        case Store(target=a, index=ast.Tuple() as index, value=v) if (
            place := _among_slices(index, kinds)
        ) is not None:
            return _slices_loop(a, (index, place), v, kinds, fresh, stmt.line)
        case Increment(index=ast.expr() as index) if (
            _indices(index, kinds) or _among_slices(index, kinds) is not None
        ):
            return _read_and_stored(stmt, index, kinds, fresh)
        case Assign(
            target=t, value=ast.Subscript(value=ast.Name(id=a), slice=ast.Tuple() as index)
        ) if _indices(index, kinds) and len(index.elts) == _rows(a, kinds):
            return _gather_loop(t, a, index, kinds, fresh, stmt.line)
        case Assign(
            target=t, value=ast.Subscript(value=ast.Name(id=a), slice=ast.Name(id=index))
        ) if _is_integers(kinds.get(index)) and _rows(index, kinds) > 1:
            return _ravelled(t, a, index, kinds, fresh, stmt.line)
    return None


def _read_and_stored(
    stmt: Increment, index: Expr, kinds: Mapping[str, types.Type], fresh: Callable[[str], str]
) -> list[Stmt]:
    """``a[i, j] += v``: all is read before any is stored, as NumPy does it."""
    old, new = fresh("old"), fresh("new")
    a, line = stmt.target, stmt.line
    read = Assign(old, ast.Subscript(ast.Name(a), index, ast.Load()), line=line)
    op = ast.Sub() if stmt.negative else ast.Add()
    total = Assign(new, ast.BinOp(ast.Name(old), op, stmt.value), line=line)
    rank = _rows(a, kinds)
    if _among_slices(index, kinds) is None:
        rank += 1 - (len(index.elts) if isinstance(index, ast.Tuple) else 1)
    like = {**kinds, new: types.Array(types.float64, rank, "C")}
    store = _expanded(Store(a, index, ast.Name(new), line=line), like, fresh) or []
    return [*(_expanded(read, kinds, fresh) or [read]), total, *store]


def _gather_loop(
    target: str,
    a: str,
    index: ast.Tuple,
    kinds: Mapping[str, types.Type],
    fresh: Callable[[str], str],
    line: int,
) -> list[Stmt]:
    """``target = a[i, j]``, an element for each round."""
    k = fresh("k")
    dtype = getattr(kinds[a], "dtype", types.float64)
    keywords = [] if dtype == types.float64 else [ast.keyword("dtype", np_name(str(dtype)))]
    empty = ast.Call(np_name("empty"), [_length(index, kinds)], keywords)
    element, held = ast.Subscript(ast.Name(a), _at(index, k, kinds), ast.Load()), fresh("v")
    body = (
        Assign(held, element, line=line),
        Store(target, ast.Name(k), ast.Name(held), line=line),
    )
    zero, one = ast.Constant(0), ast.Constant(1)
    loop = For(k, zero, _length(index, kinds), one, body, line=line)
    return [*_length_checks(index, kinds, line), Assign(target, empty, line=line), loop]


def _ravelled(
    target: str,
    array: str,
    index: str,
    kinds: Mapping[str, types.Type],
    fresh: Callable[[str], str],
    line: int,
) -> list[Stmt]:
    """``z = a[idx]`` of an index array of several axes: of its ravelled form, then in its shape."""
    places, values = fresh("k"), fresh("v")
    of_index = [f"{index}.shape[{k}]" for k in range(_rows(index, kinds))]
    shape = ", ".join(of_index + [f"{array}.shape[{k}]" for k in range(1, _rows(array, kinds))])
    steps = (
        (places, f"np.ravel({index})"),
        (values, f"{array}[{places}]"),
        (target, f"np.reshape({values}, ({shape}))"),
    )
    return [Assign(n, ast.parse(text, mode="eval").body, line=line) for n, text in steps]


def _of_list(
    stmt: Stmt, kinds: Mapping[str, types.Type], fresh: Callable[[str], str]
) -> list[Stmt] | None:
    """``sum(h)`` and ``np.array(h)`` of a list: element by element."""
    match stmt:
        case Assign(target=t, value=ast.Call(func=func, args=[ast.Name(id=h)], keywords=[])) if (
            isinstance(kinds.get(h), types.List)
            and isinstance(kinds[h].dtype, types.Float)
            and ast.unparse(func) in ("sum", "np.array")
        ):
            k, held = fresh("k"), fresh("v")
            size = ast.Call(ast.Name("len"), [ast.Name(h)], [])
            element = ast.Subscript(ast.Name(h), ast.Name(k), ast.Load())
            start: Expr = ast.Constant(0)
            step: Stmt = Assign(t, ast.BinOp(ast.Name(t), ast.Add(), ast.Name(held)))
            if ast.unparse(func) == "np.array":
                start = ast.Call(np_name("empty"), [size], [])
                step = Store(t, ast.Name(k), ast.Name(held))
            body = (Assign(held, element, line=stmt.line), replace(step, line=stmt.line))
            loop = For(k, ast.Constant(0), size, ast.Constant(1), body, line=stmt.line)
            return [Assign(t, start, line=stmt.line), loop]
    return None


def _store_loop(
    array: str,
    index: Expr,
    value: Expr,
    kinds: Mapping[str, types.Type],
    fresh: Callable[[str], str],
    line: int,
) -> list[Stmt]:
    """``for k in range(len(idx)): a[idx[k]] = v[k]``, or ``= v`` where v is the same for all."""
    k = fresh("k")
    rest = _rows(array, kinds) - (len(index.elts) if isinstance(index, ast.Tuple) else 1)
    checks = _length_checks(index, kinds, line)
    body: list[Stmt] = []
    if isinstance(value, ast.Name) and _rows(value.id, kinds) > rest:
        held = fresh("v")
        checks.append(_same_length(value.id, _length(index, kinds), line))
        element = ast.Subscript(value, ast.Name(k), ast.Load())
        body.append(Assign(held, element, line=line))
        value = ast.Name(held)
    body.append(Store(array, _at(index, k, kinds), value, line=line))
    zero, one = ast.Constant(0), ast.Constant(1)
    return [*checks, For(k, zero, _length(index, kinds), one, tuple(body), line=line)]


def _slices_loop(
    array: str,
    where: tuple[ast.Tuple, int],
    value: Expr,
    kinds: Mapping[str, types.Type],
    fresh: Callable[[str], str],
    line: int,
) -> list[Stmt]:
    """``for k in range(len(idx)): a[:, idx[k]] = v[:, k]``, or ``= v`` where v is broadcast."""
    index, place = where
    k = fresh("k")
    length = _length(index, kinds)
    rank = _rows(value.id, kinds) if isinstance(value, ast.Name) else 0
    axis = place - (_rows(array, kinds) - rank)
    checks: list[Stmt] = []
    body: list[Stmt] = []
    if rank and axis >= 0:
        assert isinstance(value, ast.Name)
        held = fresh("v")
        text = f"if {value.id}.shape[{axis}] != {ast.unparse(length)}:\n"
        text += "    raise ValueError('shape mismatch')"
        checks.append(Check(ast.parse(text).body[0], line=line))
        parts: list[Expr] = [ast.Slice() for _ in range(rank)]
        parts[axis] = ast.Name(k)
        part = parts[0] if rank == 1 else ast.Tuple(parts, ast.Load())
        body.append(Assign(held, ast.Subscript(value, part, ast.Load()), line=line))
        value = ast.Name(held)
    body.append(Store(array, _at(index, k, kinds), value, line=line))
    zero, one = ast.Constant(0), ast.Constant(1)
    return [*checks, For(k, zero, length, one, tuple(body), line=line)]


def _length_checks(index: Expr, kinds: Mapping[str, types.Type], line: int) -> list[Stmt]:
    """That index arrays side by side have one length: compiled loops would read beyond the end."""
    parts = index.elts if isinstance(index, ast.Tuple) else []
    arrays = [p.id for p in parts if isinstance(p, ast.Name) and _is_index_array(p, kinds)]
    return [_same_length(a, _length(index, kinds), line) for a in arrays[1:]]


def _same_length(name: str, length: Expr, line: int) -> Stmt:
    """``if len(v) != len(idx): raise ValueError``."""
    text = f"if len({name}) != {ast.unparse(length)}:\n    raise ValueError('shape mismatch')"
    return Check(ast.parse(text).body[0], line=line)


def _indices(index: Expr, kinds: Mapping[str, types.Type]) -> bool:
    """Whether a subscript has index arrays of integers (and integers) only."""
    parts = elements_of(index)
    arrays = [p for p in parts if _is_index_array(p, kinds)]
    others = [p for p in parts if not _is_index_array(p, kinds)]
    return bool(arrays) and not any(isinstance(p, ast.Slice) for p in others)


def _among_slices(index: Expr, kinds: Mapping[str, types.Type]) -> int | None:
    """The place of the one index array in ``a[:, idx]``, which has slices else; None for others."""
    parts = index.elts if isinstance(index, ast.Tuple) else []
    places = [k for k, p in enumerate(parts) if not isinstance(p, ast.Slice)]
    if len(places) != 1 or len(parts) < 2 or not _is_index_array(parts[places[0]], kinds):
        return None
    return places[0]


def _is_index_array(part: Expr, kinds: Mapping[str, types.Type]) -> bool:
    kind = kinds.get(part.id) if isinstance(part, ast.Name) else None
    return _is_integers(kind) and getattr(kind, "ndim", 0) == 1


def _is_integers(kind: types.Type | None) -> bool:
    """Whether a type is that of an array of integers."""
    return isinstance(kind, types.Array) and isinstance(kind.dtype, types.Integer)


def _length(index: Expr, kinds: Mapping[str, types.Type]) -> Expr:
    """The number of rounds."""
    parts = elements_of(index)
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
