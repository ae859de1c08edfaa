"""What flows back through gates of the user's.

In: a call of a gate in a typed Program. Out: its ``Partial``s, from the rule's text or the
backward function.

Invariant: an argument that has no gradient is data because the user says so, or no float.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numba
from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..frontend.inlining.body import backward_of
from ..frontend.numba_types import numba_types
from ..program import Assign, Expr, Program, Return, names
from ..rules import registry
from .partial import Partial, Spread, is_differentiable


def of_gate(
    call: ast.Call, name: str, result: tuple[Expr, Expr], program: Program, place: Place | None
) -> tuple[Partial, ...]:
    """The contributions of ``z = gate(x, n)``, those to the last operand first.

    Raises
    ------
    UnsupportedError
        Where the rule does not fit the types of the arguments.
    """
    gate = program.gates[name].__gate__
    target, seed = result
    given = dict(zip(gate.parameters, call.args, strict=True))
    kinds = {p: kind_of(a, program) for p, a in given.items()}
    for parameter in sorted(gate.numbers):
        if is_differentiable(kinds[parameter]):
            reason = f"`{parameter}` of the gate `{name}` is an integer there, but a float is given"
            advice = f'pass an int, give it a rule, or say `data="{parameter}"`'
            raise UnsupportedError(Complaint(place, reason, advice))
    active = {
        p: a.id
        for p, a in given.items()
        if p in gate.active and isinstance(a, ast.Name) and is_differentiable(kinds[p])
    }
    if gate.backward is not None:
        func = ast.Name(backward_of(name), ast.Load())
        return of_backward(ast.Call(func, [*call.args, target, seed], []), gate.active, active)
    kinds["z"] = kinds["grad_z"] = kind_of(target, program)
    mapping = {**given, "z": target, "grad_z": seed}
    found = []
    for pull in reversed(gate.pulls):
        if pull.operand in active:
            value = registry.instantiate(pull.value, mapping)
            try:
                shape = spread(pull.value, kinds, pull.operand)
            except UnsupportedError as error:
                why = error.complaints[0].reason
                reason = f"the rule of the gate `{name}` for `{pull.operand}` does not fit: {why}"
                raise UnsupportedError(Complaint(place, reason)) from None
            found.append(Partial(active[pull.operand], value, pull.negative, None, shape))
    return tuple(found)


def of_backward(
    slopes: ast.Call, parameters: Sequence[str], active: Mapping[str, str]
) -> tuple[Partial, ...]:
    """The parts of what a backward function returns, one for each of these parameters."""
    found = []
    for k, parameter in reversed(list(enumerate(parameters))):
        value: Expr = slopes
        if len(parameters) > 1:
            value = ast.Subscript(slopes, ast.Constant(k), ast.Load())
        if parameter in active:
            found.append(Partial(active[parameter], value))
    return tuple(found)


def kind_of(argument: Expr, program: Program) -> Any:
    """The type of an argument."""
    match argument:
        case ast.Constant(value=float()):
            return types.float64
        case ast.Constant(value=bool()):
            return types.boolean
        case ast.Constant(value=int()):
            return types.intp
        case ast.Name(id=name) if name in program.constants:
            return numba.typeof(program.constants[name])
        case ast.Name(id=name):
            return program.types.get(name)
    return None


def spread(value: Expr, kinds: Mapping[str, Any], operand: str) -> Spread:
    """How a contribution relates to its operand's shape, by the number of its axes."""
    used = sorted(names(value))
    body = (Assign("value", value), Return(ast.Name("value", ast.Load())))
    typed = numba_types(Program("rule", tuple(used), body), tuple(kinds[n] for n in used), {})
    rank, own = (getattr(k, "ndim", 0) for k in (typed.result, kinds[operand]))
    arrays = {n for n, k in kinds.items() if isinstance(k, types.Array)} - {"z", "grad_z"}
    if rank < own:
        return "spread"
    if rank > own and not isinstance(kinds["z"], types.Array):
        raise UnsupportedError(f"it gives {typed.result} for what has fewer axes: sum it")
    several = len(arrays) > 1 and own > 0
    return "elementwise" if rank > own or several else "exact"
