"""Private: buffers of one round become the round's own, and loops wait for what does not need them.

In: a prepared Program and its facts. Out: the same computation in another order. An array that
every round of a loop overwrites as a whole before it reads it, and that nothing else uses, is
allocated in the round (``privatised``). What comes after a loop that adds up, and needs nothing of
it, comes before it (``advanced``).

Invariant: every read gets the value that it got before. So rounds that only shared a buffer are
worlds of their own, and the loop can be the last thing that is left to do: both are what
``accumulations`` asks of a loop that is swept forward and backward in one pass.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from numba import types

from ..analysis.coverage import ALLOCATIONS, Known, is_whole, known_names, stores
from ..analysis.elements import subscripts
from ..analysis.facts import Facts
from ..program import (
    Assign,
    Block,
    Call,
    Check,
    Comment,
    For,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    While,
    added,
    binds,
    blocks,
    expressions,
    names,
    uses,
    walk,
)
from ..rules.expressions import np_name


def rearranged(facts: Facts) -> Program:
    """The program in an order that suits loops whose rounds are independent."""
    return advanced(replace(facts, program=privatised(facts)))


def privatised(facts: Facts) -> Program:
    """The program with the buffers of rounds allocated in the rounds."""
    program = facts.program
    known = known_names(facts)
    body = program.body
    for stmt in program.body:
        if isinstance(stmt, Assign) and is_buffer(facts, stmt, known):
            new, done = into_loop(facts, stmt, tuple(s for s in body if s is not stmt), known)
            body = new if done else body
    return program.with_body(body)


def is_buffer(facts: Facts, stmt: Assign, known: Known) -> bool:
    """Whether a statement allocates an array that has one name, and extents that never change."""
    name, value = stmt.target, stmt.value
    if not isinstance(value, ast.Call) or ast.unparse(value.func) not in ALLOCATIONS:
        return False
    alone = sum(c == facts.classes.get(name, name) for c in facts.classes.values()) <= 1
    stable = known.fixed | known.definitions.keys()
    double = facts.program.types[name].dtype == types.float64
    return alone and double and facts.counts[name] == 1 and names(value) <= stable


def into_loop(facts: Facts, made: Assign, body: Block, known: Known) -> tuple[Block, bool]:
    """A block with an allocation at the start of the innermost loop that has all its uses."""
    users = [k for k, s in enumerate(body) if mentions(s, made.target)]
    if len(users) != 1 or not isinstance(loop := body[users[0]], For):
        return body, False
    inner, done = into_loop(facts, made, loop.body, known)
    name = made.target
    if not done and name not in uses(loop) and is_filled(facts, name, loop.body, known):
        inner, done = (unfilled(made), *loop.body), True
    new = replace(loop, body=inner)
    return tuple(new if k == users[0] else s for k, s in enumerate(body)), done


def unfilled(made: Assign) -> Assign:
    """The allocation without what it fills the array with, which nobody reads."""
    assert isinstance(made.value, ast.Call)
    func = np_name("empty")
    return replace(made, value=ast.Call(func, made.value.args[:1], []))


def mentions(stmt: Stmt, name: str) -> bool:
    """Whether a statement or one inside uses a name."""
    return any(name in uses(s) for s in walk((stmt,)))


def is_filled(facts: Facts, name: str, body: Block, known: Known) -> bool:
    """Whether a block overwrites an array from end to end before it reads any of it."""
    first = next(s for s in body if mentions(s, name))
    for store, bounds in stores((first,), {}, known):
        if store.target == name and is_whole(facts, store, bounds, known):
            return is_first(name, store, (first,))
    return False


def is_first(name: str, store: Store, body: Block) -> bool:
    """Whether, in a loop nest, a store comes before every other use of an array's element.

    The store is in the innermost block that uses the array; the uses there are of its element.
    """
    users = [s for s in body if mentions(s, name)]
    if not users:
        return False
    if users[0] is not store:
        return len(users) == 1 and all(is_first(name, store, b) for b in blocks(users[0]))
    place = ast.unparse(store.index)
    if name in names(store.value):
        return False
    later = list(walk(tuple(users[1:])))
    used = [i for s in later for i in subscripts(s, name)]
    rebound = any(set(binds(s)) & names(store.index) for s in later)
    return not rebound and all(i is not None and ast.unparse(i) == place for i in used)


# Order


def advanced(facts: Facts) -> Program:
    """The program with what does not need its loops that add up before them."""
    body: list[Stmt] = []
    waiting: list[Stmt] = []
    for stmt in facts.program.body[:-1]:
        free = (
            waiting and movable(facts, stmt) and not any(conflict(facts, w, stmt) for w in waiting)
        )
        if free:
            body.append(stmt)
        elif waiting or (isinstance(stmt, For) and facts.is_alive(stmt) and adds_up(stmt)):
            waiting.append(stmt)
        else:
            body.append(stmt)
    return facts.program.with_body([*body, *waiting, facts.program.body[-1]])


def adds_up(loop: For) -> bool:
    """Whether a loop has loops in it, or adds numbers up: things are moved out of its way."""
    return loop.exit is None and any(isinstance(s, For) or added(s) for s in walk(loop.body))


def movable(facts: Facts, stmt: Stmt) -> bool:
    """Whether a statement ends, raises nothing, and calls nothing that is not known."""
    calls = {*facts.program.routines, *facts.program.gates}
    fixed = While | Check | Comment | Push | Pop | Call
    return not any(
        isinstance(s, fixed)
        or any(
            isinstance(n, ast.Name) and n.id in calls for e in expressions(s) for n in ast.walk(e)
        )
        for s in walk((stmt,))
    )


def conflict(facts: Facts, first: Stmt, second: Stmt) -> bool:
    """Whether the order of two statements matters."""
    a, b = reach(facts, first), reach(facts, second)
    return bool(a[1] & (b[0] | b[1]) or b[1] & a[0])


def reach(facts: Facts, stmt: Stmt) -> tuple[set[str], set[str]]:
    """What a statement reads and what it changes: names, and classes of memory."""
    read: set[str] = set()
    changed: set[str] = set()
    for inner in walk((stmt,)):
        read |= uses(inner) | {f"mem:{facts.classes.get(n, n)}" for n in uses(inner)}
        changed |= set(binds(inner))
        if isinstance(inner, Store | Increment):
            changed.add(f"mem:{facts.classes.get(inner.target, inner.target)}")
        if isinstance(inner, Call | Push | Pop):
            changed |= {f"mem:{facts.classes.get(n, n)}" for n in uses(inner)}
    return read, changed
