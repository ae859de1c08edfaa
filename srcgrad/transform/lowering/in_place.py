"""In place: what a loop uses up, element by element, gives its memory to what the loop makes.

In: a Program at level "loops". Out: the same with fewer arrays: ``b[i] = f(a[i])``, where nothing
reads ``a`` afterwards, is ``b[i] = f(b[i])``. Fresh memory costs more than arithmetic on it.

Invariant: the same elements. Both arrays are allocated in one block, by the same text, whose names
keep their values from the one to the other; only elements of the first are ever used, the last in
the loop that first uses the second; each of its rounds keeps to one element, the same of both, and
reads the first before it stores the second.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

from numba import types

from ...analysis.elements import subscripts
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    binding_counts,
    binds,
    blocks,
    bound,
    mentions,
    names,
    uses,
    walk,
    with_blocks,
)
from ...syntax import elements_of
from ..checkpoints.pairs import is_made
from .one_name import throughout


def in_place(program: Program) -> Program:
    """The program with arrays in the memory of those that they use up."""
    counts = Counter(n for s in walk(program.body) for n in {*uses(s), *binds(s)})
    bindings = binding_counts(program)
    arrays = {
        n for n, k in program.types.items() if isinstance(k, types.Array) and bindings[n] == 1
    }

    ranks = {n: k.ndim for n, k in program.types.items() if n in arrays}

    def change(body: Block) -> Block:
        body = tuple(with_blocks(s, tuple(map(change, blocks(s)))) for s in body)
        while (pair := heir(body, counts, ranks)) is not None:
            old, new = pair
            counts[new] -= len(mentioning(body, new))
            del ranks[old]
            body = inherited(body, old, new)
            counts[new] += len(mentioning(body, new))
        return body

    return program.with_body(change(program.body))


def heir(
    body: Block, counts: Mapping[str, int], ranks: Mapping[str, int]
) -> tuple[str, str] | None:
    """An array of a block that is used up, and the one that can have its memory."""
    made = {s.target: k for k, s in enumerate(body) if is_made(s) and s.target in ranks}  # type: ignore[attr-defined]
    if len(made) < 2:
        return None
    texts = {n: ast.unparse(body[k].value) for n, k in made.items()}  # type: ignore[attr-defined]
    users = positions(body)
    for new, second in made.items():
        position = next((k for k in users[new] if k != second), -1)
        for old, first in made.items():
            if old == new or texts[old] != texts[new]:
                continue
            if position < second or users[old][-1] != position:
                continue
            between = bound(body[min(first, second) : max(first, second)])
            if names(body[first].value) & between:  # type: ignore[attr-defined]
                continue
            used = tuple(body[k] for k in users[old])
            if by_elements(used, old, counts[old], ranks[old]):
                if loop_fits(body[position], old, new, ranks[new]):
                    return old, new
    return None


def positions(body: Block) -> dict[str, list[int]]:
    """For each name, the statements of a block that have to do with it, or have such inside."""
    found: dict[str, list[int]] = defaultdict(list)
    for k, stmt in enumerate(body):
        for name in {n for s in walk((stmt,)) for n in (*uses(s), *binds(s))}:
            found[name].append(k)
    return found


def mentioning(body: Block, name: str) -> list[Stmt]:
    """The statements, inner ones too, that have to do with a name."""
    return [s for s in walk(body) if name in uses(s) or name in binds(s)]


def by_elements(body: Block, name: str, count: int, rank: int) -> bool:
    """Whether these are all the statements that use an array, and use its elements only."""
    users = mentioning(body, name)
    rest = [s for s in users if not is_made(s)]
    known = Assign | Store | Increment | For | If
    return (
        len(users) == count
        and all(isinstance(s, known) for s in rest)
        and all(is_element(i, rank) for s in rest for i in subscripts(s, name))
    )


def is_element(index: Expr | None, rank: int) -> bool:
    """Whether a subscript takes one element of an array."""
    if index is None or any(isinstance(n, ast.Slice) for n in ast.walk(index)):
        return False
    return rank == (len(index.elts) if isinstance(index, ast.Tuple) else 1)


def loop_fits(stmt: Stmt, old: str, new: str, rank: int) -> bool:
    """Whether each round of a nest keeps to one element, and reads before it stores."""
    counters: set[str] = set()
    body: Block = (stmt,)
    while True:
        users = [s for s in body if mentions(s, old) or mentions(s, new)]
        loop = users[0]
        if len(users) > 1 or not isinstance(loop, For) or not is_plain(loop):
            break
        counters.add(loop.counter)
        body = loop.body
    places = {
        ast.unparse(i) if i is not None else ""
        for s in walk(tuple(users))
        for n in (old, new)
        for i in subscripts(s, n)
    }
    first = next(k for k, s in enumerate(users) if mentions(s, new))
    store = users[first]
    if len(places) != 1 or not isinstance(store, Store) or store.target != new:
        return False
    parts = elements_of(store.index)
    own = [p.id for p in parts if isinstance(p, ast.Name)]
    alone = len(own) == len(parts) == len(counters) == rank and set(own) == counters
    return (
        alone
        and new not in names(store.value)
        and not any(mentions(s, old) for s in users[first + 1 :])
    )


def is_plain(loop: For) -> bool:
    """Whether a loop counts up from zero by one, and nothing else sets its counter."""
    bounds = (ast.unparse(loop.start), ast.unparse(loop.step))
    return bounds == ("0", "1") and not loop.exit and loop.counter not in bound(loop.body)


def inherited(body: Block, old: str, new: str) -> Block:
    """A block with one array in the memory of another."""
    result: list[Stmt] = []
    for stmt in body:
        if is_made(stmt) and set(binds(stmt)) == {old}:
            comment = f"the memory of {old} too" if not stmt.comment else stmt.comment
            result.append(replace(stmt, target=new, comment=comment))  # type: ignore[call-arg]
        elif not (is_made(stmt) and set(binds(stmt)) == {new}):
            result.append(throughout(stmt, old, new))
    return tuple(result)
