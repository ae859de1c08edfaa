"""Calls: the reversal of the call of a recursive function.

In: the call and its path. Out: the call of its backward function, which takes from the tapes
what the forward one recorded, and the gradients that this gives to the operands.

Invariant: a backward function adds to gradients of arrays in place: it gets arrays that
nothing else refers to.
"""

from __future__ import annotations

import ast

from ...analysis.facts import Facts, Path
from ...frontend.inlining.body import backward_of
from ...program import Assign, Call, Expr, binds
from ..shadows import np_name
from .sweep import Sweep
from .values import rebuild


def reverse_call(sweep: Sweep, stmt: Call, here: Path) -> None:
    """Reverse the call of a recursive function: its backward function takes from the tapes."""
    facts = sweep.facts
    assert not sweep.plan.before.get(here), "the target of a call has a value before it"
    rebuild(sweep, here)
    if not facts.is_alive(stmt):
        return
    seed: list[Expr] = []
    for target in filter(facts.is_floating, binds(stmt)):
        if target not in sweep.gradients.state:
            sweep.gradients.own(target)
        seed = [ast.Name(facts.gradient(target), ast.Load())]
    arrays, added = gradients_of_arrays(sweep, stmt)
    operands = [stmt.value.args[k] for k in stmt.active]
    numbers = [a for a in operands if not is_array_of(facts, a)]
    slopes = sweep.tapes.fresh("slopes") if numbers else None
    func = ast.Name(backward_of(stmt.function), ast.Load())
    value = ast.Call(func, [*stmt.value.args, *arrays, *seed], [])
    changed = (*stmt.changed, *(a.id for a in arrays))
    sweep.emit(Call(slopes, value, changed, line=stmt.line))
    for target in binds(stmt):
        sweep.gradients.take(target)
    for name, gradient in added:
        sweep.gradients.accumulate(name, ast.Name(gradient, ast.Load()))
    for k, operand in enumerate(numbers):
        part: Expr = ast.Name(str(slopes), ast.Load())
        if len(numbers) > 1:
            part = ast.Subscript(part, ast.Constant(k), ast.Load())
        if isinstance(operand, ast.Name) and operand.id in facts.active:
            sweep.gradients.accumulate(operand.id, part)


def gradients_of_arrays(sweep: Sweep, stmt: Call) -> tuple[list[ast.Name], list[tuple[str, str]]]:
    """What a call's backward function adds gradients of arrays to.

    Those made here, with the names of the arrays to whose gradients they are to be added.
    """
    facts = sweep.facts
    found: list[ast.Name] = []
    added: list[tuple[str, str]] = []
    for operand in (stmt.value.args[k] for k in stmt.active):
        if not isinstance(operand, ast.Name) or not facts.is_array(operand.id):
            continue
        gradient = facts.gradient(operand.id)
        active = operand.id in facts.active
        if active and facts.is_paired(operand.id):
            sweep.gradients.own(operand.id)
        else:
            gradient = sweep.tapes.fresh("slope" if active else "unused")
            sweep.emit(Assign(gradient, ast.Call(np_name("zeros_like"), [operand], [])))
            if active:
                added.append((operand.id, gradient))
        found.append(ast.Name(gradient, ast.Load()))
    return found, added


def is_array_of(facts: Facts, operand: Expr) -> bool:
    """Whether an operand is an array."""
    return isinstance(operand, ast.Name) and facts.is_array(operand.id)
