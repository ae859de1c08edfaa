"""Derivatives: what flows back through each statement.

In: a statement of a typed Program. Out: its ``Partial``s, one for each contribution that the
gradient of its target makes to the gradient of an operand, from the rules.

Invariant: a statement without partials has derivative zero; an operation that has no rule
raises, it never counts as zero.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..frontend.webs import substitute
from ..program import Alias, Assign, Expr, Program, Stmt, View, binds, uses, walk
from ..rules import registry
from ..syntax import elements_of
from .gates import of_gate
from .partial import Partial, Spread, contents, is_differentiable


def gradient_names(program: Program) -> Callable[[str], str]:
    """How the gradient of each name is called: ``grad_x``, with ``_`` where that is taken.

    No two names share one: beside variables ``grad_x`` and ``x_``, ``grad_x_`` is that of ``x_``.
    """
    taken = set(program.params) | set(program.constants)
    for stmt in walk(program.body):
        taken |= set(binds(stmt)) | uses(stmt)
    variables = sorted(taken)
    given = {name: f"grad_{name}" for name in variables if f"grad_{name}" not in taken}
    taken |= set(given.values())

    def gradient(name: str) -> str:
        if name not in given:
            found = f"grad_{name}"
            while found in taken:
                found += "_"
            given[name] = found
            taken.add(found)
        return given[name]

    for name in variables:
        gradient(name)
    return gradient


def rank(expr: Expr, kinds: Mapping[str, types.Type]) -> int:
    """The number of axes of an operand."""
    match expr:
        case ast.Name(id=name):
            return getattr(kinds.get(name), "ndim", 0)
        case ast.Tuple() | ast.List():
            return 1
    return 0


def partials(
    stmt: Stmt,
    program: Program,
    gradient: Callable[[str], str],
    places: Mapping[int, Place],
) -> tuple[Partial, ...]:
    """The contributions of a statement, those to the last operand first.

    Raises
    ------
    UnsupportedError
        Where the operation is known but has no derivative rule.
    """
    kinds = program.types
    match stmt:
        case Alias(target=t, source=s):
            return (Partial(s, grad_of(gradient, t)),)
        case Assign(target=t, value=v) | View(target=t, value=v):
            pass
        case _:
            return ()
    if not is_differentiable(kinds.get(t)):
        return ()
    seed = grad_of(gradient, t)
    match v:
        case ast.Constant() | ast.Attribute() | ast.List(elts=[]):
            return ()
        case ast.Name(id=s):
            return (Partial(s, seed),)
        case ast.Subscript(value=ast.Name(id=a), slice=index):
            if not is_differentiable(kinds.get(a)):
                return ()
            if any(isinstance(kinds.get(n), types.Array) for n in _array_subscripts(index)):
                return _gathered(a, index, seed, kinds, stmt, places)
            return (Partial(a, seed, index=index),)
    if isinstance(v, ast.Call) and isinstance(v.func, ast.Name) and v.func.id in program.gates:
        place = places.get(stmt.line)
        return of_gate(v, v.func.id, (ast.Name(t, ast.Load()), seed), program, place)
    if isinstance(v, ast.Call) and isinstance(v.func, ast.Name) and v.func.id in program.routines:
        return ()  # of a function without a gradient: others are ``Call`` statements
    if isinstance(v, ast.Call):
        declared = registry.FUNCTIONS.get(ast.unparse(v.func))
        if declared is not None and not declared.derivative:
            return ()
    return _of_operation(t, v, seed, kinds, places.get(stmt.line))


def _of_operation(
    target: str, v: Expr, seed: Expr, kinds: Mapping[str, types.Type], place: Place | None
) -> tuple[Partial, ...]:
    """The contributions of an operation, by its rule."""
    found = registry.match(v, lambda e: rank(e, kinds))
    if found is None:
        operands = {n for n in contents(v) if is_differentiable(kinds.get(n))}
        if not operands:
            return ()
        reason = f"`{ast.unparse(v)}` has no derivative rule"
        raise UnsupportedError(Complaint(place, reason, "write it with other functions, or loops"))
    for operand in found.operands.values():
        hidden = set() if isinstance(operand, ast.Name) else contents(operand)
        if any(is_differentiable(kinds.get(n)) for n in hidden):
            reason = f"`{ast.unparse(operand)}` is no single number or array"
            advice = "write the function of its parts, or make it an array"
            raise UnsupportedError(Complaint(place, reason, advice))
    return _from_rule(found, target, seed, kinds)


def _from_rule(
    found: registry.Match, target: str, seed: Expr, kinds: Mapping[str, types.Type]
) -> tuple[Partial, ...]:
    """The pulls of a rule, on the operation's own names."""
    mapping = dict(found.operands)
    mapping["z"] = ast.Name(target, ast.Load())
    mapping["grad_z"] = seed
    result = []
    operands = [o.id for o in found.operands.values() if isinstance(o, ast.Name)]
    several = len({o for o in operands if isinstance(kinds.get(o), types.Array)}) > 1
    for pull in reversed(found.rule.pulls):
        operand = found.operands[pull.operand]
        if not isinstance(operand, ast.Name) or not is_differentiable(kinds.get(operand.id)):
            continue
        shape: Spread = "spread" if pull.spread else "exact"
        broadcast = several or not isinstance(kinds.get(operand.id), types.Array)
        if found.rule.elementwise and not pull.spread and broadcast:
            shape = "elementwise"
        value = registry.instantiate(pull.value, mapping)
        each = found.rule.elementwise and not pull.spread
        result.append(Partial(operand.id, value, pull.negative, None, shape, each))
    return tuple(result)


def _gathered(
    array: str,
    index: Expr,
    seed: Expr,
    kinds: Mapping[str, types.Type],
    stmt: Stmt,
    places: Mapping[int, Place],
) -> tuple[Partial, ...]:
    """``v = a[idx]``: one by one, since an index may occur more than once."""
    if not isinstance(index, ast.Name):
        reason = "an index array beside other subscripts cannot be differentiated yet"
        raise UnsupportedError(Complaint(places.get(stmt.line), reason, "write the loop"))
    kind = kinds[index.id]
    assert isinstance(kind, types.Array)
    if isinstance(kind.dtype, types.Boolean):
        return (Partial(array, seed, index=index),)
    if kind.ndim != 1:
        reason = "an index array of several axes cannot be differentiated yet"
        raise UnsupportedError(Complaint(places.get(stmt.line), reason, "ravel it"))
    shape = ast.Attribute(ast.Name(array, ast.Load()), "shape", ast.Load())
    value = ast.Call(ast.Name("add_at", ast.Load()), [index, seed, shape], [])
    return (Partial(array, value),)


def _array_subscripts(index: Expr) -> set[str]:
    """Names that stand as subscripts by themselves."""
    parts = elements_of(index)
    return {p.id for p in parts if isinstance(p, ast.Name)}


def grad_of(gradient: Callable[[str], str], name: str) -> Expr:
    """The gradient of a name, as an expression."""
    return ast.Name(gradient(name), ast.Load())


__all__ = ["gradient_names", "partials", "substitute"]
