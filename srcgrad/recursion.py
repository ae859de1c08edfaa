"""Recursion: functions that call themselves stay functions of the emitted module.

In: a ``Source`` and the types of its parameters. Out: its typed Program, in which recursive
functions are called by name; and for each of them two Programs, itself and its gradient.

A call ``z = f(x, n)`` is then an operation like any other: its derivative is ``grad_z`` times
what ``f_gradient(x, n)`` returns, which calls ``f_gradient`` in turn; where ``z`` is an array, it
is what ``f_gradient(x, n, grad_z)`` returns. Nothing is recorded: a function's own forward sweep
runs again in its gradient.

Invariant: a recursive function has one type of arguments (arrays of any layout), returns a
number or an array of its own in order C, and changes none of its arguments; anything else is
refused. An array that NumPy would share with an argument is copied, and refused where the
difference could be seen.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

import numba
from numba import types

from .analysis.aliasing import alias_classes, written_classes
from .errors import Complaint, Place, UnsupportedError
from .frontend.closure import inline_closed
from .frontend.infer import infer, typed
from .frontend.inline import Inlined
from .frontend.inlining.body import RESERVED, gradient_of
from .frontend.inlining.calls import OutlinedFoundError
from .frontend.normalise import normalise
from .frontend.numba_types import numba_types, typed_stub
from .frontend.parse import Source, parse
from .gate_types import gate_stub, is_gate
from .program import (
    Alias,
    Assign,
    Block,
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

GUESSES = 4
"""How often a guess of the type of a recursive function's result is improved."""


@dataclass
class Routine:
    """A recursive function for arguments of some types; its result's type is a guess at first.

    ``original`` is the user's function, ``program`` what stands for it: it returns an array of its
    own. ``shares`` says which arguments the result may share memory with in NumPy.
    """

    function: FunctionType
    name: str
    kinds: tuple[types.Type, ...]
    result: types.Type
    program: Program | None = None
    inlined: Inlined | None = None
    original: Program | None = None
    shares: frozenset[int] = frozenset()


class Routines:
    """The recursive functions met while a gradient is derived."""

    def __init__(self) -> None:
        self.outlined: dict[FunctionType, str] = {}
        self.known: dict[FunctionType, Routine] = {}

    def typed(
        self, source: Source, kinds: tuple[types.Type, ...]
    ) -> tuple[Program, types.Type, Inlined]:
        """The typed Program of a function, the type of its result, and what was inlined."""
        while True:
            try:
                given = dict(zip(source.parameters, kinds, strict=True))
                inlined = inline_closed(source, given, self.outlined, self.stub)
                break
            except OutlinedFoundError as found:
                self.outlined[found.function] = self.named(found.function, source)
        stubs = {name: self.stub(name, f) for name, f in inlined.routines.items()}
        gates = {name: f for name, f in inlined.routines.items() if is_gate(f)}
        program = replace(normalise(inlined), routines=stubs, gates=gates)
        every = (*kinds, *map(numba.typeof, inlined.arrays.values()))
        return *infer(program, every, inlined.places), inlined

    def named(self, function: FunctionType, source: Source) -> str:
        """A name of its own for a function that stays a call."""
        wish = function.__name__ if function.__name__.isidentifier() else "f"
        name, number = wish, 1
        taken = {*self.outlined.values(), *RESERVED, *registry.FUNCTIONS, f"{source.name}_grad"}
        while name in taken:
            number += 1
            name = f"{wish}{number}"
        return name

    def stub(self, name: str, function: FunctionType) -> Any:
        """What stands for a recursive function, or a gate, while types are inferred."""
        if is_gate(function):
            return gate_stub(name, function)

        def typed(*operands: types.Type) -> types.Type:
            return self.routine(function, name, operands).result

        return typed_stub(name, function.__code__.co_argcount, typed)

    def routine(
        self, function: FunctionType, name: str, operands: tuple[types.Type, ...]
    ) -> Routine:
        """The function for arguments of these types, itself inferred if it is met first."""
        kinds = tuple(map(general, operands))
        known = self.known.get(function)
        if known is None:
            known = self.known[function] = Routine(function, name, kinds, types.none)
            self.settle(known)
        if known.kinds != kinds:
            shown = " and for ".join(f"({', '.join(map(str, k))})" for k in (known.kinds, kinds))
            reason = f"the recursive function `{name}` is called for {shown}"
            advice = "call it with arguments of one type: `float(n)` for an int"
            raise UnsupportedError(Complaint(None, reason, advice))
        return known

    def settle(self, routine: Routine) -> None:
        """Infer a recursive function until its result is of the type that was guessed.

        Raises
        ------
        UnsupportedError
            What is wrong with it if it returns a number, where no guess fits.
        """
        first: UnsupportedError | None = None
        before = dict(self.known)
        for guess in guesses(routine.kinds):
            try:
                program, inlined = self.settled(routine, guess, before)
            except UnsupportedError as error:
                first = first or error
                continue
            routine.original = program
            program = own_result(copied_result(program, routine.kinds, inlined.places))
            refuse(routine, program, inlined)
            routine.program = replace(program, name=routine.name)
            routine.inlined = inlined
            return
        assert first is not None
        raise first

    def settled(
        self, routine: Routine, guess: types.Type, before: Mapping[FunctionType, Routine]
    ) -> tuple[Program, Inlined]:
        """The typed program of a recursive function, from a guess of its result's type.

        Functions that it calls are inferred again for each guess; ``before`` are those around it.
        """
        source = parse(routine.function)
        routine.result = guess
        for _ in range(GUESSES):
            self.known = dict(before)
            program, result, inlined = self.typed(source, routine.kinds)
            if own(result) == routine.result:
                return program, inlined
            routine.result = own(result)
        reason = f"the type of what the recursive function `{routine.name}` returns is not known"
        raise UnsupportedError(Complaint(None, reason, "return values of one type"))

    def gradient_stub(self, routine: Routine) -> Any:
        """What stands for the gradient of a recursive function while types are inferred."""
        active = [k for k in routine.kinds if is_active(k)]
        parts = [types.Array(k.dtype, k.ndim, "C") if is_array(k) else k for k in active]
        result = parts[0] if len(parts) == 1 else types.Tuple(tuple(parts))
        arity = len(routine.kinds) + is_array(routine.result)
        return typed_stub(gradient_of(routine.name), arity, lambda *_: result)

    def gradient_stubs(self) -> Mapping[str, Any]:
        """Stubs of all the gradients."""
        return {gradient_of(r.name): self.gradient_stub(r) for r in self.known.values()}


