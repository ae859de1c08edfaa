"""Lane loops: which loops of a nest take their rounds side by side.

In: a Program at level "loops". Out: the same, with lanes for the loops that suit them best.

Of the loops around each other whose rounds are independent, that one is taken along which memory
is contiguous: an estimate counts what a nest reads and writes, an element that is next to that of
the round before at a quarter of one that is not. An innermost loop that LLVM vectorises as it is
counts as such; one that it leaves, and that calls functions, is taken in ``stages``.

Invariant: as ``lanes`` has it; the choice changes no value but the rounding of sums.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from numba import types

from ...analysis.exposed import exposed, exposed_after
from ...analysis.least import natural_loops
from ...naming import free_name
from ...program import (
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    Swap,
    While,
    blocks,
    bound,
    expressions,
    taken_names,
    walk,
    with_blocks,
)
from ...rules.expressions import dotted
from ...syntax import elements_of
from . import lanes
from .effects import Memory, memory_classes
from .forward_again import forward_again
from .lane_code import parts_of, rows, spread
from .lanes import Rounds, independent, is_worthwhile
from .stages import staged, wants_stages
from .upward import upward
from .vectorise import FORMS, is_parallel

TRIPS = 16
"""Rounds of a loop, where their number is not known."""

SHORT = 8
"""An innermost loop of fewer rounds does not suit vectors."""

NEXT, APART, FUNCTION, WAITS = 1, 4, 160, 8
"""Estimates: an element in a vector, an element on its own, a function that is not vectorised;
an element of an array that lanes add to at several places, so that each waits for the others."""

GAIN = 1.5
"""How much dearer lanes of an outer loop have to be for an inner one to be taken."""


def in_lanes(program: Program, again: bool = True) -> Program:
    """The program with its loops of independent rounds in lanes.

    ``again``: whether what is cheap to compute again in lanes is not recorded.
    """
    taken = taken_names(program)
    kinds = dict(program.types)
    nests = Nests(program, apart_when_swapped(program), natural_loops(program))

    def fresh(stem: str, kind: types.Type) -> str:
        name = free_name(stem, taken)
        kinds[name] = kind
        return name

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for stmt, later in following(body, after):
            found = nests.lanes(stmt, later) if isinstance(stmt, For) else None
            if found is not None and not nests.is_better_inside(found, later):
                found = nests.shorter(found, stmt, later) if again else found
                result += spread(found, lanes.LANES, fresh)
                continue
            around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
            stmt = nests.counted_up(stmt, later)
            result.append(with_blocks(stmt, tuple(change(b, around) for b in blocks(stmt))))
        return tuple(result)

    return program.with_body(change(program.body, set()), types=kinds)


def apart_when_swapped(program: Program) -> Mapping[str, str]:
    """May-alias classes; arrays that only change places share no memory while they do not."""
    classes = memory_classes(program)
    swapped = {n for s in walk(program.body) if isinstance(s, Swap) for n in s.targets}
    if not swapped:
        return classes
    still = memory_classes(program.with_body(without_swaps(program.body)))
    sizes = Counter(still.values())
    own = {n for n in swapped if sizes[still.get(n, n)] <= 1} - set(program.params)
    return {n: n if n in own else c for n, c in classes.items()}


def without_swaps(body: Block) -> Block:
    """A block without statements in which names change places."""
    return tuple(
        with_blocks(s, tuple(map(without_swaps, blocks(s))))
        for s in body
        if not isinstance(s, Swap)
    )


def following(body: Block, after: set[str]) -> Iterator[tuple[Stmt, set[str]]]:
    """Statements, each with the names that are read after it."""
    for stmt, later in zip(body, exposed_after(body), strict=True):
        yield stmt, later | after if blocks(stmt) else set()


@dataclass
class Nests:
    """The loops of a program, and what they cost in lanes and without."""

    program: Program
    classes: Mapping[str, str]
    natural: frozenset[int]

    def independent(self, loop: For, later: set[str]) -> Rounds | None:
        """What is known of a loop whose rounds may run side by side, counted up."""
        known = id(loop) in self.natural
        return independent(upward(loop) or loop, later, self.program, self.classes, known)

    def counted_up(self, stmt: Stmt, later: set[str]) -> Stmt:
        """A loop around others counts up if it may: see ``subscripts`` for what LLVM does else."""
        around = isinstance(stmt, For) and any(isinstance(s, For) for s in walk(stmt.body))
        if not isinstance(stmt, For) or not around or self.independent(stmt, later) is None:
            return stmt
        return upward(stmt) or stmt

    def lanes(self, loop: For, later: set[str]) -> Rounds | None:
        """What is known of a loop that is worth lanes, if what is inside is not."""
        innermost = not any(isinstance(s, For) for s in walk(loop.body))
        if innermost and (trips(loop) < SHORT or not wants_stages(loop)):
            return None
        found = self.independent(loop, later)
        if found is not None and innermost:
            memory = Memory(self.program.types, self.classes, frozenset())
            return replace(found, stages=staged(found.loop.body, memory))
        return found if found is not None and is_worthwhile(found) else None

    def shorter(self, found: Rounds, loop: Stmt, later: set[str]) -> Rounds:
        """The same rounds without what need not be recorded in lanes."""
        new = forward_again(found, later, self.classes, self.in_any_order)
        if new.body == found.loop.body:
            return found
        natural = id(loop) in self.natural
        return independent(new, later, self.program, self.classes, natural) or found

    def in_any_order(self, loop: For, later: set[str]) -> bool:
        """Whether the rounds of a loop may come in any order."""
        return self.independent(loop, later) is not None

    def is_better_inside(self, found: Rounds, later: set[str]) -> bool:
        """Whether the loops inside a loop cost less than its lanes."""
        around = later | exposed((found.loop,))
        return GAIN * self.inside(found.loop.body, around) < in_vectors(found)

    def inside(self, body: Block, after: set[str]) -> float:
        """The cost of a block with the best lanes inside it."""
        total = 0.0
        for stmt, later in following(body, after):
            total += APART * len(elements(stmt)) + FUNCTION * len(calls(stmt))
            if isinstance(stmt, For):
                total += trips(stmt) * self.round(stmt, later)
            else:
                total += sum(self.inside(b, later) for b in blocks(stmt))
        return total

    def round(self, loop: For, later: set[str]) -> float:
        """The cost of a round of a loop, in lanes or not."""
        cost = self.inside(loop.body, later | exposed((loop,)))
        if any(isinstance(s, For) for s in walk(loop.body)):
            found = self.lanes(loop, later)
            return cost if found is None else min(cost, in_vectors(found))
        if trips(loop) < SHORT or not is_parallel(loop) or exposed(loop.body) & bound(loop.body):
            return cost
        found = self.independent(loop, later)
        return cost if found is None else min(cost, in_vectors(found))


def trips(loop: For) -> int:
    """The number of rounds, or an estimate."""
    match loop.start, loop.stop:
        case ast.Constant(value=int(first)), ast.Constant(value=int(last)):
            return max(last - first, 0)
    return TRIPS


def in_vectors(found: Rounds) -> int:
    """The cost of a round, where rounds run side by side."""
    packed = rows(found, parts_of(found))
    waits = has_scatters(found)

    def cost(body: Block) -> int:
        total = 0
        for stmt in body:
            total += sum(WAITS if waits else element(found, e, packed) for e in elements(stmt))
            total += NEXT * len(calls(stmt))
            times = trips(stmt) if isinstance(stmt, For) else 1
            total += times * sum(map(cost, blocks(stmt)))
        return total

    return cost(found.loop.body)


def has_scatters(found: Rounds) -> bool:
    """Whether lanes add to an array at several places: LLVM makes no vectors of them."""
    places: dict[str, dict[str, Expr]] = {}
    for stmt in walk(found.loop.body):
        match stmt:
            case Increment(target=array, index=ast.expr() as index) if (
                array not in found.private and found.varies(index)
            ):
                places.setdefault(array, {})[ast.unparse(index)] = index
    pairs = (p for known in places.values() for p in combinations(known.values(), 2))
    return any(not in_other_columns(*p) for p in pairs)


def in_other_columns(first: Expr, second: Expr) -> bool:
    """Whether two subscripts have different constants on one axis."""
    if not (isinstance(first, ast.Tuple) and isinstance(second, ast.Tuple)):
        return False
    return any(
        isinstance(a, ast.Constant) and isinstance(b, ast.Constant) and a.value != b.value
        for a, b in zip(first.elts, second.elts, strict=False)
    )


def element(found: Rounds, place: ast.Subscript, packed: list[str]) -> int:
    """The cost of an element in a lane."""
    assert isinstance(place.value, ast.Name)
    name, index = place.value.id, place.slice
    parts = elements_of(index)
    if name in found.private or name in packed or not found.varies(index):
        return NEXT
    kind = found.kinds.get(name)
    contiguous = isinstance(kind, types.Array) and (kind.layout == "C" or kind.ndim == 1)
    counted = is_counted(parts[-1], found)
    return NEXT if contiguous and counted and not found.varies(*parts[:-1]) else APART


def is_counted(part: Expr, found: Rounds) -> bool:
    """Whether a subscript goes on by one from round to round."""
    match part:
        case ast.Name(id=name):
            return name == found.loop.counter
        case ast.BinOp(left=left, op=ast.Add(), right=right) if not found.varies(left):
            return is_counted(right, found)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return not found.varies(right) and is_counted(left, found)
    return False


def elements(stmt: Stmt) -> list[ast.Subscript]:
    """The elements that a statement itself reads and writes."""
    found = [
        n
        for e in expressions(stmt)
        for n in ast.walk(e)
        if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)
    ]
    if isinstance(stmt, Store | Increment) and stmt.index is not None:
        found.append(ast.Subscript(ast.Name(stmt.target, ast.Load()), stmt.index, ast.Load()))
    return found


def calls(stmt: Stmt) -> list[ast.Call]:
    """The mathematical functions that a statement itself calls."""
    return [
        n
        for e in expressions(stmt)
        for n in ast.walk(e)
        if isinstance(n, ast.Call) and dotted(n.func) in FORMS
    ]
