"""Forward again: a backward loop in lanes computes what it reads, rather than what was recorded.

In: a loop that lanes take. Out: the same, where a loop inside it that reverses another, and whose
own rounds may come in any order, counts as that one does and carries the same numbers: a power,
an angle. What was recorded of them goes.

Invariant: the same numbers in every round; sums over the rounds are taken in another order. It pays
in lanes alone: without them rounds that may come in any order are themselves what LLVM makes
vectors of, and a number that is carried from round to round would prevent that.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...analysis.exposed import exposed
from ...program import (
    Assign,
    Block,
    For,
    Stmt,
    Store,
    binds,
    blocks,
    bound,
    mentions,
    names,
    times_bound,
    uses,
    walk,
    with_blocks,
)
from .effects import written_memory
from .joint import is_of_round, reverses
from .lanes import Rounds, allocated, is_lane

OPERATIONS = 4
"""As many sums and products make the numbers of the next round at most."""


@dataclass(frozen=True)
class Carried:
    """Numbers that a loop carries and records.

    Attributes
    ----------
    tapes : dict of str to str
        Each with the array that it is recorded in.
    first : tuple of Assign
        What they are before the loop.
    steps : tuple of Assign
        What makes those of the next round.
    """

    tapes: dict[str, str]
    first: tuple[Assign, ...]
    steps: tuple[Assign, ...]


def forward_again(
    found: Rounds,
    later: set[str],
    classes: Mapping[str, str],
    in_any_order: Callable[[For, set[str]], bool],
) -> For:
    """The loop of some rounds, with what it need not record computed again.

    ``in_any_order``: whether the rounds of a loop, after which some names are read, may come so.
    """

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for k, stmt in enumerate(body):
            read = after.union(*map(uses, walk(body[:k])), *map(uses, walk(body[k + 1 :])))
            inner = tuple(change(b, read) for b in blocks(stmt))
            result.append(stmt if inner == blocks(stmt) else with_blocks(stmt, inner))
        return rewritten(tuple(result), after)

    def rewritten(body: Block, after: set[str]) -> Block:
        pairs = [(f, b) for b in range(len(body)) for f in range(b)]
        for f, b in pairs:
            if not is_pair(found, body[f], body[b]):
                continue
            carried = recorded(body, f, b, classes)
            behind = after.union(exposed(body), *map(uses, walk(body[b + 1 :])))
            back = body[b]
            assert isinstance(back, For)
            if carried and in_any_order(back, behind):
                return again(body, f, b, carried)
        return body

    return replace(found.loop, body=change(found.loop.body, later))


def is_pair(found: Rounds, forward: Stmt, back: Stmt) -> bool:
    """Whether one loop reverses another, and lanes go inside both."""
    return (
        isinstance(forward, For)
        and isinstance(back, For)
        and reverses(forward, back)
        and not is_lane(found, forward)
        and not is_lane(found, back)
    )


def recorded(body: Block, f: int, b: int, classes: Mapping[str, str]) -> Carried | None:
    """The numbers that a loop carries and records, and that its reverse reads; None for none."""
    forward, back = body[f], body[b]
    assert isinstance(forward, For) and isinstance(back, For)
    tapes = {s.target: t for s in back.body if isinstance(s, Assign) and (t := tape_of(s, forward))}
    changed = bound(body[f : b + 1])
    written = written_memory(body[f : b + 1], classes)
    if not tapes or (names(forward.start) | names(forward.stop)) & changed:
        return None
    steps = slice_of(forward.body, set(tapes))
    if steps is None or sum(isinstance(s.value, ast.BinOp) for s in steps) > OPERATIONS:
        return None
    state = {s.target for s in steps} & exposed(steps) | set(tapes)
    first = tuple(s for n in sorted(state) if (s := initial(body[:f], n, changed)))
    fixed = exposed(steps) - state
    if len(first) < len(state) or fixed & (changed - {forward.counter}):
        return None
    if any(classes.get(n, n) in written for n in fixed):
        return None
    made = times_bound(back.body)
    if {s.target for s in steps} & exposed(back.body) or any(made[n] != 1 for n in tapes):
        return None
    if not all(is_only_there(t, body, f, b) for t in tapes.values()):
        return None
    return Carried(tapes, first, steps)


def tape_of(load: Assign, forward: For) -> str | None:
    """Where a loop records, in each round, the number with which the round begins."""
    for k, stmt in enumerate(forward.body):
        match stmt, load.value:
            case (
                Store(target=tape, index=place, value=ast.Name(id=name)),
                ast.Subscript(value=ast.Name(id=read), slice=index),
            ) if tape == read and name == load.target and ast.unparse(place) == ast.unparse(index):
                begins = name not in bound(forward.body[:k]) and name in bound(forward.body[k:])
                return tape if begins and is_of_round(index, forward) else None
    return None


def slice_of(body: Block, wanted: set[str]) -> tuple[Assign, ...] | None:
    """The statements of a round that make some numbers of the next, where they are cheap."""
    size = 0
    while size != len(wanted):
        size, needed = len(wanted), set(wanted)
        found: list[Assign] = []
        for stmt in reversed(body):
            if not needed & bound((stmt,)):
                continue
            if not isinstance(stmt, Assign) or not is_cheap(stmt.value):
                return None
            needed = needed - {stmt.target} | names(stmt.value)
            found.insert(0, replace(stmt, comment=""))
        wanted = wanted | needed & bound(body)  # what those are made of is carried too
    return tuple(found)


def is_cheap(expr: ast.AST) -> bool:
    """Whether an expression is of sums, products, and elements."""
    match expr:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return is_cheap(left) and is_cheap(right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return is_cheap(operand)
        case ast.Subscript(value=ast.Name()) | ast.Name() | ast.Constant():
            return True
    return False


def initial(body: Block, name: str, changed: set[str]) -> Assign | None:
    """The statement that gives a number its first value, if it gives the same again later."""
    for k, stmt in reversed(list(enumerate(body))):
        if name not in bound((stmt,)):
            continue
        match stmt:
            case Assign(value=ast.Constant() | ast.UnaryOp(operand=ast.Constant())):
                return replace(stmt, comment="")
            case Assign(value=ast.Name(id=source)) if source not in changed | bound(body[k:]):
                return replace(stmt, comment="")
        return None
    return None


def is_only_there(tape: str, body: Block, f: int, b: int) -> bool:
    """Whether an array is made before two loops of a block, and only these have to do with it."""
    others = [s for k, s in enumerate(body) if k not in (f, b) and mentions(s, tape)]
    made = [s for s in others if isinstance(s, Assign) and allocated(s) is not None]
    stored = [s for s in walk((body[f], body[b])) if mentions_itself(s, tape)]
    return len(others) == len(made) == 1 and len(stored) == 2


def mentions_itself(stmt: Stmt, name: str) -> bool:
    """Whether a statement itself reads a name, or stores to it."""
    return name in uses(stmt) or getattr(stmt, "target", None) == name


def again(body: Block, f: int, b: int, carried: Carried) -> Block:
    """A block in which the second of two loops carries the numbers of the first."""
    tapes = set(carried.tapes.values())
    forward, back = body[f], body[b]
    assert isinstance(forward, For) and isinstance(back, For)
    ahead = tuple(s for s in forward.body if not (isinstance(s, Store) and s.target in tapes))
    inside = tuple(s for s in back.body if not (isinstance(s, Assign) and tapes & names(s.value)))
    counted = replace(forward, body=(*inside, *carried.steps), line=back.line, comment=back.comment)
    new = {
        f: (replace(forward, body=ahead),),
        b: (*carried.first, counted),
    }
    kept = ((k, s) for k, s in enumerate(body) if not tapes & set(binds(s)))
    return tuple(s for k, stmt in kept for s in new.get(k, (stmt,)))
