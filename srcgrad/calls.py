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
from .errors import AliasingError, Complaint, Place
from .frontend.infer import refuse_unclear_views
from .passed import kept_apart
from .program import Alias, Assign, Block, Call, Program, Return, Stmt, blocks, walk, with_blocks
from .recursion import Routine, active_arguments, has_gradient
from .returned import called_routine, handed_out, part_of


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
        given = handed_out(routine.original) if routine.original else ()
        own = kept_apart(converted(routine.program, known), routine.inlined.places, given)
        routine.program = checked(own, routine.inlined.places)
    return checked(kept_apart(converted(program, known), places), places)


def note_changes(called: Sequence[Routine]) -> None:
    """Note which arguments each recursive function writes to, itself or by what it calls."""
    known = {r.name: r for r in called}
    while any([changes_more(r, known) for r in called]):
        pass


def changes_more(routine: Routine, known: Mapping[str, Routine]) -> bool:
    """Note which arguments a recursive function writes to; whether there are new ones."""
    assert routine.program is not None
    program = converted(routine.program, known)
    classes, written = alias_classes(program), written_classes(program)
    params = enumerate(program.params)
    shared = types.Array | types.List
    found = frozenset(
        k for k, p in params if isinstance(routine.kinds[k], shared) and classes[p] in written
    )
    more = found > routine.changes
    routine.changes = found
    return more


def converted(program: Program, known: Mapping[str, Routine]) -> Program:
    """The program with calls as statements of their own, for what is known to be changed."""

    def block(body: Block) -> Block:
        tuples = {s.target for s in body if isinstance(s, Assign) and is_tuple(s.target)}
        return tuple(new for s in body if part_of(s) not in tuples for new in statement(s, body))

    def is_tuple(name: str) -> bool:
        return isinstance(program.types.get(name), types.BaseTuple)

    def statement(stmt: Stmt, body: Block) -> list[Stmt]:
        called = called_routine(stmt, known)
        if called is not None and (is_call(called[0]) or is_tuple(called[1].target)):
            targets = (called[1].target,)
            if is_tuple(called[1].target):
                targets = tuple(s.target for s in body if part_of(s) == called[1].target)  # type: ignore[attr-defined]
            return [call_statement(*called, targets, program)]
        match stmt:
            case Assign(target=t) | Alias(target=t) if program.types.get(t) == types.none:
                return []
            case Return(value=ast.Name(id=name)) if program.types.get(name) == types.none:
                return [replace(stmt, value=ast.Constant(None))]
        return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]

    body = block(program.body)
    ends = bool(body) and isinstance(body[-1], Return)
    return program.with_body(body if ends else (*body, Return(ast.Constant(None))))


def is_call(routine: Routine) -> bool:
    """Whether what a function does has to be reversed."""
    return bool(routine.changes) or has_gradient(routine)


def call_statement(
    routine: Routine, stmt: Assign, targets: tuple[str, ...], program: Program
) -> Call:
    """A call with what it changes."""
    value = stmt.value
    assert isinstance(value, ast.Call)
    changed = [value.args[k] for k in sorted(routine.changes)]
    return Call(
        () if program.types.get(stmt.target) == types.none else targets,
        value,
        tuple(a.id for a in changed if isinstance(a, ast.Name)),
        active_arguments(routine),
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
