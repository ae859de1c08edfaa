"""Lists and tuples of numbers, or of arrays, where a function takes an array.

In: an argument as it is written, and the parameter that it is for. Out: the array that NumPy
makes of it.

Invariant: displays that are shapes, axes or operands of a join stay what they are.
"""

from __future__ import annotations

import ast

ARRAYS = frozenset(
    {"a", "b", "x", "y", "v", "m", "p", "A", "B", "x1", "x2", "array", "ary", "xp", "fp"}
    | {"weights", "condition", "repeats"}
)
"""Parameters of NumPy's functions that take anything which is an array when it is converted."""

JOINS = frozenset(
    {"np.concatenate", "np.stack", "np.hstack", "np.vstack", "np.column_stack", "np.dstack"}
)
"""Functions that take a display of arrays."""

DISPLAY = ast.Tuple | ast.List


def as_array(function: str, parameter: str, value: ast.expr) -> ast.expr:
    """An argument, ``np.array`` of it where it is a display that stands for an array."""
    if not isinstance(value, DISPLAY) or not function.startswith("np."):
        return value
    if function in JOINS and parameter in ("arrays", "tup"):
        parts = [_array(e) if isinstance(e, DISPLAY) else e for e in value.elts]
        return type(value)(parts, ast.Load())
    whole = parameter in ARRAYS and function not in ("np.asarray", "np.tile")
    return _array(value) if whole else value


def _array(display: ast.expr) -> ast.expr:
    function = ast.parse("np.array", mode="eval").body
    return ast.Call(function, [display], [])
