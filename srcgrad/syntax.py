"""Syntax: what a subscript or an extent lists, whether one is written or several.

In: an expression. Out: its parts.

Invariant: the parts are the nodes themselves, in their order.
"""

from __future__ import annotations

import ast

Expr = ast.expr


def elements_of(index: Expr) -> list[Expr]:
    """The elements of a tuple, or the one expression: the subscripts of each axis, the extents."""
    return list(index.elts) if isinstance(index, ast.Tuple) else [index]


def listed(value: Expr) -> list[Expr]:
    """The same where a list may be written for a tuple, as in a shape or in axes."""
    return list(value.elts) if isinstance(value, ast.Tuple | ast.List) else [value]
