"""Held: elements that a loop comes back to in the next round are held in numbers.

In: a Program at level "loops". Out: the same, where an innermost loop that writes to ``a[i + 1]``
and has to do with ``a[i]`` in the next round (or the other way round) loads an element once, holds
it in a number for as many rounds as it is in use, and stores it once, at the end of the round that
uses it last. LLVM vectorises numbers that go from one round to the next, but leaves a loop in which
an element that is stored is loaded again, as the gradient of a difference of neighbours does. (Not
where the loop itself stands in the test whether it has rounds: then it asks too early whether
arrays overlap.)

Invariant: the same elements. The array has no other name in the loop; all that is done to it there
are loads and stores of single elements, in every round, at the counter plus a constant, which is
never negative; its other subscripts are the same in all rounds.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numba import types

from ...analysis.least import step_of
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
    While,
    blocks,
    bound,
    expressions,
    names,
    walk,
    with_blocks,
    with_expressions,
)
from ...syntax import elements_of
from ..tapes import plus
from .effects import memory_classes
from .subscripts import Known, starting

WIDEST = 4
"""How many neighbours are held in numbers at most."""

LOAD, STORE, ADD = "load", "store", "add"
"""What is done to an element."""


def held(program: Program) -> Program:
    """The program with numbers for what loops come back to in the next round."""
    return Holding(program).program()


@dataclass(frozen=True)
class Window:
    """The elements of an array that a round of a loop has to do with.

    Attributes
    ----------
    array : str
    axis : int
        The subscript that has the counter in it.
    index : ast.expr
        Some subscript of the array in the loop.
    offsets : tuple of int
        What is added to the counter, in the order in which one element is met in later rounds.
    overwritten : bool
        Whether the round that meets an element first overwrites it before it reads it.
    """

    array: str
    axis: int
    index: Expr
    offsets: tuple[int, ...]
    overwritten: bool

    def at(self, place: Expr, offset: int) -> Expr:
        """The subscript at a place of the loop's axis."""
        parts = elements_of(self.index)
        parts[self.axis] = plus(place, offset) if offset else place
        return parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())

    def element(self, place: Expr, offset: int) -> Expr:
        """The element at a place of the loop's axis."""
        return ast.Subscript(ast.Name(self.array, ast.Load()), self.at(place, offset), ast.Load())


class Holding:
    """Rewrites the innermost loops of a program."""

    def __init__(self, old: Program) -> None:
        self.old = old
        self.types: dict[str, Any] = dict(old.types)
        self.taken = {*old.types, *old.constants, *old.routines}
        self.classes = memory_classes(old)

    def program(self) -> Program:
        """The program anew."""
        body = self.block(self.old.body, starting(self.old))
        return self.old.with_body(body, types=self.types)

    def block(self, body: Block, known: Known) -> Block:
        """A block with its innermost loops anew."""
        result: list[Stmt] = []
        for stmt in body:
            inner = known.inside(stmt)
            if isinstance(stmt, For) and is_innermost(stmt):
                result += self.loop(stmt, inner)
            else:
                result.append(with_blocks(stmt, tuple(self.block(b, inner) for b in blocks(stmt))))
            known = known.after(stmt)
        return tuple(result)

    def loop(self, loop: For, known: Known) -> list[Stmt]:
        """A loop, and what holds for it before and after; as it is where there is no window."""
        windows = [w for a in written(loop) if (w := self.window(loop, a, known)) is not None]
        if not windows:
            return [loop]
        before: list[Assign] = []
        after: list[Stmt] = []
        head: list[Stmt] = []
        end: list[Stmt] = []
        body = loop.body
        for window in windows:
            numbers = self.numbers(window)
            body = tuple(with_numbers(s, window, loop.counter, numbers) for s in body)
            lead, last = window.offsets[0], window.offsets[-1]
            here: Expr = ast.Name(loop.counter, ast.Load())
            if not window.overwritten:
                head.append(Assign(numbers[lead], window.element(here, lead)))
            end.append(stored(window, here, last, numbers[last]))
            for old, new in reversed(list(zip(window.offsets, window.offsets[1:], strict=False))):
                end.append(Assign(numbers[new], ast.Name(numbers[old], ast.Load())))
                before.append(Assign(numbers[new], window.element(loop.start, new)))
                after.append(stored(window, loop.stop, new, numbers[new]))
        inside = replace(loop, body=(*head, *body, *end))
        order = ast.Lt() if step_of(loop) > 0 else ast.Gt()
        test = ast.Compare(loop.start, [order], [loop.stop])
        unset = [Assign(s.target, ast.Constant(0.0)) for s in before]
        return [*unset, If(test, tuple(before)), inside, If(test, tuple(after))]

    def numbers(self, window: Window) -> dict[int, str]:
        """A name for each number."""
        found = {}
        for offset in window.offsets:
            where = "here" if not offset else f"{'next' if offset > 0 else 'last'}{abs(offset)}"
            found[offset] = free_name(f"{window.array}_{where}", self.taken)
            self.types[found[offset]] = types.float64
        return found

    def window(self, loop: For, array: str, known: Known) -> Window | None:
        """The elements of an array that are worth holding; None for any other array."""
        kind = self.types.get(array)
        least = known.least.get(loop.counter)
        if not isinstance(kind, types.Array) or kind.dtype != types.float64 or least is None:
            return None
        group = self.classes.get(array, array)
        others = {n for s in walk((loop,)) for n in (*s.reads, *s.writes)} - {array}
        if array in bound((loop,)) or any(self.classes.get(n, n) == group for n in others):
            return None
        deeper = [s for top in loop.body for b in blocks(top) for s in walk(b)]
        found = [a for s in loop.body for a in accesses(s, array)]
        if any(array in s.reads for s in deeper):
            return None
        met = [placed(index, loop, kind.ndim) for _, index in found]
        places = [m for m in met if m is not None]
        if len(places) < len(met) or len({m[:2] for m in places}) != 1:
            return None
        offsets = [m[2] for m in places]
        if least + min(offsets) < 0 or not 0 < max(offsets) - min(offsets) < WIDEST:
            return None
        order = sorted(range(min(offsets), max(offsets) + 1), reverse=step_of(loop) > 0)
        how = list(zip([h for h, _ in found], offsets, strict=True))
        if all(o == order[-1] for h, o in how if h != LOAD):
            return None  # what is stored is not met again
        overwritten = next(h for h, o in how if o == order[0]) == STORE
        index = found[0][1]
        assert index is not None
        return Window(array, places[0][0], index, tuple(order), overwritten)


