"""Rolling: a table of which a loop uses a few rows around its counter is only these rows.

In: a Program at level "loops". Out: the same, where an array of zeros that one loop uses, in rows
``i``, ``i + 1``, ... of its counter ``i``, has as many rows as these, used again in turn: so the
gradients of a table that is filled row by row.

Invariant: the same numbers. A row is zero when the loop comes to it first, but for what is done
before the loop to the row that the loop leaves first; nobody reads a row that the loop has left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from numba import types

from ...analysis.least import lowest_round, sizes, step_of
from ...naming import free_name
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    binds,
    blocks,
    bound,
    names,
    taken_names,
    times_bound,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.expressions import literal
from .contraction import unshared
from .lane_code import parsed
from .lanes import allocated

MOST = 4
"""Rows that are kept at most."""

Line = tuple[str, int]
"""``base + number``, the base as text."""


@dataclass(frozen=True)
class Table:
    """An array, the places of its statements in the program's body, and how the loop uses it.

    Attributes
    ----------
    name : str
    made, filled, user : int
        Its allocation, the loops that fill it with zeros, and the loop that uses it.
    rows : int
        The number of rows in use.
    entered : str
        The row that the loop comes to in a round.
    """

    name: str
    made: int
    filled: int
    user: int
    rows: int
    entered: str


def rolling(program: Program) -> Program:
    """The program with a few rows for such tables."""
    alone = unshared(program)
    for stmt in program.body:
        if isinstance(stmt, Assign) and stmt.target in alone and allocated(stmt) is not None:
            found = table(program, stmt.target)
            program = rolled(program, found) if found else program
    return program


def table(program: Program, name: str) -> Table | None:
    """What is known of an array that can be a few rows; None for any other."""
    body = program.body
    made, *rest = [k for k, s in enumerate(body) if any(touches(t, name) for t in walk((s,)))]
    if len(rest) < 2:
        return None
    allocation = allocated(body[made])
    users = [k for k in rest[1:] if uses_rows(body[k], name)]
    if allocation is None or len(allocation[0]) < 2 or len(users) != 1:
        return None
    (user,) = users
    loop, before, after = body[user], rest[1 : rest.index(user)], rest[rest.index(user) + 1 :]
    found = firsts((loop,), name)
    if not isinstance(loop, For) or not found or not is_filled(body[rest[0]], name, allocation[0]):
        return None
    offsets = [number for base, number in found if base == loop.counter]
    if len(offsets) != len(found) or not is_steady(program, loop):
        return None
    least, most = min(offsets), max(offsets)
    down = step_of(loop) < 0
    base, number = line(loop.start)
    left = base, number + (most if down else least)
    lowest = lowest_round(loop, sizes(program))
    if lowest is None or lowest + least < 0 or not 1 <= most - least < MOST:
        return None
    for k in before:
        rows = firsts((body[k],), name)
        if rows is None or any(row != left for row in rows):
            return None
    if not all(is_idle(body[k], name) for k in after):
        return None
    offset = least if down else most
    entered = f"{loop.counter} {'-' if offset < 0 else '+'} {abs(offset)}"
    entered = entered if offset else loop.counter
    return Table(name, made, rest[0], user, most - least + 1, entered)


def touches(stmt: Stmt, name: str) -> bool:
    """Whether a statement itself mentions an array."""
    return name in uses(stmt) or name in binds(stmt) or getattr(stmt, "target", None) == name


def uses_rows(stmt: Stmt, name: str) -> bool:
    """Whether a loop uses rows of an array by its counter."""
    found = firsts((stmt,), name) if isinstance(stmt, For) else None
    return bool(found) and any(base == stmt.counter for base, _ in found or ())  # type: ignore[attr-defined]


def firsts(body: Block, name: str) -> list[Line] | None:
    """The rows that statements use of an array, always by elements; None for any other use."""
    found: list[Line] = []
    for stmt in walk(body):
        if not touches(stmt, name):
            continue
        if not isinstance(stmt, Assign | Store | Increment | If | For):
            return None
        if isinstance(stmt, Assign) and stmt.target == name:
            return None
        indices = list(elements(stmt, name))
        if None in indices:
            return None
        for index in indices:
            assert isinstance(index, ast.Tuple)
            found.append(line(index.elts[0]))
    return found


def elements(stmt: Stmt, name: str) -> Iterator[ast.Tuple | None]:
    """The subscripts of an array in a statement; None for what is not an element, or an extent."""
    if isinstance(stmt, Store | Increment) and stmt.target == name:
        yield whole(stmt.index)
    mentions = 0
    for expr in (v for v in vars(stmt).values() if isinstance(v, ast.expr)):
        for node in ast.walk(expr):
            match node:
                case ast.Subscript(value=ast.Name(id=used), slice=index) if used == name:
                    mentions -= 1
                    yield whole(index)
                case ast.Subscript(
                    value=ast.Attribute(value=ast.Name(id=used), attr="shape"),
                    slice=ast.Constant(value=int(axis)),
                ) if used == name and axis > 0:
                    mentions -= 1
                case ast.Name(id=used) if used == name:
                    mentions += 1
    if mentions:
        yield None


def whole(index: Expr | None) -> ast.Tuple | None:
    """A subscript of several numbers; None for any other."""
    slices = index is None or any(isinstance(n, ast.Slice | ast.Starred) for n in ast.walk(index))
    return None if slices or not isinstance(index, ast.Tuple) else index


def line(expr: Expr) -> Line:
    """An integer as a base and a number."""
    match expr:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right) if isinstance(
            number := literal(right), int
        ):
            base, known = line(left)
            return base, known + (number if isinstance(op, ast.Add) else -number)
    return ast.unparse(expr), 0


def is_steady(program: Program, loop: For) -> bool:
    """Whether a loop counts by one, and where it starts has the same meaning everywhere."""
    if loop.exit or step_of(loop) not in (1, -1) or loop.counter in bound(loop.body):
        return False
    calls = {ast.unparse(n.func) for n in ast.walk(loop.start) if isinstance(n, ast.Call)}
    return calls <= {"len"} and all(is_fixed(program, n) for n in names(loop.start))


def is_fixed(program: Program, name: str) -> bool:
    """Whether a name stands for one integer, or for an array, whose extents do not change."""
    times = times_bound(program.body)[name] + (name in program.params)
    return times == 1 and isinstance(program.types.get(name), types.Integer | types.Array)


def is_filled(stmt: Stmt, name: str, extents: list[Expr]) -> bool:
    """Whether loops over a whole array set it to zero, and do nothing else to it."""
    counters: list[ast.expr] = []
    for extent in extents:
        if not isinstance(stmt, For) or [ast.unparse(e) for e in (stmt.start, stmt.step)] != [
            "0",
            "1",
        ]:
            return False
        if ast.unparse(stmt.stop) != ast.unparse(extent) or stmt.exit:
            return False
        counters.append(ast.Name(stmt.counter))
        inside = [s for s in stmt.body if any(touches(t, name) for t in walk((s,)))]
        if len(inside) != 1:
            return False
        stmt = inside[0]
    match stmt:
        case Store(target=target, index=index, value=ast.Constant(value=0)) if target == name:
            return ast.unparse(index) == ast.unparse(ast.Tuple(counters))
    return False


def is_idle(stmt: Stmt, name: str) -> bool:
    """Whether a statement only stores a number into an array."""
    match stmt:
        case Store(target=target, index=index, value=ast.Constant()) if target == name:
            return name not in names(index)
    return False


def rolled(program: Program, found: Table) -> Program:
    """The program with a few rows for a table."""
    kinds = dict(program.types)
    body: list[Stmt] = []
    for k, stmt in enumerate(program.body):
        if k == found.made:
            body.append(fewer(stmt, found.rows))
        elif k == found.filled:
            body += without_store((stmt,), found.name)
        elif k == found.user:
            (inner,) = blocks(stmt)
            zeros = cleared(found, kinds, taken_names(program))
            body.append(with_blocks(stmt, ((zeros, *in_turn(inner, found)),)))
        elif not is_idle(stmt, found.name):
            body += in_turn((stmt,), found)
    return program.with_body(tuple(body), types=kinds)


def fewer(stmt: Stmt, rows: int) -> Assign:
    """Zeros for a few rows in place of an allocation."""
    assert isinstance(stmt, Assign) and isinstance(stmt.value, ast.Call)
    shape, *others = stmt.value.args
    assert isinstance(shape, ast.Tuple)
    extents: Expr = ast.Tuple([ast.Constant(rows), *shape.elts[1:]], ast.Load())
    call = ast.Call(parsed("np.zeros"), [extents, *others], stmt.value.keywords)
    return replace(stmt, value=call)


def without_store(body: Block, name: str) -> Block:
    """A block that stores nothing into an array, and no loop that does nothing else."""
    result: list[Stmt] = []
    for stmt in body:
        if isinstance(stmt, Store) and stmt.target == name:
            continue
        new = with_blocks(stmt, tuple(without_store(b, name) for b in blocks(stmt)))
        if not isinstance(new, For) or new.body:
            result.append(new)
    return tuple(result)


def cleared(found: Table, kinds: dict[str, Any], taken: set[str]) -> Stmt:
    """The loops that set the row to zero that comes next."""
    counters = [free_name("column", taken) for _ in range(kinds[found.name].ndim - 1)]
    index = ast.Tuple([turn(parsed(found.entered), found), *map(parsed, counters)], ast.Load())
    result: Stmt = Store(found.name, index, ast.Constant(0.0))
    for axis, counter in reversed(list(enumerate(counters, 1))):
        kinds[counter] = types.int64
        stop = parsed(f"{found.name}.shape[{axis}]")
        result = For(counter, ast.Constant(0), stop, ast.Constant(1), (result,))
    return replace(result, comment=f"the next of the {found.rows} rows of {found.name}")


def in_turn(body: Block, found: Table) -> Block:
    """A block in which the rows of a table are used in turn."""
    result: list[Stmt] = []
    for stmt in body:
        new = with_expressions(stmt, lambda e: accessed(e, found))
        if isinstance(new, Store | Increment) and new.target == found.name:
            assert isinstance(new.index, ast.Tuple)
            new = replace(new, index=row_in_turn(new.index, found))
        result.append(with_blocks(new, tuple(in_turn(b, found) for b in blocks(new))))
    return tuple(result)


def accessed(expr: Any, found: Table) -> Any:
    """An expression in which the rows of a table are used in turn."""
    if isinstance(expr, list):
        return [accessed(e, found) for e in expr]
    if not isinstance(expr, ast.AST):
        return expr
    new = type(expr)(**{k: accessed(v, found) for k, v in ast.iter_fields(expr)})
    match new:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple() as index) if (
            name == found.name
        ):
            return ast.Subscript(new.value, row_in_turn(index, found), ast.Load())
    return new


def row_in_turn(index: ast.Tuple, found: Table) -> Expr:
    """A subscript whose first part is a row of those that are kept."""
    first, *others = index.elts
    return ast.Tuple([turn(first, found), *others], ast.Load())


def turn(row: Expr, found: Table) -> Expr:
    """Where a row is kept."""
    return ast.BinOp(row, ast.Mod(), ast.Constant(found.rows))
