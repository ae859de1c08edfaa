"""Expressions: what they are, and substitution into them.

In and out: ``ast`` expressions, none changed in place.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..program import MODULES


def kind(value: ast.expr) -> str | None:
    """The operation of an expression: a canonical function's name, or an operator's."""
    match value:
        case ast.Call(func=func):
            return dotted(func)
        case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.BoolOp(op=op):
            return type(op).__name__
        case ast.Compare():
            return "Compare"
    return None


def dotted(func: ast.expr) -> str | None:
    """``np.linalg.norm`` for the expression that says so, None for any other callee."""
    match func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            head = dotted(value)
            return f"{head}.{attr}" if head and head.split(".")[0] in MODULES else None
    return None


MISSING = object()
"""What ``literal`` gives for an expression that is not a constant."""


def literal(expr: ast.expr) -> Any:
    """The value of a constant, signed or not; ``MISSING`` for anything else."""
    match expr:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
    return MISSING


def constant(value: Any) -> ast.expr:
    """The expression of a constant; a negative number is a unary minus, as Python parses it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def instantiate(expr: ast.expr, mapping: Mapping[str, ast.expr]) -> ast.expr:
    """A fresh copy of an expression with names replaced by expressions.

    Sums and differences of integer constants are folded, so that the rule for ``x ** y``
    reads ``3 * x ** 2`` at ``y = 3``.
    """
    result: ast.expr = _Substitution(mapping).visit(deepcopy(expr))
    return result


class _Substitution(ast.NodeTransformer):
    """Names to expressions, and integer arithmetic folded on the way."""

    def __init__(self, mapping: Mapping[str, ast.expr]) -> None:
        self.mapping = mapping

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return deepcopy(self.mapping[node.id]) if node.id in self.mapping else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(a) for a in node.args]  # the callee is no variable
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        node.left, node.right = self.visit(node.left), self.visit(node.right)
        left, right = literal(node.left), literal(node.right)
        if type(left) in (int, float) and type(right) is int:
            if isinstance(node.op, ast.Add):
                return constant(left + right)
            if isinstance(node.op, ast.Sub):
                return constant(left - right)
        return node


def np_name(name: str) -> ast.expr:
    """``np.name``."""
    return ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())


def is_ellipsis(part: ast.expr) -> bool:
    """Whether a part of a subscript is ``...``."""
    return isinstance(part, ast.Constant) and part.value is ...
