"""Tapes: where recorded values are kept.

In: the path of a record and what is recorded. Out: the statements that make the tape, that
record and that take back.

Invariant: a record is taken back exactly once for each time it was made, in reverse order. A
number recorded in loops whose trip counts are known at entry goes into an array indexed by
the rounds; anything else into a list; outside loops a variable does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from numba import types

from ..program import (
    Assign,
    Call,
    Expr,
    For,
    If,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    While,
    binds,
    blocks,
    names,
    walk,
)
from ..rules.expressions import np_name

Path = tuple[int, ...]


@dataclass(frozen=True)
class Tape:
    """One recorded value: how it is recorded and how it comes back.

    ``before`` is what it was, from what it is now, where that is known without a record.
    """

    name: str
    make: tuple[Stmt, ...]
    outermost: Path | None
    index: Expr | None
    is_list: bool
    before: Expr | None = None

    def record(self, value: Expr, comment: str) -> Stmt:
        """Record a value."""
        if self.is_list:
            return Push(self.name, value, comment=comment)
        if self.index is None:
            return Assign(self.name, value, comment=comment)
        return Store(self.name, self.index, value, comment=comment)

    def take(self, target: str) -> Stmt:
        """Take the value back."""
        if self.before is not None:
            return Assign(target, self.before)
        if self.is_list:
            return Pop(target, self.name)
        name = ast.Name(self.name, ast.Load())
        if self.index is None:
            return Assign(target, name)
        return Assign(target, ast.Subscript(name, self.index, ast.Load()))


def tape(
    program: Program,
    path: Path,
    stem: str,
    kind: types.Type | None,
    fresh: Callable[[str], str],
    fused: tuple[int, ...] = (),
) -> Tape:
    """A tape for a value that is recorded at a path.

    Parameters
    ----------
    program : Program
        Typed.
    path : Path
        The statement at which the value is recorded.
    stem : str
        What is recorded: part of the tape's name.
    kind : numba type or None
        Of the value; None for elements of unknown rank.
    fresh : callable
        Gives a free name for a wish.
    fused : tuple of int
        The positions of loops that are reversed round by round: their rounds share the tape.
    """
    at_once = {(position,) for position in fused}
    loops = [(p, s) for p, s in enclosing_loops(program, path) if p not in at_once]
    if not loops:
        return Tape(fresh(f"{stem}_before"), (), None, None, False)
    name = fresh(f"tape_{stem}")
    outermost = loops[0][0]
    sizes = known_trips([s for _, s in loops])
    if sizes is None or not isinstance(kind, types.Float | types.Integer | types.Boolean):
        make = Assign(name, ast.List([], ast.Load()))
        return Tape(name, (make,), before_branches(program, outermost), None, True)
    shape = sizes[0] if len(sizes) == 1 else ast.Tuple(sizes, ast.Load())
    keywords = [] if kind == types.float64 else [ast.keyword("dtype", np_name(_dtype(kind)))]
    make = Assign(name, ast.Call(np_name("empty"), [shape], keywords))
    rounds = [round_of(s) for _, s in loops if isinstance(s, For)]
    index = rounds[0] if len(rounds) == 1 else ast.Tuple(rounds, ast.Load())
    return Tape(name, (make,), outermost, index, False)


def undoing(stmt: Stmt) -> Tape:
    """No tape: what ``p = p + 1`` overwrote is ``p - 1``."""
    assert isinstance(stmt, Assign) and isinstance(stmt.value, ast.BinOp)
    op = ast.Sub() if isinstance(stmt.value.op, ast.Add) else ast.Add()
    before = ast.BinOp(stmt.value.left, op, stmt.value.right)
    return Tape(stmt.target, (), None, None, False, before)


def enclosing_loops(program: Program, path: Path) -> list[tuple[Path, For | While]]:
    """The loops around a statement, outermost first, with their paths."""
    found: list[tuple[Path, For | While]] = []
    body = program.body
    for depth in range(0, len(path) - 2, 2):
        stmt = body[path[depth]]
        if isinstance(stmt, For | While):
            found.append((path[: depth + 1], stmt))
        body = blocks(stmt)[path[depth + 1]]
    return found


def tape_name(kind: types.Type) -> str:
    """What the list is called that has the recorded values of a type."""
    if isinstance(kind, types.List):
        return f"{tape_name(kind.dtype)}_lists"
    if isinstance(kind, types.Array):
        rank = f"_{kind.ndim}d"
        return f"tape{rank}" if kind.dtype == types.float64 else f"tape_{_dtype(kind.dtype)}{rank}"
    known = {types.float64: "tape", types.int64: "tape_int", types.boolean: "tape_bool"}
    return known.get(kind, f"tape_{_dtype(kind)}")


def before_branches(program: Program, path: Path) -> Path:
    """The path of the outermost branch that a statement is in, loops in between left alone.

    A list made there is set wherever it is read, as what is differentiated again has to be.
    """
    body, kinds = program.body, []
    for depth in range(0, len(path), 2):
        stmt = body[path[depth]]
        kinds.append(type(stmt))
        if depth + 1 < len(path):
            body = blocks(stmt)[path[depth + 1]]
    while len(kinds) > 1 and kinds[-2] is If:
        path, kinds = path[:-2], kinds[:-1]
    return path


def known_trips(loops: list[For | While]) -> list[Expr] | None:
    """The trip counts of nested loops, where all are known before the outermost runs."""
    inside = list(walk((loops[0],)))
    changed = {n for s in inside for n in binds(s)}
    changed |= {s.tape for s in inside if isinstance(s, Push | Pop)}
    changed |= {n for s in inside if isinstance(s, Call) for n in s.changed}
    sizes: list[Expr] = []
    for depth, stmt in enumerate(loops):
        if not isinstance(stmt, For) or stmt.exit:
            return None
        bounds = (stmt.start, stmt.stop, stmt.step)
        if depth and any(names(b) & changed for b in bounds):
            return None
        sizes.append(trip_count(stmt))
    return sizes


def trip_count(stmt: For) -> Expr:
    """How many rounds a loop makes."""
    match stmt:
        case For(start=ast.Constant(value=0), stop=stop, step=ast.Constant(value=1)):
            if _is_size(stop):
                return stop
            return ast.Call(ast.Name("max", ast.Load()), [stop, ast.Constant(0)], [])
    return range_length(stmt)


def range_length(stmt: For) -> Expr:
    """``len(range(...))`` of a loop's bounds."""
    start_and_stop, one = [stmt.start, stmt.stop], ast.unparse(stmt.step) == "1"
    bounds = start_and_stop if one else [*start_and_stop, stmt.step]
    counted = ast.Call(ast.Name("range", ast.Load()), bounds, [])
    return ast.Call(ast.Name("len", ast.Load()), [counted], [])


