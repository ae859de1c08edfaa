"""Stages: the rounds of an innermost loop side by side, one function at a time.

In: ``Rounds`` of a loop without loops inside. Out: its body in stages: what can be computed before
a function's value is known, the functions that it calls, each in a lane loop of its own, what
needs their values, and so on.

Invariant: of two statements whose order matters the first stays first. A loop with many arrays, or
with one at several places, LLVM leaves as it is, and its functions with it; a lane loop with one
function and its buffers LLVM vectorises.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import combinations

from ...program import Block, For, Increment, Stmt, Store, blocks, expressions, walk
from ...rules.expressions import dotted
from .effects import Effects, Memory, conflicts, effects
from .vectorise import FORMS, is_parallel

COMPARISONS = 128
"""Pairs of places in memory that LLVM compares before a loop; with more it makes no vectors."""


def wants_stages(loop: For) -> bool:
    """Whether an innermost loop calls functions, and LLVM would leave it as it is."""
    if not any(map(is_call, loop.body)):
        return False
    return not is_parallel(loop) or comparisons(loop) > COMPARISONS


def comparisons(loop: For) -> int:
    """The pairs of places in memory of which at least one is written."""
    places: dict[str, bool] = {}
    for stmt in walk(loop.body):
        for node in (n for e in expressions(stmt) for n in ast.walk(e)):
            if isinstance(node, ast.Subscript):
                places.setdefault(ast.unparse(node), False)
        if isinstance(stmt, Store | Increment) and stmt.index is not None:
            places[f"{stmt.target}[{ast.unparse(stmt.index)}]"] = True
    return sum(places[a] or places[b] for a, b in combinations(places, 2))


def is_call(stmt: Stmt) -> bool:
    """Whether a statement calls a function that LLVM could vectorise."""
    return not blocks(stmt) and any(
        isinstance(n, ast.Call) and dotted(n.func) in FORMS
        for e in expressions(stmt)
        for n in ast.walk(e)
    )


def staged(body: Block, memory: Memory) -> list[tuple[Block, Block]]:
    """The stages of a body: what comes before the functions, and the statements that call them."""
    found = [effects(s, memory) for s in body]
    stages: list[int] = []
    for k, own in enumerate(found):
        stages.append(max((stages[i] + is_call(body[i]) for i in before(found, k, own)), default=0))
    return [
        (chosen(body, stages, n, False), chosen(body, stages, n, True))
        for n in range(max(stages, default=-1) + 1)
    ]


def before(found: Sequence[Effects], k: int, own: Effects) -> list[int]:
    """The statements that must stay before one."""
    return [i for i in range(k) if conflicts(found[i], own)]


def chosen(body: Block, stages: Sequence[int], number: int, calling: bool) -> Block:
    """The statements of one stage that call functions, or do not."""
    return tuple(
        s for s, stage in zip(body, stages, strict=True) if (stage, is_call(s)) == (number, calling)
    )
