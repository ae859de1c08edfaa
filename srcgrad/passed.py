"""Passed: lists of arrays that recursive functions share.

In: a typed Program whose calls of recursive functions are known. Out: the same, in which the
arrays on such a list belong to nothing else.

Invariant: an array that goes on the list is not written to until it is taken off again, and it is
taken off by ``pop`` alone: so it counts as a value there, like a number, and its gradient is one
on a list of gradients. A listing (the tapes of a gradient that is differentiated again) may put an
array there that is returned as well; that is a copy then. Anything else is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace

from .analysis.aliasing import alias_classes, passed_lists, writes_to
from .errors import Complaint, Place, UnsupportedError
from .frontend.inlining.body import LISTING
from .program import (
    Assign,
    Block,
    Call,
    For,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    View,
    While,
    binds,
    blocks,
    uses,
    walk,
    with_blocks,
)
from .returned import fresh_name, np_call, returned_arrays
from .rules.listed import is_list_of_arrays


def kept_apart(
    program: Program, places: Mapping[int, Place], given: Collection[str] = ()
) -> Program:
    """The program, in which arrays on lists that functions share belong to nothing else.

    ``given`` are the arrays that the user's function returns.

    Raises
    ------
    UnsupportedError
        Where they do.
    """
    lists = {n for n in passed_lists(program) if is_list_of_arrays(program.types.get(n))}
    for stmt in walk(program.body):
        if isinstance(stmt, View | Store) and lists & (uses(stmt) - set(binds(stmt))):
            refuse(program, stmt, places, "reads or writes an array that is on a list", "pop it")
    kinds = dict(program.types)
    every, classes = tuple(walk(program.body)), alias_classes(program)
    returned = {classes.get(name) for name in (*returned_arrays(program), *given)}

    def block(body: Block, in_loop: bool) -> Block:
        inside = [b for s in body for b in statement(s, body, in_loop)]
        return tuple(inside)

    def statement(stmt: Stmt, body: Block, in_loop: bool) -> list[Stmt]:
        if not isinstance(stmt, Push) or stmt.tape not in lists:
            in_loop = in_loop or isinstance(stmt, For | While)
            return [with_blocks(stmt, tuple(block(b, in_loop) for b in blocks(stmt)))]
        assert isinstance(stmt.value, ast.Name)
        name, memory = stmt.value.id, classes[stmt.value.id]
        later = every[next(k for k, s in enumerate(every) if s is stmt) + 1 :]
        pushes = [s for s in every if isinstance(s, Push) and memory in classes_of(s, classes)]
        made = any(memory in map(classes.get, binds(s)) for s in body if is_maker(s))
        shared = any(classes[p] == memory for p in program.params) or len(pushes) > 1
        if shared or any(writes_to(memory, s, classes) for s in later) or (in_loop and not made):
            refuse(program, stmt, places, f"keeps `{name}` on a list", f"append `{name}.copy()`")
        if memory not in returned:
            return [stmt]
        if not places[stmt.line].filename.startswith(LISTING):
            reason = f"returns `{name}` and keeps it on a list"
            refuse(program, stmt, places, reason, f"append `{name}.copy()`")
        copied = fresh_name("kept", replace(program, types=kinds))
        kinds[copied] = kinds[name]
        made_copy = Assign(copied, np_call("copy", name), line=stmt.line)
        return [made_copy, replace(stmt, value=ast.Name(copied, ast.Load()))]

    return program.with_body(block(program.body, False), types=kinds) if lists else program


def classes_of(stmt: Push, classes: Mapping[str, str]) -> set[str | None]:
    """The alias classes of what is appended."""
    return {classes.get(name) for name in uses(stmt) - {stmt.tape}}


def is_maker(stmt: Stmt) -> bool:
    """Whether a statement binds an array that is new."""
    return isinstance(stmt, Assign | Call | Pop)


def refuse(
    program: Program, stmt: Stmt, places: Mapping[int, Place], reason: str, advice: str
) -> None:
    """Raise at a statement's place."""
    whole = f"`{program.name}` {reason} that a recursive function shares"
    raise UnsupportedError(Complaint(places.get(stmt.line), whole, advice))
