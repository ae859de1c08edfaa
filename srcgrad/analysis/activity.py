"""Activity: which names carry derivatives.

In: a typed Program, the names that the derivative is taken with respect to, and the partials
of each statement. Out: the set of active names, those that are varied (they depend on ``wrt``)
and useful (the result depends on them).

Invariant: activity is by may-alias class for arrays; it says what gradients are worth giving,
never what a store wipes out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from ..program import (
    Alias,
    Assign,
    Call,
    Increment,
    Pop,
    Program,
    Push,
    Return,
    Stmt,
    Store,
    Swap,
    View,
    binds,
    names,
    uses,
    walk,
)
from .aliasing import written_classes
from .partial import Partial, is_differentiable

Flow = tuple[str, str]
"""From a name to a name that takes its value from it."""


def active_names(
    program: Program,
    wrt: Iterable[str],
    partials: Mapping[int, tuple[Partial, ...]],
    classes: Mapping[str, str],
) -> set[str]:
    """Names with a gradient that matters."""
    flows = [flow for stmt in walk(program.body) for flow in value_flows(stmt, partials)]
    flows += [flow for stmt in walk(program.body) for flow in call_flows(stmt, program.types)]
    result = program.body[-1]
    assert isinstance(result, Return)

    def cell(name: str) -> str:
        return classes.get(name, name)

    edges = [(cell(a), cell(b)) for a, b in flows]
    varied = reach({cell(n) for n in wrt}, edges)
    ends = {cell(n) for n in names(result.value)}
    if program.recursive:  # the caller sees what it changes
        ends |= {cell(n) for n in program.params} & written_classes(program)
    useful = reach(ends, [(b, a) for a, b in edges])
    both = varied & useful
    return {
        n
        for n in set(program.types) | set(classes)
        if cell(n) in both and is_differentiable(program.types.get(n))
    }


def value_flows(stmt: Stmt, partials: Mapping[int, tuple[Partial, ...]]) -> list[Flow]:
    """Where derivatives may pass in one statement."""
    match stmt:
        case Assign(target=t) | View(target=t) | Alias(target=t):
            return [(p.operand, t) for p in partials[id(stmt)]]
        case Store(target=t, value=v) | Increment(target=t, value=v) | Push(tape=t, value=v):
            return [(n, t) for n in names(v)]
        case Pop(target=str(t), tape=tape):
            return [(tape, t)]
        case Swap(targets=ts, sources=ss):
            return list(zip(ss, ts, strict=True))
    return []


def call_flows(stmt: Stmt, kinds: Mapping[str, Any]) -> list[Flow]:
    """Where derivatives may pass in the call of a recursive function."""
    if not isinstance(stmt, Call):
        return []
    into = [n for n in (*binds(stmt), *stmt.changed) if is_differentiable(kinds.get(n))]
    return [(n, t) for n in uses(stmt) if is_differentiable(kinds.get(n)) for t in into]


def reach(start: set[str], edges: list[tuple[str, str]]) -> set[str]:
    """Everything that can be reached along the edges."""
    found = set(start)
    grown = True
    while grown:
        new = {b for a, b in edges if a in found} - found
        found |= new
        grown = bool(new)
    return found


__all__ = ["active_names", "ast"]
