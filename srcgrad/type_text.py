"""Type text: types of numbers and arrays as a listing writes them.

In: Numba types. Out: texts and expressions of NumPy's.

Invariant: evaluating what is written gives a value of exactly this type.
"""

from __future__ import annotations

import ast

from numba import types


def dtype_text(kind: types.Type) -> str:
    """``np.float32``."""
    return "np.bool_" if kind == types.boolean else f"np.{kind}"


def no_elements(kind: types.Array) -> ast.expr:
    """An array of this dtype and rank without elements."""
    dtype = "" if kind.dtype == types.float64 else f", dtype={dtype_text(kind.dtype)}"
    shape = "0" if kind.ndim == 1 else str((0,) * kind.ndim)
    return ast.parse(f"np.empty({shape}{dtype})", mode="eval").body
