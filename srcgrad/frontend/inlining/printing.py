"""Printing: calls of ``print``, of loggers and of ``warnings.warn``, which a gradient leaves out.

In: an expression statement. Out: whether it is such a call.

Invariant: what computing the arguments would change is not left out: such calls are refused.
"""

from __future__ import annotations

import ast

from ...rules import registry
from ..asides import CLOCKS, is_message
from .body import Body
from .captures import static

TEXT = (len, str, repr, format, round, abs, float, int, bool, sum, min, max, range, list, tuple)
"""Functions that change nothing."""

CHANGES = frozenset({"append", "extend", "pop", "insert", "remove", "clear", "fill", "sort"})
"""Methods that change what they belong to."""


def is_print(worker: Body, node: ast.expr) -> bool:
    """Whether an expression is a call of ``print``, or a message, that can be left out."""
    if not isinstance(node, ast.Call):
        return False
    found, value = static(worker, node.func)
    if not found or not is_message(value):
        return False
    worker.note(ast.unparse(node.func), value)
    for part in (n for a in (*node.args, *node.keywords) for n in ast.walk(a)):
        if isinstance(part, ast.NamedExpr) or (
            isinstance(part, ast.Call) and changes(worker, part)
        ):
            worker.refuse(node, "what is printed is computed here", "compute it before")
    return True


def changes(worker: Body, call: ast.Call) -> bool:
    """Whether a call may change an array or a list."""
    if isinstance(call.func, ast.Attribute) and not static(worker, call.func)[0]:
        return call.func.attr in CHANGES
    found, value = static(worker, call.func)
    known = any(value is f for f in (*TEXT, *CLOCKS)) or registry.canonical_name(value) is not None
    return not (found and known)