def general(kind: types.Type) -> types.Type:
    """The type that a function is made for: arrays of any layout."""
    kind = types.unliteral(kind)
    return types.Array(kind.dtype, kind.ndim, "A") if is_array(kind) else kind


def guesses(kinds: tuple[types.Type, ...]) -> list[types.Type]:
    """Types that the result may have: a number, an array like an argument, an array of floats."""
    arrays = [own(k) for k in kinds if is_array(k)]
    floats = any(isinstance(getattr(k, "dtype", k), types.Float) for k in kinds)
    more = [types.Array(types.float64, rank, "C") for rank in (1, 2, 3)]
    every = [types.float64 if floats else types.int64, *arrays, *more]
    return list(dict.fromkeys(every))


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


def is_active(kind: types.Type) -> bool:
    """Whether an argument of this type has a gradient."""
    return isinstance(kind.dtype if is_array(kind) else kind, types.Float)


def refuse(routine: Routine, program: Program, inlined: Inlined) -> None:
    """Refuse what a recursive function cannot do.

    Raises
    ------
    UnsupportedError
        With the function's place.
    """
    name = routine.name
    place = inlined.places.get(inlined.tree.body[-1].lineno)
    reason = ""
    classes, written = alias_classes(program), written_classes(program)
    changed = [p for p in program.params if classes.get(p) in written]
    held = routine.result.dtype if is_array(routine.result) else routine.result
    if not isinstance(held, types.Number | types.Boolean):
        reason = f"the recursive function `{name}` returns {routine.result}"
        advice = "return a number or an array"
    elif changed:
        reason = f"the recursive function `{name}` changes its argument `{changed[0]}`"
        advice = "work on a copy, or write it as a loop"
    elif inlined.arrays:
        reason = f"the recursive function `{name}` uses the array `{next(iter(inlined.arrays))}`"
        advice = "pass the array as an argument"
    elif any(isinstance(k, types.BaseTuple | types.List) for k in routine.kinds):
        reason = f"the recursive function `{name}` takes a tuple or a list"
        advice = "pass its elements, or an array"
    if reason:
        raise UnsupportedError(Complaint(place, reason, advice))


def refuse_shared(program: Program, places: Mapping[int, Place], routines: Routines) -> None:
    """Refuse to write to an array that NumPy shares with a recursive function's argument.

    Raises
    ------
    UnsupportedError
        With the place of the call.
    """
    known = {r.name: r for r in routines.known.values() if is_array(r.result)}
    while any(shares_more(r, known) for r in known.values()):
        pass
    every = [(program, places)]
    for routine in routines.known.values():
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
    return None
