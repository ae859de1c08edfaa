"""Products in memory: a matrix product is written into an array that is made for it.

In: a Program at level "loops". Out: the same, with ``z = np.empty(...)`` and ``np.dot(x, y, z)`` in
place of ``z = np.dot(x, y)``.

Invariant: the same numbers, from the same call of BLAS, and the same errors. Numba compiles two
functions for the one form and four for the other, for each order of the operands' memory.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from numba import types

from ...program import Assign, Block, Call, Expr, Program, Stmt, blocks, names, with_blocks
from ...rules.expressions import dotted, np_name
from .pull import call

DTYPES = frozenset({types.float64, types.float32})
"""What BLAS multiplies."""


def products_in_memory(program: Program) -> Program:
    """The program with memory made for its products."""

    def change(body: Block) -> Block:
        result: list[Stmt] = []
        for stmt in body:
            stmt = with_blocks(stmt, tuple(map(change, blocks(stmt))))
            result += made_before(stmt, program.types) or (stmt,)
        return tuple(result)

    return program.with_body(change(program.body))


def made_before(stmt: Stmt, kinds: Mapping[str, types.Type]) -> tuple[Stmt, ...]:
    """The two statements for a product of matrices; none for anything else."""
    match stmt:
        case Assign(target=target, value=ast.Call(func=func, args=[x, y]) as product) if dotted(
            func
        ) == "np.dot" and target not in names(product):
            left, right = matrix(x, kinds), matrix(y, kinds)
            if left is None or right is None or left.dtype != right.dtype:
                return ()
            shape = ast.Tuple([left.extents[0], right.extents[1]], ast.Load())
            memory = call("np.empty", shape, np_name(str(left.dtype)))
            made = Assign(target, memory, line=stmt.line)
            whole = ast.Call(func, [x, y, ast.Name(target, ast.Load())], [])
            return made, Call((), whole, (target,), line=stmt.line, comment=stmt.comment)
    return ()


@dataclass(frozen=True)
class Matrix:
    """An operand of a product: its elements and its extents."""

    dtype: types.Type
    extents: tuple[Expr, Expr]


def matrix(expr: Expr, kinds: Mapping[str, types.Type]) -> Matrix | None:
    """What is known of a matrix, or of the transpose of one; None of anything else."""
    transposed = isinstance(expr, ast.Attribute) and expr.attr == "T"
    whole = expr.value if isinstance(expr, ast.Attribute) else expr
    kind = kinds.get(whole.id) if isinstance(whole, ast.Name) else None
    if not isinstance(kind, types.Array) or kind.ndim != 2 or kind.layout not in ("C", "F"):
        return None
    if kind.dtype not in DTYPES or (whole is not expr and not transposed):
        return None
    shape = ast.Attribute(whole, "shape", ast.Load())
    rows, columns = (ast.Subscript(shape, ast.Constant(k), ast.Load()) for k in (0, 1))
    return Matrix(kind.dtype, (columns, rows) if transposed else (rows, columns))
