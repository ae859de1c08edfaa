"""Reductions of pulls as loops.

In: a pull, axes. Out: the pull of the result, whose loops are written already.

Invariant: sums of float32 numbers to one number are accumulated in float64 and cast; the
maximum of nothing raises, the maximum of nan is nan.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce as fold
from typing import Any

import numpy as np
from numba.np.numpy_support import from_dtype

from ...program import Assign, Block, Check, Expr, If, Increment, Stmt, Store
from .elementwise import choose
from .nests import allocate, loop, nest
from .pull import Body, Index, Pull, array, as_stored, atom, call, element, joined, number, variable
from .scope import Scope
from .shapes import Extent, Extents, parse, spelled

Combine = Callable[[Expr, Expr], Expr]


@dataclass(frozen=True)
class Reduction:
    """How elements are combined.

    Attributes
    ----------
    start : callable
        From a dtype to the value of an empty reduction.
    combine : callable
        From the accumulator and an element to the new accumulator; None for a sum.
    name : str
        What an error for an empty reduction calls it; "" where that is no error.
    """

    start: Callable[[np.dtype[Any]], Expr]
    combine: Combine | None = None
    name: str = ""


def constant(value: Any) -> Callable[[np.dtype[Any]], Expr]:
    """A start that is a number of the kind at hand."""
    return lambda dtype: ast.Constant(float(value) if dtype.kind == "f" else value)


def lowest(sign: str) -> Callable[[np.dtype[Any]], Expr]:
    """What no element is beyond."""

    def start(dtype: np.dtype[Any]) -> Expr:
        if dtype.kind == "f":
            return parse(f"{sign}np.inf")
        if dtype.kind == "b":
            return ast.Constant(sign == "")
        info = np.iinfo(dtype)
        return parse(str(info.min if sign else info.max))

    return start


def extremum(order: ast.cmpop) -> Combine:
    """The element if it is beyond the accumulator, or nan."""

    def combine(accumulator: Expr, value: Expr) -> Expr:
        return choose(value, accumulator, order, np.dtype(float))

    return combine


REDUCTIONS = {
    "np.sum": Reduction(constant(0)),
    "np.prod": Reduction(constant(1), lambda a, v: ast.BinOp(a, ast.Mult(), v)),
    "np.max": Reduction(lowest("-"), extremum(ast.Gt()), "maximum"),
    "np.min": Reduction(lowest(""), extremum(ast.Lt()), "minimum"),
    "np.any": Reduction(
        lambda dtype: ast.Constant(False), lambda a, v: ast.BoolOp(ast.Or(), [a, v])
    ),
    "np.all": Reduction(
        lambda dtype: ast.Constant(True), lambda a, v: ast.BoolOp(ast.And(), [a, v])
    ),
}
"""By the function's name; the mean is a sum that is divided."""


def reduced(
    scope: Scope,
    pull: Pull,
    how: Reduction,
    axes: Sequence[int],
    dtype: np.dtype[Any],
    keepdims: bool = False,
    target: str = "",
) -> Pull:
    """A reduction over axes."""
    if how.name:
        refuse_empty(scope, [pull.extents[a] for a in axes], how.name)
    trailing = list(axes) == list(range(pull.rank - len(axes), pull.rank))
    if len(axes) == pull.rank and not keepdims:
        return to_number(scope, pull, how, dtype, target)
    if trailing:
        return inner_axes(scope, pull, how, len(axes), dtype, keepdims, target)
    return outer_axes(scope, pull, how, axes, dtype, keepdims, target)


def refuse_empty(scope: Scope, extents: Sequence[Extent], name: str) -> None:
    """Raise what NumPy raises for the maximum of nothing."""
    tests: list[Expr] = [
        ast.Compare(spelled(e), [ast.Eq()], [ast.Constant(0)])
        for e in extents
        if isinstance(e, str)
    ]
    if not tests:
        return
    message = f"zero-size array to reduction operation {name} which has no identity"
    error = ast.parse(f"raise ValueError({message!r})").body[0]
    test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)
    scope.emit(If(test, (Check(error, line=scope.line),), line=scope.line))


