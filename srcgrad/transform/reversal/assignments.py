"""Assignments: the reversal of ``z = op(x, y)``, of an alias and of a view.

In: the statement and its path. Out: the gradient of the target is given to the operands and
ends, and what the statement overwrote is back.

Invariant: a target that is its own operand keeps its own part of the gradient, given last.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from numba import types

from ...analysis.derivatives import substitute
from ...analysis.facts import Facts, Path
from ...analysis.partial import Partial
from ...program import Alias, Assign, Expr, Increment, Stmt, View, uses, whole_of
from ..shadows import zeros
from .contributions import give, note_guards, shaped
from .gradients import negated
from .sweep import Sweep
from .values import rebuild, restore


def reverse_assignment(sweep: Sweep, stmt: Assign | View | Alias, here: Path) -> None:
    """Reverse ``z = op(x, y)``, an alias or a view."""
    facts, target = sweep.facts, stmt.target
    given = facts.partials[id(stmt)] if target in facts.active else ()
    if not isinstance(stmt, Assign) and facts.is_paired(target):
        given = ()
    itself = any(p.operand == target for p in given)
    reads_new = any(target in p.mentions for p in given) and not itself
    wants_old = any(
        target in uses(r.stmt)
        for r in sweep.plan.rebuild.get(here, ())
        if r.how == "replay" and isinstance(r.stmt, Assign | View | Alias)
    ) and bool(sweep.plan.before.get(here))
    if reads_new and wants_old:
        new = sweep.tapes.fresh(f"{target}_new")
        sweep.emit(Assign(new, ast.Name(target, ast.Load())))
        given = tuple(renamed(p, target, new) for p in given)
        itself = True
    if itself or wants_old:
        if facts.is_dynamic(target):
            held = sweep.tapes.fresh("taken")
            sweep.emit(Alias(held, facts.gradient(target)))
            given = tuple(renamed(p, facts.gradient(target), held) for p in given)
        rebuild(sweep, here, ("record",))
        restore(sweep, stmt, here)
        rebuild(sweep, here, ("replay",))
    else:
        rebuild(sweep, here)
    if given and (target in sweep.gradients.state):
        wait = [p for p in given if p.mentions & sweep.later]
        sweep.waiting += [(p, target, stmt) for p in wait]
        now = tuple(p for p in given if p not in wait)
        now = computed_once(sweep, stmt, now) if now else now
        sweep.gradients.touched.add(target)
        note_guards(sweep, stmt, now)
        give_all(sweep, now, target, stmt)
    elif (
        target in sweep.gradients.state and not facts.is_paired(target) and not is_part(stmt, facts)
    ):
        sweep.gradients.take(target)
    if not (itself or wants_old):
        restore(sweep, stmt, here)


def computed_once(sweep: Sweep, stmt: Stmt, given: tuple[Partial, ...]) -> tuple[Partial, ...]:
    """What gives several gradients at once is called once, whatever they are given to."""
    match stmt:
        case Assign(value=ast.Call(func=ast.Name(id=name))) if name in sweep.facts.program.gates:
            match given[0].value:
                case ast.Subscript(value=ast.Call(func=ast.Name()) as call):
                    held = sweep.tapes.fresh("slopes")
                    sweep.emit(Assign(held, call))
                    slopes = ast.Name(held, ast.Load())
                    return tuple(part(sweep, p, slopes) for p in given)
    return given


def part(sweep: Sweep, p: Partial, slopes: Expr) -> Partial:
    """A part of what a backward function returned, by a name of its own where it is added."""
    assert isinstance(p.value, ast.Subscript)
    value: Expr = ast.Subscript(slopes, p.value.slice, ast.Load())
    if p.operand in sweep.gradients.state and sweep.facts.is_array(p.operand):
        name = sweep.tapes.fresh("slope")
        sweep.emit(Assign(name, value))
        value = ast.Name(name, ast.Load())
    return replace(p, value=value)


def give_all(sweep: Sweep, given: tuple[Partial, ...], target: str, stmt: Stmt) -> None:
    """Give the gradient of a target to its operands; the target's own part comes last."""
    paired = sweep.facts.is_paired(target)
    for p in given:
        if p.operand != target or paired:
            give(sweep, p, target, stmt)
    own = [p for p in given if p.operand == target]
    if paired:
        return
    if not own:
        sweep.gradients.take(target)
        return
    if len(own) == 1 and own[0].index is not None:
        give_part(sweep, own[0], target, stmt)
        return
    total: Expr | None = None
    for p in own:
        value = shaped(sweep, p, target, stmt)
        if p.index is not None:
            sweep.refuse("an array that is bound to a part of itself")
        if total is None:
            total = negated(value) if p.negative else value
        else:
            op = ast.Sub() if p.negative else ast.Add()
            total = ast.BinOp(total, op, value)
    assert total is not None
    if ast.unparse(total) != sweep.facts.gradient(target):
        sweep.emit(Assign(sweep.facts.gradient(target), total))


def give_part(sweep: Sweep, p: Partial, target: str, stmt: Stmt) -> None:
    """The gradient of ``x = x[i]``: that of the part is added to zeros in the old shape."""
    facts = sweep.facts
    held = sweep.tapes.fresh("taken")
    sweep.emit(Alias(held, facts.gradient(target)))
    value = shaped(sweep, renamed(p, facts.gradient(target), held), target, stmt)
    sweep.emit(zeros(facts, target, in_loop=True))
    sweep.emit(Increment(facts.gradient(target), p.index, value, p.negative))


def with_slopes(value: Expr, slopes: Expr) -> Expr:
    """``seed * call[k]`` or ``seed * call`` with the call by its name."""
    match value:
        case ast.BinOp(left=left, op=op, right=ast.Subscript(slice=k)):
            return ast.BinOp(left, op, ast.Subscript(slopes, k, ast.Load()))
        case ast.BinOp(left=left, op=op):
            return ast.BinOp(left, op, slopes)
    return value


def renamed(p: Partial, old: str, new: str) -> Partial:
    """A partial that reads another name."""
    mapping = {old: ast.Name(new, ast.Load())}
    return replace(p, value=substitute(p.value, mapping))


def is_part(stmt: Stmt, facts: Facts) -> bool:
    """Whether a statement takes a part from a parameter that is a tuple."""
    whole = whole_of(stmt.value) if isinstance(stmt, Assign) else None
    return whole is not None and isinstance(facts.program.types.get(whole), types.BaseTuple)
