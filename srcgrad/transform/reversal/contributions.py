"""Contributions: what the gradient of a result gives to that of an operand.

In: a ``Partial`` of a statement. Out: its value in the shape of the operand, with broadcasting
undone, and its addition to the operand's gradient.

Invariant: what feeds only one branch of ``np.where`` is given nothing, not even nan, where the
other branch is taken (``guards``).
"""

from __future__ import annotations

import ast
from dataclasses import replace

from ...analysis.partial import Partial
from ...program import Assign, Expr, Increment, Stmt
from ...rules.expressions import np_name
from ..shadows import shape_of
from .sweep import Guard, Sweep


def give(sweep: Sweep, p: Partial, target: str, stmt: Stmt) -> None:
    """``grad_x += contribution``, as an assignment where it is the first."""
    value = shaped(sweep, p, target, stmt)
    if p.index is not None:
        sweep.gradients.own(p.operand)
        gradient = sweep.facts.gradient(p.operand)
        sweep.emit(Increment(gradient, p.index, value, p.negative))
        return
    sweep.gradients.accumulate(p.operand, value, p.negative, spread=p.shape == "spread")


def shaped(sweep: Sweep, p: Partial, target: str, stmt: Stmt) -> Expr:
    """A contribution in the shape of its operand: guarded, and broadcasting undone."""
    guard = sweep.guards.get(target)
    if guard is not None and sweep.facts.is_array(target) and p.elementwise:
        if isinstance(p.value, ast.BinOp | ast.UnaryOp | ast.Call):
            p = replace(p, value=guard.around(p.value))
    return undone(sweep, p, target, stmt)


def undone(sweep: Sweep, p: Partial, target: str, stmt: Stmt) -> Expr:
    """A contribution in the shape of its operand: broadcasting undone."""
    facts = sweep.facts
    if p.shape != "elementwise" or not facts.is_array(target):
        return p.value
    if not facts.is_array(p.operand):
        return ast.Call(np_name("sum"), [p.value], [])
    if facts.keeps_shape(stmt, p.operand):
        return p.value
    shape = shape_of(facts, p.operand)
    return ast.Call(ast.Name("unbroadcast", ast.Load()), [p.value, shape], [])


def note_guards(sweep: Sweep, stmt: Stmt, given: tuple[Partial, ...]) -> None:
    """What feeds only one branch of ``np.where`` gives nothing, not even nan, elsewhere."""
    match stmt:
        case Assign(target=t, value=ast.Call(func=func, args=[ast.Name() as c, *branches])) if (
            ast.unparse(func) == "np.where" and len(branches) == 2
        ):
            for taken, branch in zip((True, False), branches, strict=True):
                if isinstance(branch, ast.Name) and sweep.uses[branch.id] == 1:
                    sweep.guards[branch.id] = guard(sweep, c, taken, branch.id, t, stmt)
        case Assign(target=t) if t in sweep.guards:
            for name in (p.operand for p in given if p.elementwise):
                same = sweep.facts.keeps_shape(stmt, name)
                if same and sweep.uses[name] == 1 and sweep.facts.counts[name] == 1:
                    sweep.guards[name] = sweep.guards[t]


def guard(
    sweep: Sweep, condition: ast.Name, taken: bool, branch: str, target: str, stmt: Stmt
) -> Guard:
    """Where a branch of ``np.where`` is used, in the branch's own shape."""
    facts = sweep.facts
    same = facts.same_shape(stmt, condition.id, branch)
    if same or not facts.is_array(branch) or not facts.is_array(condition.id):
        return Guard(kept(sweep, condition), taken)
    one, zero = ast.Constant(1.0), ast.Constant(0.0)
    gradient = ast.Name(facts.gradient(target), ast.Load())
    ones: Expr = ast.Call(np_name("full_like"), [gradient, one], [])
    counted = Guard(condition, taken).around(ones)
    shape = shape_of(facts, branch)
    times = ast.Call(ast.Name("unbroadcast", ast.Load()), [counted, shape], [])
    name = sweep.tapes.fresh("used")
    sweep.emit(Assign(name, ast.Compare(times, [ast.Gt()], [zero])))
    return Guard(ast.Name(name, ast.Load()), True)


def kept(sweep: Sweep, condition: ast.Name) -> ast.Name:
    """A condition under a name whose value the backward sweep does not put back."""
    facts = sweep.facts
    if facts.counts[condition.id] == 1 and facts.classes.get(condition.id) not in facts.written:
        return condition
    name = sweep.tapes.fresh("used")
    array = facts.is_array(condition.id)
    sweep.emit(Assign(name, ast.Call(np_name("copy"), [condition], []) if array else condition))
    return ast.Name(name, ast.Load())
