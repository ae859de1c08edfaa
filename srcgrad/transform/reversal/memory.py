"""Memory: the reversal of stores into arrays, of swaps, and of appending to and popping from lists.

In: the statement and its path. Out: the gradient of the element goes to the value stored, and
the memory holds what it held before.

Invariant: the gradient of an element that is overwritten is zero before the statement.
"""

from __future__ import annotations

import ast

from numba import types

from ...analysis.facts import Path
from ...program import Assign, Expr, Increment, Pop, Push, Stmt, Store, Swap
from ...rules.expressions import np_name
from ...syntax import elements_of
from ..shadows import element_type, shape_of
from .sweep import Sweep
from .values import restore


def reverse_store(sweep: Sweep, stmt: Store | Increment, here: Path) -> None:
    """Reverse ``a[i] = v`` (take, zero, restore, give) or ``a[i] += v`` (restore, give)."""
    facts = sweep.facts
    array = stmt.target
    if array not in sweep.gradients.state:
        restore(sweep, stmt, here)
        return
    sweep.gradients.own(array)
    index: Expr = stmt.index if stmt.index is not None else ast.Slice()
    shadow = ast.Subscript(ast.Name(facts.gradient(array), ast.Load()), index, ast.Load())
    single = element_type(facts, stmt) is not None
    refuse_repeats(sweep, index, stmt)
    value = stmt.value
    active = isinstance(value, ast.Name) and value.id in facts.active
    overwrites = isinstance(stmt, Store)
    taken: Expr = shadow
    if active and not single:
        taken = ast.Call(np_name("copy"), [shadow], [])
        if overwrites and facts.is_array(value.id):  # type: ignore[attr-defined]
            name = sweep.tapes.fresh("taken")
            sweep.emit(Assign(name, taken))
            taken = ast.Name(name, ast.Load())
    if active and isinstance(value, ast.Name) and not facts.is_array(value.id):
        given: Expr = shadow if single else ast.Call(np_name("sum"), [shadow], [])
        sweep.gradients.accumulate(
            value.id, given, negative=isinstance(stmt, Increment) and stmt.negative
        )
        active = False
    if overwrites:
        sweep.emit(Store(facts.gradient(array), index, ast.Constant(0.0)))
    restore(sweep, stmt, here)
    if active and isinstance(value, ast.Name):
        undone: Expr = taken
        if not (is_whole(index) and facts.same_shape(stmt, value.id, array)):
            shape = shape_of(facts, value.id)
            undone = ast.Call(ast.Name("unbroadcast", ast.Load()), [taken, shape], [])
        negative = isinstance(stmt, Increment) and stmt.negative
        sweep.gradients.accumulate(value.id, undone, negative)


def refuse_repeats(sweep: Sweep, index: Expr, stmt: Stmt) -> None:
    """A store through an index array: which of several stores wins is not tracked."""
    parts = elements_of(index)
    for part in parts:
        kind = sweep.facts.program.types.get(part.id) if isinstance(part, ast.Name) else None
        if isinstance(kind, types.Array) and not isinstance(kind.dtype, types.Boolean):
            sweep.refuse("a store through an index array")


def reverse_swap(sweep: Sweep, stmt: Swap) -> None:
    """Undo ``u, v = v, u`` for values and gradients alike."""
    facts = sweep.facts
    sweep.emit(Swap(stmt.sources, stmt.targets))
    if not any(t in facts.active for t in stmt.targets):
        return
    for name in stmt.targets:
        sweep.gradients.own(name)
    sweep.emit(
        Swap(
            tuple(map(facts.gradient, stmt.sources)),
            tuple(map(facts.gradient, stmt.targets)),
        )
    )


def reverse_list(sweep: Sweep, stmt: Push | Pop, here: Path) -> None:
    """Lists: ``h.append(v)`` gives to ``v`` what is popped from the shadow, and back."""
    facts = sweep.facts
    if stmt.tape in facts.active:
        sweep.gradients.own_list(stmt.tape)
    if isinstance(stmt, Push):
        unlist(sweep, stmt, here)
    if isinstance(stmt, Push) and stmt.tape in facts.active:
        value = stmt.value
        if isinstance(value, ast.Name) and value.id in facts.active:
            name = sweep.tapes.fresh("taken")
            sweep.emit(Pop(name, facts.gradient(stmt.tape)))
            sweep.gradients.accumulate(value.id, ast.Name(name, ast.Load()))
        else:
            sweep.emit(Pop(None, facts.gradient(stmt.tape)))
    elif isinstance(stmt, Pop) and stmt.tape in facts.active:
        assert stmt.target is not None
        gradient: Expr = ast.Constant(0.0)
        if facts.is_array(stmt.target):
            sweep.gradients.own(stmt.target)
        if stmt.target in sweep.gradients.state:
            gradient = ast.Name(facts.gradient(stmt.target), ast.Load())
        sweep.emit(Push(facts.gradient(stmt.tape), gradient))
        sweep.gradients.take(stmt.target)
    if isinstance(stmt, Pop):
        unlist(sweep, stmt, here)
    restore(sweep, stmt, here)


def unlist(sweep: Sweep, stmt: Push | Pop, here: Path) -> None:
    """Undo what a statement did to the list itself."""
    if isinstance(stmt, Push):
        found = [r.name for r in sweep.plan.rebuild.get(here, ()) if r.how == "undo"]
        sweep.emit(Pop(found[0] if found else None, stmt.tape))
    else:
        assert stmt.target is not None
        sweep.emit(Push(stmt.tape, ast.Name(stmt.target, ast.Load())))


def is_whole(index: Expr) -> bool:
    """Whether a subscript selects all of an array."""
    match index:
        case ast.Constant(value=v):
            return v is ...
        case ast.Slice(lower=None, upper=None, step=None):
            return True
    return False
