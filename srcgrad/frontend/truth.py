"""Truth: which expressions are True or False, by their form.

In: the statements of a function. Out: the names that hold nothing but truth values
(``truth_names``); whether an expression is one (``is_truth``).

Invariant: no number is taken for a truth value: ``x or y`` of numbers is one of them, and carries
a gradient, where ``x > 0 or y > 0`` carries none.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

TESTS = frozenset({"isnan", "isinf", "isfinite", "isclose", "any", "all", "bool", "isinstance"})
"""Functions, of Python, math or NumPy, that give a truth value."""


def truth_names(body: list[ast.stmt], params: Collection[str]) -> frozenset[str]:
    """The names that are bound to truth values only, in a function's body."""
    bindings: dict[str, list[ast.expr]] = {}
    other = set(params)
    for node in (n for stmt in body for n in ast.walk(stmt)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                bindings.setdefault(name, []).append(value)
            case ast.Assign(targets=targets):
                other |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            case ast.AugAssign(target=ast.Name(id=name)) | ast.For(target=ast.Name(id=name)):
                other.add(name)
    found = set(bindings) - other
    while True:
        kept = {n for n in found if all(is_truth(value, found) for value in bindings[n])}
        if kept == found:
            return frozenset(found)
        found = kept


def is_truth(value: ast.expr, names: Collection[str]) -> bool:
    """Whether an expression is a truth value, given the names that are."""
    match value:
        case ast.Constant(value=bool()) | ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Name(id=name):
            return name in names
        case ast.BoolOp(values=values):
            return all(is_truth(v, names) for v in values)
        case ast.IfExp(body=body, orelse=orelse):
            return is_truth(body, names) and is_truth(orelse, names)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in TESTS
    return False
