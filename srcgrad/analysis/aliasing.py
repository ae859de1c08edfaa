"""Aliasing: which names may refer to the same memory.

In: a Program (typed or not). Out: for each name the representative of its may-alias class,
the classes whose memory some statement writes, and the parameters that have it.

Invariant: two names that may ever share memory have the same representative, at any point of
the program (the analysis ignores order; ``short_lived``
alone looks at it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from numba import types

from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    Swap,
    Update,
    View,
    binds,
    blocks,
    names,
    uses,
    walk,
    whole_of,
)


def passed_lists(program: Program) -> set[str]:
    """Lists that recursive functions share: the arrays in them belong to nothing else."""
    used = {s.tape for s in walk(program.body) if isinstance(s, Push | Pop)}
    given = {n for s in walk(program.body) if isinstance(s, Call) for n in uses(s)}
    typed = {n for n, k in program.types.items() if isinstance(k, types.List)}
    return (used & set(program.params)) | (typed & (given | set(program.params)))


def alias_classes(program: Program) -> dict[str, str]:
    """The representative of each name's class."""
    passed = passed_lists(program)
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
            case Push(tape=tape, value=v) if tape not in passed:
                for name in names(v):
                    join(tape, name)
            case Pop(target=str(t), tape=tape) if tape not in passed:
                join(t, tape)
    return {name: find(name) for name in list(parent)}


def written_classes(program: Program) -> set[str]:
    """Classes whose memory is written by a store, an update in place or a call.

    That of a list which recursive functions share is written by what changes its length, too.
    """
    classes, passed = alias_classes(program), passed_lists(program)
    every = tuple(walk(program.body))
    stored = {classes[s.target] for s in every if isinstance(s, Store | Increment)}
    stored |= {classes[s.tape] for s in every if isinstance(s, Push | Pop) and s.tape in passed}
    return stored | {classes[n] for s in every if isinstance(s, Call) for n in s.changed}


def written_parameters(program: Program) -> set[str]:
    """Parameters of which the memory, or that of an array in them, is written to."""
    classes, written = alias_classes(program), written_classes(program)
    whole = {p: p for p in program.params}
    for stmt in program.body:
        name = whole_of(stmt.value) if isinstance(stmt, Assign) else None
        if isinstance(stmt, Assign) and name in program.params:
            if isinstance(program.types.get(name), types.BaseTuple):
                whole[stmt.target] = name
    return {whole[n] for n in whole if classes.get(n) in written}


def short_lived(body: Block, classes: Mapping[str, str]) -> Iterator[str]:
    """Views that are only read, in the block that makes them, before their memory is written to.

    Those are like copies. A name counts where everything that uses it is in this block.
    """
    everywhere = Counter(n for s in walk(body) for n in uses(s) | set(binds(s)))

    def inside(block: Block) -> Iterator[str]:
        for position, stmt in enumerate(block):
            for inner in blocks(stmt):
                yield from inside(inner)
            if isinstance(stmt, View) and is_settled(stmt.target, block[position:]):
                yield stmt.target

    def is_settled(name: str, rest: Block) -> bool:
        here = [[s for s in walk((stmt,)) if name in uses(s) | set(binds(s))] for stmt in rest]
        if sum(map(len, here)) != everywhere[name]:
            return False
        if any(isinstance(s, View | Alias | Swap | Push) for found in here[1:] for s in found):
            return False
        last = max(k for k, found in enumerate(here) if found)
        return not any(writes_to(classes[name], s, classes) for s in walk(rest[1 : last + 1]))

    return inside(body)


def moves(body: Block) -> Iterator[int]:
    """Aliases (by ``id``) after which the old name is not used: made anew in the same block."""
    everywhere = Counter(n for s in walk(body) for n in uses(s) | set(binds(s)))

    def inside(block: Block) -> Iterator[int]:
        for position, stmt in enumerate(block):
            for inner in blocks(stmt):
                yield from inside(inner)
            if isinstance(stmt, Alias):
                source, before = stmt.source, tuple(walk(block[:position]))
                here = [s for s in before if source in uses(s) or source in binds(s)]
                fresh = bool(here) and here[0] in block and source in binds(here[0])
                if fresh and len(here) + 1 == everywhere[source]:
                    yield id(stmt)

    return inside(body)


def writes_to(memory: str, stmt: Stmt, classes: Mapping[str, str]) -> bool:
    """Whether a statement writes to an array of an alias class."""
    match stmt:
        case Store(target=t) | Increment(target=t) | Update(target=t):
            return classes.get(t, t) == memory
        case Call(changed=changed):
            return any(classes.get(n, n) == memory for n in changed)
    return False
