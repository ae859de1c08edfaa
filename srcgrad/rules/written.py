"""Arguments as they are written out, and texts of shapes and subscripts, for spelt-out functions.

In: calls and ranks. Out: axes, keywords; the texts of tuples and subscripts.

Invariant: axes count from the front; one that does not exist is a ``ValueError``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Protocol

from ..syntax import listed
from .expressions import literal


class Ranks(Protocol):
    """What is known of operands."""

    def __call__(self, operand: ast.expr) -> int:
        """The number of dimensions (0: a number)."""

    def is_number(self, operand: ast.expr) -> bool:
        """Whether an operand is a number, not an array, a list or a tuple."""

    def dtype(self, name: str) -> str:
        """The dtype of an array, or of a number, as text."""


Fresh = Callable[[str], str]
Spelling = Callable[[str, ast.Call, Ranks, Fresh], str | None]


def keyword_of(call: ast.Call, name: str) -> ast.expr | None:
    """A keyword argument, None where it is not given."""
    return next((k.value for k in call.keywords if k.arg == name), None)


def integers(node: ast.expr) -> list[int] | None:
    """One or several integers that are written out."""
    parts = listed(node)
    values = [literal(p) for p in parts]
    return values if all(type(v) is int for v in values) else None


def axes_of(node: ast.expr, ndim: int, name: str) -> list[int]:
    """Axes counted from the front, as they are written out."""
    axes = integers(node)
    if axes is None:
        raise ValueError(f"{name}: write the axis as a constant")
    if any(not -ndim <= a < ndim for a in axes):
        raise ValueError(f"{name}: there is no such axis of {ndim}")
    found = [a % ndim for a in axes]
    if len(set(found)) < len(found):
        raise ValueError(f"{name}: an axis is named twice")
    return found


def tuple_text(parts: Sequence[object]) -> str:
    """The text of a tuple."""
    return f"({', '.join(map(str, parts))}{',' if len(parts) == 1 else ''})"


def subscript_text(ndim: int, parts: dict[int, str]) -> str:
    """A subscript with these parts, whole axes elsewhere."""
    return ", ".join(parts.get(k, ":") for k in range(ndim))


def gathers(x: str, positions: dict[int, str]) -> str:
    """An array taken at these positions along each of some axes."""
    for axis, index in positions.items():
        x = f"np.take({x}, {index}, axis={axis})"
    return x


def display_of(call: ast.Call) -> list[ast.expr] | None:
    """The elements of a call's first argument, where it is a display."""
    first = call.args[0]
    return first.elts if isinstance(first, ast.Tuple | ast.List) else None
