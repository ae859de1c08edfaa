"""Aliasing: which names may refer to the same memory.

In: a Program (typed or not). Out: for each name the representative of its may-alias class,
and the classes whose memory some statement writes.

Invariant: two names that may ever share memory have the same representative, at any point of
the program (the analysis ignores order).
"""

from __future__ import annotations

from ..program import (
    Alias,
    Call,
    Increment,
    Pop,
    Program,
    Push,
    Store,
    Swap,
    View,
    binds,
    names,
    uses,
    walk,
)


def alias_classes(program: Program) -> dict[str, str]:
    """The representative of each name's class."""
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    def join(a: str, b: str) -> None:
        first, second = sorted((find(a), find(b)))
        parent[second] = first

    for name in program.params:
        find(name)
    for stmt in walk(program.body):
        for name in (*binds(stmt), *uses(stmt)):
            find(name)
        match stmt:
            case Alias(target=t, source=s) | View(target=t, source=s):
                join(t, s)
            case Swap(targets=ts):
                for t in ts[1:]:
                    join(ts[0], t)
            case Push(tape=tape, value=v):
                for name in names(v):
                    join(tape, name)
            case Pop(target=str(t), tape=tape):
                join(t, tape)
    return {name: find(name) for name in list(parent)}


def written_classes(program: Program) -> set[str]:
    """Classes whose memory is written by a store, an update in place or a call."""
    classes = alias_classes(program)
    every = tuple(walk(program.body))
    stored = {classes[s.target] for s in every if isinstance(s, Store | Increment)}
    return stored | {classes[n] for s in every if isinstance(s, Call) for n in s.changed}
