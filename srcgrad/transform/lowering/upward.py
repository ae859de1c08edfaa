"""Upward: loops whose rounds are independent count up.

In: a loop at level "loops". Out: the same rounds in the other order.

Invariant: the same rounds; ``independent`` says that their order does not matter. The loops of the
backward sweep count down. Lanes count up, and so do loops around others; what else is not in lanes
stays as it is, since what was recorded last is still in the cache.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from ...program import Expr, For
from ...rules.expressions import constant, literal


def upward(loop: For) -> For | None:
    """``for i in range(first, last + 1)`` for ``range(last, first - 1, -1)``; else None."""
    if loop.exit or ast.unparse(loop.step) != "-1":
        return None
    one = ast.Constant(1)
    return replace(loop, start=one_more(loop.stop), stop=one_more(loop.start), step=one)


def one_more(expr: Expr) -> Expr:
    """``expr + 1``."""
    if isinstance(value := literal(expr), int):
        return constant(value + 1)
    match expr:
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int(value))):
            if value == 1:
                return left
            return ast.BinOp(left, ast.Sub(), ast.Constant(value - 1))
    return ast.BinOp(expr, ast.Add(), ast.Constant(1))
