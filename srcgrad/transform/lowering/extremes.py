"""Extremes: a long loop that looks for a maximum, or a minimum, does so for 64 rounds side by side.

In: a Program at level "loops". Out: the same, where a loop that is in no other, and whose rounds
compare a number with the largest one so far, and keep that and where it was, compares with the
largest of every 64th round; these are compared at the end. What else its rounds do is a loop of its
own.

Invariant: the same maximum, and of equal ones the first, as the strict comparison of the loop has
it; nan counts where it counted. LLVM makes no vectors of the loop as it is, since nan is honoured.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace

from numba import types

from ...analysis.exposed import exposed, exposed_after
from ...analysis.least import natural_loops
from ...naming import free_name
from ...program import (
    Assign,
    Block,
    Comment,
    Expr,
    For,
    If,
    Program,
    Stmt,
    Store,
    bound,
    names,
    taken_names,
    uses,
    walk,
    with_expressions,
)
from ...syntax import elements_of
from ...type_text import dtype_text
from .effects import memory_classes
from .lanes import written
from .pull import call, variable
from .shapes import parse

LANES = 64
"""Rounds that run side by side."""
LONG = 256
"""As many rounds are worth it."""


@dataclass(frozen=True)
class Extreme:
    """The largest number so far.

    Attributes
    ----------
    name : str
    sign : str
        What a number is that replaces it: ``>`` or ``<`` it.
    keeps_nan : bool
        Whether nan replaces it too, for good.
    value : str
        What it is compared with.
    positions : tuple of str
        The names that have the round that it is from.
    """

    name: str
    sign: str
    keeps_nan: bool
    value: str
    positions: tuple[str, ...] = ()


def extremes(program: Program) -> Program:
    """The program with its searches side by side."""
    taken = taken_names(program)
    natural = natural_loops(program)
    kinds = dict(program.types)

    def fresh(stem: str, kind: types.Type) -> str:
        name = free_name(stem, taken)
        kinds[name] = kind
        return name

    classes = memory_classes(program)
    result: list[Stmt] = []
    for stmt, later in zip(program.body, exposed_after(program.body), strict=True):
        found = searched(stmt, later, kinds, classes) if isinstance(stmt, For) else None
        if found is None:
            result.append(stmt)
            continue
        known = id(stmt) in natural
        result += Writer(found.loop, found.extremes, fresh, kinds, known).side_by_side()
        result += [found.rest] if found.rest.body else []
    return program.with_body(result, types=kinds)


# What a loop looks for


@dataclass(frozen=True)
class Search:
    """A loop that looks for something, and what else the loop did that it is from."""

    loop: For
    rest: For
    extremes: tuple[Extreme, ...]


def searched(
    loop: For, later: set[str], kinds: Mapping[str, types.Type], classes: Mapping[str, str]
) -> Search | None:
    """What a loop looks for, apart from what else it does; None where it looks for nothing."""
    body = tuple(map(as_choice, loop.body))
    inner, carried = bound(body), exposed(body) & bound(body)
    ends = names(loop.start) | names(loop.stop)
    if loop.exit or ast.unparse(loop.step) != "1":
        return None
    if ends & inner or loop.counter in later | inner:
        return None
    found = tuple(e for e in extremes_of(body, carried, loop.counter) if is_typed(e, kinds))
    kept = {n for e in found for n in (e.name, *e.positions)}
    search = closure(body, kept)
    if not found or search is None:
        return None
    rest = without(body, search)
    made = {s.target for s in search} - kept
    stored = {classes.get(name, name) for name in written(list(walk(body)))}
    read = {n for s in search for n in names(s.value)}
    if carried & made or made & later or any(classes.get(n, n) in stored for n in read):
        return None
    if kept & (bound(rest).union(*map(uses, walk(rest)))) or not is_apart(search, found):
        return None
    return Search(replace(loop, body=search), replace(loop, body=rest), found)


def closure(body: Block, wanted: set[str]) -> tuple[Assign, ...] | None:
    """The statements that make some numbers; None where others have to do with them."""
    found: list[Assign] = []
    inner, needed = bound(body), set(wanted)
    for stmt in reversed(body):
        if not needed & bound((stmt,)):
            continue
        if not isinstance(stmt, Assign) or not is_number(stmt):
            return None
        found.insert(0, stmt)
        needed |= names(stmt.value) & inner
    targets = [s.target for s in walk(body) if isinstance(s, Assign) and s.target in needed]
    return tuple(found) if len(set(targets)) == len(targets) == len(found) else None


def without(body: Block, search: tuple[Assign, ...]) -> Block:
    """A body without what a search alone needs."""
    others = tuple(s for s in body if s not in search)
    wanted = set().union(*map(uses, walk(others)))
    size = -1
    while size != len(wanted):
        size = len(wanted)
        wanted |= {n for s in search if s.target in wanted for n in names(s.value)}
    return tuple(
        s for s in body if not isinstance(s, Comment) and (s not in search or s.target in wanted)
    )


def as_choice(stmt: Stmt) -> Stmt:
    """``x = v if test else x`` for ``if test: x = v``, where ``v`` is there in any case."""
    match stmt:
        case If(test=test, body=(Assign(target=name, value=value),), orelse=()):
            if isinstance(value, ast.Name | ast.Constant | ast.Subscript):
                return Assign(name, ast.IfExp(test, value, variable(name)), line=stmt.line)
    return stmt


def is_number(stmt: Assign) -> bool:
    """Whether a statement gives a number to a name, and no more."""
    called = [n.func for n in ast.walk(stmt.value) if isinstance(n, ast.Call)]
    return all(ast.unparse(f) in ("max", "min", "abs", "np.abs", "np.uint64") for f in called)


def is_typed(extreme: Extreme, kinds: Mapping[str, types.Type]) -> bool:
    """Whether what is kept has the types that buffers are made for."""
    positions = all(kinds.get(p) == types.int64 for p in extreme.positions)
    return positions and isinstance(kinds.get(extreme.name), types.Float)


def extremes_of(body: Block, carried: set[str], counter: str) -> Iterator[Extreme]:
    """The largest numbers that some statements keep, with where they are from."""
    assigned = [s for s in body if isinstance(s, Assign)]
    tests = {s.target: s.value for s in assigned}
    for k, stmt in enumerate(assigned):
        found = extreme(stmt, tests) if stmt.target in carried else None
        if found is not None:
            own = (s.target for s in assigned[:k] if is_position(s, found, tests, counter))
            yield replace(found, positions=tuple(n for n in own if n in carried))


def extreme(stmt: Assign, tests: dict[str, Expr]) -> Extreme | None:
    """What a statement looks for."""
    name = stmt.target
    match stmt.value:
        case ast.IfExp(test=test, body=value, orelse=ast.Name(id=other)) if other == name:
            given = ast.unparse(value)
            said = said_of(test, tests)
        case ast.Call(func=ast.Name(id="max" | "min" as which), args=[ast.Name(id=first), value]):
            given = ast.unparse(value)
            said = f"{given} {'>' if which == 'max' else '<'} {first}" if first == name else ""
        case _:
            return None
    for sign in (">", "<"):
        if said == f"{given} {sign} {name}":
            return Extreme(name, sign, False, given)
        if said == f"{given} {sign} {name} or {given} != {given}":
            return Extreme(name, sign, True, given)
    return None


def said_of(test: Expr, tests: dict[str, Expr]) -> str:
    """The text of a test, or of what the name was given that it is; the larger one first."""
    if isinstance(test, ast.Name):
        test = tests.get(test.id, test)
    return ast.unparse(test)


def is_position(stmt: Assign, found: Extreme, tests: dict[str, Expr], counter: str) -> bool:
    """Whether a statement keeps the round that a largest number is from."""
    name, value, sign = found.name, found.value, found.sign
    nearer = f"{value} {sign} {name}"
    if found.keeps_nan:
        nearer = f"{nearer} or ({value} != {value} and {name} == {name})"
    match stmt.value:
        case ast.IfExp(test=test, body=ast.Name(id=i), orelse=ast.Name(id=other)):
            same = said_of(test, tests) == ast.unparse(parse(nearer))
            return same and i == counter and other == stmt.target
    return False


def is_apart(body: tuple[Assign, ...], found: tuple[Extreme, ...]) -> bool:
    """Whether what is compared does not depend on what is kept: but for tests, nothing reads it."""
    kept = {n for e in found for n in (e.name, *e.positions)}
    others = [s for s in body if s.target not in kept]
    tests = {s.target for s in others if names(s.value) & kept}
    if any(names(s.value) & tests for s in others):
        return False
    read = {n for e in found for n in names(parse(e.value))}
    return not read & (kept | tests)


# The loop in its place


@dataclass
class Writer:
    """What stands for one loop."""

    loop: For
    found: tuple[Extreme, ...]
    fresh: Callable[[str, types.Type], str]
    kinds: dict[str, types.Type]
    natural: bool

    def __post_init__(self) -> None:
        make = self.fresh
        kept = [n for e in self.found for n in (e.name, *e.positions)]
        self.buffers = {n: make(f"{n}_lanes", types.Array(self.kinds[n], 1, "C")) for n in kept}
        counters = (make(n, types.int64) for n in ("begin", "first", "lane"))
        self.begin, self.first, self.lane = counters
        self.others = {n: make(f"{n}_other", self.kinds[n]) for n in kept}

    def side_by_side(self) -> list[Stmt]:
        """The statements that stand for the loop."""
        stop, loop = ast.unparse(self.loop.stop), self.loop
        blocked = For(
            self.first,
            variable(self.begin),
            parse(f"{stop} - {LANES - 1}"),
            ast.Constant(LANES),
            (self.over_lanes(self.round()),),
            comment=f"{LANES} rounds of `{loop.counter}` at a time",
        )
        made = tuple(
            Assign(b, parse(f"np.empty({LANES}, {dtype_text(self.kinds[n])})"))
            for n, b in self.buffers.items()
        )
        start = tuple(self.kept(n, n) for n in self.buffers)
        rest = Assign(self.begin, parse(f"{stop} - ({stop} - {self.begin}) % {LANES}"))
        ends = self.over_lanes(tuple(s for e in self.found for s in self.joined(e)))
        inside = (*made, self.over_lanes(start), blocked, ends, rest)
        test = parse(f"{stop} - {self.begin} >= {LONG}")
        begin = Assign(self.begin, loop.start)
        return [begin, If(test, inside), replace(loop, start=variable(self.begin))]

    def over_lanes(self, body: Block) -> For:
        """A loop over the lanes."""
        zero, one = ast.Constant(0), ast.Constant(1)
        return For(self.lane, zero, ast.Constant(LANES), one, body)

    def kept(self, name: str, value: str) -> Store:
        """A number into its buffer."""
        return Store(self.buffers[name], variable(self.lane), variable(value))

    def of_lane(self, name: str, target: str) -> Assign:
        """A number from its buffer."""
        return Assign(target, parse(f"{self.buffers[name]}[{self.lane}]"))

    def round(self) -> Block:
        """One round in its lane."""
        counter = Assign(self.loop.counter, parse(f"{self.first} + {self.lane}"))
        body = tuple(with_expressions(as_choice(s), self.unsigned) for s in self.loop.body)
        before = tuple(self.of_lane(n, n) for n in self.buffers)
        return (counter, *before, *body, *(self.kept(n, n) for n in self.buffers))

    def unsigned(self, expr: Expr) -> Expr:
        """An expression with its elements at unsigned places, if the counter is never negative."""
        place = call("np.uint64", variable(self.loop.counter))
        new: Expr = Elements(self.loop.counter, place).visit(deepcopy(expr))
        return new if self.natural else expr

    def joined(self, found: Extreme) -> Iterator[Stmt]:
        """What one lane has found joins what is known."""
        name, sign = found.name, found.sign
        other = self.others[name]
        yield self.of_lane(name, other)
        nearer, same = f"{other} {sign} {name}", f"{other} == {name}"
        if found.keeps_nan:
            same = f"({same} or ({other} != {other} and {name} != {name}))"
        for position in found.positions:
            at = self.others[position]
            yield self.of_lane(position, at)
            first = f" or ({other} != {other} and {name} == {name})" if found.keeps_nan else ""
            test = f"{nearer}{first} or ({same} and {at} < {position})"
            yield Assign(position, parse(f"{at} if {test} else {position}"))
        nan = f" or {other} != {other}" if found.keeps_nan else ""
        yield Assign(name, parse(f"{other} if {nearer}{nan} else {name}"))


class Elements(ast.NodeTransformer):
    """Elements at the place of a counter, anew."""

    def __init__(self, counter: str, place: Expr) -> None:
        self.counter, self.place = counter, place

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        """A subscript in which the counter stands on its own."""
        parts = elements_of(node.slice)
        new = [self.place if ast.unparse(p) == self.counter else p for p in parts]
        index = ast.Tuple(new, ast.Load()) if isinstance(node.slice, ast.Tuple) else new[0]
        return ast.Subscript(node.value, index, ast.Load())
