"""Apart: an array that several loops make for themselves has a name in each.

In: a flat Program. Out: the same, where an array that a loop makes in each round, before it reads
it, and that nothing after the loop reads, has a name that no other loop has.

Invariant: names change, nothing else. The backward sweep makes an array again that the forward
sweep has made: under one name neither could be dropped, or kept in a number, for the other's sake.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from numba import types

from ...analysis.exposed import exposed, exposed_after
from ...naming import free_name
from ...program import Assign, Block, For, Program, While, bound, walk
from .contraction import renamed
from .effects import memory_classes


def apart(program: Program) -> Program:
    """The program with names of their own for what loops make."""
    kinds = dict(program.types)
    classes = memory_classes(program)
    sizes = Counter(classes.values())
    alone = {n for n in kinds if sizes[classes.get(n, n)] <= 1}
    body = list(program.body)
    seen: set[str] = set()
    later = exposed_after(program.body)
    for k, stmt in enumerate(body):
        if isinstance(stmt, For | While):
            for name in sorted(made(stmt.body) & seen & alone - later[k]):
                if isinstance(kinds.get(name), types.Array):
                    new = fresh(name, kinds)
                    stmt = replace(stmt, body=renamed(stmt.body, name, new))
        seen |= bound((body[k],))
        body[k] = stmt
    return program.with_body(body, types=kinds)


def made(body: Block) -> set[str]:
    """Names that a block itself binds before it reads them."""
    return {s.target for s in walk(body) if isinstance(s, Assign)} - exposed(body)


def fresh(name: str, kinds: dict[str, Any]) -> str:
    """A name for the same kind of thing."""
    new = free_name(f"{name}_again", set(kinds))
    kinds[new] = kinds[name]
    return new
