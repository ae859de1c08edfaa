"""Declarations of functions that are short forms of others: see ``calls`` and ``by_rank``.

In: NumPy's functions, those of NumPy 2 only where it has them. Out: their names and arguments.

Invariant: no rule has any of them; a program that has been normalised calls none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .declarations import alias, function
from .results import fresh, promoted, rank


def _known(*paths: str) -> tuple[Any, ...]:
    """The functions of these names that this NumPy has."""
    found = []
    for path in paths:
        value: Any = np
        for part in path.split("."):
            value = getattr(value, part, None)
        found += [value] if value is not None else []
    return tuple(found)


_REDUCE = "array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True"

for _name in ("add", "multiply", "maximum", "minimum", "logaddexp"):
    function(getattr(np, _name).reduce, f"np.{_name}.reduce", _REDUCE, refuse="dtype")
function(np.add.accumulate, "np.add.accumulate", "array, axis=0, dtype=None, out=None",
         refuse="dtype")  # fmt: skip
function(np.ndim, "np.ndim", "a")
function(np.asfortranarray, "np.asfortranarray", "a, dtype=None, *, like=None", refuse="dtype")
function(np.resize, "np.resize", "a, new_shape")
function(np.conjugate, "np.conjugate", "x")
function(np.real, "np.real", "val")
function(np.real_if_close, "np.real_if_close", "a, tol=100", refuse="tol")
function(np.angle, "np.angle", "z, deg=False", refuse="deg")
function(_known("matrix_transpose", "linalg.matrix_transpose"), "np.matrix_transpose", "x")
function(_known("vecdot", "linalg.vecdot"), "np.vecdot", "x1, x2, *, axis=-1", refuse="axis")
function(_known("matvec"), "np.matvec", "x1, x2",
         result=lambda a, x: fresh(promoted(a, x), max(rank(a) - 1, rank(x))))  # fmt: skip
function(_known("vecmat"), "np.vecmat", "x1, x2",
         result=lambda x, a: fresh(promoted(a, x), max(rank(a) - 1, rank(x))))  # fmt: skip
function(_known("linalg.vector_norm"), "np.linalg.vector_norm",
         "x, *, axis=None, keepdims=False, ord=2")  # fmt: skip
function(_known("linalg.matrix_norm"), "np.linalg.matrix_norm",
         "x, *, keepdims=False, ord='fro'")  # fmt: skip
for _name in ("sum", "prod"):
    function(_known(f"cumulative_{_name}"), f"np.cumulative_{_name}",
             "x, *, axis=None, dtype=None, out=None, include_initial=False",
             refuse="dtype include_initial")  # fmt: skip
for _path, _meaning in (("linalg.outer", "np.outer"), ("linalg.tensordot", "np.tensordot"),
                        ("linalg.matmul", "np.matmul")):  # fmt: skip
    for _function in _known(_path):
        alias(_function, _meaning)
