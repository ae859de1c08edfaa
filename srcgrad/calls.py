"""Calls: recursive functions that are reversed by functions of their own.

In: the typed Programs of a primal and of the recursive functions that it calls. Out: the same with
each call of a function that has a gradient, or that changes an array, as a ``Call``, which
says what is changed.

Invariant: what a recursive function changes it changes under one name: no other argument of the
call shares memory with it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from numba import types

from .analysis.aliasing import alias_classes, written_classes
from .errors import AliasingError, Complaint, Place, UnsupportedError
from .frontend.infer import refuse_unclear_views
from .program import Alias, Assign, Block, Call, Program, Return, Stmt, blocks, walk, with_blocks
from .recursion import Routine, has_gradient, is_active
from .returned import called_routine, is_array


def with_calls(program: Program, places: Mapping[int, Place], called: Sequence[Routine]) -> Program:
    """The program with its calls as statements of their own; those of the routines as well.

    Raises
    ------
    SrcgradError
        Where it is not clear what a call changes.
    """
    known = {r.name: r for r in called}
    for routine in called:
        assert routine.program is not None and routine.inlined is not None
        routine.program = checked(converted(routine.program, known), routine.inlined.places)
    return checked(converted(program, known), places)


def note_changes(called: Sequence[Routine]) -> None:
    """Note which arguments each recursive function writes to, itself or by what it calls."""
    known = {r.name: r for r in called}
    while any([changes_more(r, known) for r in called]):
        pass


def refuse_changes(called: Sequence[Routine]) -> None:
    """Refuse functions that change their arguments, where there are no tapes.

    Raises
    ------
    UnsupportedError
        With the function's place.
    """
    for routine in called:
        if not routine.changes:
            continue
        assert routine.inlined is not None
        place = routine.inlined.places.get(routine.inlined.tree.body[-1].lineno)
        name = routine.inlined.tree.args.args[min(routine.changes)].arg
        reason = f"the recursive function `{routine.name}` changes its argument `{name}`, and is "
        reason += "differentiated twice"
        raise UnsupportedError(Complaint(place, reason, "work on a copy, or write it as a loop"))


def changes_more(routine: Routine, known: Mapping[str, Routine]) -> bool:
    """Note which arguments a recursive function writes to; whether there are new ones."""
    assert routine.program is not None
    program = converted(routine.program, known)
    classes, written = alias_classes(program), written_classes(program)
    params = enumerate(program.params)
    found = frozenset(k for k, p in params if is_array(routine.kinds[k]) and classes[p] in written)
    more = found > routine.changes
    routine.changes = found
    return more


def converted(program: Program, known: Mapping[str, Routine]) -> Program:
    """The program with calls as statements of their own, for what is known to be changed."""

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        called = called_routine(stmt, known)
        if called is not None and (called[0].changes or has_gradient(called[0])):
            return [call_statement(*called, program)]
        match stmt:
            case Assign(target=t) | Alias(target=t) if program.types.get(t) == types.none:
                return []
            case Return(value=ast.Name(id=name)) if program.types.get(name) == types.none:
                return [replace(stmt, value=ast.Constant(None))]
        return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]

    body = block(program.body)
    ends = bool(body) and isinstance(body[-1], Return)
    return program.with_body(body if ends else (*body, Return(ast.Constant(None))))


def call_statement(routine: Routine, stmt: Assign, program: Program) -> Call:
    """A call with what it changes."""
    value = stmt.value
    assert isinstance(value, ast.Call)
    changed = [value.args[k] for k in sorted(routine.changes)]
    target = None if program.types.get(stmt.target) == types.none else stmt.target
    return Call(
        target,
        value,
        tuple(a.id for a in changed if isinstance(a, ast.Name)),
        tuple(k for k, kind in enumerate(routine.kinds) if is_active(kind)),
        line=stmt.line,
    )


def checked(program: Program, places: Mapping[int, Place]) -> Program:
    """The program, if it is clear what each call changes.

    Raises
    ------
    AliasingError
        Where what a call changes shares memory with another argument of the call.
    UnsupportedError
        Where it depends on strides.
    """
    classes = alias_classes(program)
    for stmt in walk(program.body):
        if not isinstance(stmt, Call):
            continue
        given = [a.id for a in stmt.value.args if isinstance(a, ast.Name)]
        for name in stmt.changed:
            if sum(classes.get(n) == classes[name] for n in given) > 1:
                reason = f"`{stmt.function}` changes `{name}`, and gets it, or a part of it, twice"
                advice = "pass the array once, with bounds, or a copy"
                raise AliasingError(Complaint(places.get(stmt.line), reason, advice))
    refuse_unclear_views(program, places)
    return program
