"""Assignments: what stands in the place of ``z = value``, ``a[i] = value`` and ``a += value``.

In: one statement of a flat program that binds or writes arrays. Out: the loop nests that
compute it, emitted into the scope.

Invariant: ``Opaque`` is raised for a statement that has no loop form; the caller then keeps it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace

from numba import types
from numba.np.numpy_support import as_dtype, from_dtype

from ...program import (
    Alias,
    Assign,
    Expr,
    Increment,
    Stmt,
    Store,
    names,
)
from ...rules.expressions import dotted, literal
from ...syntax import elements_of
from .evaluate import evaluate, remember_mean
from .indexing import subscript
from .nests import add, compute, store
from .pull import Pull, array, spread, variable
from .scalars import array_free, resolved
from .scope import Opaque, Scope, depends, is_array
from .shapes import Extents
from .unbroadcast import settle, settle_name


def settle_all(scope: Scope, found: Iterable[str]) -> None:
    """Sum what was put off, for these names."""
    for name in sorted(set(found) & set(scope.partial)):
        settle_name(scope, name)


def remember(scope: Scope, stmt: Assign) -> None:
    """What an assignment that stays says of shapes."""
    target, value = stmt.target, stmt.value
    extents = shape_of(scope, value)
    integer = scope.shapes.extent(value) if is_size(value) else None
    scope.bind([target])
    if extents is not None and target not in names(value):
        scope.shapes.learn(target, extents)
    if integer is not None and target not in names(value) | depends(integer):
        scope.shapes.integers[target] = integer


def is_size(value: Expr) -> bool:
    """Whether a value is an extent: ``n = x.shape[0]``, ``len(x)``, ``x.size`` of a vector."""
    match value:
        case ast.Subscript(value=ast.Attribute(attr="shape"), slice=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id="len")) | ast.Constant(value=int()):
            return not isinstance(value, ast.Constant) or not isinstance(value.value, bool)
    return False


def shape_of(scope: Scope, value: Expr) -> tuple[int | str, ...] | None:
    """The extents of a value that is not lowered, where its form tells them."""
    part = part_of(scope, value)
    return None if part is None else part.extents


def note_part(scope: Scope, name: str, source: str, part: Pull) -> None:
    """Elements of a view without a layout of its own are those of its array, which has one.

    So are those of a view with more axes, whatever its layout: it is there to be broadcast.
    """
    kind, whole = scope.types[name], scope.types[source]
    if whole.layout == "A" or source in scope.partial:
        return
    if kind.layout != "A" and kind.ndim <= whole.ndim:
        return
    steps: list[Stmt] = []
    place = part.at(tuple(variable(f"i{k}") for k in range(part.rank)), steps)
    if not steps and isinstance(place, ast.Subscript):
        scope.remember(("part", name), part, {name, source} | names(place))


def read_through(scope: Scope, value: Expr) -> set[str]:
    """The names in a value, and the arrays of which some of them are parts that are read there."""
    found = names(value)
    for part in [scope.recall(("part", name)) for name in found]:
        if part is not None:
            found = found | names(part.at(tuple(variable(f"i{k}") for k in range(part.rank)), []))
    return found


def part_of(scope: Scope, value: Expr) -> Pull | None:
    """The pull of a value that is not lowered, where its form tells its extents."""
    found: list[Pull] = []
    kind = scope.kind(value)

    def look() -> None:
        with scope.collecting() as steps:
            found.append(evaluate(scope, value))
        if not all(isinstance(s, Assign) and is_number(scope.types[s.target]) for s in steps):
            raise Opaque
        scope.emit(*steps)

    if is_array(kind) and scope.attempt(look) and len(found[0].extents) == kind.ndim:
        return found[0]
    return None


COMPUTED = frozenset({"np.empty", "np.empty_like", "np.array"})
"""Allocations that stay."""


def assign(scope: Scope, stmt: Assign) -> None:
    """``z = value``."""
    kind = scope.types.get(stmt.target)
    value = stmt.value
    if not is_array(kind) and not isinstance(value, ast.Name) and array_free(scope, value):
        scope.emit(replace(stmt, value=resolved(scope, value)))
        remember(scope, stmt)
        return
    if isinstance(value, ast.Name) or (array_free(scope, value) and not is_array(kind)):
        raise Opaque
    if isinstance(value, ast.Call) and dotted(value.func) in COMPUTED:
        raise Opaque
    target = "" if stmt.target in read_through(scope, value) else stmt.target
    if not is_array(kind):
        assign_number(scope, stmt, target)
        return
    if scope.shapes.speaks_of(stmt.target, value, kind.ndim):
        target = ""
    if not target:
        scope.forget_calls()
    pull = evaluate(scope, value, target)
    said = depends(*pull.extents, *pull.narrow)
    if pull.narrow and (stmt.target in said | scope.shared or pull.rank != kind.ndim):
        pull = settle(scope, pull)
    if pull.narrow:
        assign_partial(scope, stmt, pull, target)
        return
    if not target:
        settle_all(scope, [stmt.target])
    scope.partial.pop(stmt.target, None)
    scope.shapes.unspeakable.discard(stmt.target)
    if pull.name and pull.name == target:
        return
    if pull.rank != kind.ndim:
        raise Opaque
    if not target and rewritable(scope, stmt.target, pull):
        store(scope, array(scope, stmt.target), pull)
        return
    again = pull.widen if not pull.name and stmt.target not in scope.once else None
    made = pull.name if pull.name not in names(value) else ""
    name = made or compute(scope, pull, target, as_dtype(kind.dtype), kind.layout)
    if name == stmt.target:
        remember_definition(scope, stmt, again, pull.rank)
        return
    scope.shapes.of(name, pull.rank)
    scope.emit(Alias(stmt.target, name, line=stmt.line))
    scope.bind([stmt.target])
    scope.shapes.learn(stmt.target, scope.shapes.of(name, pull.rank))


def remember_definition(
    scope: Scope, stmt: Assign, again: Callable[[Extents], Pull] | None, rank: int
) -> None:
    """What an array was made of, while its operands stay as they are."""
    name, value = stmt.target, stmt.value
    if again:
        operands = names(value)
        memory = {scope.memory(n) for n in operands}
        key = ("definition", name)
        scope.remember(key, again, operands | memory | {name, scope.memory(name)})
    match value:
        case ast.Call(func=func, args=[ast.Name(id=x)], keywords=[ast.keyword("axis", axis)]):
            if dotted(func) == "np.mean" and isinstance(place := literal(axis), int):
                remember_mean(scope, name, x, place % (rank + 1))


def assign_partial(scope: Scope, stmt: Assign, pull: Pull, target: str) -> None:
    """``z = value`` where the value has yet to be summed."""
    kind = scope.types[stmt.target]
    narrow, extents = pull.narrow, pull.extents
    whole = replace(pull, narrow=())
    if not target and scope.partial.get(stmt.target) == (extents, narrow):
        store(scope, replace(array(scope, stmt.target), narrow=()), whole)
        return
    if pull.name != stmt.target:
        name = compute(scope, whole, target, as_dtype(kind.dtype), kind.layout)
        if name != stmt.target:
            scope.emit(Alias(stmt.target, name, line=stmt.line))
            scope.bind([stmt.target])
    scope.put_off(stmt.target, extents, narrow)


def rewritable(scope: Scope, name: str, pull: Pull) -> bool:
    """Whether an array may be overwritten rather than made anew: nobody else can see it."""
    kind = scope.types[name]
    return (
        name not in scope.shared
        and pull.rank > 0
        and pull.extents == scope.shapes.of(name, kind.ndim)
        and kind.dtype == from_dtype(pull.dtype)
    )


def assign_number(scope: Scope, stmt: Assign, target: str) -> None:
    """``s = value`` where arrays are reduced to a number."""
    pull = settle(scope, evaluate(scope, stmt.value, target))
    if pull.rank or (stmt.target in scope.types and not is_number(scope.types[stmt.target])):
        raise Opaque
    if pull.name and pull.name == target:
        return
    value = pull.at((), scope.out)
    scope.emit(Assign(stmt.target, value, line=stmt.line, comment=stmt.comment))
    scope.bind([stmt.target])


def is_number(kind: object) -> bool:
    """Whether a type is a number's."""
    return isinstance(kind, types.Number | types.Boolean)


