"""Spelling: subscripts and attributes of arrays in the forms that the later stages know.

In: a typed Program. Out: the same with every ellipsis in a subscript written as the slices that
it stands for, and ``x.real`` of a real ``x`` as ``x``.

Invariant: no subscript of the result has an ellipsis; every attribute is one of a shape or dtype.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..program import (
    Assign,
    Block,
    Expr,
    Increment,
    Program,
    Stmt,
    Store,
    blocks,
    with_blocks,
    with_expressions,
)
from ..rules.expressions import is_ellipsis

KNOWN = frozenset({"shape", "size", "ndim", "dtype", "itemsize", "nbytes"})
"""Attributes of arrays that nothing flows back through."""


def spelling(program: Program, places: Mapping[int, Place]) -> Program:
    """The program with subscripts and attributes spelt out; itself where there is nothing to do.

    Raises
    ------
    UnsupportedError
        For an attribute of a number or an array that is not known.
    """
    speller = _Speller(program.types)

    def block(body: Block) -> Block:
        return tuple(map(statement, body))

    def statement(stmt: Stmt) -> Stmt:
        speller.refuse_attributes(stmt, places)
        stmt = speller.index(stmt)
        new = with_expressions(stmt, lambda e: speller.visit(deepcopy(e)))
        return with_blocks(new, tuple(map(block, blocks(stmt))))

    body = block(program.body)
    return program.with_body(body) if speller.changed else program


class _Speller(ast.NodeTransformer):
    """Expressions spelt out; ``changed`` says whether anything was."""

    def __init__(self, kinds: Mapping[str, types.Type]) -> None:
        self.kinds = kinds
        self.changed = False

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name):
            node.slice = self.spelt(node.value.id, node.slice)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.attr == "real" and self.is_real(node.value):
            self.changed = True
            return node.value
        return node

    def is_real(self, value: Expr) -> bool:
        """Whether an expression is a name of real numbers."""
        kind = self.kinds.get(value.id) if isinstance(value, ast.Name) else None
        kind = kind.dtype if isinstance(kind, types.Array) else kind
        return isinstance(kind, types.Float | types.Integer | types.Boolean)

    def index(self, stmt: Stmt) -> Stmt:
        """A store or increment with its subscript spelt out."""
        match stmt:
            case Store(target=t, index=i) | Increment(target=t, index=i) if i is not None:
                return replace(stmt, index=self.spelt(t, i))
        return stmt

    def spelt(self, array: str, index: Expr) -> Expr:
        """A subscript with as many slices as its ellipsis stands for."""
        kind = self.kinds.get(array)
        if not isinstance(index, ast.Tuple) or not isinstance(kind, types.Array):
            return index
        dots = [k for k, e in enumerate(index.elts) if is_ellipsis(e)]
        if not dots:
            return index
        self.changed = True
        missing = kind.ndim - sum(map(self.axes, index.elts))
        at = dots[0]
        whole: list[Expr] = [ast.Slice() for _ in range(missing)]
        parts = [*index.elts[:at], *whole, *index.elts[at + 1 :]]
        return parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())

    def axes(self, part: Expr) -> int:
        """How many axes of the array a part of a subscript takes."""
        if is_ellipsis(part) or (isinstance(part, ast.Constant) and part.value is None):
            return 0
        kind = self.kinds.get(part.id) if isinstance(part, ast.Name) else None
        masks = isinstance(kind, types.Array) and kind.dtype == types.boolean
        return kind.ndim if masks else 1  # type: ignore[union-attr]

    def refuse_attributes(self, stmt: Stmt, places: Mapping[int, Place]) -> None:
        """Refuse what is read off a number or an array and is not known."""
        match stmt:
            case Assign(value=ast.Attribute(value=ast.Name(id=name) as base, attr=attr)):
                numeric = isinstance(self.kinds.get(name), types.Array | types.Number)
                if numeric and attr not in KNOWN and not (attr == "real" and self.is_real(base)):
                    reason = f"the attribute `.{attr}` of an array has no derivative rule"
                    advice = "call the NumPy function that does the same"
                    raise UnsupportedError(Complaint(places.get(stmt.line), reason, advice))
