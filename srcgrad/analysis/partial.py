"""Partial: one contribution to the gradient of an operand.

In: nothing. Out: ``Partial``, and what is asked of expressions and types wherever there are some.

Invariant: a partial's value is an expression over names of the program and their gradients.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from numba import types

from ..program import Expr, names

Spread = Literal["exact", "elementwise", "spread"]


@dataclass(frozen=True)
class Partial:
    """One contribution: ``grad_operand[index] += value``.

    ``reads`` are the names whose contents the value reads, gradients left out; ``elementwise``:
    each element of the value is that of one element of the target.
    """

    operand: str
    value: Expr
    negative: bool = False
    index: Expr | None = None
    shape: Spread = "exact"
    elementwise: bool = False

    @property
    def reads(self) -> set[str]:
        """Names whose contents are read."""
        return contents(self.value) | (set() if self.index is None else contents(self.index))

    @property
    def mentions(self) -> set[str]:
        """All names, those of which only the shape is read included."""
        return names(self.value) | (set() if self.index is None else names(self.index))


SHAPE_ONLY = frozenset(
    {"len", "np.zeros_like", "np.ones_like", "np.empty_like", "np.shape", "np.size", "np.ndim"}
)


def contents(expr: ast.AST) -> set[str]:
    """Names whose contents an expression reads, not just their shape."""
    match expr:
        case ast.Name():
            return names(expr)
        case ast.Attribute(attr="shape" | "size" | "ndim" | "dtype"):
            return set()
        case ast.Call(func=func) if ast.unparse(func) in SHAPE_ONLY:
            return set()
        case ast.Call(args=args, keywords=keywords):
            return set().union(*map(contents, args), *(contents(k.value) for k in keywords))
    return set().union(*map(contents, ast.iter_child_nodes(expr)))


def is_differentiable(kind: types.Type | None) -> bool:
    """Whether things of this type can have a gradient."""
    if isinstance(kind, types.Array | types.List):
        return isinstance(kind.dtype, types.Float | types.Array)
    return isinstance(kind, types.Float)