def store_into(scope: Scope, target: str, index: Expr, value: Expr) -> None:
    """``a[index] = value``."""
    region = region_of(scope, target, index)
    pull = settle(scope, evaluate(scope, value))
    if region.rank == 0:
        if array_free(scope, value) or pull.rank:
            raise Opaque
        scope.emit(Store(target, index, pull.at((), scope.out), line=scope.line))
        scope.write(target)
        return
    store(scope, region, pull)


def region_of(scope: Scope, target: str, index: Expr) -> Pull:
    """The part of an array that a subscript names."""
    settle_all(scope, [target])
    by_arrays = any(is_array(scope.kind(p)) for p in elements_of(index))
    if by_arrays or not is_array(scope.types.get(target)):
        raise Opaque
    return subscript(scope, array(scope, target), index, lambda e: evaluate(scope, e))


def increment(scope: Scope, stmt: Increment) -> None:
    """``a[index] += value``, ``a += value``."""
    if not is_array(scope.types.get(stmt.target)):
        if array_free(scope, stmt.value):
            raise Opaque
        pull = settle(scope, evaluate(scope, stmt.value))
        if pull.rank:
            raise Opaque
        scope.emit(replace(stmt, value=pull.at((), scope.out)))
        scope.bind([stmt.target])
        return
    pull = evaluate(scope, stmt.value)
    if stmt.index is None:
        region = array(scope, stmt.target)
        if region.rank == 0:
            raise Opaque
        if region.narrow:
            pull = add_partial(scope, region, pull)
            region = replace(region, extents=pull.extents, narrow=())
    else:
        settle_all(scope, [stmt.target])
        region = region_of(scope, stmt.target, stmt.index)
    pull = settle(scope, pull)
    if region.rank == 0:
        if array_free(scope, stmt.value) or pull.rank:
            raise Opaque
        scope.emit(replace(stmt, value=pull.at((), scope.out)))
        scope.write(stmt.target)
        return
    if stmt.exact and pull.rank == region.rank:
        for extent, given in zip(region.extents, pull.extents, strict=True):
            scope.equate(extent, given)
        pull = replace(pull, extents=region.extents)
    add(scope, region, pull, stmt.negative)


