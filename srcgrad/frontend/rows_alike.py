"""Rows alike: the rows of a table that is written out hold one kind of number.

In: the elements of a display. Out: the same, where whole numbers in one row are floats if another
row has any: Numba's list has elements of one type, ``[[0, 0], [0.25, 0]]`` would have two.

Invariant: the values are those of the display; other elements stay, tuples too: ``(2, 0.5)`` may
be a place and a weight.
"""

from __future__ import annotations

import ast

from ..program import Expr


def rows_alike(elements: list[Expr]) -> list[Expr]:
    """The elements of a display, whose rows have whole numbers only if all of them do."""
    rows = [e for e in elements if isinstance(e, ast.List)]
    if len(rows) < len(elements) or not any(is_float(part) for row in rows for part in row.elts):
        return elements
    return [with_floats(row) for row in rows]


def is_float(part: Expr) -> bool:
    """Whether what is written is surely a float: a constant, a quotient, arithmetic with one."""
    match part:
        case ast.Constant(value=value):
            return isinstance(value, float)
        case ast.BinOp(left=left, op=op, right=right):
            return isinstance(op, ast.Div) or is_float(left) or is_float(right)
        case ast.UnaryOp(operand=operand):
            return is_float(operand)
    return False


def with_floats(row: ast.List) -> ast.List:
    """A row with its whole numbers as floats."""
    parts = [as_float(part) for part in row.elts]
    return ast.copy_location(ast.List(parts, ast.Load()), row)


def as_float(part: Expr) -> Expr:
    """A whole number, of whichever sign, as a float."""
    match part:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return ast.copy_location(ast.Constant(float(value)), part)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            return ast.copy_location(ast.UnaryOp(sign, as_float(operand)), part)
    return part
