"""Recursion: functions that call themselves stay functions of the emitted module.

In: a ``Source`` and the types of its parameters. Out: its typed Program, in which recursive
functions are called by name; and for each of them the typed Program of its own (``Routine``), of
which ``sweeps`` makes a forward and a backward function.

The forward and backward functions in the listing of a gradient are recursive functions as well,
which share tapes: lists that they change. So a gradient can be differentiated again.

Invariant: there is a routine for each set of types of arguments (arrays of any layout): ``f``,
``f2``. It returns a number, an array of its own in order C, or a tuple of such; anything else is
refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from types import FunctionType
from typing import Any

import numba
from numba import types

from .analysis.gates import kind_of
from .analysis.partial import is_differentiable
from .errors import Complaint, UnsupportedError
from .frontend.closure import inline_closed
from .frontend.constants import decided
from .frontend.infer import infer
from .frontend.inline import Inlined, captured_arrays
from .frontend.inlining.body import RESERVED, backward_of, forward_of
from .frontend.inlining.user_calls import OutlinedFoundError
from .frontend.normalise import normalise
from .frontend.parse import Source, parse
from .frontend.stubs import typed_stub
from .gate_types import gate_stub, is_gate
from .program import Assign, Block, Program, Stmt, blocks, walk, with_blocks
from .returned import called_routine, copied_result, is_array, own, own_result, parts
from .rules import registry

VARIANTS = 4
"""For how many sets of types of arguments a recursive function may be called."""

TUPLES = 32
"""How many tuples of types are tried for a result that is a tuple."""

GUESSES = 4
"""How often a guess of the type of a recursive function's result is improved."""


@dataclass
class Routine:
    """A recursive function for arguments of some types; its result's type is a guess at first.

    ``original`` is the user's function, ``program`` what stands for it: it returns an array of its
    own. ``shares`` says which arguments the result may share memory with in NumPy, ``twins``
    whether parts of the result may with each other, ``changes`` which arguments it writes to.
    """

    function: FunctionType
    name: str
    kinds: tuple[types.Type, ...]
    result: types.Type
    program: Program | None = None
    inlined: Inlined | None = None
    original: Program | None = None
    shares: frozenset[int] = frozenset()
    twins: bool = False
    changes: frozenset[int] = frozenset()