def add_partial(scope: Scope, region: Pull, pull: Pull) -> Pull:
    """What to add, element by element, to an array that has yet to be summed."""
    if (pull.extents, pull.narrow) == (region.extents, region.narrow):
        return replace(pull, narrow=())
    # A value of its own goes to the first elements: each is counted once.
    return spread(scope, settle(scope, pull), region.narrow)


def by_name(scope: Scope, value: Expr) -> Expr:
    """A value, or a tuple of them, with arrays computed before the statement."""
    if isinstance(value, ast.Tuple):
        return ast.Tuple([by_name(scope, e) for e in value.elts], ast.Load())
    if isinstance(value, ast.Name) or array_free(scope, value):
        return value
    match value:
        case ast.Call(func=func, args=[ast.Name(id=name)]) if (
            dotted(func) == "np.copy" and name not in scope.shared | scope.returned
        ):
            scope.returned.add(name)
            settle_all(scope, [name])
            return value.args[0]
    pull = settle(scope, evaluate(scope, value))
    kind = scope.kind(value)
    if pull.rank == 0:
        if is_array(kind):
            raise Opaque  # an array without axes stays one
        return pull.at((), scope.out)
    if pull.name and pull.name not in names(value):
        return variable(pull.name)
    layout = kind.layout if is_array(kind) else "C"
    return variable(compute(scope, pull, layout=layout))
