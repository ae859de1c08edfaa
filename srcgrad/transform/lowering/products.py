"""Matrix products: of two matrices by BLAS, with a vector by loops.

In: two operands of ``x @ y``. Out: the pull of the product. A matrix is read once by a product
with a vector, and loops that read it in the order of its memory are as fast as BLAS, whose
call costs more than a small product.

Invariant: an operand of BLAS is contiguous in C or Fortran order (a transpose is no copy);
shapes that do not fit raise ``ValueError``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.np.numpy_support import as_dtype

from ...program import Assign, Check, Expr, If, Increment, Store
from .nests import allocate, compute, nest
from .pull import Body, Index, Pull, array, call, joined, variable
from .reductions import REDUCTIONS, dot, reduced
from .scope import Opaque, Scope, is_array
from .shapes import Extent, spelled

Evaluate = Callable[[Expr], Pull]


def matmul(
    scope: Scope, left: Expr, right: Expr, dtype: np.dtype[Any], evaluate: Evaluate, target: str
) -> Pull:
    """``left @ right`` of vectors and matrices."""
    x, y = evaluate(left), evaluate(right)
    if x.rank not in (1, 2) or y.rank not in (1, 2):
        raise Opaque
    fit(scope, x.extents[-1], y.extents[0])
    if x.rank == y.rank == 1:
        return dot(scope, x, y, dtype, target)
    extents = x.extents[:-1] + y.extents[1:]
    if dtype.kind != "f":
        return summed(scope, x, y, dtype, target)
    if x.rank + y.rank == 3 and dtype == np.float64:
        return by_vector(scope, (left, x), (right, y), dtype, target)
    operands = [blas(scope, e, p, dtype) for e, p in ((left, x), (right, y))]
    name = target or scope.fresh("t", scope.kind(ast.BinOp(left, ast.MatMult(), right)))
    scope.emit(Assign(name, call("np.dot", *operands), line=scope.line, comment=scope.comment))
    scope.bind([name])
    scope.shapes.learn(name, extents)
    return array(scope, name)


def by_vector(
    scope: Scope, left: tuple[Expr, Pull], right: tuple[Expr, Pull], dtype: Any, target: str
) -> Pull:
    """The product of a matrix and a vector, in the order of the matrix's memory."""
    from_left = left[1].rank == 1
    (expr, matrix), vector = (right, left[1]) if from_left else (left, right[1])
    x = vector if vector.name else array(scope, compute(scope, vector))
    by_rows = in_rows(scope, expr)
    target = "" if target in (matrix.name, x.name) else target

    def at(index: Index, body: Body) -> Expr:
        place = index if by_rows else index[::-1]
        return ast.BinOp(matrix.at(place, body), ast.Mult(), x.at((place[from_left ^ 1],), body))

    extents = matrix.extents if by_rows else matrix.extents[::-1]
    axis = int(from_left != by_rows)
    return reduced(scope, Pull(extents, dtype, at), REDUCTIONS["np.sum"], (axis,), dtype,
                   target=target)  # fmt: skip


def in_rows(scope: Scope, expr: Expr) -> bool:
    """Whether the rows of an operand are in one piece each (as far as its type tells)."""
    name, transposed = named(expr)
    kind = scope.types.get(name)
    return (is_array(kind) and kind.layout == "F") == transposed


def fit(scope: Scope, a: Extent, b: Extent, operation: str = "matmul") -> None:
    """Raise where extents that should be equal differ; they are known to be equal afterwards."""
    if a == b:
        return
    error = ast.parse(f"raise ValueError('{operation}: operands do not fit')").body[0]
    test = ast.Compare(spelled(a), [ast.NotEq()], [spelled(b)])
    scope.emit(If(test, (Check(error, line=scope.line),), line=scope.line))
    scope.fitted.append((scope.joins.get(a, a), scope.joins.get(b, b)))
    scope.equate(a, b)


def blas(scope: Scope, expr: Expr, pull: Pull, dtype: np.dtype[Any]) -> Expr:
    """An operand that BLAS takes."""
    name, transposed = named(expr)
    kind = scope.types.get(name)
    if is_array(kind) and as_dtype(kind.dtype) == dtype:
        whole: Expr = variable(name)
        if kind.layout == "A":
            whole = call("np.ascontiguousarray", whole)
        return ast.Attribute(whole, "T", ast.Load()) if transposed else whole
    return variable(compute(scope, pull, dtype=dtype))


def named(expr: Expr) -> tuple[str, bool]:
    """The array that an operand is, or is the transpose of; "" for anything else."""
    match expr:
        case ast.Name(id=name):
            return name, False
        case ast.Attribute(value=ast.Name(id=name), attr="T"):
            return name, True
        case ast.Call(func=func, args=[ast.Name(id=name)], keywords=[]) if (
            ast.unparse(func) == "np.transpose"
        ):
            return name, True
    return "", False


def summed(scope: Scope, x: Pull, y: Pull, dtype: np.dtype[Any], target: str) -> Pull:
    """The product as loops, for dtypes that BLAS has not."""
    extents = x.extents[:-1] + y.extents[1:]
    name = target or scope.fresh("t", None)

    def start(index: Index, body: Body) -> None:
        body.append(Store(name, joined(index), ast.Constant(0)))

    def inner(index: Index, body: Body) -> None:
        row, middle, column = index[: x.rank - 1], index[x.rank - 1], index[x.rank :]
        product = ast.BinOp(x.at((*row, middle), body), ast.Mult(), y.at((middle, *column), body))
        body.append(Increment(name, joined((*row, *column)), product))

    loops = [
        *nest(scope, extents, start),
        *nest(scope, (*x.extents[:-1], x.extents[-1], *y.extents[1:]), inner),
    ]
    allocate(scope, name, extents, dtype)
    scope.emit(*loops)
    return array(scope, name)
