# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""``np.split`` and its like: their definitions, one for each number of parts.

In and out: see ``definitions``. The parts are views, as NumPy's are.

Invariant: as in ``compositions``; numbers of parts that have no definition are refused.
"""

import ast
from collections.abc import Callable

import numpy as np

from .definitions import define


def positions(count: int) -> Callable[[ast.expr], bool]:
    """Whether an argument displays so many positions to split at."""

    def fits(node: ast.expr) -> bool:
        return isinstance(node, ast.Tuple | ast.List) and len(node.elts) == count

    return fits


@define(np.hsplit, indices_or_sections=2)
@define(np.split, indices_or_sections=2, axis=-1)
@define(np.split, indices_or_sections=2, axis=1)
def halves_of_columns(ary, indices_or_sections, axis=0):
    n = ary.shape[1] // 2
    if 2 * n != ary.shape[1]:
        raise ValueError("array split does not result in an equal division")
    return ary[:, :n], ary[:, n:]


@define(np.hsplit, indices_or_sections=positions(1))
@define(np.split, indices_or_sections=positions(1), axis=1)
def columns_at_one(ary, indices_or_sections, axis=0):
    (a,) = indices_or_sections
    return ary[:, :a], ary[:, a:]


@define(np.split, np.array_split, indices_or_sections=positions(1))
def split_at_one(ary, indices_or_sections):
    (a,) = indices_or_sections
    return ary[:a], ary[a:]


@define(np.split, np.array_split, indices_or_sections=positions(2))
def split_at_two(ary, indices_or_sections):
    a, b = indices_or_sections
    return ary[:a], ary[a:b], ary[b:]


@define(np.split, np.array_split, indices_or_sections=positions(3))
def split_at_three(ary, indices_or_sections):
    a, b, c = indices_or_sections
    return ary[:a], ary[a:b], ary[b:c], ary[c:]


@define(np.split, indices_or_sections=2)
def halves(ary, indices_or_sections):
    n = len(ary) // 2
    if 2 * n != len(ary):
        raise ValueError("array split does not result in an equal division")
    return ary[:n], ary[n:]


@define(np.split, indices_or_sections=3)
def thirds(ary, indices_or_sections):
    n = len(ary) // 3
    if 3 * n != len(ary):
        raise ValueError("array split does not result in an equal division")
    return ary[:n], ary[n : 2 * n], ary[2 * n :]


@define(np.split, indices_or_sections=4)
def quarters(ary, indices_or_sections):
    n = len(ary) // 4
    if 4 * n != len(ary):
        raise ValueError("array split does not result in an equal division")
    return ary[:n], ary[n : 2 * n], ary[2 * n : 3 * n], ary[3 * n :]


@define(np.array_split, indices_or_sections=2)
def about_halves(ary, indices_or_sections):
    a = (len(ary) + 1) // 2
    return ary[:a], ary[a:]


@define(np.array_split, indices_or_sections=3)
def about_thirds(ary, indices_or_sections):
    a, b = (len(ary) + 2) // 3, (2 * len(ary) + 2) // 3
    return ary[:a], ary[a:b], ary[b:]
