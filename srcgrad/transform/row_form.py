"""Row form: a loop around statements on whole columns becomes a loop over the rows.

In: a typed primal Program. Out: the same function, where ``best = np.minimum(best, s)`` in a loop
over j, all of whose arrays have a row for each row of one parameter, runs for one row after
another: each row fits the cache, the gradient of one is known as soon as it has been computed, and
lanes take the rows side by side. None where there is no such loop.

Invariant: the same values, up to the rounding of sums over the rows. Row i of every array of the
region is made of rows i, and of what is the same for all rows and cheap to compute for each.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from numba import types

from ..analysis.aliasing import written_parameters
from ..analysis.exposed import exposed
from ..naming import free_name
from ..program import (
    Assign,
    Block,
    Comment,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    View,
    binds,
    bound,
    names,
    taken_names,
    times_bound,
    uses,
    walk,
)
from ..rules.expressions import dotted, literal


class Unfit(Exception):  # noqa: N818
    """A statement that has no row form."""


FUNCTIONS = frozenset(
    f"np.{name}"
    for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "abs", "maximum", "minimum", "square")
)
"""Functions of elements, the same for numbers."""

REDUCTIONS = frozenset({"np.sum", "np.max", "np.min", "np.prod"})


@dataclass(frozen=True)
class RowForm:
    """A program in row form, not typed, and the counter of its loop over the rows."""

    program: Program
    counter: str


def row_form(program: Program) -> RowForm | None:
    """The program with one loop over the rows of a parameter, if there is one to be had."""
    written = written_parameters(program)
    kinds = program.types
    for base in program.params:
        kind = kinds.get(base)
        if not isinstance(kind, types.Array) or kind.ndim == 0 or kind.dtype != types.float64:
            continue
        if base in written or base in bound(program.body):
            continue
        try:
            return Rows(program, base).form()
        except Unfit:
            continue
    return None


@dataclass
class Rows:
    """A program, the parameter whose rows are taken, and the arrays that have as many.

    Attributes
    ----------
    program : Program
    base : str
    known : set of str
        The arrays, the parameter among them.
    """

    program: Program
    base: str
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.times = times_bound(self.program.body)
        taken = taken_names(self.program)
        self.counter = free_name("row", taken)
        self.own = free_name(f"{self.base}_row", taken)
        lengths = {f"len({self.base})", f"{self.base}.shape[0]"}
        self.lengths = lengths | {
            s.target
            for s in walk(self.program.body)
            if isinstance(s, Assign)
            and self.times[s.target] == 1
            and ast.unparse(s.value) in lengths
        }
        self.known = {self.base}
        size = 0
        while size != len(self.known):
            size = len(self.known)
            for stmt in walk(self.program.body):
                if isinstance(stmt, Assign) and self.is_matrix(stmt.target) and self.has_row(stmt):
                    self.known.add(stmt.target)

    def is_matrix(self, name: str) -> bool:
        """Whether a name is an array that may have rows."""
        return bool(self.rank(name)) and self.program.types[name].dtype == types.float64

    def rank(self, name: str) -> int:
        """The rank of a name's value: 0 for what is no array."""
        kind = self.program.types.get(name)
        return kind.ndim if isinstance(kind, types.Array) else 0

    def has_row(self, stmt: Assign) -> bool:
        """Whether a statement makes an array of rows from those that are known."""
        try:
            self.converted(stmt.target, stmt.value)
        except Unfit:
            return False
        return True

    def form(self) -> RowForm:
        """The program with a loop over the rows."""
        body = self.program.body
        made = self.known - {self.base}
        places = [k for k, s in enumerate(body) if any(touches(i, made) for i in walk((s,)))]
        if not places:
            raise Unfit
        first, last = places[0], places[-1]
        if not any(isinstance(s, For) and bound(s.body) & made for s in body[first : last + 1]):
            raise Unfit
        before, totals, inside, after = self.region(body[first : last + 1])
        gone = bound(tuple(inside)) - bound(tuple(totals))
        if gone & exposed((*after, *body[last + 1 :])):
            raise Unfit
        index = ast.Name(self.counter, ast.Load())
        base = ast.Name(self.base, ast.Load())
        row = ast.Subscript(base, index, ast.Load())
        one = Assign(self.own, row) if self.rank(self.base) == 1 else View(self.own, self.base, row)
        stop = ast.parse(f"len({self.base})", mode="eval").body
        loop = For(
            self.counter,
            ast.Constant(0),
            stop,
            ast.Constant(1),
            (one, *inside),
            line=body[first].line,
        )
        new = (*body[:first], *before, *totals, loop, *after, *body[last + 1 :])
        return RowForm(self.program.with_body(new), self.counter)

    def region(self, body: Block) -> tuple[list[Stmt], list[Stmt], list[Stmt], list[Stmt]]:
        """What comes before the rows, where sums start, what a row does, what comes after."""
        loops = bound(tuple(s for s in body if isinstance(s, For)))
        before: list[Stmt] = []
        totals: list[Stmt] = []
        inside: list[Stmt] = []
        after: list[Stmt] = []
        sums: set[str] = set()
        for stmt in body:
            if (total := self.summed(stmt)) is not None:
                sums.add(binds(stmt)[0])
                totals.append(total[0])
                inside += total[1:]
            elif isinstance(stmt, For) or set(binds(stmt)) & self.known:
                if any(uses(s) & sums for s in walk((stmt,))):
                    raise Unfit
                inside += self.statement(stmt)
            elif uses(stmt) & (loops | self.known - {self.base}) or not is_shared(stmt, self.times):
                raise Unfit
            elif uses(stmt) & sums:
                after.append(stmt)
                sums |= set(binds(stmt))
            else:
                before.append(stmt)
        return before, totals, inside, after

    def summed(self, stmt: Stmt) -> list[Stmt] | None:
        """``total = np.sum(rows)`` as what starts it, and what a row adds."""
        match stmt:
            case Assign(target=t, value=ast.Call(args=[ast.Name(id=r)], keywords=[]) as call) if (
                dotted(call.func) == "np.sum" and r in self.known
            ):
                pass
            case _:
                return None
        if self.times[t] != 1 or self.program.types.get(t) != types.float64:
            raise Unfit
        zero = Assign(t, ast.Constant(0.0), line=stmt.line)
        part: Expr = ast.Name(self.own if r == self.base else r, ast.Load())
        extra: list[Stmt] = []
        if self.rank(r) > 1:
            name = free_name(f"{t}_row", taken_names(self.program))
            extra = [Assign(name, ast.Call(call.func, [part], []), line=stmt.line)]
            part = ast.Name(name, ast.Load())
        add = Assign(t, ast.BinOp(ast.Name(t, ast.Load()), ast.Add(), part), line=stmt.line)
        return [zero, *extra, add]

    def statement(self, stmt: Stmt) -> Iterator[Stmt]:
        """What a row does for a statement."""
        match stmt:
            case Comment():
                yield stmt
            case For(exit=None, body=body):
                ends = names(stmt.start) | names(stmt.stop) | names(stmt.step)
                carried = exposed(body) & bound(body) - self.known
                if ends & (self.known - {self.base}) or carried or stmt.counter in bound(body):
                    raise Unfit
                yield replace(stmt, body=tuple(n for s in body for n in self.statement(s)))
            case Assign(target=t, value=value) if t in self.known:
                yield replace(stmt, value=self.converted(t, value))
            case Increment(target=t, index=None, value=value, negative=negative) if t in self.known:
                op = ast.Sub() if negative else ast.Add()
                total = ast.BinOp(ast.Name(t, ast.Load()), op, value)
                yield Assign(t, self.converted(t, total), line=stmt.line)
            case View(value=value) | Assign(value=value) if self.is_cheap(stmt, value):
                yield stmt
            case _:
                raise Unfit

    def is_cheap(self, stmt: Stmt, value: Expr) -> bool:
        """Whether a statement in a loop is the same for all rows, and of a few operations."""
        if uses(stmt) & self.known or set(binds(stmt)) & self.known:
            return False
        if isinstance(stmt, View):
            return True
        calls = any(isinstance(n, ast.Call) for n in ast.walk(value))
        return not calls and not self.rank(binds(stmt)[0])

    def converted(self, target: str, value: Expr) -> Expr:
        """The value of a row."""
        rank = self.rank(target)
        match value:
            case ast.BinOp(left=left, op=op, right=right) if not isinstance(op, ast.MatMult):
                self.need_rows([left, right], rank)
                return ast.BinOp(self.operand(left, rank), op, self.operand(right, rank))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                self.need_rows([operand], rank)
                return ast.UnaryOp(ast.USub(), self.operand(operand, rank))
            case ast.Call(func=func, args=args, keywords=[]) if dotted(func) in FUNCTIONS:
                self.need_rows(args, rank)
                return ast.Call(func, [self.operand(a, rank) for a in args], [])
            case ast.Call(
                func=func, args=[ast.Name(id=r)], keywords=[ast.keyword("axis", axis)]
            ) if dotted(func) in REDUCTIONS and r in self.known:
                return self.reduced(func, r, literal(axis), rank)
            case ast.Call(func=func, args=[length, *rest], keywords=[]) if rank == 1:
                return self.filled(dotted(func) or "", length, rest, target)
        raise Unfit

    def need_rows(self, operands: list[Expr], rank: int) -> None:
        """Refuse an operation of nothing that has rows."""
        rows = (o for o in operands if isinstance(o, ast.Name) and o.id in self.known)
        if not any(self.rank(o.id) == rank for o in rows):
            raise Unfit

    def operand(self, operand: Expr, rank: int) -> Expr:
        """An operand of a row: its own row, or what is the same for all."""
        match operand:
            case ast.Name(id=name) if name in self.known:
                if self.rank(name) != rank:
                    raise Unfit
                return ast.Name(self.own, ast.Load()) if name == self.base else operand
            case ast.Name(id=name) if self.rank(name) < rank:
                return operand
            case ast.Constant() | ast.Attribute():
                return operand
        raise Unfit

    def reduced(self, func: Expr, name: str, axis: object, rank: int) -> Expr:
        """A reduction along an axis of the rows."""
        full = self.rank(name)
        if not isinstance(axis, int) or axis % full == 0 or rank != full - 1:
            raise Unfit
        own = ast.Name(self.own if name == self.base else name, ast.Load())
        place = [] if full == 2 else [ast.keyword("axis", ast.Constant(axis % full - 1))]
        return ast.Call(func, [own], place)

    def filled(self, func: str, length: Expr, rest: list[Expr], target: str) -> Expr:
        """The element of a new vector."""
        if ast.unparse(length) not in self.lengths or (
            self.program.types[target].dtype != types.float64
        ):
            raise Unfit
        match func, rest:
            case "np.zeros", []:
                return ast.Constant(0.0)
            case "np.ones", []:
                return ast.Constant(1.0)
            case "np.full", [ast.Name() | ast.Constant() | ast.Attribute() as value]:
                return value
        raise Unfit


def touches(stmt: Stmt, found: set[str]) -> bool:
    """Whether a statement itself reads or binds one of these names."""
    return bool(found & (uses(stmt) | set(binds(stmt))) or getattr(stmt, "target", "") in found)


def is_shared(stmt: Stmt, times: dict[str, int]) -> bool:
    """Whether a statement outside of loops may run before the rows, or after them."""
    return isinstance(stmt, Comment) or (
        isinstance(stmt, Assign | View) and all(times[n] == 1 for n in binds(stmt))
    )
