"""Evaluate: an expression of the flat program becomes a pull.

In: an expression and the scope. Out: its ``Pull``; what cannot wait (reductions, matrix
products, calls that have no loop form) is written to the scope and given a name.

Invariant: ``Opaque`` is raised where an array expression has neither a loop form nor a type.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...program import Assign, Expr, names
from ...rules.contractions import tensordot_indices, written_axes
from ...rules.expressions import MISSING, dotted, literal
from ...syntax import elements_of
from .along import log_sum_exp_along, position, position_in_vector
from .constructed import constructed, extents_of
from .einsum import as_product, contracted
from .elementwise import (
    Build,
    element_dtype,
    elementwise,
    form_of,
    of_binary,
    of_compare,
    of_unary,
    where,
)
from .indexing import subscript
from .products import fit, matmul
from .pull import Pull, array, call, element, materialised, number, variable
from .rearranged import (
    converted,
    expanded,
    outer,
    rolled,
    transposed,
)
from .reductions import REDUCTIONS, count, dot, log_sum_exp, reduced
from .scalars import array_free, known, resolved, scalar_dtype
from .scope import Opaque, Scope, is_array
from .shapes import Extents, parse
from .unbroadcast import linear, settle, settle_name, unbroadcast


def evaluate(scope: Scope, expr: Expr, target: str = "") -> Pull:
    """The pull of an expression.

    Parameters
    ----------
    scope : Scope
        The point of lowering.
    expr : ast.expr
        Any expression of the flat program.
    target : str
        The name to give to a result that has to be written out.
    """
    if array_free(scope, expr):
        zero = isinstance(expr, ast.Constant) and expr.value == 0
        return replace(number(resolved(scope, expr), scalar_dtype(scope, expr)), zero=zero)

    def inner(e: Expr) -> Pull:
        return evaluate(scope, e)

    match expr:
        case ast.Name(id=name) if scope.types[name].ndim == 0:
            at = element(name, ())
            return replace(array(scope, name), at=lambda index, body: at)
        case ast.Name(id=name):
            return array(scope, name)
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            dtype = element_dtype(known(scope, expr))
            return matmul(scope, left, right, dtype, lambda e: settle(scope, inner(e)), target)
        case ast.BinOp(left=left, op=op, right=right):
            pulls = [inner(left), inner(right)]
            return combined(scope, scope.kind(expr), op, pulls, of_binary(op))
        case ast.UnaryOp(op=op, operand=operand):
            if isinstance(op, ast.Not):
                raise Opaque
            return combined(scope, scope.kind(expr), op, [inner(operand)], of_unary(op))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            pulls = [inner(left), inner(right)]
            result = combined(scope, scope.kind(expr), op, pulls, of_compare(op))
            return replace(result, dtype=np.dtype(bool))
        case ast.Subscript(value=value, slice=index):
            return subscript(scope, settle(scope, inner(value)), index, inner)
        case ast.Attribute(value=value, attr="T"):
            return transposed(settle(scope, inner(value)))
        case ast.Call(func=func):
            return evaluate_call(scope, dotted(func) or "", expr, target, inner)
    raise Opaque


def evaluate_call(
    scope: Scope, function: str, expr: ast.Call, target: str, inner: Callable[[Expr], Pull]
) -> Pull:
    """The pull of a call."""
    if function == "np.where" and len(expr.args) == 3:
        pulls = [inner(a) for a in expr.args]
        return combined(scope, scope.kind(expr), function, pulls, None)
    if (form := form_of(function, len(expr.args))) is not None and not expr.keywords:
        pulls = [inner(a) for a in expr.args]
        return combined(scope, scope.kind(expr), function, pulls, form)
    if function in REDUCTIONS or function == "np.mean":
        return reduction(scope, function, expr, target, inner)
    if function == "unbroadcast":
        x, shape = expr.args
        return unbroadcast(scope, inner(x), extents_of(scope, shape), target)
    return structural(scope, function, expr, target, lambda e: settle(scope, inner(e)))


def combined(
    scope: Scope, kind: Any, operation: ast.AST | str, pulls: list[Pull], form: Build | None
) -> Pull:
    """An element-wise operation; partial sums pass through those that are linear in them."""
    narrow: Extents = ()
    if any(p.narrow for p in pulls):
        if linear(scope, operation, pulls):
            narrow = next(p.narrow for p in pulls if p.narrow)
            pulls = [replace(p, narrow=()) for p in pulls]
        else:
            pulls = [settle(scope, p) for p in pulls]
    whole = where(scope, kind, pulls) if form is None else elementwise(scope, kind, pulls, form)
    return replace(whole, narrow=narrow)


KEPT = ("axis", "ddof", "keepdims")
"""Arguments of ``np.var`` that have a loop form."""


def structural(
    scope: Scope, function: str, expr: ast.Call, target: str, inner: Callable[[Expr], Pull]
) -> Pull:
    """The pull of a call that is not element-wise; operands are settled."""
    keywords = {str(k.arg): k.value for k in expr.keywords}
    match function, expr.args:
        case "logsumexp", [a] if not keywords and inner(a).dtype == np.float64 and inner(a).rank:
            return log_sum_exp(scope, inner(a), target)
        case "logsumexp_along", [a, axis] if inner(a).dtype == np.float64 and inner(a).rank == 2:
            return log_sum_exp_along(scope, inner(a), literal(axis), inner)
        case "np.argmax" | "np.argmin", [a] if keywords.keys() == {"axis"} and inner(a).rank == 2:
            return position(scope, function, inner(a), literal(keywords["axis"]))
        case "np.argmax" | "np.argmin", [a] if not keywords and is_vector_of_floats(inner(a)):
            return position_in_vector(scope, function, inner(a))
        case "np.linalg.norm", [x] if "axis" in keywords and "ord" not in keywords:
            squares = ast.Call(parse("np.sum"), [ast.BinOp(x, ast.Mult(), x)], expr.keywords)
            return inner(call("np.sqrt", squares))
        case "np.var" | "np.std", [ast.Name() as x] if inner(x).rank:
            variance = inner(parse(variance_text(scope, x.id, inner(x).rank, expr)))
            form = form_of("np.sqrt", 1) if function == "np.std" else None
            kind = known(scope, expr)
            return variance if form is None else elementwise(scope, kind, [variance], form)
        case "np.transpose", [x] if not keywords:
            return transposed(inner(x))
        case "np.roll", [x, shift] if array_free(scope, shift):
            axis = literal(keywords.get("axis", ast.Constant(0 if inner(x).rank == 1 else None)))
            return rolled(scope, inner(x), resolved(scope, shift), axis)
        case "np.expand_dims", [x, axis] if isinstance(literal(axis), int):
            return expanded(inner(x), literal(axis))
        case "np.astype", [x, _]:
            kind = known(scope, expr)
            return converted(scope, inner(x), element_dtype(kind))
    found = product(scope, function, expr, target, inner)
    found = constructed(scope, function, expr, inner) if found is None else found
    return called(scope, expr, target) if found is None else found


def product(
    scope: Scope, function: str, expr: ast.Call, target: str, inner: Callable[[Expr], Pull]
) -> Pull | None:
    """The pull of a product of arrays, None where the call is not one."""
    match function, expr.args:
        case "np.dot", [left, right] if inner(left).rank and inner(right).rank:
            return matmul(scope, left, right, element_dtype(known(scope, expr)), inner, target)
        case "np.dot", [left, right]:
            return inner(ast.BinOp(left, ast.Mult(), right))
        case "affine", [factor, weights, shift] if (
            inner(weights).rank == 2 and inner(shift).rank == 1
        ):
            fit(scope, inner(shift).extents[0], inner(weights).extents[1], "affine")
            return inner(ast.BinOp(ast.BinOp(factor, ast.MatMult(), weights), ast.Add(), shift))
        case "np.vdot", [left, right]:
            x, y = inner(left), inner(right)
            if x.rank == y.rank and x.extents == y.extents:
                return dot(scope, x, y, element_dtype(known(scope, expr)), target)
        case "np.inner", [left, right] if inner(left).rank and (last := inner(right).rank):
            second = ast.Attribute(right, "T", ast.Load()) if last > 1 else right
            return matmul(scope, left, second, element_dtype(known(scope, expr)), inner, target)
        case "np.einsum", [ast.Constant(value=str() as indices), *operands]:
            if (product := as_product(indices, operands)) is not None:
                return evaluate(scope, product, target)
            dtype = element_dtype(known(scope, expr))
            return contracted(scope, indices, [inner(a) for a in operands], dtype, target)
        case "np.tensordot", [left, right]:
            ranks = inner(left).rank, inner(right).rank
            if (counted := tensordot_indices(*ranks, written_axes(expr))) is not None:
                return inner(call("np.einsum", ast.Constant(counted), left, right))
        case "np.outer", [left, right]:
            return outer(scope, inner(left), inner(right))
    return None


def is_vector_of_floats(x: Pull) -> bool:
    """Whether a pull is a vector of floating-point numbers."""
    return x.rank == 1 and x.dtype.kind == "f"


def reduction(
    scope: Scope, function: str, expr: ast.Call, target: str, inner: Callable[[Expr], Pull]
) -> Pull:
    """``np.sum(x, axis=..., keepdims=...)`` and its like."""
    keywords = {str(k.arg): literal(k.value) for k in expr.keywords}
    if not expr.keywords == [] and not set(keywords) <= {"axis", "keepdims"}:
        raise Opaque
    pull = settle(scope, inner(expr.args[0]))
    if function in ("np.any", "np.all") and pull.dtype.kind != "b":
        zero = number(ast.Constant(0), np.dtype(int))
        tested = elementwise(scope, None, [pull, zero], of_compare(ast.NotEq()))
        pull = replace(tested, dtype=np.dtype(bool))
    axes = axes_of(expr, pull.rank)
    keepdims = keywords.get("keepdims", False) is True
    dtype = element_dtype(known(scope, expr))
    match function, expr.args[0], axes:
        case "np.mean", ast.Name(id=x), [axis] if keepdims and scope.recall(("mean", x, axis)):
            return expanded(array(scope, mean_along(scope, x, axis)), axis)
    if function == "np.mean":
        total = reduced(scope, pull, REDUCTIONS["np.sum"], axes, dtype, keepdims)
        share = count([pull.extents[a] for a in axes])
        mean = elementwise(scope, None, [total, number(share, np.dtype(int))], of_binary(ast.Div()))
        return replace(mean, dtype=dtype)
    return reduced(scope, pull, REDUCTIONS[function], axes, dtype, keepdims, target)


def variance_text(scope: Scope, x: str, rank: int, expr: ast.Call) -> str:
    """``np.var``, or ``np.std`` before the root: a mean, and a sum of squares."""
    axes = axes_of(expr, rank)
    if len(axes) not in (1, rank) or any(k.arg not in KEPT for k in expr.keywords):
        raise Opaque
    given = {str(k.arg): ast.unparse(k.value) for k in expr.keywords}
    keep = given.get("keepdims", "False")
    whole = len(axes) == rank
    along = "" if whole else f", axis={axes[0]}"
    mean = f"np.mean({x})"
    if not whole:
        mean = f"np.expand_dims({mean_along(scope, x, axes[0])}, {axes[0]})"
    total = f"np.sum(({x} - {mean}) ** 2{along}, keepdims={keep})"
    count = f"{x}.size" if whole else f"{x}.shape[{axes[0]}]"
    return f"{total} / {count}" if "ddof" not in given else f"{total} / ({count} - {given['ddof']})"


def mean_along(scope: Scope, x: str, axis: int) -> str:
    """The name of an array's mean along an axis: it is computed once for all that need it."""
    known_as = scope.recall(("mean", x, axis))
    if known_as is None:
        pull = evaluate(scope, parse(f"np.mean({x}, axis={axis})"))
        known_as = materialised(scope, settle(scope, pull))
        remember_mean(scope, known_as, x, axis)
    return str(known_as)


