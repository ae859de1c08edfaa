"""Unread tapes: what is recorded and never read is not recorded.

In: a Program at level "loops". Out: the same without the lists whose elements nobody reads once
they have been taken back. (The flat program may name such an array for its shape only.)

Invariant: what is read stays; so does what is taken back from a list of lists, and goes on to be
taken back from.
"""

from __future__ import annotations

import ast

from ...program import (
    Assign,
    Block,
    Pop,
    Program,
    Push,
    Stmt,
    binds,
    blocks,
    names,
    uses,
    walk,
    with_blocks,
)


def without_unread_tapes(program: Program) -> Program:
    """The program without lists that are filled and emptied for nothing."""
    tapes = {s.tape for s in walk(program.body) if isinstance(s, Push)}
    tapes -= {*program.params, *read_tapes(program)}

    def change(body: Block) -> Block:
        kept = (s for s in body if not is_of(s, tapes))
        return tuple(with_blocks(s, tuple(map(change, blocks(s)))) for s in kept)

    return program.with_body(change(program.body)) if tapes else program


def is_of(stmt: Stmt, tapes: set[str]) -> bool:
    """Whether a statement makes, fills or empties one of these lists."""
    match stmt:
        case Push(tape=tape) | Pop(tape=tape) | Assign(target=tape, value=ast.List(elts=[])):
            return tape in tapes
    return False


def read_tapes(program: Program) -> set[str]:
    """Lists that are used otherwise, or of which an element is read after it was taken back."""
    found: set[str] = set()
    read: set[str] = set()
    for outer in reversed(program.body):
        inside = list(walk((outer,)))
        read |= set().union(*map(uses, inside))
        for stmt in inside:
            match stmt:
                case Pop(target=str(target), tape=tape) if target in read:
                    found.add(tape)
                case Push(value=value):
                    found |= names(value)
                case Pop() | Assign(value=ast.List(elts=[])):
                    pass
                case _:
                    found |= uses(stmt) | set(binds(stmt))
    return found
