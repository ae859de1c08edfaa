"""Copies: tapes of one round that hold what an array still holds when the round is reversed.

In: a flat gradient Program and a ``Pair``. Out: for each such tape a ``Copy``, by whose array it is
read instead.

Invariant: an element of the tape is stored at one place, in the round of all loops that its
subscripts name, and is an element of the array, which nothing writes to from there to the end of
the reversal.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ...program import (
    Alias,
    Assign,
    Block,
    Comment,
    Expr,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    View,
    binds,
    blocks,
    bound,
    expressions,
    names,
    times_bound,
    uses,
    walk,
)
from ...syntax import elements_of
from .pairs import Pair, is_element, without_first

HARMLESS = (Alias, Assign, Comment, For, If, View)
"""Statements that change no memory themselves."""


@dataclass(frozen=True)
class Copy:
    """A tape that is stored to at one place, with an element of an array.

    Attributes
    ----------
    tape, source : str
        The tape and the array.
    index : ast.expr
        The subscripts of the tape within its round.
    element : ast.expr
        What is recorded: an element of the array.
    before : frozenset of int
        The statements of the round that make what is recorded.
    after : frozenset of int
        Those that may change it again.
    """

    tape: str
    source: str
    index: Expr
    element: ast.Subscript
    before: frozenset[int]
    after: frozenset[int]


def copies(program: Program, pair: Pair, classes: Mapping[str, str]) -> dict[str, Copy]:
    """The tapes that hold copies of an array, which the reversal does not write to."""
    loop, other = program.body[pair.forward], program.body[pair.backward]
    assert isinstance(loop, For) and isinstance(other, For)
    found = {}
    inside = list(walk(loop.body))
    stores = Counter(s.target for s in inside if isinstance(s, Store))
    counts = times_bound(loop.body)
    changing = bound((loop, other))
    for position, stmt in enumerate(loop.body):
        for tape, index, element, counters in recorded((stmt,), pair, ()):
            copy = copied(program, loop, position, (tape, index, element), classes)
            if (
                copy is not None
                and stores[tape] == 1
                and not changes(other, copy.source, classes)
                and all(counts[c] == 1 for c in counters)
                and is_own(index, counters)
                and not (names(element.slice) & changing) - {*counters}
                and all(same(r, index) for r in read(other.body, tape))
            ):
                found[tape] = copy
    return found


def recorded(
    body: Block, pair: Pair, counters: tuple[str, ...]
) -> list[tuple[str, Expr, ast.Subscript, tuple[str, ...]]]:
    """Each tape, its subscripts, and the element that it gets in a block, under which counters."""
    found = []
    loaded: dict[str, ast.Subscript] = {}
    for stmt in body:
        if isinstance(stmt, Store) and stmt.target in pair.tapes:
            value, index = stmt.value, without_first(stmt.index)
            element = loaded.get(value.id) if isinstance(value, ast.Name) else value
            if isinstance(element, ast.Subscript) and index is not None:
                found.append((stmt.target, index, element, counters))
        for name in bound((stmt,)):
            loaded.pop(name, None)
        match stmt:
            case Assign(target=target, value=ast.Subscript(value=ast.Name()) as value):
                loaded[target] = value
        inner = (*counters, stmt.counter) if isinstance(stmt, For) else counters
        for block in blocks(stmt):
            found += recorded(block, pair, inner)
    return found


def copied(
    program: Program,
    loop: For,
    position: int,
    what: tuple[str, Expr, ast.Subscript],
    classes: Mapping[str, str],
) -> Copy | None:
    """The copy that a statement of a round records; None where it changes the array itself."""
    tape, index, element = what
    if not isinstance(element.value, ast.Name):
        return None
    source = element.value.id
    kinds = program.types.get(source), program.types.get(tape)
    if any(not hasattr(k, "dtype") for k in kinds) or kinds[0].dtype != kinds[1].dtype:  # type: ignore[union-attr]
        return None
    writers = {k for k, s in enumerate(loop.body) if changes(s, source, classes)}
    parts = elements_of(element.slice)
    whole = any(isinstance(n, ast.Slice) for n in ast.walk(element.slice))
    if position in writers or whole or len(parts) != kinds[0].ndim:  # type: ignore[union-attr]
        return None
    before = {k for k in writers if k < position}
    return Copy(tape, source, index, element, frozenset(before), frozenset(writers - before))


def changes(stmt: Stmt, name: str, classes: Mapping[str, str]) -> bool:
    """Whether a statement, or one inside it, binds a name or writes to its memory."""
    group = classes.get(name, name)
    touched: set[str] = set()
    for inner in walk((stmt,)):
        touched |= {*binds(inner)}
        if isinstance(inner, Store | Increment):
            touched.add(inner.target)
        elif not isinstance(inner, HARMLESS):
            touched |= uses(inner)
    return any(classes.get(n, n) == group for n in touched)


def is_own(index: Expr, counters: tuple[str, ...]) -> bool:
    """Whether every round of the loops around has an element of its own."""
    parts = elements_of(index)
    found = []
    for part in parts:
        shifted = isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add | ast.Sub)
        place = part.left if shifted else part  # type: ignore[attr-defined]
        if not isinstance(place, ast.Name) or (shifted and names(part.right) & {*counters}):  # type: ignore[attr-defined]
            return False
        found.append(place.id)
    return sorted(found) == sorted(counters)


def read(body: Block, tape: str) -> list[ast.Subscript]:
    """The elements of a tape that a block reads."""
    nodes = [n for s in walk(body) for e in expressions(s) for n in ast.walk(e)]
    return [n for n in nodes if isinstance(n, ast.Subscript) and is_element(n, tape)]


def same(node: ast.Subscript, index: Expr) -> bool:
    """Whether an element is read by the subscripts that it was stored by."""
    rest = without_first(node.slice)
    return rest is not None and ast.unparse(rest) == ast.unparse(index)