def remember_mean(scope: Scope, name: str, x: str, axis: int) -> None:
    """Note that a name has an array's mean along an axis."""
    held = {n for known in (name, x) for n in (known, scope.memory(known))}
    scope.remember(("mean", x, axis), name, held)


def axes_of(expr: ast.Call, rank: int) -> list[int]:
    """The axes of a reduction, counted from the front, in order."""
    given = next((k.value for k in expr.keywords if k.arg == "axis"), ast.Constant(None))
    parts = elements_of(given)
    values = [literal(p) for p in parts]
    if values == [None]:
        return list(range(rank))
    if not all(isinstance(v, int) and -rank <= v < rank for v in values):
        raise Opaque
    return sorted(int(v) % rank for v in values)


def called(scope: Scope, expr: ast.Call, target: str) -> Pull:
    """A call that stays a call, its array operands by name."""
    kind = known(scope, expr)
    args = [operand(scope, a) for a in expr.args]
    value = ast.Call(expr.func, args, expr.keywords)
    key = ("call", ast.unparse(value))
    costly = is_array(kind) and (dotted(expr.func) or "").startswith("np.linalg.")
    if costly and not target and (known_as := scope.recall(key)):
        return array(scope, known_as)
    name = target or scope.fresh("t", kind)
    extents = result_extents(scope, expr)
    scope.emit(Assign(name, value, line=scope.line))
    scope.bind([name])
    if is_array(kind):
        if extents is not None and len(extents) == kind.ndim:
            scope.shapes.learn(name, extents)
        if costly:
            read = {name, *names(value)}
            scope.remember(key, name, {*read, *map(scope.memory, read)})
        return array(scope, name)
    return Pull((), element_dtype(kind), lambda index, body: variable(name), name)


