"""Sharing: arrays that may be copied where they get a second name.

In: a typed primal. Out: the arrays for which it makes no difference whether ``b = a`` and
``b = a[1:]`` give another name to the same memory, or copy it.

Invariant: wherever an array is written to, no other name that may share its memory is read
afterwards before it is bound again.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...analysis.aliasing import alias_classes
from ...program import (
    Block,
    Call,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    While,
    binds,
    uses,
    walk,
)


def copyable(program: Program) -> set[str]:
    """The names that may have memory of their own."""
    classes = alias_classes(program)
    members: dict[str, set[str]] = {}
    for name, group in classes.items():
        members.setdefault(group, set()).add(name)
    later = live_after(program)
    spoiled: set[str] = set()
    for stmt in walk(program.body):
        for name in written(stmt):
            group = classes.get(name, name)
            others = members.get(group, set()) - {name}
            if others & later[id(stmt)]:
                spoiled |= {name} | others  # those between the two as well: views of views
    return set(program.types) - spoiled


def written(stmt: Stmt) -> tuple[str, ...]:
    """The names through which a statement itself writes to memory."""
    match stmt:
        case Store(target=target) | Increment(target=target):
            return (target,)
        case Call(changed=changed):
            return changed
    return ()


def live_after(program: Program) -> Mapping[int, set[str]]:
    """For each statement (by ``id``) the names that may be read after it before they are bound."""
    found: dict[int, set[str]] = {id(s): set() for s in walk(program.body)}

    def before(body: Block, after: set[str]) -> set[str]:
        for stmt in reversed(body):
            found[id(stmt)] |= after
            after = entering(stmt, after)
        return after

    def entering(stmt: Stmt, after: set[str]) -> set[str]:
        match stmt:
            case If(body=yes, orelse=no):
                return before(yes, after) | before(no, after) | uses(stmt)
            case For() | While():
                start = after | uses(stmt)
                while not (more := before(stmt.body, start) - set(binds(stmt))) <= start:
                    start = start | more
                return start
            case Increment(index=None):
                return after | uses(stmt)
        return (after - set(binds(stmt))) | uses(stmt)

    before(program.body, set())
    return found
