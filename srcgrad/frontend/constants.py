"""Constants: branches that constants decide are decided.

In: an untyped Program and the types of its parameters. Out: the Program without branches that
cannot be taken and without loops whose condition is false from the start.

Invariant: the same values. Numba prunes such branches as well, so what the gradient does in
them (an append to a list, say) would have no types.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numba import types

from ..program import (
    Assign,
    Block,
    Expr,
    If,
    Program,
    Stmt,
    While,
    blocks,
    times_bound,
    with_blocks,
)
from ..rules.expressions import MISSING, literal

OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Add: operator.add, ast.Sub: operator.sub,
    ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.Not: operator.not_, ast.USub: operator.neg,
}  # fmt: skip

Known = Mapping[str, Any]


def decided(program: Program, kinds: Mapping[str, types.Type]) -> Program:
    """The program with the branches that constants decide.

    Parameters
    ----------
    program : Program
        As ``normalise`` gives it.
    kinds : mapping of str to numba.types.Type
        The types of its parameters.
    """
    known = _constants(program)
    fixed = {n: k.ndim for n, k in kinds.items() if isinstance(k, types.Array)}
    fixed = {n: d for n, d in fixed.items() if n not in _bound_often(program, 1)}

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> Block:
        match stmt:
            case If(test=test, body=body, orelse=orelse):
                value = _value(test, known, fixed)
                if value is not MISSING:
                    return block(body if value else orelse)
            case While(test=test):
                value = _value(test, known, fixed)
                if value is not MISSING and not value:
                    return ()
        return (with_blocks(stmt, tuple(map(block, blocks(stmt)))),)

    return program.with_body(block(program.body))


def _constants(program: Program) -> Known:
    """Numbers by name: captured ones, and those that are bound once, outside of all branches."""
    again = _bound_often(program, 2)
    found: dict[str, Any] = {}
    for name, value in program.constants.items():
        if isinstance(value, bool | int | float | np.number | np.bool_):
            found[name] = value
    tuples: dict[str, list[Expr]] = {}
    for stmt in program.body:
        if not isinstance(stmt, Assign) or stmt.target in again:
            continue
        value = literal(stmt.value)
        match stmt.value:
            case ast.Tuple(elts=elts):
                tuples[stmt.target] = elts
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int() as k)) if (
                -len(tuples.get(name, ())) <= k < len(tuples.get(name, ()))
            ):
                value = literal(tuples[name][k])
        if isinstance(value, bool | int | float):
            found[stmt.target] = value
    return found


def _bound_often(program: Program, times: int) -> set[str]:
    """Names that are bound in so many places at least; parameters are bound once to begin with."""
    counts = times_bound(program.body)
    if times > 1:
        counts.update(program.params)
    return {name for name, count in counts.items() if count >= times}


def _value(expr: Expr, known: Known, ranks: Mapping[str, int]) -> Any:
    """The value of an expression of constants, ``MISSING`` for any other."""
    if (value := literal(expr)) is not MISSING:
        return value
    match expr:
        case ast.Name(id=name):
            return known.get(name, MISSING)
        case ast.Attribute(value=ast.Name(id=name), attr="ndim"):
            return ranks.get(name, MISSING)
        case ast.Call(
            func=ast.Name(id="len"),
            args=[ast.Attribute(value=ast.Name(id=name), attr="shape")],
        ):
            return ranks.get(name, MISSING)
        case ast.Attribute(value=ast.Name(id="math"), attr=attr):
            return getattr(math, attr, MISSING)
        case ast.UnaryOp(op=op, operand=operand):
            return _applied(op, [_value(operand, known, ranks)])
        case ast.BinOp(left=left, op=op, right=right):
            return _applied(op, [_value(left, known, ranks), _value(right, known, ranks)])
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            values = [_value(e, known, ranks) for e in (left, *comparators)]
            pairs = zip(ops, values, values[1:], strict=False)
            return _joined([_applied(op, [a, b]) for op, a, b in pairs], decisive=False)
        case ast.BoolOp(op=op, values=operands):
            found = [_value(e, known, ranks) for e in operands]
            return _joined(found, decisive=isinstance(op, ast.Or))
    return MISSING


def _joined(values: list[Any], decisive: bool) -> Any:
    """Whether all of these hold, or (``decisive=True``) any of them."""
    for value in values:
        if value is MISSING:
            return MISSING
        if bool(value) is decisive:
            return decisive
    return not decisive


def _applied(op: ast.AST, values: list[Any]) -> Any:
    """An operator on constants."""
    function = OPERATORS.get(type(op))
    if function is None or any(v is MISSING for v in values):
        return MISSING
    try:
        return function(*values)
    except (TypeError, ZeroDivisionError, OverflowError):
        return MISSING