def is_innermost(loop: For) -> bool:
    """Whether a loop counts by one, through all of its range, with no loop in it."""
    inside = list(walk(loop.body))
    bounds = names(loop.start) | names(loop.stop)
    return (
        abs(step_of(loop)) == 1
        and not loop.exit
        and not any(isinstance(s, For | While) for s in inside)
        and loop.counter not in bound(loop.body)
        and not bounds & bound((loop,))
    )


def written(loop: For) -> list[str]:
    """The arrays that a loop stores to, in order."""
    targets = [s.target for s in loop.body if isinstance(s, Store | Increment) and s.index]
    return list(dict.fromkeys(targets))


def accesses(stmt: Stmt, array: str) -> list[tuple[str, Expr | None]]:
    """What a statement does to elements of an array, in order; None for all else."""
    loads: list[tuple[str, Expr | None]] = []
    seen = 0
    for node in (n for e in expressions(stmt) for n in ast.walk(e)):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=index) if name == array:
                loads.append((LOAD, index))
            case ast.Name(id=name) if name == array:
                seen += 1
    if seen != len(loads):
        return [(LOAD, None)]
    match stmt:
        case Store(target=target) if target == array:
            return [*loads, (STORE, stmt.index)]
        case Increment(target=target) if target == array:
            return [*loads, (ADD, stmt.index)]
    return loads


def placed(index: Expr | None, loop: For, rank: int) -> tuple[int, tuple[str, ...], int] | None:
    """The axis that goes with the counter, the other subscripts, what is added to the counter."""
    if index is None or any(isinstance(n, ast.Slice) for n in ast.walk(index)):
        return None
    parts = elements_of(index)
    axes = [k for k, p in enumerate(parts) if loop.counter in names(p)]
    if len(parts) != rank or len(axes) != 1:
        return None
    rest = [p for k, p in enumerate(parts) if k != axes[0]]
    offset = offset_of(parts[axes[0]], loop.counter)
    if offset is None or set().union(*map(names, rest)) & bound((loop,)):
        return None
    return axes[0], tuple(map(ast.unparse, rest)), offset


def offset_of(part: Expr, counter: str) -> int | None:
    """What is added to a counter in a subscript."""
    match part:
        case ast.Name(id=name) if name == counter:
            return 0
        case ast.BinOp(
            left=ast.Name(id=name), op=ast.Add() | ast.Sub() as op, right=ast.Constant(value=value)
        ) if name == counter and isinstance(value, int):
            return value if isinstance(op, ast.Add) else -value
    return None


def stored(window: Window, place: Expr, offset: int, number: str) -> Stmt:
    """An element gets what a number has."""
    return Store(window.array, window.at(place, offset), ast.Name(number, ast.Load()))


def with_numbers(stmt: Stmt, window: Window, counter: str, numbers: Mapping[int, str]) -> Stmt:
    """A statement with numbers in the place of elements."""

    def number(index: Expr) -> str:
        offset = offset_of(elements_of(index)[window.axis], counter)
        assert offset is not None
        return numbers[offset]

    class Loads(ast.NodeTransformer):
        """``a[i + 1]`` becomes a number's name."""

        def visit_Subscript(self, node: ast.Subscript) -> Any:
            """An element of the array, or anything else."""
            self.generic_visit(node)
            if isinstance(node.value, ast.Name) and node.value.id == window.array:
                return ast.Name(number(node.slice), ast.Load())
            return node

    def changed(value: Expr) -> Expr:
        if window.array not in names(value):
            return value
        new: Expr = Loads().visit(ast.parse(ast.unparse(value), mode="eval").body)
        return new

    match stmt:
        case Store(target=target, index=index, value=value) if target == window.array:
            return Assign(number(index), changed(value), line=stmt.line)
        case Increment(target=target, index=index, value=value) if target == window.array:
            assert index is not None
            return replace(stmt, target=number(index), index=None, value=changed(value))
    return with_expressions(stmt, changed)
