"""Overwritten: arrays that a block sets from end to end before it reads an element of them.

In: a Program, a block, the name of an array that has no other name. Out: a truth value.

Invariant: True only where no element that was there before the block is read in it: stores of
single elements at the front, and loops over the rest, that run in every case.
"""

from __future__ import annotations

import ast

from ...analysis.coverage import Known, extent, length
from ...program import (
    Block,
    For,
    If,
    Program,
    Stmt,
    Store,
    View,
    binds,
    blocks,
    expressions,
    walk,
)
from ...syntax import elements_of
from ..lowering.lanes import read_names
from ..reversal.memory import is_whole


def overwritten_first(program: Program, body: Block, array: str, known: Known) -> bool:
    """Whether a block overwrites the whole of an array before it reads any of it."""
    if any(isinstance(s, View) and s.source == array for s in walk(body)):
        return False
    rank = getattr(program.types.get(array), "ndim", 0)
    front = 0
    for stmt in body:
        if isinstance(stmt, If | For) and reads(stmt, array):
            return False
        if any(array in read_names(e) for e in expressions(stmt)):
            return False
        match stmt:
            case Store(target=t, index=index) if t == array:
                if is_whole(index):
                    return True
                if rank == 1 and isinstance(index, ast.Constant) and index.value == front:
                    front += 1
            case For():
                if rank == 1 and covers_rest(stmt, array, front, known):
                    return True
                if rank > 1 and covers_all(stmt, array, rank, known):
                    return True
    return False


def reads(stmt: Stmt, array: str) -> bool:
    """Whether elements of an array are read in a statement or its blocks."""
    for inner in walk((stmt,)):
        if any(array in read_names(e) for e in expressions(inner)):
            return True
        if not isinstance(inner, Store) and getattr(inner, "target", None) == array:
            return True
    return False


def covers_rest(loop: For, array: str, front: int, known: Known) -> bool:
    """Whether a loop stores every element but the first ones."""
    starts = isinstance(loop.start, ast.Constant) and loop.start.value in range(front + 1)
    whole = length(array, 0, known)
    ends = bool(whole) and extent(loop.stop, known) == whole
    return starts and ends and is_steady(loop) and stored_at(loop.body, array, (loop.counter,))


def covers_all(loop: For, array: str, rank: int, known: Known) -> bool:
    """Whether a nest of loops stores every element."""
    counters: list[str] = []
    body: Block = (loop,)
    while len(counters) < rank:
        inner = [s for s in body if isinstance(s, For)]
        if len(inner) != 1:
            return False
        whole = length(array, len(counters), known)
        starts = isinstance(inner[0].start, ast.Constant) and inner[0].start.value == 0
        if not (starts and whole and extent(inner[0].stop, known) == whole and is_steady(inner[0])):
            return False
        counters.append(inner[0].counter)
        body = inner[0].body
    return len(set(counters)) == rank and stored_at(body, array, tuple(counters))


def is_steady(loop: For) -> bool:
    """Whether a loop counts by one, to its end, and nothing else sets its counter."""
    one = isinstance(loop.step, ast.Constant) and loop.step.value == 1
    rebound = any(loop.counter in binds(s) for s in walk(loop.body))
    return one and not loop.exit and not rebound


def stored_at(body: Block, array: str, counters: tuple[str, ...]) -> bool:
    """Whether a block stores the element of these counters, whatever the data."""
    for stmt in body:
        if isinstance(stmt, Store) and stmt.target == array and not blocks(stmt):
            index = stmt.index
            parts = elements_of(index)
            if tuple(p.id if isinstance(p, ast.Name) else "" for p in parts) == counters:
                return True
    return False