def _is_size(expr: Expr) -> bool:
    """Whether an extent cannot be negative."""
    match expr:
        case ast.Constant(value=int(v)):
            return v >= 0
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Subscript(value=ast.Attribute(attr="shape")) | ast.Attribute(attr="size"):
            return True
    return False


def round_of(stmt: For) -> Expr:
    """The number of the round, from the counter."""
    counter = ast.Name(stmt.counter, ast.Load())
    match stmt.start, stmt.step:
        case ast.Constant(value=0), ast.Constant(value=1):
            return counter
        case start, ast.Constant(value=1):
            return ast.BinOp(counter, ast.Sub(), start)
        case start, (ast.Constant(value=-1) | ast.UnaryOp(operand=ast.Constant(value=1))):
            return ast.BinOp(start, ast.Sub(), counter)
    distance = ast.BinOp(counter, ast.Sub(), stmt.start)
    return ast.BinOp(distance, ast.FloorDiv(), stmt.step)


def backward_range(stmt: For) -> tuple[Expr, Expr, Expr] | None:
    """The same counters in reverse, where the step is a constant; else None."""
    step = stmt.step
    if isinstance(step, ast.UnaryOp) and isinstance(step.operand, ast.Constant):
        size = -step.operand.value  # type: ignore[operator]
    elif isinstance(step, ast.Constant) and isinstance(step.value, int):
        size = step.value
    else:
        return None
    if not isinstance(size, int) or size == 0:
        return None
    sign = 1 if size > 0 else -1
    back = plus(stmt.start, -sign)
    if abs(size) == 1:
        return plus(stmt.stop, -sign), back, ast.Constant(-sign)
    span: Expr = ast.BinOp(stmt.stop, ast.Sub(), stmt.start)
    if isinstance(stmt.start, ast.Constant) and stmt.start.value == 0:
        span = stmt.stop
    rounds = ast.BinOp(plus(span, -sign), ast.FloorDiv(), ast.Constant(size))
    last: Expr = ast.BinOp(rounds, ast.Mult(), ast.Constant(size))
    if not (isinstance(stmt.start, ast.Constant) and stmt.start.value == 0):
        last = ast.BinOp(stmt.start, ast.Add(), last)
    return last, back, ast.Constant(-size)


def plus(expr: Expr, number: int) -> Expr:
    """``expr + number``, folded where it can be."""
    match expr:
        case ast.Constant(value=int(v)):
            return ast.Constant(v + number)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(v))):
            return ast.Constant(number - v)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=int(v))):
            return left if v + number == 0 else plus(left, v + number)
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int(v))):
            return left if number == v else plus(left, number - v)
    if number < 0:
        return ast.BinOp(expr, ast.Sub(), ast.Constant(-number))
    return ast.BinOp(expr, ast.Add(), ast.Constant(number))


def _dtype(kind: types.Type) -> str:
    return "bool_" if kind == types.boolean else str(kind)