def accumulator_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What a number is accumulated in."""
    return np.dtype(np.float64) if dtype == np.float32 else dtype


def accumulate(
    scope: Scope, how: Reduction, name: str, index: Index, value: Expr, body: Body, dtype: Any
) -> None:
    """One element more."""
    place = element(name, index) if index else variable(name)
    if how.combine is None:
        body.append(Increment(name, joined(index) if index else None, value))
        return
    combined = how.combine(place, atom(scope, value, dtype, body) if how.name else value)
    body.append(Store(name, joined(index), combined) if index else Assign(name, combined))


def to_number(scope: Scope, pull: Pull, how: Reduction, dtype: np.dtype[Any], target: str) -> Pull:
    """A reduction over everything."""
    wide = accumulator_dtype(dtype)
    name = target if target and wide == dtype else scope.fresh("t", from_dtype(wide))
    loops = nest(
        scope,
        pull.extents,
        lambda index, body: accumulate(scope, how, name, (), pull.at(index, body), body, dtype),
    )
    scope.emit(Assign(name, how.start(wide), line=scope.line), *loops)
    scope.bind([name])
    result = variable(name) if wide == dtype else call(f"np.{dtype.name}", variable(name))
    return Pull((), dtype, lambda index, body: result, name if wide == dtype else "")


def inner_axes(
    scope: Scope,
    pull: Pull,
    how: Reduction,
    count: int,
    dtype: np.dtype[Any],
    keepdims: bool,
    target: str,
) -> Pull:
    """A reduction over the last axes: one accumulator for each of the others."""
    kept = pull.rank - count
    counters = scope.counters(pull.rank)
    total = scope.fresh("t", from_dtype(accumulator_dtype(dtype)))
    ones: Extents = (1,) * count if keepdims else ()
    zeros = (ast.Constant(0),) * len(ones)
    name = target or scope.fresh("t", None)

    def inner(index: Index, body: Body) -> None:
        steps: Body = []
        rest = list(zip(counters, pull.extents, strict=True))[kept:]
        full = (*index, *(variable(c) if e != 1 else ast.Constant(0) for c, e in rest))
        value = pull.at(full, steps)
        accumulate(scope, how, total, (), value, steps, dtype)
        loops: Block = tuple(steps)
        for counter, extent in reversed(rest):
            loops = (loop(scope, counter, extent, loops),) if extent != 1 else loops
        body.append(Assign(total, how.start(accumulator_dtype(dtype))))
        body.extend(loops)
        body.append(Store(name, joined((*index, *zeros)), variable(total)))

    loops = nest(scope, pull.extents[:kept], inner)
    allocate(scope, name, pull.extents[:kept] + ones, dtype)
    scope.emit(*loops)
    return array(scope, name)


def outer_axes(
    scope: Scope,
    pull: Pull,
    how: Reduction,
    axes: Sequence[int],
    dtype: np.dtype[Any],
    keepdims: bool,
    target: str,
) -> Pull:
    """A reduction over any axes: the result is accumulated in memory order of the operand."""
    kept = [k for k in range(pull.rank) if keepdims or k not in axes]
    extents = tuple(1 if k in axes else pull.extents[k] for k in kept)
    name = target or scope.fresh("t", None)

    def start(index: Index, body: Body) -> None:
        body.append(Store(name, joined(index), how.start(dtype)))

    def inner(index: Index, body: Body) -> None:
        place = tuple(ast.Constant(0) if k in axes else index[k] for k in kept)
        accumulate(scope, how, name, place, pull.at(index, body), body, dtype)

    loops: list[Stmt] = [*nest(scope, extents, start), *nest(scope, pull.extents, inner)]
    allocate(scope, name, extents, dtype)
    scope.emit(*loops)
    return array(scope, name)


def count(extents: Sequence[Extent]) -> Expr:
    """How many elements there are."""
    factors = [spelled(e) for e in extents] or [ast.Constant(1)]
    return fold(lambda a, b: ast.BinOp(a, ast.Mult(), b), factors)


def log_sum_exp(scope: Scope, x: Pull, target: str) -> Pull:
    """``log(sum(exp(x)))`` of all elements, without overflow."""
    axes = list(range(x.rank))
    top = reduced(scope, x, REDUCTIONS["np.max"], axes, x.dtype).at((), scope.out)
    shift = scope.fresh("t", from_dtype(x.dtype))
    finite = call("math.isfinite", top)
    scope.emit(Assign(shift, ast.IfExp(finite, top, ast.Constant(0.0)), line=scope.line))

    def at(index: Index, body: Body) -> Expr:
        return call("exp_weight", ast.BinOp(x.at(index, body), ast.Sub(), variable(shift)))

    total = to_number(scope, Pull(x.extents, x.dtype, at), REDUCTIONS["np.sum"], x.dtype, "")
    name = target or scope.fresh("t", from_dtype(x.dtype))
    log = ast.BinOp(top, ast.Add(), call("math.log", total.at((), scope.out)))
    scope.emit(Assign(name, ast.IfExp(finite, log, top), line=scope.line))
    scope.bind([name])
    return Pull((), x.dtype, lambda index, body: variable(name), name)


def dot(scope: Scope, x: Pull, y: Pull, dtype: np.dtype[Any], target: str) -> Pull:
    """The inner product of two pulls of equal extents."""
    product = Pull(
        x.extents,
        dtype,
        lambda index, body: ast.BinOp(x.at(index, body), ast.Mult(), y.at(index, body)),
    )
    if dtype.kind == "f":
        return to_number(scope, product, REDUCTIONS["np.sum"], dtype, target)
    total = to_number(scope, product, REDUCTIONS["np.sum"], np.dtype(np.int64), "")
    return number(as_stored(total.at((), []), total.dtype, dtype), dtype)
