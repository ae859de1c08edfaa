"""Pairs: a loop of the forward sweep, its reversal, and the tapes between them.

In: a flat gradient Program and the position of a loop. Out: a ``Pair``, if there is one.

Invariant: the tapes of a pair are stored to in the one loop only, and read in the other only,
both with the same first subscript, which is that of the round.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass

from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    binds,
    blocks,
    expressions,
    mentions,
    names,
    uses,
    walk,
    with_blocks,
)
from ...rules.expressions import dotted


@dataclass(frozen=True)
class Pair:
    """A loop of the forward sweep, its reversal, and the tapes between them.

    ``round`` is the subscript of a round in all of the tapes.
    """

    forward: int
    backward: int
    tapes: tuple[str, ...]
    round: Expr


def paired(program: Program, position: int) -> Pair | None:
    """The reversal of a loop, if all that it records goes from the one to the other."""
    loop = program.body[position]
    assert isinstance(loop, For)
    made = {t for s in program.body[:position] for t in binds(s) if is_made(s)}
    stored = {s.target for s in walk(loop.body) if isinstance(s, Store)} & made
    later = program.body[position + 1 :]
    found: dict[int, list[str]] = {}
    for tape in sorted(stored):
        where = [k for k, s in enumerate(later, position + 1) if mentions(s, tape)]
        only = not any(mentions(s, tape) for s in program.body[:position] if tape not in binds(s))
        if only and len(where) == 1 and isinstance(program.body[where[0]], For):
            found.setdefault(where[0], []).append(tape)
    for backward, tapes in found.items():
        other = program.body[backward]
        assert isinstance(other, For)
        rounds = {t: round_subscript(t, loop, other) for t in tapes}
        texts = Counter(ast.unparse(r) for r in rounds.values() if r is not None)
        if other.counter != loop.counter or other.exit or not texts:
            continue
        common = texts.most_common(1)[0][0]
        chosen = tuple(t for t, r in rounds.items() if r is not None and ast.unparse(r) == common)
        return Pair(position, backward, chosen, rounds[chosen[0]])  # type: ignore[arg-type]
    return None


def is_made(stmt: Stmt) -> bool:
    """``tape = np.empty(...)``."""
    match stmt:
        case Assign(value=ast.Call(func=func)):
            return dotted(func) == "np.empty"
    return False


def round_subscript(tape: str, loop: For, other: For) -> Expr | None:
    """The first subscript of a tape, the same wherever it is used; None if it is not the round's.

    One loop only stores to the tape, the other only reads elements of it.
    """
    found: list[Expr] = []
    for stmt in walk(loop.body):
        if isinstance(stmt, Store) and stmt.target == tape:
            if tape in names(stmt.value) | names(stmt.index):
                return None
            found.append(first_subscript(stmt.index))
        elif tape in uses(stmt):
            return None
    for stmt in walk(other.body):
        if isinstance(stmt, Store | Increment) and stmt.target == tape:
            return None
        nodes = [n for e in expressions(stmt) for n in ast.walk(e)]
        read = [n for n in nodes if is_element(n, tape)]
        if sum(isinstance(n, ast.Name) and n.id == tape for n in nodes) != len(read):
            return None
        found += [first_subscript(n.slice) for n in read]  # type: ignore[attr-defined]
    texts = {ast.unparse(e) for e in found}
    known = {loop.counter, f"{loop.counter} - {ast.unparse(loop.start)}"}
    return found[0] if len(texts) == 1 and texts <= known else None


def is_element(node: ast.AST, tape: str) -> bool:
    """``tape[...]``."""
    match node:
        case ast.Subscript(value=ast.Name(id=name)) if name == tape:
            return True
    return False


def first_subscript(index: Expr) -> Expr:
    """The first of several subscripts."""
    return index.elts[0] if isinstance(index, ast.Tuple) else index


def without_first(index: Expr) -> Expr | None:
    """The subscripts after the first; None if there are none."""
    rest = index.elts[1:] if isinstance(index, ast.Tuple) else []
    if not rest:
        return None
    return rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())


def without_tapes(body: Block, tapes: tuple[str, ...]) -> list[Stmt]:
    """A block without what is recorded."""
    found = []
    for stmt in body:
        if isinstance(stmt, Store) and stmt.target in tapes:
            continue
        found.append(with_blocks(stmt, tuple(tuple(without_tapes(b, tapes)) for b in blocks(stmt))))
    return found
