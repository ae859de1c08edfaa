"""Fusion: loops over the same extent become one loop.

In: a Program at level "loops". Out: the same with fewer loops. A loop moves up past statements
that it has no conflict with, never past a test that may raise, to an earlier one over the same
range, if every array that one of the two writes and the other touches is accessed by both at the
counter's own index; other statements move up out of the way of later loops.

Invariant: every read gets the value that it got before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ...program import (
    Block,
    Comment,
    For,
    Increment,
    Program,
    Return,
    Stmt,
    blocks,
    walk,
    with_blocks,
)
from .effects import (
    Access,
    Effects,
    Memory,
    conflicts,
    effects,
    memory_classes,
    name_conflict,
    shared_memory,
)


@dataclass
class Item:
    """A statement with its effects; of a lowered loop, the body and the comment still grow."""

    stmt: Stmt
    effects: Effects
    body: Body | None = None
    rounds: str = ""
    comments: dict[str, None] = field(default_factory=dict)

    def finished(self) -> Stmt:
        """The statement as it has become."""
        if self.body is None:
            return self.stmt
        comment = "; ".join(self.comments)
        return replace(with_blocks(self.stmt, (self.body.finished(),)), comment=comment)


@dataclass
class Body:
    """The items of a block so far, and where the lowered loops among them start."""

    items: list[Item] = field(default_factory=list)
    loops: int | None = None

    def insert(self, spot: int, item: Item) -> None:
        """Put an item in its place: at the end, or in front of a loop."""
        self.items.insert(spot, item)
        if self.loops is None and item.body is not None:
            self.loops = spot
        elif self.loops == spot and item.body is None:
            self.loops += 1

    def finished(self) -> Block:
        """The statements."""
        return tuple(item.finished() for item in self.items)


def fuse(program: Program, counters: frozenset[str]) -> Program:
    """The program with its lowered loops fused."""
    classes = memory_classes(program)
    added = {s.target for s in walk(program.body) if isinstance(s, Increment)}
    sums = frozenset(classes.get(n, n) for n in added)
    memory = Memory(program.types, classes, counters, sums)
    return program.with_body(block(program.body, memory).finished())


def block(body: Iterable[Stmt], memory: Memory) -> Body:
    """A block with its loops fused, inner blocks first."""
    result = Body()
    for stmt in body:
        place(result, item_of(stmt, memory), memory)
    return result


def item_of(stmt: Stmt, memory: Memory) -> Item:
    """A statement with its inner loops fused."""
    inner = tuple(block(b, memory) for b in blocks(stmt))
    found = effects(stmt, memory)
    if isinstance(stmt, For) and stmt.counter in memory.counters:
        rounds = f"{stmt.counter} in {ast.unparse(stmt.stop)}"
        return Item(stmt, found, inner[0], rounds, dict.fromkeys(filter(None, [stmt.comment])))
    return Item(with_blocks(stmt, tuple(b.finished() for b in inner)), found)


def place(body: Body, item: Item, memory: Memory) -> None:
    """Append a statement: into an earlier loop, or before the loops that it need not wait for."""
    items = body.items
    spot = len(items)
    if body.loops is None or isinstance(item.stmt, Comment | Return):
        body.insert(spot, item)
        return
    first: Item | None = None
    for k in reversed(range(body.loops, len(items))):
        other = items[k]
        if fusable(other, item):
            first = other
            if not is_start(item, memory):
                break
        if other.effects.checks or conflicts(other.effects, item.effects):
            break
        if other.body is not None and (item.body is None or is_fill(item)):
            spot = k
    if first is not None:
        merge(first, item, memory)
        return
    if item.body is None or not sunk_into(body, item, memory):
        body.insert(spot, item)


def sunk_into(body: Body, item: Item, memory: Memory) -> bool:
    """Whether an earlier loop over the same range could move down, and has become one with it."""
    items = body.items
    for k in reversed(range(body.loops or 0, len(items))):
        first = items[k]
        if not fusable(first, item) or first.effects.checks:
            continue
        if any(conflicts(first.effects, other.effects) for other in items[k + 1 :]):
            continue
        del items[k]
        merge(first, item, memory)
        items.append(first)
        return True
    return False


def is_fill(item: Item) -> bool:
    """Whether a loop reads no memory: it can get out of the way as a plain statement does."""
    return not item.effects.loaded


def is_start(item: Item, memory: Memory) -> bool:
    """Whether a loop is where sums start: out of the way of the loops that are to be one."""
    return is_fill(item) and item.effects.written <= memory.sums


def fusable(first: Item, second: Item) -> bool:
    """Whether two statements are lowered loops that may run as one."""
    if first.body is None or second.body is None or first.rounds != second.rounds:
        return False
    if name_conflict(first.effects, second.effects):
        return False
    assert isinstance(first.stmt, For)
    counter = first.stmt.counter
    return all(
        aligned(first.effects.accesses[group] | second.effects.accesses[group], counter)
        for group in shared_memory(first.effects, second.effects)
    )


def aligned(found: set[Access], counter: str) -> bool:
    """Whether all accesses to some memory are to one array, at one axis at the counter."""
    if len({a.name for a in found}) > 1:
        return False
    places = [positions(a, counter) for a in found]
    return bool(set.intersection(*places))


def positions(access: Access, counter: str) -> set[int]:
    """The axes at which a subscript is the counter itself."""
    return {axis for axis, name in access.axes or () if name == counter}


def merge(first: Item, second: Item, memory: Memory) -> None:
    """Two loops become one, the first."""
    assert first.body is not None and second.body is not None
    for item in second.body.items:
        place(first.body, item, memory)
    first.comments |= second.comments
    first.effects.add(second.effects)
