"""Sweeps: the forward and backward functions of the recursive functions, and their tapes.

In: the routines that a primal calls, as ``with_calls`` leaves them. Out: ``Sweeps``: the two
functions of each, typed, with every tape passed on to where it is used; and the same for the
gradient that calls them (``completed``).

Invariant: a function takes the tapes that it or what it calls uses, after its other arguments.
There is one tape for each type of value in the whole listing: calls are reversed in the order in
which they return, so what one of them recorded is on top when it is reversed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numba import types

from .errors import Complaint, UnsupportedError
from .frontend.inlining.body import backward_of, forward_of
from .frontend.stubs import typed_stub
from .program import (
    Assign,
    Block,
    Call,
    Comment,
    Program,
    Stmt,
    binds,
    blocks,
    bound_names,
    uses,
    verify,
    walk,
    with_blocks,
)
from .recursion import Routine, active_arguments, has_gradient, is_active
from .returned import is_array, own, parts
from .transform.pair import Pair, own_parameters, pair
from .transform.prepare import prepare
from .type_text import dtype_text, no_elements


@dataclass(frozen=True)
class Sweeps:
    """Forward and backward functions.

    Attributes
    ----------
    routines : mapping of str to Routine
        Those that have the two functions, by name.
    pairs : mapping of str to Pair
        The two functions, without tapes.
    tapes : mapping of str to types.Type
        The types of the values on each tape.
    wanted : mapping of str to tuple of str
        The tapes that a routine or what it calls uses.
    """

    routines: Mapping[str, Routine]
    pairs: Mapping[str, Pair]
    tapes: Mapping[str, types.Type]
    wanted: Mapping[str, tuple[str, ...]]


def sweeps(routines: Sequence[Routine], primal: Program, planned: Any) -> Sweeps:
    """The forward and backward functions of the routines that have a gradient.

    Parameters
    ----------
    routines : sequence of Routine
        All that are called.
    primal : Program
        What calls them.
    planned : callable
        Gives the ``Facts`` and the ``Plan`` of a Program, for the names to differentiate by.
    """
    chosen = {r.name: r for r in routines if r.changes or has_gradient(r)}
    programs = [r.program for r in routines if r.program is not None]
    taken = {n for p in (primal, *programs) for n in (*p.types, *p.constants)}
    pairs: dict[str, Pair] = {}
    tapes: dict[types.Type, str] = {}
    for name, routine in chosen.items():
        assert routine.program is not None and routine.inlined is not None
        program = prepare(own_parameters(replace(routine.program, recursive=True)))
        active = [program.params[k] for k in active_arguments(routine)]
        facts, plan = planned(program, active, routine.inlined.places)
        pairs[name] = pair(facts, plan, taken | set(tapes.values()), tapes)
    kinds = {name: kind for kind, name in tapes.items()}
    return Sweeps(chosen, pairs, kinds, wanted_tapes(pairs, kinds))


def wanted_tapes(
    pairs: Mapping[str, Pair], tapes: Mapping[str, types.Type]
) -> dict[str, tuple[str, ...]]:
    """For each routine the tapes that it or what it calls uses."""
    called = {
        name: {s.function for s in walk(p.forward.body) if isinstance(s, Call)}
        for name, p in pairs.items()
    }
    reached = {name: {name} for name in pairs}
    while True:
        more = {
            name: found | {o for o in pairs for f in found if forward_of(o) in called[f]}
            for name, found in reached.items()
        }
        if more == reached:
            break
        reached = more
    used = {
        name: {t for other in found for t in pairs[other].tapes} for name, found in reached.items()
    }
    return {name: tuple(t for t in tapes if t in found) for name, found in used.items()}


def with_tapes(program: Program, sweeps: Sweeps) -> Program:
    """The program with the tapes passed on where it calls forward and backward functions."""
    functions = {f(name): name for name in sweeps.pairs for f in (forward_of, backward_of)}

    def block(body: Block) -> Block:
        return tuple(map(statement, body))

    def statement(stmt: Stmt) -> Stmt:
        if isinstance(stmt, Call) and stmt.function in functions:
            tapes = sweeps.wanted[functions[stmt.function]]
            more: list[ast.expr] = [ast.Name(t, ast.Load()) for t in tapes]
            value = ast.Call(stmt.value.func, [*stmt.value.args, *more], [])
            return replace(stmt, value=value, changed=(*stmt.changed, *tapes))
        return with_blocks(stmt, tuple(map(block, blocks(stmt))))

    return program.with_body(block(program.body), recursive=False)


def completed(program: Program, sweeps: Sweeps) -> Program:
    """A gradient that makes the tapes of the functions that it calls."""
    passed = with_tapes(program, sweeps)
    used = {n for s in walk(passed.body) if isinstance(s, Call) for n in s.changed}
    made = [made_tape(name, kind) for name, kind in sweeps.tapes.items() if name in used]
    first = int(isinstance(passed.body[0], Comment))
    return passed.with_body(
        (*passed.body[:first], *made, *passed.body[first:]),
        routines={**passed.routines, **stubs(sweeps)},
    )


def made_tape(name: str, kind: types.Type) -> Stmt:
    """``tape = [0.0] * 0``: an empty list whose type is known."""
    return Assign(name, ast.parse(empty_list(kind), mode="eval").body)


def empty_list(kind: types.Type) -> str:
    """``[0.0] * 0``."""
    if isinstance(kind, types.List):
        return f"[{empty_list(kind.dtype)}] * 0"
    if is_array(kind):
        text = ast.unparse(no_elements(kind))
        if kind.layout != "C":
            text += f"[{', '.join(['::2'] * kind.ndim)}]"
        return f"[{text}] * 0"
    known = {types.boolean: "False", types.int64: "0", types.float64: "0.0"}
    return f"[{known.get(kind, f'{dtype_text(kind)}(0)')}] * 0"


def functions(sweeps: Sweeps, typed: Any) -> list[Program]:
    """The forward and backward functions, typed, with their tapes.

    Parameters
    ----------
    sweeps : Sweeps
        Without tapes.
    typed : callable
        Gives the typed Program for a Program, the types of its parameters and its places.
    """
    found = []
    for name, both in sweeps.pairs.items():
        routine, tapes = sweeps.routines[name], sweeps.wanted[name]
        assert routine.inlined is not None
        lists = tuple(types.List(sweeps.tapes[t]) for t in tapes)
        for program, kinds in (
            (both.forward, routine.kinds),
            (both.backward, (*routine.kinds, *added_kinds(routine))),
        ):
            params = (*program.params, *tapes)
            every = {**program.routines, **stubs(sweeps)}
            passed = replace(with_tapes(program, sweeps), params=params, routines=every)
            refuse_lost(passed, routine)
            verify(passed)
            found.append(typed(passed, (*kinds, *lists), routine.inlined.places))
    return found


def refuse_lost(program: Program, routine: Routine) -> None:
    """Refuse a sweep that would need an array of the primal's for its extents alone.

    Raises
    ------
    UnsupportedError
        At a line that binds the array.
    """
    assert routine.inlined is not None and routine.program is not None
    known = bound_names(program)
    lost = {n for s in walk(program.body) for n in uses(s) - known}
    for stmt in walk(routine.program.body):
        for name in sorted(lost.intersection(binds(stmt))):
            place = routine.inlined.places.get(stmt.line)
            reason = f"`{name}` of a recursive function may have other extents in each round"
            advice = "give it its extents once, and fill it: `np.empty(n)` before the loop"
            raise UnsupportedError(Complaint(place, reason, advice))


def added_kinds(routine: Routine) -> tuple[types.Type, ...]:
    """The types of the gradients that a backward function takes."""
    active = [routine.kinds[k] for k in active_arguments(routine)]
    kinds = [k for k in active if not isinstance(k, types.Number)]
    kinds += [result_kind(k) for k in parts(routine.result) if is_active(k)]
    return tuple(types.Array(k.dtype, k.ndim, "A") if is_array(k) else k for k in kinds)


def result_kind(kind: types.Type) -> types.Type:
    """The type of the gradient of a result."""
    return kind if is_array(kind) else types.float64


def stubs(sweeps: Sweeps) -> dict[str, Any]:
    """What stands for the functions while types are inferred."""
    found = {}
    for name, routine in sweeps.routines.items():
        tapes = len(sweeps.wanted[name])
        active = [routine.kinds[k] for k in active_arguments(routine)]
        numbers = [k for k in active if isinstance(k, types.Number)]
        many = types.Tuple(tuple(numbers)) if numbers else types.none
        slopes = numbers[0] if len(numbers) == 1 else many
        arity = len(routine.kinds) + tapes
        found[forward_of(name)] = stub(forward_of(name), arity, own(routine.result))
        arity += len(added_kinds(routine))
        found[backward_of(name)] = stub(backward_of(name), arity, slopes)
    return found


def stub(name: str, arity: int, result: types.Type) -> Any:
    """A function without a body whose result is of a type."""
    return typed_stub(name, arity, lambda *_: result)
