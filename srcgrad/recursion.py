"""Recursion: functions that call themselves stay functions of the emitted module.

In: a ``Source`` and the types of its parameters. Out: its typed Program, in which recursive
functions are called by name; and for each of them two Programs, itself and its gradient.

A call ``z = f(x, n)`` is then an operation like any other: its derivative is ``grad_z`` times
what ``f_gradient(x, n)`` returns, which calls ``f_gradient`` in turn. Nothing is recorded: a
function's own forward sweep runs again in its gradient.

Invariant: a recursive function has one type of arguments (arrays of any layout), returns a
number and changes none of its arguments; anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

import numba
from numba import types

from .analysis.aliasing import alias_classes, written_classes
from .errors import Complaint, UnsupportedError
from .frontend.closure import inline_closed
from .frontend.infer import infer
from .frontend.inline import Inlined
from .frontend.inlining.body import RESERVED, gradient_of
from .frontend.inlining.calls import OutlinedFoundError
from .frontend.normalise import normalise
from .frontend.numba_types import typed_stub
from .frontend.parse import Source, parse
from .gate_types import gate_stub, is_gate
from .program import Program
from .rules import registry

GUESSES = 4
"""How often the type of a recursive function's result is tried."""


@dataclass
class Routine:
    """A recursive function for arguments of some types; its result's type is a guess at first."""

    function: FunctionType
    name: str
    kinds: tuple[types.Type, ...]
    result: types.Type
    program: Program | None = None
    inlined: Inlined | None = None


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
            floats = any(isinstance(getattr(k, "dtype", k), types.Float) for k in kinds)
            guess = types.float64 if floats else types.int64
            known = self.known[function] = Routine(function, name, kinds, guess)
            self.settle(known)
        if known.kinds != kinds:
            shown = " and for ".join(f"({', '.join(map(str, k))})" for k in (known.kinds, kinds))
            reason = f"the recursive function `{name}` is called for {shown}"
            advice = "call it with arguments of one type: `float(n)` for an int"
            raise UnsupportedError(Complaint(None, reason, advice))
        return known

    def settle(self, routine: Routine) -> None:
        """Infer a recursive function until its result is of the type that was guessed."""
        source = parse(routine.function)
        for _ in range(GUESSES):
            program, result, inlined = self.typed(source, routine.kinds)
            if result == routine.result:
                break
            routine.result = result
        refuse(routine, program, inlined)
        routine.program = replace(program, name=routine.name)
        routine.inlined = inlined

    def gradient_stub(self, routine: Routine) -> Any:
        """What stands for the gradient of a recursive function while types are inferred."""
        active = [k for k in routine.kinds if is_active(k)]
        parts = [types.Array(k.dtype, k.ndim, "C") if is_array(k) else k for k in active]
        result = parts[0] if len(parts) == 1 else types.Tuple(tuple(parts))
        return typed_stub(gradient_of(routine.name), len(routine.kinds), lambda *_: result)

    def gradient_stubs(self) -> Mapping[str, Any]:
        """Stubs of all the gradients."""
        return {gradient_of(r.name): self.gradient_stub(r) for r in self.known.values()}


def general(kind: types.Type) -> types.Type:
    """The type that a function is made for: arrays of any layout."""
    kind = types.unliteral(kind)
    return types.Array(kind.dtype, kind.ndim, "A") if is_array(kind) else kind


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
    if not isinstance(routine.result, types.Number | types.Boolean):
        reason = f"the recursive function `{name}` returns {routine.result}"
        advice = "return a number"
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
