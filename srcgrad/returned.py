"""Returned: the arrays that recursive functions return.

In: the typed Program of a recursive function. Out: the same with a result that is an array of its
own in order C.

Invariant: NumPy may share the user's result with an argument (``return a``); the copy here differs
only where the argument or the result is written to afterwards, and that is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from numba import types

from .analysis.aliasing import alias_classes, written_classes
from .errors import Complaint, Place, UnsupportedError
from .frontend.infer import typed
from .frontend.numba_types import numba_types
from .program import (
    Alias,
    Assign,
    Block,
    Call,
    Program,
    Return,
    Stmt,
    View,
    blocks,
    uses,
    walk,
    with_blocks,
)
from .rules import registry
from .transform.shadows import np_name

if TYPE_CHECKING:
    from .recursion import Routine


def own(kind: types.Type) -> types.Type:
    """The type of a result: arrays in order C."""
    return types.Array(kind.dtype, kind.ndim, "C") if is_array(kind) else kind


def returned_array(program: Program) -> str | None:
    """The name of the array that a program returns."""
    match program.body[-1]:
        case Return(value=ast.Name(id=name)) if is_array(program.types[name]):
            return name
    return None


def copied_result(
    program: Program, kinds: tuple[types.Type, ...], places: Mapping[int, Place]
) -> Program:
    """The program with copies for what is only returned: ``return a`` copies ``a``."""
    name = returned_array(program)
    if name is None or any(name in uses(s) for s in walk(program.body[:-1])):
        return program

    view = fresh_name("view", program)

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        match stmt:
            case Alias(target=t, source=source) if t == name:
                return [Assign(t, np_call("copy", source), line=stmt.line)]
            case View(target=t) if t == name:
                copy = Assign(t, np_call("copy", view), line=stmt.line)
                return [replace(stmt, target=view), copy]
        return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]

    copied = program.with_body(block(program.body))
    known = dict(zip(program.params, kinds, strict=True))
    return typed(copied, numba_types(copied, kinds, places), known)


def own_result(program: Program) -> Program:
    """The program with a result that is an array of its own, in order C."""
    name, result = returned_array(program), program.body[-1]
    if name is None or not isinstance(result, Return):
        return program
    wanted = own(program.types[name])
    classes = alias_classes(program)
    alone = sum(classes[name] == c for c in classes.values()) == 1
    plain = alone and classes[name] not in written_classes(program) | set(program.params)
    if plain and program.types[name] == wanted:
        return program
    copied = fresh_name("result", program)
    body = (*program.body[:-1], Assign(copied, np_call("copy", name), line=result.line))
    last = replace(result, value=ast.Name(copied, ast.Load()))
    return program.with_body((*body, last), types={**program.types, copied: wanted})


def np_call(function: str, operand: str) -> ast.expr:
    """``np.copy(a)``."""
    return ast.Call(np_name(function), [ast.Name(operand, ast.Load())], [])


def fresh_name(wish: str, program: Program) -> str:
    """A name that a program does not have."""
    taken = {*program.types, *program.constants, *program.routines, *registry.FUNCTIONS}
    name, number = wish, 0
    while name in taken:
        number += 1
        name = f"{wish}{number}"
    return name


def is_array(kind: types.Type) -> bool:
    """Whether a type is that of arrays."""
    return isinstance(kind, types.Array)


def refuse_shared(
    program: Program, places: Mapping[int, Place], routines: Sequence[Routine]
) -> None:
    """Refuse to write to an array that NumPy shares with a recursive function's argument.

    Raises
    ------
    UnsupportedError
        With the place of the call.
    """
    known = {r.name: r for r in routines if is_array(r.result)}
    while any(shares_more(r, known) for r in known.values()):
        pass
    every = [(program, places)]
    for routine in routines:
        assert routine.program is not None and routine.inlined is not None
        every.append((routine.program, routine.inlined.places))
    for each, where in every:
        joined = with_aliases(each, known)
        classes, written = alias_classes(joined), written_classes(joined)
        for stmt in walk(each.body):
            called = called_routine(stmt, known)
            if called is None or not called[0].shares or classes[called[1].target] not in written:
                continue
            name = called[0].name
            reason = f"what `{name}` returns may be its argument, and one of them is written to"
            advice = f"return a copy from `{name}`: `np.copy(...)`"
            raise UnsupportedError(Complaint(where.get(stmt.line), reason, advice))


def shares_more(routine: Routine, known: Mapping[str, Routine]) -> bool:
    """Note which arguments a result may share memory with in NumPy; whether there are new ones."""
    assert routine.original is not None
    classes = alias_classes(with_aliases(routine.original, known))
    params = enumerate(routine.original.params)
    name = returned_array(routine.original) or ""
    found = frozenset(k for k, p in params if classes[p] == classes[name])
    more = found > routine.shares
    routine.shares = found
    return more


def with_aliases(program: Program, known: Mapping[str, Routine]) -> Program:
    """The program, with each result of a recursive function an alias of what it may share."""

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        stmt = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        called = called_routine(stmt, known)
        if called is None:
            return [stmt]
        routine, assigned = called
        given = [assigned.value.args[k] for k in sorted(routine.shares)]  # type: ignore[attr-defined]
        return [stmt, *(Alias(assigned.target, a.id) for a in given if isinstance(a, ast.Name))]

    return program.with_body(block(program.body))


def called_routine(stmt: Stmt, known: Mapping[str, Routine]) -> tuple[Routine, Assign] | None:
    """The recursive function, of these, that a statement calls, and the statement."""
    match stmt:
        case Assign(value=ast.Call(func=ast.Name(id=name))) if name in known:
            return known[name], stmt
        case Call(target=t, value=ast.Call(func=ast.Name(id=name)) as v) if name in known:
            return known[name], Assign(t or "", v, line=stmt.line)
    return None
