"""Along: functions of the rows (or columns) of a matrix as loops, and the identity matrix.

In: pulls. Out: the pull of the result, whose loops are written already.

Invariant: the position of the maximum is that of the first, or of the first nan, as NumPy has it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import from_dtype

from ...program import Assign, Check, Expr, If, Store
from .nests import allocate, loop, nest
from .pull import Body, Index, Pull, array, joined, materialised, variable
from .reductions import REDUCTIONS, reduced
from .scope import Opaque, Scope
from .shapes import Extent, parse, spelled


def log_sum_exp_along(scope: Scope, x: Pull, axis: Any, inner: Callable[[Expr], Pull]) -> Pull:
    """``log(sum(exp(x)))`` of each row (or column), without overflow."""
    if not isinstance(axis, int):
        raise Opaque
    place = axis % 2
    name = materialised(scope, x)
    top = reduced(scope, array(scope, name), REDUCTIONS["np.max"], [place], x.dtype).name
    shift = materialised(scope, inner(parse(f"np.where(np.isfinite({top}), {top}, 0.0)")))
    shifted = f"{name} - np.expand_dims({shift}, {place})"
    total = materialised(scope, inner(parse(f"np.sum(exp_weight({shifted}), axis={place})")))
    return inner(parse(f"np.log({total}) + {shift}"))


def position(scope: Scope, function: str, x: Pull, axis: Any) -> Pull:
    """``np.argmax`` (or ``argmin``) of each row (or column)."""
    if not isinstance(axis, int) or x.dtype.kind != "f":
        raise Opaque
    place = axis % 2
    refuse_nothing(scope, function, x.extents[place])
    counter = scope.counters(2)[1]
    found = scope.fresh("k", types.int64)
    name = scope.fresh("t", None)

    def body(index: Index, out: Body) -> None:
        full = (*index, variable(counter)) if place else (variable(counter), *index)
        search(scope, function, x, full, counter, found, out)
        out.append(Store(name, joined(index), variable(found)))

    kept = (x.extents[1 - place],)
    loops = nest(scope, kept, body)
    allocate(scope, name, kept, np.dtype(np.int64))
    scope.emit(*loops)
    return array(scope, name)


def position_in_vector(scope: Scope, function: str, x: Pull) -> Pull:
    """``np.argmax`` (or ``argmin``) of a vector."""
    refuse_nothing(scope, function, x.extents[0])
    (counter,) = scope.counters(1)
    found = scope.fresh("k", types.int64)
    steps: Body = []
    search(scope, function, x, (variable(counter),), counter, found, steps)
    scope.emit(*steps)
    scope.bind([found])
    return Pull((), np.dtype(np.int64), lambda index, body: variable(found), found)


def search(
    scope: Scope, function: str, x: Pull, place: Index, counter: str, found: str, out: Body
) -> None:
    """A loop that finds where the maximum is, the counter being part of the place."""
    best, value = (scope.fresh("t", from_dtype(x.dtype)) for _ in range(2))
    sign, start = (">", "-np.inf") if function == "np.argmax" else ("<", "np.inf")
    steps: Body = []
    steps.append(Assign(value, x.at(place, steps)))
    test = parse(f"{value} {sign} {best} or ({value} != {value} and {best} == {best})")
    steps.append(Assign(found, ast.IfExp(test, variable(counter), variable(found))))
    nearer = parse(f"{value} {sign} {best} or {value} != {value}")
    steps.append(Assign(best, ast.IfExp(nearer, variable(value), variable(best))))
    axis = next(k for k, p in enumerate(place) if ast.unparse(p) == counter)
    out.append(Assign(best, parse(start)))
    out.append(Assign(found, ast.Constant(0)))
    out.append(loop(scope, counter, x.extents[axis], tuple(steps)))


def refuse_nothing(scope: Scope, function: str, extent: Extent) -> None:
    """Raise what NumPy raises for the position of the maximum of nothing."""
    message = f"attempt to get {function.removeprefix('np.')} of an empty sequence"
    error = Check(ast.parse(f"raise ValueError({message!r})").body[0], line=scope.line)
    test = ast.Compare(spelled(extent), [ast.Eq()], [ast.Constant(0)])
    scope.emit(If(test, (error,), line=scope.line))


def identity_matrix(extent: Extent, dtype: np.dtype[Any]) -> Pull:
    """``np.eye(n)``."""

    def at(index: Index, body: Body) -> Expr:
        return ast.IfExp(ast.Compare(index[0], [ast.Eq()], [index[1]]), ONE, ZERO)

    if dtype != np.float64:
        raise Opaque
    return Pull((extent, extent), dtype, at)


ONE, ZERO = ast.Constant(1.0), ast.Constant(0.0)