class Routines:
    """The recursive functions met while a gradient is derived."""

    def __init__(self) -> None:
        self.outlined: dict[FunctionType, str] = {}
        self.known: dict[tuple[FunctionType, tuple[types.Type, ...]], Routine] = {}

    def typed(
        self, source: Source, kinds: tuple[types.Type, ...]
    ) -> tuple[Program, types.Type, Inlined]:
        """The typed Program of a function, the type of its result, and what was inlined."""
        while True:
            try:
                given = dict(zip(source.parameters, kinds, strict=False))
                inlined = inline_closed(source, given, self.outlined, self.stub)
                break
            except OutlinedFoundError as found:
                self.outlined[found.function] = self.named(found.function, source)
        stubs = {name: self.stub(name, f) for name, f in inlined.routines.items()}
        gates = {name: f for name, f in inlined.routines.items() if is_gate(f)}
        program = replace(normalise(inlined), routines=stubs, gates=gates)
        passed = kinds[len(source.parameters) :]
        if source.function in self.outlined:
            inlined = in_order(inlined, captured_arrays(source.function, self.outlined))
        captured = map(numba.typeof, list(inlined.arrays.values())[len(passed) :])
        every = (*kinds, *captured)
        program = decided(program, dict(zip(program.params, every, strict=True)))
        program, result = infer(program, every, inlined.places)
        return self.chosen(program), result, inlined

    def chosen(self, program: Program) -> Program:
        """A typed program whose calls name the routines for the types of their arguments."""
        functions = {n: f for n, f in self.functions().items() if n in program.routines}
        stubs = dict(program.routines)

        def block(body: Block) -> Block:
            return tuple(map(statement, body))

        def statement(stmt: Stmt) -> Stmt:
            match stmt:
                case Assign(value=ast.Call(func=ast.Name(id=name), args=args) as call) if (
                    name in functions
                ):
                    kinds = tuple(argument_kind(a, program) for a in args)
                    routine = self.routine(functions[name], name, kinds)
                    check_names(routine.name, program)
                    stubs[routine.name] = self.stub(routine.name, routine.function)
                    func = ast.Name(routine.name, ast.Load())
                    return replace(stmt, value=ast.Call(func, args, call.keywords))
            return with_blocks(stmt, tuple(map(block, blocks(stmt))))

        return replace(program, body=block(program.body), routines=stubs)

    def functions(self) -> Mapping[str, FunctionType]:
        """The recursive functions by the names that they have before types are known."""
        return {name: f for f, name in self.outlined.items() if not is_gate(f)}

    def named(self, function: FunctionType, source: Source) -> str:
        """A name of its own for a function that stays a call."""
        wish = function.__name__ if function.__name__.isidentifier() else "f"
        name, number = wish, 1
        taken = {*self.outlined.values(), *RESERVED, *registry.FUNCTIONS, f"{source.name}_grad"}
        taken |= {routine.name for routine in self.known.values()}
        taken |= {f(n) for n in self.outlined.values() for f in (forward_of, backward_of)}
        while taken & {name, forward_of(name), backward_of(name)}:
            number += 1
            name = f"{wish}{number}"
        return name

    def stub(self, name: str, function: FunctionType) -> Any:
        """What stands for a recursive function, or a gate, while types are inferred."""
        if is_gate(function):
            return gate_stub(name, function)

        def typed(*operands: types.Type) -> types.Type:
            return self.routine(function, name, operands).result

        captured = captured_arrays(function, self.outlined)
        return typed_stub(name, len(parse(function).parameters) + len(captured), typed)

    def routine(
        self, function: FunctionType, name: str, operands: tuple[types.Type, ...]
    ) -> Routine:
        """The function for arguments of these types, itself inferred if it is met first."""
        kinds = tuple(map(general, operands))
        known = self.known.get((function, kinds))
        if known is None:
            variants = [r for r in self.known.values() if r.function is function]
            if len(variants) == VARIANTS:
                shown = ", ".join(f"({', '.join(map(str, r.kinds))})" for r in variants)
                reason = f"the recursive function `{name}` is called for {shown} and more"
                advice = "call it with arguments of one type: `float(n)` for an int"
                raise UnsupportedError(Complaint(None, reason, advice))
            own_name = self.named(function, parse(function)) if variants else name
            known = Routine(function, own_name, kinds, types.none)
            self.known[function, kinds] = known
            self.settle(known)
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
        for guess in guesses(routine.kinds, returned_parts(routine.function)):
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
        self, routine: Routine, guess: types.Type, before: Mapping[Any, Routine]
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


def in_order(inlined: Inlined, captured: Sequence[tuple[str, Any]]) -> Inlined:
    """A recursive function with the arrays that it captures in the order of its calls."""
    names = {id(array): name for name, array in inlined.arrays.items()}
    arrays = {names[id(array)]: array for _, array in captured}
    return replace(inlined, arrays=arrays)


def general(kind: types.Type) -> types.Type:
    """The type that a function is made for: arrays of any layout."""
    kind = types.unliteral(kind)
    return types.Array(kind.dtype, kind.ndim, "A") if is_array(kind) else kind


def argument_kind(argument: ast.expr, program: Program) -> types.Type:
    """The type of an argument of a recursive function.

    Raises
    ------
    UnsupportedError
        Where it is neither a name nor a number.
    """
    match argument:
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return argument_kind(operand, program)
        case ast.Attribute(value=ast.Name(id="np" | "math")):
            return types.float64
        case ast.Constant(value=None):
            return types.none
    kind = kind_of(argument, program)
    if kind is None:
        reason = f"the argument `{ast.unparse(argument)}` of a recursive function is no number"
        raise UnsupportedError(Complaint(None, reason, "give it a name first"))
    return kind


