"""The rule of a user's gate in the words of the tables.

In: a ``Pull`` as the user wrote it. Out: the same with calls, methods and functions in the one
form that the other stages know.

Invariant: every function in it is declared; anything else is a ``ValueError`` that says so.
"""

from __future__ import annotations

import ast
import builtins
import math
from dataclasses import replace
from typing import Any

import numpy as np

from .declarations import canonical_name
from .expressions import dotted
from .forms import canonical_call, canonical_method
from .patterns import Pull

ATTRIBUTES = frozenset({"T", "shape", "size", "ndim", "dtype"})
"""Attributes of arrays that a rule may read."""


def canonical_pull(pull: Pull) -> Pull:
    """A pull with every call in its canonical form."""
    value = _Canonical().visit(pull.value)
    return replace(pull, value=ast.fix_missing_locations(value))


class _Canonical(ast.NodeTransformer):
    """Calls and attributes, inner ones first."""

    def visit_Call(self, node: ast.Call) -> Any:
        node.args = [self.visit(a) for a in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        name = dotted(node.func)
        if name is None:
            assert isinstance(node.func, ast.Attribute | ast.expr)
            found = None
            if isinstance(node.func, ast.Attribute):
                node.func.value = self.visit(node.func.value)
                found = canonical_method(node)
            if found is None:
                raise ValueError(f"`{ast.unparse(node.func)}` cannot be called in a rule")
            return found
        known = canonical_name(_meaning(name))
        if known is None:
            raise ValueError(f"a rule cannot call `{name}`: use a backward function")
        node.func = ast.parse(known, mode="eval").body
        return canonical_call(node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        name = dotted(node)
        if name is not None:
            _meaning(name)
            return node
        if node.attr not in ATTRIBUTES:
            raise ValueError(f"`.{node.attr}` cannot be read in a rule")
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        raise ValueError("a rule is one expression, without functions inside")

    def generic_visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
            raise ValueError("a rule is one expression, without loops inside")
        return super().generic_visit(node)


def _meaning(name: str) -> Any:
    """What a dotted name of numpy, math or the builtins means."""
    first, *rest = name.split(".")
    modules = {"np": np, "math": math}
    value: Any = modules.get(first, getattr(builtins, first, None))
    for attribute in rest:
        value = getattr(value, attribute, None)
    if value is None:
        raise ValueError(f"`{name}` is not known in a rule")
    return value
