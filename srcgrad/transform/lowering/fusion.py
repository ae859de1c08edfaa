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
from dataclasses import dataclass, replace

from ...program import Block, Comment, Expr, For, Program, Return, Stmt, blocks, with_blocks
from .effects import (
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
    """A statement with its effects."""

    stmt: Stmt
    effects: Effects


def fuse(program: Program, counters: frozenset[str]) -> Program:
    """The program with its lowered loops fused."""
    memory = Memory(program.types, memory_classes(program), counters)
    return program.with_body(block(program.body, memory))


def block(body: Iterable[Stmt], memory: Memory) -> Block:
    """A block with its loops fused, inner blocks first."""
    items: list[Item] = []
    for stmt in body:
        new = with_blocks(stmt, tuple(block(b, memory) for b in blocks(stmt)))
        place(items, Item(new, effects(new, memory)), memory)
    return tuple(i.stmt for i in items)


def place(items: list[Item], item: Item, memory: Memory) -> None:
    """Append a statement: into an earlier loop, or before the loops that it need not wait for."""
    if isinstance(item.stmt, Comment | Return):
        items.append(item)
        return
    lowered = is_lowered(item.stmt, memory)
    spot = len(items)
    for k in reversed(range(len(items))):
        other = items[k]
        if lowered and fusable(other, item, memory):
            items[k] = merged(other, item, memory)
            return
        if other.effects.checks or conflicts(other.effects, item.effects, memory):
            break
        if (not lowered or is_fill(item)) and is_lowered(other.stmt, memory):
            spot = k
    items.insert(spot, item)


def is_lowered(stmt: Stmt, memory: Memory) -> bool:
    """Whether a loop was made by lowering."""
    return isinstance(stmt, For) and stmt.counter in memory.counters


def is_fill(item: Item) -> bool:
    """Whether a loop reads no memory: it can get out of the way as a plain statement does."""
    return all(a.writes for a in item.effects.accesses)


def fusable(first: Item, second: Item, memory: Memory) -> bool:
    """Whether two loops may run as one."""
    a, b = first.stmt, second.stmt
    if not (isinstance(a, For) and isinstance(b, For)) or not is_lowered(a, memory):
        return False
    if a.counter != b.counter or ast.unparse(a.stop) != ast.unparse(b.stop):
        return False
    if name_conflict(first.effects, second.effects):
        return False
    return all(
        aligned(first.effects, second.effects, memory, group, a.counter)
        for group in shared_memory(first.effects, second.effects, memory)
    )


def aligned(first: Effects, second: Effects, memory: Memory, group: str, counter: str) -> bool:
    """Whether all accesses to some memory are to one array, at one axis at the counter."""
    found = [a for a in (*first.accesses, *second.accesses) if memory.of(a.name) == group]
    if len({a.name for a in found}) > 1 or any(a.index is None for a in found):
        return False
    places = [positions(a.index, counter) for a in found if a.index is not None]
    return bool(set.intersection(*places))


def positions(index: Expr, counter: str) -> set[int]:
    """The axes at which a subscript is the counter itself."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return {k for k, p in enumerate(parts) if isinstance(p, ast.Name) and p.id == counter}


def merged(first: Item, second: Item, memory: Memory) -> Item:
    """One loop out of two."""
    a, b = first.stmt, second.stmt
    assert isinstance(a, For) and isinstance(b, For)
    items = [Item(s, effects(s, memory)) for s in a.body]
    for stmt in b.body:
        place(items, Item(stmt, effects(stmt, memory)), memory)
    comment = "; ".join(dict.fromkeys(c for c in (*a.comment.split("; "), b.comment) if c))
    new = replace(a, body=tuple(i.stmt for i in items), comment=comment)
    return Item(new, effects(new, memory))
