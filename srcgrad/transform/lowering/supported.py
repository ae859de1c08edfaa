"""Supported: what is left of NumPy and Numba cannot compile becomes something it can.

In: a typed Program. Out: the same with arguments and functions that Numba lacks expressed by
those it has.

Invariant: the same values as before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ...program import Block, Expr, Program, Stmt, blocks, with_blocks


def supported(program: Program) -> Program:
    """The program in the language that Numba compiles."""

    def block(body: Block) -> Block:
        return tuple(statement(s) for s in body)

    def statement(stmt: Stmt) -> Stmt:
        changes: dict[str, Any] = {
            name: lowered(value, program.types)
            for name, value in vars(stmt).items()
            if isinstance(value, ast.expr)
        }
        return with_blocks(replace(stmt, **changes), tuple(map(block, blocks(stmt))))

    return program.with_body(block(program.body))


def lowered(expr: Any, kinds: Mapping[str, types.Type]) -> Any:
    """An expression with its calls replaced, inner ones first."""
    if not isinstance(expr, ast.AST):
        return expr
    fields = {
        name: [lowered(v, kinds) for v in value]
        if isinstance(value, list)
        else lowered(value, kinds)
        for name, value in ast.iter_fields(expr)
    }
    new = type(expr)(**fields)
    match new:
        case ast.Call(func=func) if ast.unparse(func) in REPLACED:
            return REPLACED[ast.unparse(func)](new, kinds) or new
        case ast.BinOp(left=left, op=ast.MatMult() as op, right=right):
            return ast.BinOp(contiguous(left, kinds), op, contiguous(right, kinds))
    return new


Lowering = Callable[[ast.Call, Mapping[str, types.Type]], Expr | None]


def contiguous(operand: Expr, kinds: Mapping[str, types.Type]) -> Expr:
    """An operand that BLAS takes: a copy where its layout is not known."""
    match operand:
        case ast.Name(id=name) if getattr(kinds.get(name), "layout", "C") == "A":
            return call("np.ascontiguousarray", operand)
        case ast.Attribute(value=ast.Name(id=name), attr="T") if (
            getattr(kinds.get(name), "layout", "C") == "A"
        ):
            return call("np.ascontiguousarray", operand)
        case ast.Subscript():
            return call("np.ascontiguousarray", operand)
    return operand


def call(name: str, *args: Expr, **keywords: Expr) -> Expr:
    """A call by canonical name."""
    func = ast.parse(name, mode="eval").body
    return ast.Call(func, list(args), [ast.keyword(k, v) for k, v in keywords.items()])


def keyword(node: ast.Call, name: str) -> Expr | None:
    """A keyword argument."""
    return next((k.value for k in node.keywords if k.arg == name), None)


def reduction(plain: str, along: str) -> Lowering:
    """A reduction with ``axis`` and ``keepdims``."""

    def change(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
        axis, keep = keyword(node, "axis"), keyword(node, "keepdims")
        operand = node.args[0]
        if axis is None and keep is None:
            return None
        if axis is None:
            whole = call(plain, operand)
            ones = ast.Tuple([ast.Constant(1)] * rank(operand, kinds), ast.Load())
            return call("np.full", ones, whole)
        if isinstance(axis, ast.Tuple):
            return None
        axis = positive(axis, rank(operand, kinds))
        if plain == "np.mean":
            size = ast.Subscript(ast.Attribute(operand, "shape", ast.Load()), axis, ast.Load())
            value: Expr = ast.BinOp(call("np.sum", operand, axis=axis), ast.Div(), size)
        elif along:
            value = call(along, operand, axis)
        else:
            value = call(plain, operand, axis=axis)
        return value if keep is None else call("np.expand_dims", value, axis)

    return change


def rank(expr: Expr, kinds: Mapping[str, types.Type]) -> int:
    """The number of axes of an expression."""
    match expr:
        case ast.Name(id=name):
            return getattr(kinds.get(name), "ndim", 0)
        case ast.BinOp(left=left, right=right):
            return max(rank(left, kinds), rank(right, kinds))
        case ast.UnaryOp(operand=operand):
            return rank(operand, kinds)
        case ast.Attribute(value=value, attr="T"):
            return rank(value, kinds)
        case ast.Call(args=[first, *_]):
            return rank(first, kinds)
    return 0


def positive(axis: Expr, ndim: int) -> Expr:
    """An axis counted from the front."""
    try:
        value = ast.literal_eval(ast.unparse(axis))
    except ValueError:
        return axis
    return ast.Constant(value % ndim) if isinstance(value, int) and ndim else axis


def absolute(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``abs`` of an array."""
    return call("np.abs", *node.args) if rank(node.args[0], kinds) else None


def clipped(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.clip`` as a minimum of a maximum."""
    if len(node.args) != 3:
        return None
    x, low, high = node.args
    return call("np.minimum", call("np.maximum", x, low), high)


def inner_product(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.vdot`` of anything as one of vectors."""
    x, y = (call("np.ravel", call("np.ascontiguousarray", a)) for a in node.args)
    return call("np.dot", x, y)


def cast(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.astype`` as the method."""
    x, dtype = node.args
    return ast.Call(ast.Attribute(x, "astype", ast.Load()), [dtype], [])


def dotted(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.dot`` on contiguous operands."""
    if not all(rank(a, kinds) for a in node.args):
        return ast.BinOp(node.args[0], ast.Mult(), node.args[1])
    return ast.Call(node.func, [contiguous(a, kinds) for a in node.args], [])


def transposed(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.transpose`` of a vector is the vector."""
    return node.args[0] if rank(node.args[0], kinds) == 1 else None


def reshaped(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.reshape``, which Numba has for contiguous arrays only."""
    first = node.args[0]
    if isinstance(first, ast.Name) and getattr(kinds.get(first.id), "layout", "C") == "C":
        return None
    return ast.Call(node.func, [call("np.ascontiguousarray", first), *node.args[1:]], node.keywords)


def diagonal(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.diagonal`` of a matrix as ``np.diag``."""
    offset = keyword(node, "offset")
    return call("np.diag", *node.args) if offset is None else call("np.diag", *node.args, k=offset)


REPLACED: Mapping[str, Lowering] = {
    "np.sum": reduction("np.sum", ""),
    "np.mean": reduction("np.mean", ""),
    "np.max": reduction("np.max", "max_along"),
    "np.min": reduction("np.min", "min_along"),
    "np.prod": reduction("np.prod", "prod_along"),
    "abs": absolute,
    "np.clip": clipped,
    "np.vdot": inner_product,
    "np.diagonal": diagonal,
    "np.astype": cast,
    "np.dot": dotted,
    "np.transpose": transposed,
    "np.reshape": reshaped,
}
"""What Numba lacks, or types only for some operands."""
