"""Accumulations: loops whose results have gradients that are known before they run.

In: the ``Facts`` of a Program. Out: the positions of the loops that can be swept forward and
backward in one pass.

Such a loop only adds numbers up, in sums that it never reads otherwise; each round is a world of
its own: what it binds or writes lives inside the round. What follows the loop is more such loops,
and straight-line arithmetic whose reversal reads nothing that the loops or the lines after them
compute, but for what it gives to values from before the loops, which can wait (``can_wait``: in
``value = discount * total`` the gradient of ``discount`` is ``total``). Then the gradients of the
sums are known before the loop, and each round can be reversed as soon as it has run: no tape, no
second evaluation (ADJOINT, trap 5).
"""

from __future__ import annotations

from collections.abc import Collection

from ..program import (
    Assign,
    Block,
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
    bound,
    expressions,
    names,
    uses,
    walk,
)
from .exposed import exposed
from .facts import Facts, Path
from .partial import Partial, contents


def fusable(facts: Facts) -> tuple[int, ...]:
    """The positions of the loops in the body; between and after them is straight-line code."""
    body = facts.program.body[:-1]
    found: list[int] = []
    for position in reversed(range(len(body))):
        stmt = body[position]
        if isinstance(stmt, For):
            fits = facts.is_alive(stmt) and only_adds(facts, stmt, (position,))
            if not fits or not _is_linear(facts, (position, *found)):
                break
            found.insert(0, position)
        elif not isinstance(stmt, Assign | Check | Comment):
            break
    return tuple(found)


def only_adds(facts: Facts, loop: For, here: Path) -> bool:
    """Whether all that a loop leaves behind are sums: its rounds may run in any order."""
    if loop.exit:
        return False
    made = bound(loop.body)
    path = (*here, 0)
    inside = {n for n in made if facts.home.get(n, ())[: len(path)] == path}
    inside |= made & _counters(facts.program.body)
    inside -= exposed(loop.body)
    sums = made - inside
    read = {n for n in (loop.counter,) if n in made}
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


def _counters(body: Block) -> set[str]:
    """Names that only loops bind, and that nothing reads outside of these loops."""
    counting = {s.counter for s in walk(body) if isinstance(s, For)}
    counting -= {n for s in walk(body) if not isinstance(s, For) for n in binds(s)}

    def visit(block: Block, known: frozenset[str]) -> None:
        for stmt in block:
            counting.difference_update(uses(stmt) - known)
            inner = known | set(binds(stmt)) if isinstance(stmt, For) else known
            for part in blocks(stmt):
                visit(part, inner)

    visit(body, frozenset())
    return counting


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


def _is_apart(facts: Facts, fused: tuple[int, ...], position: int) -> bool:
    """Whether a loop reads nothing that loops before it have set."""
    body = facts.program.body
    inside = list(walk((body[position],)))
    read = set().union(*map(uses, inside)) - {n for s in inside for n in binds(s)}
    before = walk(tuple(body[k] for k in fused if k < position))
    return not any(read & set(binds(s)) for s in before)


def computed_from(facts: Facts, position: int) -> set[str]:
    """What the body sets from a position on."""
    return bound(facts.program.body[position:])


def can_wait(p: Partial, later: Collection[str], earlier: Collection[str]) -> bool:
    """Whether something goes to a value from before the loops: no loop needs its gradient.

    Nor may what comes before the loops read a name that it reads, and that is bound again in them:
    such a name is set back to what it was before, and one of both would find the other's value.
    """
    return p.operand not in later and not (p.reads | p.mentions).intersection(later, earlier)


def _is_linear(facts: Facts, fused: tuple[int, ...]) -> bool:
    """Whether reversing what is not fused, from the first loop on, can be done before it.

    It must read nothing that is computed there, and the gradients of what a later loop adds up,
    or reads, must not change between the loops; nor may a later loop read what an earlier one
    has added up.
    """
    if not all(_is_apart(facts, fused, position) for position in fused[1:]):
        return False
    body = facts.program.body
    later = computed_from(facts, fused[0])
    earlier = set[str]().union(*map(uses, walk(body[: fused[0]])))
    if not isinstance(body[-1], Return):
        return False
    for position in range(fused[0] + 1, len(body) - 1):
        stmt = body[position]
        if position in fused:
            continue
        read = set().union(*map(contents, expressions(stmt)))
        if any(facts.is_array(n) for n in (*binds(stmt), *read)):
            return False
        for p in facts.partials.get(id(stmt), ()):
            gradients = {facts.gradient(n) for n in binds(stmt)}
            read_late = ((p.reads | p.mentions) - gradients) & later
            if read_late and not can_wait(p, later, earlier):
                return False
        if any(facts.counts[n] > 1 for n in binds(stmt)):
            return False
        made = set(binds(stmt))
        after = walk(tuple(body[k] for k in fused if k > position))
        if any((read | made) & set(binds(s)) or made & uses(s) for s in after):
            return False
    return True
