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
from ..shadows import zeros_like
from .sweep import Sweep
from .values import rebuild


def reverse_call(sweep: Sweep, stmt: Call, here: Path) -> None:
    """Reverse the call of a recursive function: its backward function takes from the tapes."""
    facts = sweep.facts
    assert not sweep.plan.before.get(here), "the target of a call has a value before it"
    rebuild(sweep, here)
    if not facts.is_alive(stmt) and here not in sweep.plan.resized:
        return
    seeds: list[Expr] = []
    for target in filter(facts.is_floating, binds(stmt)):
        if target not in sweep.gradients.state:
            sweep.gradients.own(target)
        seeds.append(ast.Name(facts.gradient(target), ast.Load()))
    arrays, added = gradients_of_arrays(sweep, stmt)
    operands = [stmt.value.args[k] for k in stmt.active]
    numbers = [a for a in operands if not is_shared(facts, a)]
    slopes = tuple(sweep.tapes.fresh("slope") for _ in numbers)
    func = ast.Name(backward_of(stmt.function), ast.Load())
    value = ast.Call(func, [*stmt.value.args, *arrays, *seeds], [])
    changed = (*stmt.changed, *(a.id for a in arrays))
    sweep.emit(Call(slopes, value, changed, line=stmt.line))
    for target in binds(stmt):
        sweep.gradients.take(target)
    for name, gradient in added:
        sweep.gradients.accumulate(name, ast.Name(gradient, ast.Load()))
    for operand, slope in zip(numbers, slopes, strict=True):
        if isinstance(operand, ast.Name) and operand.id in facts.active:
            sweep.gradients.accumulate(operand.id, ast.Name(slope, ast.Load()))


def gradients_of_arrays(sweep: Sweep, stmt: Call) -> tuple[list[ast.Name], list[tuple[str, str]]]:
    """What a call's backward function adds gradients of arrays to.

    Those made here, with the names of the arrays to whose gradients they are to be added. No two
    of them share memory.
    """
    facts = sweep.facts
    found: list[ast.Name] = []
    added: list[tuple[str, str]] = []
    given: set[str] = set()
    for operand in (stmt.value.args[k] for k in stmt.active):
        if not isinstance(operand, ast.Name) or not is_shared(facts, operand):
            continue
        gradient = facts.gradient(operand.id)
        active = operand.id in facts.active
        memory = facts.classes[operand.id]
        kept = facts.is_paired(operand.id) or facts.is_list(operand.id)
        if active and kept and memory not in given:
            sweep.gradients.own(operand.id)
            given.add(memory)
        else:
            gradient = sweep.tapes.fresh("slope" if active else "unused")
            sweep.emit(Assign(gradient, zeros_like(facts, operand.id)))
            if active:
                added.append((operand.id, gradient))
        found.append(ast.Name(gradient, ast.Load()))
    return found, added


def is_shared(facts: Facts, operand: Expr) -> bool:
    """Whether an operand is an array or a list."""
    name = operand.id if isinstance(operand, ast.Name) else ""
    return facts.is_array(name) or facts.is_list(name)
