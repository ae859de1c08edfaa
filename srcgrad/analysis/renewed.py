"""Renewed: arrays that a block binds anew, whose old gradient begins at the head of the block.

In: the ``Facts`` of a Program and the path of a block. Out: names of arrays of which the reversal
of the block reads the shape, as it was before the block: a gradient of zeros is made there.

Invariant: an array is not among them where nothing has set it before the block, or where its
extents are the same at every place.
"""

from __future__ import annotations

from ..program import Alias, Assign, Call, For, Pop, View, While, binds, block_at, bound
from .exposed import exposed
from .facts import Facts, Path


def renewed(facts: Facts, path: Path) -> set[str]:
    """Arrays of which the reversal of a block reads the shape that they had before it."""
    found: set[str] = set()
    for stmt in block_at(facts.program.body, path):
        if isinstance(stmt, Assign | View | Alias | Pop | Call):
            found |= set(binds(stmt)) - {p.operand for p in facts.partials.get(id(stmt), ())}
    return {name for name in found if is_renewed(facts, name, path)}


def is_renewed(facts: Facts, name: str, path: Path) -> bool:
    """Whether a name that a block binds is an array with another shape, maybe, before it."""
    if name not in facts.active or not facts.is_array(name) or facts.is_paired(name):
        return False
    if name in facts.steady or facts.known_shape(name) is not None:
        return False
    return facts.home.get(name, ())[: len(path)] != path and set_before(facts, name, path)


def set_before(facts: Facts, name: str, path: Path) -> bool:
    """Whether something may have set a name before a block."""
    home = facts.home.get(name, ())
    if name in facts.program.params or name in exposed(block_at(facts.program.body, home)):
        return True
    for depth in range(len(home), len(path), 2):
        body, position = block_at(facts.program.body, path[:depth]), path[depth]
        if isinstance(body[position], For | While) or name in bound(body[:position]):
            return True
    return False
