"""Accumulations: loops whose results have gradients that are known before they run.

In: the ``Facts`` of a Program. Out: the position of a loop that can be swept forward and backward
in one pass, or None.

Such a loop only adds numbers up, in sums that it never reads otherwise; each round is a world of
its own: what it binds or writes lives inside the round. What follows the loop is straight-line
arithmetic whose reversal reads nothing that the loop or the lines after it compute. Then the
gradients of the sums are known before the loop, and each round can be reversed as soon as it has
run: no tape, no second evaluation (ADJOINT, trap 5).
"""

from __future__ import annotations

from ..program import (
    Assign,
    Check,
    Comment,
    For,
    If,
    Increment,
    Return,
    Stmt,
    Store,
    View,
    added,
    binds,
    blocks,
    exposed,
    expressions,
    names,
    uses,
    walk,
)
from .facts import Facts, Path
from .partial import contents


def fusable(facts: Facts) -> int | None:
    """The position of the loop in the body; there is at most one."""
    body = facts.program.body[:-1]
    for position in reversed(range(len(body))):
        stmt = body[position]
        if isinstance(stmt, For):
            fits = only_adds(facts, stmt, (position,)) and _is_linear(facts, position)
            return position if fits and facts.is_alive(stmt) else None
        if not isinstance(stmt, Assign | Check | Comment):
            return None
    return None


def only_adds(facts: Facts, loop: For, here: Path) -> bool:
    """Whether all that a loop leaves behind are sums: its rounds may run in any order."""
    if loop.exit:
        return False
    bound = {n for s in walk(loop.body) for n in binds(s)}
    path = (*here, 0)
    inside = {n for n in bound if facts.home.get(n, ())[: len(path)] == path}
    inside -= exposed(loop.body)
    sums = bound - inside
    read = {n for n in (loop.counter,) if n in bound}
    for stmt in walk(loop.body):
        sum_of = added(stmt) if isinstance(stmt, Assign) else None
        if sum_of and sum_of[0] in sums:
            read |= names(sum_of[1])
        elif any(n in sums for n in binds(stmt)):
            return False
        else:
            read |= uses(stmt)
    if sums & read or not sums <= _numbers(facts):
        return False
    return all(_is_contained(facts, stmt, path) for stmt in walk(loop.body))


def _numbers(facts: Facts) -> set[str]:
    """Names that are not arrays or lists."""
    return {n for n in facts.program.types if not facts.is_array(n) and not facts.is_list(n)}


def _is_contained(facts: Facts, stmt: Stmt, path: Path) -> bool:
    """Whether a statement writes only to memory that is made in the round."""
    match stmt:
        case Store(target=t) | Increment(target=t):
            root = facts.classes.get(t, t)
            members = [n for n, c in facts.classes.items() if c == root]
            homes = [facts.home.get(n, ()) for n in members]
            return not facts.is_dynamic(t) and all(h[: len(path)] == path for h in homes)
        case Assign(target=t) | View(target=t):
            return not facts.is_dynamic(t)
        case If() | Check() | Comment():
            return True
        case For(exit=flag):
            return flag is None
    return False


def _is_linear(facts: Facts, position: int) -> bool:
    """Whether reversing what follows a loop reads nothing computed in the loop or after it."""
    body = facts.program.body
    later = {n for s in walk(body[position:]) for n in binds(s)}
    for stmt in body[position + 1 : -1]:
        read = set().union(*map(contents, expressions(stmt)))
        if any(facts.is_array(n) for n in (*binds(stmt), *read)):
            return False
        for p in facts.partials.get(id(stmt), ()):
            gradients = {facts.gradient(n) for n in binds(stmt)}
            if ((p.reads | p.mentions) - gradients) & later:
                return False
        if any(facts.counts[n] > 1 for n in binds(stmt)):
            return False
    last = body[-1]
    return isinstance(last, Return) and not blocks(last)
