"""Contractions with written indices: matrix products where they are some, else loops.

In: the indices and operands of ``np.einsum``. Out: an expression of matrix products
(``as_product``), or the pull of the contraction (``contracted``).

Invariant: axes that share an index have equal extents, or ``ValueError`` is raised.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import reduce

import numpy as np

from ...program import Expr
from .products import fit
from .pull import Body, Index, Pull
from .reductions import REDUCTIONS, reduced
from .scope import Opaque, Scope
from .shapes import Extent


def as_product(indices: str, operands: Sequence[Expr]) -> Expr | None:
    """The contraction of two operands over one index as ``x @ y``; None for any other."""
    inputs, out = indices.split("->")
    parts = inputs.split(",")
    if len(parts) != 2 or any(len(p) not in (1, 2) or len(set(p)) < len(p) for p in parts):
        return None
    summed = {*parts[0]} & {*parts[1]}
    free = [p.replace("".join(summed), "") for p in parts]
    if len(summed) != 1 or not out or sorted("".join(free)) != sorted(out):
        return None
    left = operands[0] if parts[0][-1] in summed else transposed(operands[0])
    right = operands[1] if parts[1][0] in summed else transposed(operands[1])
    if out != "".join(free):
        left, right = transposed(right), transposed(left)
    return ast.BinOp(left, ast.MatMult(), right)


def transposed(operand: Expr) -> Expr:
    """``x.T``, or ``x`` for one that is transposed already."""
    if isinstance(operand, ast.Attribute) and operand.attr == "T":
        return operand.value
    return ast.Attribute(operand, "T", ast.Load())


def contracted(
    scope: Scope, indices: str, operands: Sequence[Pull], dtype: np.dtype, target: str
) -> Pull:
    """The sum of products over the indices that the output lacks."""
    inputs, out = indices.split("->")
    parts = inputs.split(",")
    extents: dict[str, Extent] = {}
    for part, operand in zip(parts, operands, strict=True):
        if len(part) != operand.rank:
            raise Opaque
        for letter, extent in zip(part, operand.extents, strict=True):
            fit(scope, extents.setdefault(letter, extent), extent, "einsum")
    letters = [*out, *(c for c in extents if c not in out)]

    def at(index: Index, body: Body) -> Expr:
        place = dict(zip(letters, index, strict=True))
        factors = [
            x.at(tuple(place[c] for c in part), body)
            for part, x in zip(parts, operands, strict=True)
        ]
        return reduce(lambda a, b: ast.BinOp(a, ast.Mult(), b), factors)

    product = Pull(tuple(extents[c] for c in letters), dtype, at)
    axes = range(len(out), len(letters))
    return (
        reduced(scope, product, REDUCTIONS["np.sum"], axes, dtype, False, target)
        if axes
        else product
    )
