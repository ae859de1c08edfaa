"""Assignments: values and the places that they go to, in the order of evaluation.

In: the targets and the value of an assignment of the user's. Out: the statements for them.

Invariant: a value is computed before the subscripts of its targets; a place that is updated, and
what it holds, is read before the value that it is updated with.
"""

from __future__ import annotations

import ast
from typing import Any

from .body import Body, assigned
from .displays import of_tuple, steady


def assignment(worker: Body, targets: list[ast.expr], value: ast.expr, stmt: ast.stmt) -> None:
    """``a = b = value``."""
    new = without_texts_in_lists(worker.expr(value))
    if len(targets) == 1 and (parts := structure(worker, targets[0], value, new)):
        for part, element in parts:
            assign_value(worker, [part], element, stmt)
    else:
        assign_value(worker, targets, new, stmt)


def structure(
    worker: Body, target: ast.expr, value: ast.expr, new: ast.expr
) -> list[tuple[ast.expr, ast.expr]]:
    """The targets and parts of ``a, b = t`` where ``t`` has tuples in it; none for any other."""
    known = new.elts if isinstance(new, ast.Tuple) else None
    if isinstance(value, ast.Name):
        known = of_tuple(worker, value)
    if not isinstance(target, ast.Tuple | ast.List) or known is None:
        return []
    if len(known) != len(target.elts) or not any(isinstance(p, ast.Tuple) for p in known):
        return []
    return list(zip(target.elts, [steady(worker, p, value) for p in known], strict=True))


def assign_value(worker: Body, targets: list[ast.expr], new: ast.expr, stmt: ast.stmt) -> None:
    """``a = b = value`` for a value that is inlined."""
    if len(targets) > 1 and not isinstance(new, ast.Name | ast.Constant):
        new = worker.bound(new, stmt)
    if isinstance(new, ast.Tuple) and isinstance(targets[0], ast.Name):
        nested = len(targets) == 1 and any(isinstance(e, ast.Tuple) for e in new.elts)
        new = display(worker, targets[0], new, stmt)
        name = worker.target(targets[0])
        if nested and isinstance(name, ast.Name) and name.id in worker.displays:
            worker.unwritten.add(name.id)
            return
    for target in targets:
        assign(worker, target, new, stmt)


def without_texts_in_lists(value: ast.expr) -> ast.expr:
    """A list that has texts is a tuple: what is written out is all that it can be used for."""
    match value:
        case ast.List(elts=elts) if any(
            isinstance(e, ast.Constant) and isinstance(e.value, str) for e in elts
        ):
            return ast.Tuple(elts, ast.Load())
    return value


def assign(worker: Body, target: ast.expr, value: ast.expr, stmt: ast.stmt) -> None:
    """``target = value``; a subscript that needs statements has them after the value."""
    before, place = worker.collect(lambda: worker.target(target))
    if before and isinstance(place, ast.Tuple):
        return assign_parts(worker, target, value, stmt)
    if before:
        value = kept(worker, value, before, stmt)
        worker.out += before
    worker.emit(ast.Assign([place], value), stmt)
    return None


def assign_parts(worker: Body, target: Any, value: ast.expr, stmt: ast.stmt) -> None:
    """``a[f()], b = value``, one after the other."""
    if not isinstance(value, ast.Tuple) or len(value.elts) != len(target.elts):
        reason = "a function is called in a subscript here, while several values are assigned"
        worker.refuse(stmt, reason, "call it in a statement before this one")
    values = [worker.bound_if_needed(v, stmt) for v in value.elts]
    for part, new in zip(target.elts, values, strict=True):
        assign(worker, part, new, stmt)


def display(worker: Body, target: ast.Name, value: ast.Tuple, stmt: ast.stmt) -> ast.Tuple:
    """A tuple whose elements are kept by name, where its own name is bound once."""
    name = worker.target(target)
    if not isinstance(name, ast.Name) or not worker.is_steady(name):
        return value
    parts = [worker.bound_if_needed(e, stmt) for e in value.elts]
    worker.displays[name.id] = parts
    return ast.Tuple(parts, ast.Load())


def in_place(worker: Body, stmt: ast.AugAssign) -> None:
    """``a[i] += value``; the element is read before the value changes it, or what it is."""
    first, place = worker.collect(lambda: worker.target(stmt.target))
    worker.out += first
    before, new = worker.collect(lambda: worker.expr(stmt.value))
    steps: list[ast.AST] = [*before, new]
    if isinstance(place, ast.Subscript) and (assigned(before) or worker.changes_memory(steps)):
        base = kept(worker, place.value, before, stmt)
        index = kept(worker, place.slice, before, stmt)
        old = worker.bound(ast.Subscript(base, index, ast.Load()), stmt)
        assert isinstance(old, ast.Name)
        worker.rebound.add(old.id)
        worker.out += before
        worker.emit(ast.AugAssign(ast.Name(old.id, ast.Store()), stmt.op, new), stmt)
        worker.emit(ast.Assign([ast.Subscript(base, index, ast.Store())], old), stmt)
    elif isinstance(place, ast.Name) and place.id in assigned(before):
        reason = f"`{place.id}` is updated with a value that assigns it"
        worker.refuse(stmt, reason, "assign in a statement of its own")
    else:
        worker.out += before
        worker.emit(ast.AugAssign(place, stmt.op, new), stmt)


def kept(worker: Body, value: Any, before: list[ast.stmt], at: ast.AST) -> Any:
    """A value, or a subscript, that the statements ``before`` its use do not change."""
    match value:
        case None:
            return None
        case ast.Tuple(elts=elts):
            return ast.Tuple([kept(worker, e, before, at) for e in elts], ast.Load())
        case ast.Slice(lower=a, upper=b, step=c):
            return ast.Slice(*(kept(worker, e, before, at) for e in (a, b, c)))
        case ast.Constant():
            return value
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name)) if name not in assigned(
            before
        ):
            return value
    return worker.bound(value, at)
