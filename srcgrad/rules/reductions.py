"""Reductions along several axes, or that keep them, spelt out in terms of those along one.

In: a canonical call of a reduction, the ranks of its operands, a supply of names. Out: the
statements that it stands for, as text; None where a rule has it as it is.

Invariant: the values are NumPy's; axes that do not fit the ranks are a ``ValueError``.
"""

from __future__ import annotations

import ast

from .expressions import dotted, literal
from .written import Fresh, Ranks, Spelling, axes_of, keyword_of, subscript_text, tuple_text


def reduction(general: bool = False) -> Spelling:
    """A reduction along several axes, or one that keeps them, as one along the last axis.

    With ``general`` there is no rule along an axis that keeps it.
    """

    def build(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
        name, x, ndim = dotted(call.func), ast.unparse(call.args[0]), rank(call.args[0])
        axis, keep = (
            keyword_of(call, "axis"),
            literal(keyword_of(call, "keepdims") or ast.Constant(0)),
        )
        if ndim == 0:
            refuse_axes(str(name), axis)
            return None
        if keep not in (0, True):
            return None
        if isinstance(axis, ast.Constant) and axis.value is None:
            axis = None
        several = isinstance(axis, ast.Tuple | ast.List)
        if not several and not (keep and (axis is None or general)):
            return None
        axes = list(range(ndim)) if axis is None else axes_of(axis, ndim, str(name))
        rest = [ast.unparse(a) for a in call.args[1:]]
        rest += [
            f"{k.arg}={ast.unparse(k.value)}"
            for k in call.keywords
            if k.arg not in ("axis", "keepdims")
        ]
        kept = [k for k in range(ndim) if k not in axes]
        if not axes:
            raise ValueError(f"{name}: no axes are given")
        if not kept:
            whole = f"{name}({', '.join([x, *rest])})"
            return f"{target} = {f'np.full({tuple_text([1] * ndim)}, {whole})' if keep else whole}"
        lines = _merged(x, ndim, kept, axes)
        result = f"{name}({', '.join([lines, *rest, 'axis=-1'])})"
        if keep:
            extents = [f"{x}.shape[{k}]" if k in kept else 1 for k in range(ndim)]
            result = f"np.reshape({result}, {tuple_text(extents)})"
        return f"{target} = {result}"

    return build


def refuse_axes(name: str, axis: ast.expr | None) -> None:
    """Refuse an axis of a number."""
    if axis is not None and literal(axis) is not None:
        raise ValueError(f"{name}: a number has no axes")


_merged_sum = reduction()


def _sum(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.sum`` or ``np.mean`` over all axes, if they are named."""
    axis = keyword_of(call, "axis")
    several = isinstance(axis, ast.Tuple | ast.List) and len(axis.elts) == rank(call.args[0])
    keep = literal(keyword_of(call, "keepdims") or ast.Constant(False))
    if rank(call.args[0]) == 0:
        refuse_axes(str(dotted(call.func)), axis)
        return None
    return _merged_sum(target, call, rank, fresh) if several and not keep else None


def _rows_added(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """Python's ``sum`` of an array of several axes: of its rows."""
    x = ast.unparse(call.args[0])
    return f"{target} = np.sum({x}, axis=0)" if rank(call.args[0]) > 1 else None


def _merged(x: str, ndim: int, kept: list[int], axes: list[int]) -> str:
    """An array with some axes merged into one, which comes last."""
    order = [*kept, *sorted(axes)]
    moved = x if order == list(range(ndim)) else f"np.transpose({x}, {tuple_text(order)})"
    if len(axes) == 1:
        return moved
    size = " * ".join(f"{x}.shape[{k}]" for k in sorted(axes))
    return f"np.reshape({moved}, {tuple_text([*(f'{x}.shape[{k}]' for k in kept), size])})"


def _logsumexp(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``logsumexp`` along several axes as one along the last axis."""
    x, axis = call.args
    if not isinstance(axis, ast.Tuple):
        return None
    ndim = rank(x)
    axes = axes_of(axis, ndim, "logsumexp")
    kept = [k for k in range(ndim) if k not in axes]
    if not axes or not kept:
        return f"{target} = " + (f"logsumexp({ast.unparse(x)})" if axes else f"+{ast.unparse(x)}")
    return f"{target} = logsumexp_along({_merged(ast.unparse(x), ndim, kept, axes)}, -1)"


_merged_quantile = reduction(general=True)


def _quantile(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.quantile`` along one axis, between the elements of sorted lines; at several places."""
    x, q = call.args
    axis = keyword_of(call, "axis")
    if isinstance(q, ast.Tuple | ast.List):
        if not q.elts:
            raise ValueError("np.quantile: no places are given")
        each = [ast.Call(call.func, [x, e], call.keywords) for e in q.elts]
        many = axis is not None or call.keywords
        parts = ", ".join(map(ast.unparse, each))
        return f"{target} = np.stack(({parts},))" if many else f"{target} = np.array([{parts}])"
    if (text := _merged_quantile(target, call, rank, fresh)) is not None:
        return text
    if axis is None:
        return None
    if rank(q):
        raise ValueError("np.quantile: with an axis, write the places out, or ask one by one")
    place, ndim = axes_of(axis, rank(x), "np.quantile")[0], rank(x)
    if ndim == 1:
        return f"{target} = np.quantile({ast.unparse(x)}, {ast.unparse(q)})"
    moved = ast.unparse(x) if place == ndim - 1 else f"np.moveaxis({ast.unparse(x)}, {place}, -1)"
    lines, at, low = fresh("ordered"), fresh("place"), fresh("low")
    count = f"{lines}.shape[{ndim - 1}]"
    first = f"{lines}[{subscript_text(ndim, {ndim - 1: low})}]"
    step = f"{lines}[{subscript_text(ndim, {ndim - 1: f'min({low} + 1, {count} - 1)'})}] - {first}"
    last = f"{lines}[{subscript_text(ndim, {ndim - 1: f'{count} - 1'})}]"
    return f"""
{lines} = np.sort({moved})
{at} = {ast.unparse(q)} * ({count} - 1)
{low} = min(math.floor({at}), max({count} - 2, 0))
{target} = np.where(np.isnan({last}), {last}, {first} + ({step}) * ({at} - {low}))
"""


_merged_norm = reduction()


def _norm(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.linalg.norm`` over two axes: Frobenius', as that of a vector."""
    axis, order = keyword_of(call, "axis"), keyword_of(call, "ord")
    if isinstance(axis, ast.Tuple | ast.List) and order is not None:
        if literal(order) not in (None, "fro"):
            raise ValueError("np.linalg.norm: over two axes only Frobenius' norm is supported")
        call = ast.Call(call.func, call.args, [k for k in call.keywords if k.arg != "ord"])
    if order is not None and axis is None:
        return None
    return _merged_norm(target, call, rank, fresh)


def _median(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.median`` along axes as a quantile."""
    if not call.keywords:
        return None
    keywords = "".join(f", {k.arg}={ast.unparse(k.value)}" for k in call.keywords)
    return f"{target} = np.quantile({ast.unparse(call.args[0])}, 0.5{keywords})"


SPELLINGS: dict[str, Spelling] = {
    **{f"np.{name}": reduction() for name in ("max", "min", "prod", "var", "std")},
    "np.sum": _sum,
    "sum": _rows_added,
    "np.mean": _sum,
    "np.quantile": _quantile,
    "np.median": _median,
    "logsumexp_along": _logsumexp,
    "np.linalg.norm": _norm,
}
"""Functions that are spelt out, by canonical name."""
