"""Returned: the arrays that recursive functions return.

In: the typed Program of a recursive function. Out: the same with a result that is an array of its
own in order C.

Invariant: NumPy may share the user's result with an argument (``return a``); the copy here differs
only where the argument or the result is written to afterwards, and that is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from numba import types

from .analysis.aliasing import alias_classes, written_classes
from .errors import Complaint, Place, UnsupportedError
from .frontend.infer import typed
from .frontend.numba_types import numba_types
from .naming import free_name
from .program import (
    Alias,
    Assign,
    Block,
    Call,
    Program,
    Return,
    Stmt,
    View,
    binds,
    blocks,
    uses,
    walk,
    with_blocks,
)
from .rules import registry
from .rules.expressions import np_name

if TYPE_CHECKING:
    from .recursion import Routine


def own(kind: types.Type) -> types.Type:
    """The type of a result: arrays in order C."""
    if isinstance(kind, types.BaseTuple):
        return types.Tuple(tuple(map(own, kind.types)))
    return types.Array(kind.dtype, kind.ndim, "C") if is_array(kind) else kind


def parts(kind: types.Type) -> tuple[types.Type, ...]:
    """The types of the parts of a result."""
    return tuple(kind.types) if isinstance(kind, types.BaseTuple) else (kind,)


def returned(program: Program) -> list[ast.expr]:
    """The parts of what a program returns."""
    match program.body[-1]:
        case Return(value=ast.Tuple(elts=elts)):
            return list(elts)
        case Return(value=value):
            return [value]
    return []


def returned_arrays(program: Program) -> list[str]:
    """The names of the arrays that a program returns."""
    found = [value.id for value in returned(program) if isinstance(value, ast.Name)]
    return [name for name in found if is_array(program.types.get(name))]


def handed_out(program: Program) -> set[str]:
    """The names of what may share memory with a result."""
    classes = alias_classes(program)
    given = {classes[name] for name in returned_arrays(program)}
    return {name for name, memory in classes.items() if memory in given}


def copied_result(
    program: Program, kinds: tuple[types.Type, ...], places: Mapping[int, Place]
) -> Program:
    """The program with copies for what is only returned: ``return a`` copies ``a``."""
    used = set().union(*map(uses, walk(program.body[:-1])))
    names = set(returned_arrays(program)) - used
    if not names:
        return program
    view = fresh_name("view", program)

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        match stmt:
            case Alias(target=t, source=source) if t in names:
                return [Assign(t, np_call("copy", source), line=stmt.line)]
            case View(target=t) if t in names:
                copy = Assign(t, np_call("copy", view), line=stmt.line)
                return [replace(stmt, target=view), copy]
        return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]

    copied = program.with_body(block(program.body))
    if copied.body == program.body:
        return program
    known = dict(zip(program.params, kinds, strict=True))
    return typed(copied, numba_types(copied, kinds, places), known)


def own_result(program: Program) -> Program:
    """The program with results that are arrays of their own, in order C, each under one name."""
    result = program.body[-1]
    if not isinstance(result, Return):
        return program
    classes, body, kinds = alias_classes(program), list(program.body[:-1]), dict(program.types)
    elements: list[ast.expr] = []
    for value in returned(program):
        name = value.id if isinstance(value, ast.Name) else ""
        again = name in [e.id for e in elements if isinstance(e, ast.Name)]
        if name and (again or (is_array(kinds.get(name)) and not is_own(name, program, classes))):
            copied = fresh_name("result", replace(program, types=kinds))
            kinds[copied] = own(kinds[name])
            value = np_call("copy", name) if is_array(kinds[name]) else value
            body.append(Assign(copied, value, line=result.line))
            value = ast.Name(copied, ast.Load())
        elements.append(value)
    whole = ast.Tuple(elements, ast.Load()) if isinstance(result.value, ast.Tuple) else elements[0]
    return program.with_body((*body, replace(result, value=whole)), types=kinds)


def is_own(name: str, program: Program, classes: Mapping[str, str]) -> bool:
    """Whether a name is that of an array in order C that nothing else refers to or writes to."""
    alone = sum(classes[name] == c for c in classes.values()) == 1
    plain = alone and classes[name] not in written_classes(program) | set(program.params)
    return plain and bool(program.types[name] == own(program.types[name]))


def np_call(function: str, operand: str) -> ast.expr:
    """``np.copy(a)``."""
    return ast.Call(np_name(function), [ast.Name(operand, ast.Load())], [])


def fresh_name(wish: str, program: Program, taken: Iterable[str] = ()) -> str:
    """A name that a program does not have, nor the other names taken."""
    names = {*program.types, *program.constants, *program.routines, *registry.FUNCTIONS}
    return free_name(wish, names.union(taken))


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
    known = {r.name: r for r in routines if any(map(is_array, parts(r.result)))}
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
            if called is None or not (called[0].shares or called[0].twins):
                continue
            bound = [t for t in binds(stmt) if is_array(each.types.get(t))]
            if not any(classes[t] in written for t in bound):
                continue
            name = called[0].name
            what = "its argument" if called[0].shares else "one array twice"
            reason = f"what `{name}` returns may be {what}, and one of them is written to"
            advice = f"return a copy from `{name}`: `np.copy(...)`"
            raise UnsupportedError(Complaint(where.get(stmt.line), reason, advice))


def shares_more(routine: Routine, known: Mapping[str, Routine]) -> bool:
    """Note which arguments a result may share memory with in NumPy; whether there are new ones.

    And whether two parts of the result may share memory with each other.
    """
    assert routine.original is not None
    joined = with_aliases(routine.original, known)
    given, classes = handed_out(joined), alias_classes(joined)
    found = frozenset(k for k, p in enumerate(joined.params) if p in given)
    memory = [classes[name] for name in returned_arrays(joined)]
    twins = len(set(memory)) < len(memory)
    more = found > routine.shares or twins > routine.twins
    routine.shares, routine.twins = found, twins
    return more


def with_aliases(program: Program, known: Mapping[str, Routine]) -> Program:
    """The program, with each result of a recursive function an alias of what it may share."""
    tuples: set[str] = set()

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        stmt = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        if part_of(stmt) in tuples:
            return [stmt, *(Alias(n, str(part_of(stmt))) for n in arrays_of(stmt))]
        called = called_routine(stmt, known)
        if called is None:
            return [stmt]
        routine, assigned = called
        bound = arrays_of(stmt)
        if isinstance(program.types.get(assigned.target), types.BaseTuple):
            bound = [assigned.target]
            tuples.update(bound if routine.shares or routine.twins else ())
        given = [assigned.value.args[k] for k in sorted(routine.shares)]  # type: ignore[attr-defined]
        shared = [a.id for a in given if isinstance(a, ast.Name)]
        twins = bound[1:] if routine.twins else []
        joined = [Alias(t, name) for t in bound for name in shared]
        return [stmt, *joined, *(Alias(t, bound[0]) for t in twins)]

    def arrays_of(stmt: Stmt) -> list[str]:
        return [t for t in binds(stmt) if is_array(program.types.get(t))]

    return program.with_body(block(program.body))


def part_of(stmt: Stmt) -> str | None:
    """The name of the tuple of which a statement takes a part: ``y = t[1]``."""
    match stmt:
        case Assign(value=ast.Subscript(value=ast.Name(id=name), slice=ast.Constant())):
            return name
    return None


def called_routine(stmt: Stmt, known: Mapping[str, Routine]) -> tuple[Routine, Assign] | None:
    """The recursive function, of these, that a statement calls, and the statement."""
    match stmt:
        case Assign(value=ast.Call(func=ast.Name(id=name))) if name in known:
            return known[name], stmt
        case Call(targets=ts, value=ast.Call(func=ast.Name(id=name)) as v) if name in known:
            return known[name], Assign(ts[0] if ts else "", v, line=stmt.line)
    return None
