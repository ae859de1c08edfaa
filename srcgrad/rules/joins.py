"""Joins of arrays of different ranks, and of numbers, as joins of arrays of one rank.

In: calls of ``np.concatenate`` and its like, of ``np.block``, ``np.r_`` and ``np.c_``. Out: the
statements that they stand for, as text; None where a rule has the call as it is.

Invariant: see ``by_rank``. Numbers become arrays of their own, so that dtypes are NumPy's.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from .declarations import function
from .expressions import literal
from .results import fresh, is_array, promoted, promoted_scalar, rank
from .written import Fresh, Ranks, Spelling, display_of, keyword_of, tuple_text

LEAST = {"np.hstack": 1, "np.vstack": 2, "np.column_stack": 2, "np.dstack": 3}
"""The least rank that a join makes its operands have."""


def joined_type(least: int) -> Any:
    """The type of a join of arrays and numbers that has this rank at least."""

    def result(arrays: Any, *_: Any, **__: Any) -> Any:
        leaves = [arrays]
        while any(isinstance(x, list | tuple) for x in leaves):
            leaves = [y for x in leaves for y in (x if isinstance(x, list | tuple) else [x])]
        if not leaves:
            return None
        parts = [x if is_array(x) else fresh(promoted_scalar(x), 1) for x in leaves]
        dtypes = [fresh(x.dtype, 1) for x in parts]
        return fresh(promoted(*dtypes), max([least, *map(rank, leaves)]))

    return result


def _raised(x: ast.expr, ndim: int, added: str) -> str:
    """An array or a number (of rank ``ndim``) with further axes, or a number as an array."""
    if ndim == 0:
        ones = added.count("None")
        text = f"np.array([{ast.unparse(x)}])"
        return text if ones == 1 else f"np.full({tuple_text([1] * ones)}, {ast.unparse(x)})"
    return f"{ast.unparse(x)}[{added}]" if "None" in added else ast.unparse(x)


def _subscript_for(name: str, ndim: int) -> str:
    """What gives an operand of rank ``ndim`` the least rank of a join."""
    if ndim == 0:
        return ", ".join(["None"] * LEAST[name])
    return {
        ("np.vstack", 1): "None, :",
        ("np.column_stack", 1): ":, None",
        ("np.dstack", 1): "None, :, None",
        ("np.dstack", 2): ":, :, None",
    }.get((name, ndim), ":")


def _stacked(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.vstack`` and its like of operands of several ranks."""
    name, parts = ast.unparse(call.func), display_of(call)
    if parts is None:
        return None
    ranks = [rank(p) for p in parts]
    if len(set(ranks)) == 1 and ranks[0]:
        return None
    most = max(LEAST[name], *ranks)
    if any(max(r, LEAST[name]) != most for r in ranks):
        raise ValueError(f"{name}: the operands have different numbers of axes")
    axis = {"np.hstack": 0 if most == 1 else 1, "np.vstack": 0, "np.dstack": 2}.get(name, 1)
    texts = [_raised(p, r, _subscript_for(name, r)) for p, r in zip(parts, ranks, strict=True)]
    return f"{target} = np.concatenate({tuple_text(texts)}, axis={axis})"


def _concatenate(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.concatenate`` with ``axis=None``: of ravelled operands."""
    parts, axis = display_of(call), keyword_of(call, "axis")
    if parts is None:
        return None
    ranks = [rank(p) for p in parts]
    if axis is None or literal(axis) is not None:
        if 0 in ranks or len(set(ranks)) > 1:
            raise ValueError("np.concatenate: the operands have different numbers of axes")
        return None
    texts = [
        _raised(p, 0, "None") if r == 0 else f"np.ravel({ast.unparse(p)})"
        for p, r in zip(parts, ranks, strict=True)
    ]
    return f"{target} = np.concatenate({tuple_text(texts)})"


# Joins by subscripts: np.r_[x, 0.0, y], np.c_[x, y]


def _rows(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.r_``: along the first axis, numbers as vectors."""
    parts = display_of(call) or []
    ranks = [rank(p) for p in parts]
    if max(ranks, default=0) > 1 and len(set(ranks)) > 1:
        raise ValueError("np.r_: the operands have different numbers of axes")
    texts = [_raised(p, r, "None" if r == 0 else ":") for p, r in zip(parts, ranks, strict=True)]
    return f"{target} = np.concatenate({tuple_text(texts)})"


def _columns(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.c_``: along the last axis, vectors as columns."""
    parts = display_of(call) or []
    ranks = [rank(p) for p in parts]
    if max(ranks, default=0) > 2:
        raise ValueError("np.c_: vectors and matrices only; use np.concatenate")
    texts = [
        _raised(p, r, _subscript_for("np.column_stack", r))
        for p, r in zip(parts, ranks, strict=True)
    ]
    return f"{target} = np.concatenate({tuple_text(texts)}, axis=1)"


# Blocks


def _block(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.block``: inner lists along the last axis, outer ones along those before it."""
    depth = _depth(call.args[0])
    leaves = [n for n in ast.walk(call.args[0]) if isinstance(n, ast.expr) and _is_leaf(n)]
    ndim = max(depth, *(rank(n) for n in leaves))
    return f"{target} = {_block_text(call.args[0], depth, ndim, rank)}"


def _is_leaf(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Constant)


def _depth(node: ast.expr) -> int:
    """How deep lists are nested, the same everywhere."""
    if not isinstance(node, ast.List):
        return 0
    depths = {_depth(e) for e in node.elts}
    if len(depths) != 1:
        raise ValueError("np.block: lists of one depth everywhere")
    return depths.pop() + 1


def _block_text(node: ast.expr, depth: int, ndim: int, rank: Ranks) -> str:
    """The join that a nested list stands for."""
    if not isinstance(node, ast.List):
        own = rank(node)
        added = ", ".join(["None"] * (ndim - own) + [":"] * own)
        return _raised(node, own, added)
    texts = [_block_text(e, depth - 1, ndim, rank) for e in node.elts]
    return f"np.concatenate({tuple_text(texts)}, axis={ndim - depth})"


def _block_type(arrays: Any) -> Any:
    """The type of ``np.block``: its rank is the depth of the lists at least."""
    depth, inner = 0, arrays
    while isinstance(inner, list) and inner:
        inner, depth = inner[0], depth + 1
    return joined_type(depth)(arrays)


function(np.block, "np.block", "arrays", result=_block_type)
function((), "np.r_", "parts", result=joined_type(1))
function((), "np.c_", "parts", result=joined_type(2))

SPELLINGS: dict[str, Spelling] = {
    **dict.fromkeys(LEAST, _stacked),
    "np.concatenate": _concatenate,
    "np.block": _block,
    "np.r_": _rows,
    "np.c_": _columns,
}
"""Joins that are spelt out, by canonical name."""