def check_names(name: str, program: Program) -> None:
    """Refuse a variable that has the name of a recursive function, or of what belongs to it.

    Raises
    ------
    UnsupportedError
        With the name.
    """
    for taken in (name, forward_of(name), backward_of(name)):
        if taken in program.types or taken in program.constants:
            reason = f"`{taken}` is a variable there, and a recursive function of the listing"
            raise UnsupportedError(Complaint(None, reason, "give the variable another name"))


def reachable(program: Program, known: Iterable[Routine]) -> list[Routine]:
    """The routines that a program calls, and those that they call, in the order of ``known``."""
    return reachable_from((program,), known)


def reachable_from(programs: Iterable[Program], known: Iterable[Routine]) -> list[Routine]:
    """The routines that programs call, and those that they call, in the order of ``known``."""
    by_name = {r.name: r for r in known}
    found: set[str] = set()
    todo = list(programs)
    while todo:
        for stmt in walk(todo.pop().body):
            called = called_routine(stmt, by_name)
            if called is None or called[0].name in found:
                continue
            found.add(called[0].name)
            assert called[0].program is not None
            todo.append(called[0].program)
    return [r for name, r in by_name.items() if name in found]


def returned_parts(function: FunctionType) -> int:
    """How many parts the tuple has that a function returns; 1 where it is no tuple."""
    found = [n.value for n in ast.walk(parse(function).tree) if isinstance(n, ast.Return)]
    for value in found:
        if isinstance(value, ast.IfExp):
            found += [value.body, value.orelse]
    return max([len(v.elts) for v in found if isinstance(v, ast.Tuple)], default=1)


def guesses(kinds: tuple[types.Type, ...], parts: int = 1) -> list[types.Type]:
    """Types that the result may have: a number, an array like an argument, an array of floats.

    Or tuples of as many of them as there are parts.
    """
    arrays = [own(k) for k in kinds if is_array(k)]
    floats = any(isinstance(getattr(k, "dtype", k), types.Float) for k in kinds)
    more = [types.Array(types.float64, rank, "C") for rank in (1, 2, 3)]
    every = list(dict.fromkeys([types.float64 if floats else types.int64, *arrays, *more]))
    if parts == 1:
        return every
    return [types.Tuple(p) for p in islice(product(every, repeat=parts), TUPLES)]


def is_active(kind: types.Type) -> bool:
    """Whether an argument of this type has a gradient."""
    return is_differentiable(kind)


def active_arguments(routine: Routine) -> tuple[int, ...]:
    """The positions of the arguments that have gradients: captured arrays only if written to."""
    assert routine.program is not None
    captured = len(routine.kinds) - len(routine.program.hidden)
    return tuple(
        k
        for k, kind in enumerate(routine.kinds)
        if is_active(kind) and (k < captured or k in routine.changes)
    )


def has_gradient(routine: Routine) -> bool:
    """Whether a routine is differentiable by any of its arguments."""
    gives = [*parts(routine.result), *(routine.kinds[k] for k in routine.changes)]
    return any(map(is_active, gives)) and bool(active_arguments(routine))


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
    held = [k.dtype if is_array(k) else k for k in parts(routine.result)]
    if not all(isinstance(k, types.Number | types.Boolean | types.NoneType) for k in held):
        reason = f"the recursive function `{name}` returns {routine.result}"
        advice = "return a number, an array, or a tuple of such"
    elif any(isinstance(k, types.BaseTuple) for k in routine.kinds):
        reason = f"the recursive function `{name}` takes a tuple"
        advice = "pass its elements, or an array"
    if reason:
        raise UnsupportedError(Complaint(place, reason, advice))
