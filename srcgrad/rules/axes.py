"""Functions along one axis, or on two, of arrays of any rank, by subscripts and transposes.

In: calls of ``np.diff``, ``np.gradient``, ``np.trace``, ``np.cross`` and their like. Out: the
statements that they stand for, as text; None where a rule has the call as it is.

Invariant: see ``by_rank``.
"""

from __future__ import annotations

import ast
from string import ascii_letters
from typing import Any

import numpy as np
from numba import types

from .declarations import function
from .expressions import dotted, literal
from .results import elementwise, floating, fresh, is_array, promoted, rank
from .written import Fresh, Ranks, Spelling, axes_of, keyword_of, subscript_text, tuple_text

# Differences


def _along(call: ast.Call, ndim: int, default: int = -1) -> int:
    """The axis of a call, from the front."""
    axis = keyword_of(call, "axis") or ast.Constant(default)
    return axes_of(axis, ndim, str(dotted(call.func)))[0]


def _difference(x: str, ndim: int, axis: int) -> str:
    """``x[1:] - x[:-1]`` along an axis."""
    high, low = (subscript_text(ndim, {axis: part}) for part in ("1:", ":-1"))
    return f"{x}[{high}] - {x}[{low}]"


def _diff(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.diff`` along any axis, taken n times."""
    x, ndim, n = (
        ast.unparse(call.args[0]),
        rank(call.args[0]),
        literal(keyword_of(call, "n") or ast.Constant(1)),
    )
    if type(n) is not int or n < 0 or n > 8:
        raise ValueError("np.diff: write n as a constant, from 0 to 8")
    if ndim == 0:
        raise ValueError("np.diff of a number")
    if not call.keywords:
        return None
    axis, lines = _along(call, ndim), []
    names = [fresh("differences") for _ in range(n - 1)]
    for name in names:
        lines.append(f"{name} = {_difference(x, ndim, axis)}")
        x = name
    lines.append(f"{target} = {_difference(x, ndim, axis) if n else f'np.copy({x})'}")
    return "\n".join(lines)


def _gradient_type(f: Any, spacing: Any = 1, axis: Any = None) -> Any:
    """An array, or one for each axis."""
    one = fresh(floating(f), rank(f), f)
    count = len(axis) if isinstance(axis, tuple) else rank(f)
    return one if isinstance(axis, int) or rank(f) == 1 else types.UniTuple(one, count)


def _gradient(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.gradient`` along one axis: central differences, one-sided at the ends."""
    f, ndim = ast.unparse(call.args[0]), rank(call.args[0])
    spacing = keyword_of(call, "spacing") or ast.Constant(1)
    if ndim == 0:
        raise ValueError("np.gradient of a number")
    place = _along(call, ndim)

    def part(low: str, high: str) -> str:
        return f"{f}[{subscript_text(ndim, {place: f'{low}:{high}'})}]"

    before, here, after = part("", "-2"), part("1", "-1"), part("2", "")
    first, last = f"{part('1', '2')} - {part('', '1')}", f"{part('-1', '')} - {part('-2', '-1')}"
    at = "" if ndim == 1 else f", axis={place}"
    few = (
        f"if {f}.shape[{place}] < 2:\n    raise ValueError('np.gradient: two elements at least')\n"
    )
    if rank(spacing) == 0:
        whole = f"np.concatenate(({first}, ({after} - {before}) / 2, {last}){at})"
        step = ast.unparse(spacing)
        return f"{few}{target} = {whole}" + (f" / {step}" if literal(spacing) != 1 else "")
    if rank(spacing) != 1:
        raise ValueError("np.gradient: the spacing is a number or a vector")
    x, h, a, b = ast.unparse(spacing), fresh("gaps"), fresh("left"), fresh("right")
    gap_before, gap_after = f"({x}[1] - {x}[0])", f"({x}[-1] - {x}[-2])"
    shape = (
        "" if ndim == 1 else f"[{', '.join(':' if k == place else 'None' for k in range(ndim))}]"
    )
    inner = (
        f"({before} * (-{b} / ({a} * ({a} + {b}))) + {here} * (({b} - {a}) / ({a} * {b}))"
        f" + {after} * ({a} / ({b} * ({a} + {b}))))"
    )
    return f"""{few}
{h} = ({x}[1:] - {x}[:-1]){shape}
{a} = {h}[{subscript_text(ndim, {place: ":-1"})}]
{b} = {h}[{subscript_text(ndim, {place: "1:"})}]
{target} = np.concatenate((({first}) / {gap_before}, {inner}, ({last}) / {gap_after}){at})
"""


def _trapezoid(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.trapezoid`` along an axis: sums of neighbours, times the gaps."""
    y, ndim, x = ast.unparse(call.args[0]), rank(call.args[0]), keyword_of(call, "x")
    axis = _along(call, ndim)
    high, low = (subscript_text(ndim, {axis: part}) for part in ("1:", ":-1"))
    heights = f"{y}[{high}] + {y}[{low}]"
    if x is not None and not (isinstance(x, ast.Constant) and x.value is None):
        if rank(x) not in (1, ndim):
            raise ValueError("np.trapezoid: give as many places as heights, or a vector of them")
        gaps = _difference(ast.unparse(x), rank(x), 0 if rank(x) == 1 else axis)
        if rank(x) < ndim:
            gaps = f"({gaps})[{', '.join(':' if k == axis else 'None' for k in range(ndim))}]"
        else:
            gaps = f"({gaps})"
        heights = f"{gaps} * ({heights})"
    along = f", axis={axis}" if ndim > 1 else ""
    step = keyword_of(call, "dx")
    times = "" if step is None or x is not None else f" * {ast.unparse(step)}"
    return f"{target} = np.sum({heights}{along}) / 2{times}"


# Diagonals


def _diagonal_places(x: str, rows: str, columns: str, offset: int) -> str:
    """Where the elements of a diagonal are in rows laid end to end."""
    if offset >= 0:
        count = (
            f"max(min({rows}, {columns} - {offset}), 0)" if offset else f"min({rows}, {columns})"
        )
        start = str(offset)
    else:
        count, start = f"max(min({rows} - {-offset}, {columns}), 0)", f"{-offset} * {columns}"
    places = f"np.arange({count}) * ({columns} + 1)"
    return places if start == "0" else f"{places} + {start}"


def _diagonal(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.diagonal`` and ``np.trace`` over any two axes."""
    name, x, ndim = str(dotted(call.func)), ast.unparse(call.args[0]), rank(call.args[0])
    first, second = (
        axes_of(keyword_of(call, f"axis{k}") or ast.Constant(k - 1), ndim, name)[0] for k in (1, 2)
    )
    offset = keyword_of(call, "offset")
    if first == second:
        raise ValueError(f"{name}: an axis is named twice")
    k = "" if offset is None else f", offset={ast.unparse(offset)}"
    if ndim == 2:
        if (first, second) == (0, 1) and not keyword_of(call, "axis1"):
            if not keyword_of(call, "axis2"):
                return None
        return f"{target} = {name}({x if first == 0 else f'np.transpose({x})'}{k})"
    shift = literal(offset or ast.Constant(0))
    if type(shift) is not int:
        raise ValueError(f"{name}: write the offset as a constant")
    kept = [k for k in range(ndim) if k not in (first, second)]
    if name == "np.diagonal":  # as an einsum, which like a view may not be written under
        if shift:
            raise ValueError("np.diagonal: of stacks, the main diagonal only")
        letters = [ascii_letters[second if k == first else k] for k in range(ndim)]
        out = "".join(letters[k] for k in (*kept, second))
        return f"{target} = np.einsum({''.join(letters) + '->' + out!r}, {x})"
    order = [*kept, first, second]
    moved = x if order == list(range(ndim)) else f"np.transpose({x}, {tuple_text(order)})"
    rows, columns = f"{x}.shape[{first}]", f"{x}.shape[{second}]"
    extents = [*(f"{x}.shape[{k}]" for k in kept), f"{rows} * {columns}"]
    flat = f"np.reshape({moved}, {tuple_text(extents)})"
    taken = f"np.take({flat}, {_diagonal_places(x, rows, columns, shift)}, axis=-1)"
    return f"{target} = np.sum({taken}, axis=-1)"


def _without_axes(extra: int) -> Any:
    """The result of ``np.diagonal`` (1) or ``np.trace`` (0)."""
    return lambda a, **_: fresh(a.dtype, a.ndim - 2 + extra) if is_array(a) else None


# Products


def _cross(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.cross`` of vectors of three elements along some axis of arrays."""
    left, right = call.args
    ranks = rank(left), rank(right)
    if ranks == (1, 1) and not call.keywords:
        return None
    places = {}
    for which, ndim in (("a", ranks[0]), ("b", ranks[1]), ("c", max(ranks))):
        axis = keyword_of(call, "axis") or keyword_of(call, f"axis{which}") or ast.Constant(-1)
        places[which] = axes_of(axis, ndim, "np.cross")[0]
    parts, lines = {}, []
    for which, node, ndim in (("a", left, ranks[0]), ("b", right, ranks[1])):
        x = ast.unparse(node)
        lines.append(f"if {x}.shape[{places[which]}] != 3:")
        lines.append("    raise ValueError('np.cross: vectors of three elements only')")
        parts[which] = [f"{x}[{subscript_text(ndim, {places[which]: str(k)})}]" for k in range(3)]
    a, b = parts["a"], parts["b"]
    each = [f"{a[i]} * {b[j]} - {a[j]} * {b[i]}" for i, j in ((1, 2), (2, 0), (0, 1))]
    if max(ranks) == 1:
        return "\n".join([*lines, f"{target} = np.array([{', '.join(each)}])"])
    return "\n".join([*lines, f"{target} = np.stack(({', '.join(each)}), axis={places['c']})"])


def _kron(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.kron`` of arrays of any ranks: all products, then pairs of axes merged."""
    left, right = call.args
    ranks = rank(left), rank(right)
    if ranks in ((1, 1), (2, 2)):
        return None
    x, y = map(ast.unparse, call.args)
    if 0 in ranks:
        return f"{target} = {x} * {y}"
    ndim = max(ranks)
    shapes = []
    for text, own in ((x, ranks[0]), (y, ranks[1])):
        shapes.append(["1"] * (ndim - own) + [f"{text}.shape[{k}]" for k in range(own)])
    first = tuple_text([e for extent in shapes[0] for e in (extent, "1")])
    second = tuple_text([e for extent in shapes[1] for e in ("1", extent)])
    whole = [
        a if b == "1" else b if a == "1" else f"{a} * {b}" for a, b in zip(*shapes, strict=True)
    ]
    product = f"np.reshape({x}, {first}) * np.reshape({y}, {second})"
    return f"{target} = np.reshape({product}, {tuple_text(whole)})"


def _outer(symbol: str) -> Spelling:
    """``np.add.outer`` and its like: every element of one with every element of the other."""

    def build(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
        x, y = map(ast.unparse, call.args)
        ranks = [rank(a) for a in call.args]
        if all(ranks):
            x = f"{x}[{', '.join([':'] * ranks[0] + ['None'] * ranks[1])}]"
            y = f"{y}[{', '.join(['None'] * ranks[0] + [':'] * ranks[1])}]"
        value = f"{symbol}({x}, {y})" if symbol.startswith("np.") else f"{x} {symbol} {y}"
        return f"{target} = {value}"

    return build


def _outer_of_numbers(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.outer`` of a number: of an array with that one element."""
    if all(map(rank, call.args)):
        return None
    x, y = (ast.unparse(a) if rank(a) else f"np.full((1,), {ast.unparse(a)})" for a in call.args)
    return f"{target} = np.outer({x}, {y})"


def _inner(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.inner`` of a number, or over the last axes of arrays of any ranks."""
    x, y = map(ast.unparse, call.args)
    ranks = [rank(a) for a in call.args]
    if 0 in ranks:
        return f"{target} = {x} * {y}"
    if max(ranks) < 3:
        return None
    return f"{target} = np.tensordot({x}, {y}, axes=({ranks[0] - 1}, {ranks[1] - 1}))"


OUTER = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**",
    "maximum": "np.maximum", "minimum": "np.minimum", "hypot": "np.hypot",
    "arctan2": "np.arctan2", "logaddexp": "np.logaddexp",
    "less": "<", "greater": ">", "equal": "==",
}  # fmt: skip
"""Functions of two operands, and how they are written."""


def _outer_type(ufunc: np.ufunc) -> Any:
    def result(x: Any, y: Any) -> Any:
        flat = [fresh(a.dtype, 1) if is_array(a) else a for a in (x, y)]
        found = elementwise(ufunc)(*flat)
        return None if found is None else fresh(found.dtype, rank(x) + rank(y))

    return result


for _name in OUTER:
    function(getattr(np, _name).outer, f"np.{_name}.outer", "A, B",
             result=_outer_type(getattr(np, _name)))  # fmt: skip


# Ranks


def _transpose(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.transpose`` with axes that count from the end; a vector stays as it is."""
    axes, ndim = keyword_of(call, "axes"), rank(call.args[0])
    if axes is None or not isinstance(axes, ast.Tuple):
        return None
    order = axes_of(axes, ndim, "np.transpose")
    if len(order) != ndim:
        raise ValueError("np.transpose: name every axis")
    text = tuple_text(order)
    if ast.unparse(axes) == text:
        return None
    return f"{target} = np.transpose({ast.unparse(call.args[0])}, axes={text})"


def _rollaxis(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.rollaxis`` as a transpose."""
    ndim = rank(call.args[0])
    axis = axes_of(call.args[1], ndim, "np.rollaxis")[0]
    start = literal(keyword_of(call, "start") or ast.Constant(0))
    if type(start) is not int or not -ndim <= start <= ndim:
        raise ValueError("np.rollaxis: write the place as a constant")
    start = start % ndim if start < 0 else start
    order = [k for k in range(ndim) if k != axis]
    order.insert(start - (axis < start), axis)
    return f"{target} = np.transpose({ast.unparse(call.args[0])}, {tuple_text(order)})"


def _moveaxis(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.moveaxis`` of several axes as a transpose."""
    x, source, destination = call.args
    if not isinstance(source, ast.Tuple | ast.List):
        return None
    ndim = rank(x)
    here, there = (axes_of(a, ndim, "np.moveaxis") for a in (source, destination))
    if len(here) != len(there):
        raise ValueError("np.moveaxis: as many places as axes")
    order = [k for k in range(ndim) if k not in here]
    for place, axis in sorted(zip(there, here, strict=True)):
        order.insert(place, axis)
    return f"{target} = np.transpose({ast.unparse(x)}, {tuple_text(order)})"


def _at_least(ndim: int) -> Spelling:
    """``np.atleast_2d`` of a number, or of what has as many axes."""

    def build(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
        x = ast.unparse(call.args[0])
        if rank(call.args[0]) == 0:
            return f"{target} = np.full({tuple_text(['1'] * ndim)}, {x})"
        return f"{target} = {x}" if rank(call.args[0]) >= ndim else None

    return build


def _item(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``x.item()``: the one element of an array, a number itself."""
    x, *index = map(ast.unparse, call.args)
    if rank(call.args[0]) == 0:
        return f"{target} = {x}"
    if len(index) > 1:
        return f"{target} = {x}[{', '.join(index)}]"
    flat = f"np.ravel({x})[{index[0]}]" if index else f"np.reshape({x}, (1,))[0]"
    return f"{target} = {flat}"


function(
    np.gradient,
    "np.gradient",
    "f, spacing=1, *, axis=None, edge_order=1",
    refuse="edge_order",
    result=_gradient_type,
)
function(
    np.trapezoid,
    "np.trapezoid",
    "y, x=None, dx=1, axis=-1",
    result=lambda y, x=None, dx=1, axis=-1: fresh(floating(y), max(rank(y) - 1, 0)),
)
function(
    np.diagonal,
    "np.diagonal",
    "a, offset=0, axis1=0, axis2=1",
    effect="diagonal",
    result=_without_axes(1),
)
function(
    np.trace,
    "np.trace",
    "a, offset=0, axis1=0, axis2=1, dtype=None, out=None",
    refuse="dtype",
    result=_without_axes(0),
)
function(
    np.kron, "np.kron", "a, b", result=lambda a, b: fresh(promoted(a, b), max(rank(a), rank(b)))
)
function(
    np.cross,
    "np.cross",
    "a, b, axisa=-1, axisb=-1, axisc=-1, axis=None",
    result=lambda a, b, **_: fresh(promoted(a, b), max(rank(a), rank(b))),
)
function(
    np.rollaxis,
    "np.rollaxis",
    "a, axis, start=0",
    effect="view",
    result=lambda a, axis, start=0: a.copy(layout="A"),
)
function((), "item_of", "*args", result=lambda x, *_: x.dtype if is_array(x) else x)

SPELLINGS: dict[str, Spelling] = {
    "np.diff": _diff,
    "np.gradient": _gradient,
    "np.trapezoid": _trapezoid,
    "np.diagonal": _diagonal,
    "np.trace": _diagonal,
    "np.cross": _cross,
    "np.kron": _kron,
    "np.outer": _outer_of_numbers,
    "np.inner": _inner,
    "np.transpose": _transpose,
    "np.rollaxis": _rollaxis,
    "np.moveaxis": _moveaxis,
    "np.atleast_1d": _at_least(1),
    "np.atleast_2d": _at_least(2),
    "np.atleast_3d": _at_least(3),
    "item_of": _item,
    **{f"np.{name}.outer": _outer(symbol) for name, symbol in OUTER.items()},
}
"""Functions that are spelt out, by canonical name."""
