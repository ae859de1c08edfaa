"""Shadows: the gradients of arrays that are written or viewed.

In: ``Facts`` and a statement that makes, views or rebinds an array. Out: the statements that
do the same to its shadow, and what a store overwrites.

Invariant: a shadow has the shape of its array, and overlaps another shadow where the arrays do.
"""

from __future__ import annotations

import ast

from numba import types

from ..analysis.facts import Facts
from ..program import Alias, Assign, Call, Expr, Pop, Push, Stmt, Swap, View
from ..rules.expressions import is_ellipsis, np_name
from ..syntax import elements_of


def element_type(facts: Facts, stmt: Stmt) -> types.Type | None:
    """The type of what a store overwrites: a number's, or None for more than one element."""
    index = getattr(stmt, "index", None)
    kind = facts.program.types.get(getattr(stmt, "target", ""))
    if isinstance(kind, types.List) and not isinstance(index, ast.Slice):
        return kind.dtype
    if index is None or not isinstance(kind, types.Array):
        return None
    return kind.dtype if selected_rank(index, facts, stmt.target) == 0 else None  # type: ignore[attr-defined]


def recorded_type(facts: Facts, stmt: Stmt) -> types.Type:
    """The type of what a store overwrites, as it is recorded: a number or a copy in order C."""
    kind = facts.program.types[stmt.target]  # type: ignore[attr-defined]
    single = element_type(facts, stmt)
    if single is not None:
        return single
    return types.Array(kind.dtype, kept_axes(getattr(stmt, "index", None), kind.ndim), "C")


def kept_axes(index: Expr | None, rank: int) -> int:
    """The number of axes of ``a[index]`` where the subscript has no index arrays."""
    if index is None:
        return rank
    parts = elements_of(index)
    single = [p for p in parts if not isinstance(p, ast.Slice) and not is_ellipsis(p)]
    return rank - len(single)


def selected_rank(index: Expr, facts: Facts, target: str | None = None) -> int:
    """1 or more where a subscript selects an array, 0 where it selects one element."""
    parts = elements_of(index)
    for part in parts:
        if isinstance(part, ast.Slice) or (isinstance(part, ast.Constant) and part.value is ...):
            return 1
        if isinstance(part, ast.Name) and facts.is_array(part.id):
            return 1
    if target is not None:
        kind = facts.program.types.get(target)
        return getattr(kind, "ndim", 0) - len(parts)
    return 0


def mirror(facts: Facts, stmt: Stmt) -> list[Stmt]:
    """The binding statement, for shadows."""
    match stmt:
        case Alias(target=t, source=s):
            return [Alias(facts.gradient(t), facts.gradient(s))]
        case View(target=t, source=s, value=v):
            return [View(facts.gradient(t), facts.gradient(s), viewed(facts, s, v))]
        case Assign(target=t) if facts.is_list(t):
            return [Assign(facts.gradient(t), ast.List([], ast.Load()))]
        case Assign(target=t):
            return [zeros(facts, t)]
        case Call(targets=ts):
            return [zeros(facts, t) for t in ts if facts.is_dynamic(t) and t in facts.active]
        case Push(tape=tape, value=ast.Name(id=s)):
            return [Push(facts.gradient(tape), ast.Name(facts.gradient(s), ast.Load()))]
        case Pop(target=target, tape=tape):
            name = None if target is None else facts.gradient(target)
            return [Pop(name, facts.gradient(tape))]
        case Swap(targets=ts, sources=ss):
            return [Swap(tuple(map(facts.gradient, ts)), tuple(map(facts.gradient, ss)))]
    return []


def viewed(facts: Facts, source: str, value: Expr) -> Expr:
    """The same view of the source's shadow."""
    shadow = ast.Name(facts.gradient(source), ast.Load())
    match value:
        case ast.Subscript(slice=index):
            return ast.Subscript(shadow, index, ast.Load())
        case ast.Call(func=func, args=[_, *rest], keywords=keywords):
            return ast.Call(func, [shadow, *rest], keywords)
    raise AssertionError(f"not a view: {ast.unparse(value)}")


def zeros(facts: Facts, name: str, in_loop: bool = False) -> Stmt:
    """A gradient of zeros for a name; in a loop the array itself may be gone."""
    target = facts.gradient(name)
    if not facts.is_array(name):
        return Assign(target, ast.Constant(0.0))
    kind = facts.program.types[name]
    shape = facts.known_shape(name) if in_loop and kind.dtype == types.float64 else None
    if shape is not None:
        return Assign(target, ast.Call(np_name("zeros"), [shape], []))
    return Assign(target, ast.Call(np_name("zeros_like"), [ast.Name(name, ast.Load())], []))


def zeros_like(facts: Facts, name: str) -> Expr:
    """Zeros for each element of an array or a list."""
    kind, operand = facts.program.types[name], ast.Name(name, ast.Load())
    if not isinstance(kind, types.List):
        return ast.Call(np_name("zeros_like"), [operand], [])
    if isinstance(kind.dtype, types.Array):
        return ast.Call(ast.Name("zeros_for_each", ast.Load()), [operand], [])
    return ast.parse(f"[0.0] * len({name})", mode="eval").body


def shape_of(facts: Facts, name: str) -> Expr:
    """The shape of an array: from the parameters where it is known so."""
    known = facts.known_shape(name) if facts.home.get(name) else None
    return known or ast.Attribute(ast.Name(name, ast.Load()), "shape", ast.Load())


def old_elements(facts: Facts, stmt: Stmt) -> Expr:
    """The elements that a store overwrites, as a copy."""
    array: Expr = ast.Name(stmt.target, ast.Load())  # type: ignore[attr-defined]
    index = getattr(stmt, "index", None)
    if index is None:
        return ast.Call(np_name("copy"), [array], [])
    old = ast.Subscript(array, index, ast.Load())
    if element_type(facts, stmt) is not None:
        return old
    return ast.Call(np_name("copy"), [old], [])