SHAPED = {
    **{"put_at": 2, "put_along": 2, "add_at": 2, "add_along_axis": 2, "add_lines_at": 2},
    **{"undiff": 1, "put_diagonal": 1, "np.reshape": 1},
}
"""Calls that state the shape of their result, and in which argument."""


SAME = {
    **dict.fromkeys(["one_hot", "np.linalg.solve", "sort_pull", "cumprod_pull_along"], 1),
    **dict.fromkeys(
        [
            "softmax",
            "product_of_others",
            "product_of_others_along",
            "cumprod_pull",
            "np.tril",
            "np.triu",
            "np.sort",
            "np.linalg.inv",
            "np.linalg.cholesky",
            "cholesky_pull",
            "np.flip",
            "np.roll",
        ],
        0,
    ),
}
"""Calls whose result has the shape of an argument, and of which."""


def result_extents(scope: Scope, expr: ast.Call) -> Extents | None:
    """The extents of a call that stays, where they are known."""
    function = dotted(expr.func) or ""
    try:
        if function in SHAPED:
            extents = extents_of(scope, expr.args[SHAPED[function]])
            return None if any(is_negative(e) for e in extents) else extents
        if function in SAME:
            match expr.args[SAME[function]]:
                case ast.Name(id=name):
                    return array(scope, name).extents
        if function == "np.diag" and len(expr.args) == 1 and not expr.keywords:
            return diagonal(evaluate(scope, expr.args[0]).extents)
    except Opaque:
        pass
    return None


def diagonal(extents: Extents) -> Extents | None:
    """The extents of ``np.diag``, of a vector or of a square matrix."""
    match extents:
        case (n,):
            return n, n
        case n, m if n == m:
            return (n,)
    return None


def is_negative(extent: int | str) -> bool:
    """Whether an extent may stand for what is left over (``-1``)."""
    return extent == -1 or str(extent).startswith("-")


def operand(scope: Scope, expr: Expr) -> Expr:
    """An argument of a call that stays."""
    if not is_array(scope.kind(expr)) or literal(expr) is not MISSING:
        return expr
    if isinstance(expr, ast.Name | ast.Attribute):
        for name in sorted(names(expr) & scope.partial.keys()):
            settle_name(scope, name)
        return expr
    return variable(materialised(scope, settle(scope, evaluate(scope, expr))))
