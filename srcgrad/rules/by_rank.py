"""Functions of arrays of any rank, spelt out in terms of others once ranks are known.

In: a canonical call, the ranks of its operands, a supply of names. Out: the statements that it
stands for, as text (``spelt``); None where a rule has it as it is.

Invariant: the values are NumPy's; arguments that do not fit the ranks are a ``ValueError``.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from string import ascii_letters

from . import axes, conversions, joins, stacks
from .expressions import dotted, literal
from .written import Fresh, Ranks, Spelling, axes_of, keyword_of, subscript_text, tuple_text


def spelt(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """The statements for ``target = call``, None where it stays."""
    builder = SPELLINGS.get(dotted(call.func) or "")
    return builder(target, call, rank, fresh) if builder is not None else None


# Reductions


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


# Axes of extent 1


def _squeeze(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.squeeze`` as a subscript, after a check of the extents."""
    axis, x, ndim = keyword_of(call, "axis"), ast.unparse(call.args[0]), rank(call.args[0])
    if axis is None or ndim == 0:
        return None
    axes = axes_of(axis, ndim, "np.squeeze")
    message = "cannot select an axis to squeeze out which has size not equal to one"
    checks = [f"if {x}.shape[{k}] != 1:\n    raise ValueError({message!r})\n" for k in axes]
    index = subscript_text(ndim, dict.fromkeys(axes, "0"))
    return "".join(checks) + f"{target} = {x}[{index}]"


def _expand_dims(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.expand_dims`` at several places as a subscript."""
    x, places = call.args
    if not isinstance(places, ast.Tuple | ast.List) or rank(x) == 0:
        return None
    ndim = rank(x) + len(places.elts)
    axes = axes_of(places, ndim, "np.expand_dims")
    return f"{target} = {ast.unparse(x)}[{subscript_text(ndim, dict.fromkeys(axes, 'None'))}]"


# Repeating and rearranging: gathers along an axis


def _gathers(x: str, positions: dict[int, str]) -> str:
    """An array taken at these positions along each of some axes."""
    for axis, index in positions.items():
        x = f"np.take({x}, {index}, axis={axis})"
    return x


def _tile(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.tile`` with a repetition for each axis."""
    x, reps = call.args
    counts = reps.elts if isinstance(reps, ast.Tuple | ast.List) else [reps]
    if rank(x) == 0 or (rank(x) == 1 and counts == [reps]):
        return None
    ndim = max(rank(x), len(counts))
    array = fresh("tile")
    added = "".join(["None, "] * (ndim - rank(x)))
    first = f"{ast.unparse(x)}[{added}{subscript_text(rank(x), {})}]" if added else ast.unparse(x)
    texts = ["1"] * (ndim - len(counts)) + [ast.unparse(c) for c in counts]
    extent = {k: f"{array}.shape[{k}]" for k in range(ndim)}
    positions = {
        k: f"np.arange({extent[k]} * {c}) % {extent[k]}" for k, c in enumerate(texts) if c != "1"
    }
    whole = _gathers(array, positions) if positions else f"np.copy({array})"
    return f"{array} = {first}\n{target} = {whole}"


def _repeat(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.repeat`` along an axis."""
    (x, n), axis = call.args, keyword_of(call, "axis")
    if axis is None or rank(x) == 0:
        return None
    place = axes_of(axis, rank(x), "np.repeat")[0]
    if rank(x) == 2 and not rank(n) and literal(axis) == place and not isinstance(n, ast.List):
        return None
    array = ast.unparse(x)
    extent, count = f"{array}.shape[{place}]", ast.unparse(n)
    index = f"np.arange({extent} * {count}) // {count}"
    if rank(n):
        index = f"np.repeat(np.arange({extent}), {count})"
    return f"{target} = {_gathers(array, {place: index})}"


def _roll(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.roll`` along several axes, one after the other."""
    (x, shift), axis = call.args, keyword_of(call, "axis")
    if not isinstance(axis, ast.Tuple | ast.List):
        return None
    axes = axes_of(axis, rank(x), "np.roll")
    shifts = shift.elts if isinstance(shift, ast.Tuple | ast.List) else [shift] * len(axes)
    if len(shifts) != len(axes):
        raise ValueError("np.roll: give a shift for each axis")
    text = ast.unparse(x)
    for k, by in zip(axes, shifts, strict=True):
        text = f"np.roll({text}, {ast.unparse(by)}, axis={k})"
    return f"{target} = {text}"


def _take(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.take`` along an axis: of one element, or at positions in an array of several axes."""
    (x, i), axis = call.args, keyword_of(call, "axis")
    if isinstance(i, ast.Tuple | ast.List):
        keywords = "" if axis is None else f", axis={ast.unparse(axis)}"
        return f"{target} = np.take({ast.unparse(x)}, np.array({ast.unparse(i)}){keywords})"
    if isinstance(i, ast.Name) and rank(i) and rank.dtype(i.id) == "np.bool_":
        raise ValueError("np.take: positions are integers, not a mask")
    if axis is None and rank(i) and (rank(x) > 1 or rank(i) > 1):
        taken = f"np.take(np.ravel({ast.unparse(x)}), np.ravel({ast.unparse(i)}))"
        extents = [f"{ast.unparse(i)}.shape[{k}]" for k in range(rank(i))]
        return f"{target} = " + (
            taken if rank(i) == 1 else f"np.reshape({taken}, {tuple_text(extents)})"
        )
    if axis is None or rank(x) == 0:
        return None
    array, ndim = ast.unparse(x), rank(x)
    place = axes_of(axis, ndim, "np.take")[0]
    if ndim == 1:
        return f"{target} = np.take({array}, {ast.unparse(i)})"
    if rank(i) == 0:
        return f"{target} = np.copy({array}[{subscript_text(ndim, {place: ast.unparse(i)})}])"
    if rank(i) == 1:
        return None
    flat = f"np.take({array}, np.ravel({ast.unparse(i)}), axis={place})"
    inner = [f"{ast.unparse(i)}.shape[{k}]" for k in range(rank(i))]
    shape = [f"{array}.shape[{k}]" for k in range(ndim)]
    whole = tuple_text([*shape[:place], *inner, *shape[place + 1 :]])
    return f"{target} = np.reshape({flat}, {whole})"


def _sort(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.sort`` of all elements."""
    axis = keyword_of(call, "axis")
    if axis is None or literal(axis) is not None:
        return None
    return f"{target} = np.sort(np.ravel({ast.unparse(call.args[0])}))"


def _interp(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.interp`` at the places of an array of several axes."""
    x, xp, fp = map(ast.unparse, call.args)
    ndim = rank(call.args[0])
    if ndim < 2:
        return None
    shape = tuple_text([f"{x}.shape[{k}]" for k in range(ndim)])
    return f"{target} = np.reshape(np.interp(np.ravel({x}), {xp}, {fp}), {shape})"


# Padding

PLACES = {
    "edge": "np.minimum(np.maximum(np.arange(-{a}, {n} + {b}), 0), {n} - 1)",
    "wrap": "np.arange(-{a}, {n} + {b}) % {n}",
    "symmetric": "{n} - 1 - np.abs(np.arange(-{a}, {n} + {b}) % (2 * {n}) - {n} + "
    "(np.arange(-{a}, {n} + {b}) % (2 * {n}) < {n}))",
    "reflect": "{n} - 1 - np.abs(np.arange(-{a}, {n} + {b}) % max(2 * {n} - 2, 1) - {n} + 1)",
}
"""Where the elements of a padded axis come from: of n, with a before them and b after them."""


def _pad(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.pad`` of any rank."""
    (x, width), mode = call.args, literal(keyword_of(call, "mode") or ast.Constant("constant"))
    ndim, value = rank(x), keyword_of(call, "constant_values")
    widths = _pairs(width, ndim)
    if ndim == 0 or widths is None:
        raise ValueError("np.pad: write the widths out, as in ((1, 1), (0, 2))")
    if mode == "constant":
        if value is None and _has_rule(width, ndim):
            return None
        values = _pairs(value or ast.Constant(0), ndim)
        if values is None:
            raise ValueError("np.pad: write the values out, as in ((0.0, 1.0), (0.0, 0.0))")
        return _pad_by_values(target, ast.unparse(x), widths, values, fresh)
    if mode not in PLACES:
        raise ValueError(f"np.pad: the mode {mode!r} is not supported")
    if value is not None:
        raise ValueError(f"np.pad: the mode {mode!r} takes no constant_values")
    array = ast.unparse(x)
    padded = [k for k, pair in enumerate(widths) if pair != ("0", "0")]
    checks = [
        f"if {array}.shape[{k}] == 0:\n    raise ValueError('an empty axis cannot be padded')\n"
        for k in padded
    ]
    positions = {
        k: PLACES[mode].format(a=widths[k][0], b=widths[k][1], n=f"{array}.shape[{k}]")
        for k in padded
    }
    whole = _gathers(array, positions) if positions else f"np.copy({array})"
    return "".join(checks) + f"{target} = {whole}"


def _has_rule(width: ast.expr, ndim: int) -> bool:
    """Whether padding with zeros has a rule for these widths."""
    match width:
        case ast.Tuple(elts=[ast.Tuple(elts=[_, _]), ast.Tuple(elts=[_, _])]):
            return ndim == 2
        case ast.Tuple(elts=[first, second]):
            return ndim == 1 and not isinstance(first, ast.Tuple | ast.List) and second is not None
    return ndim <= 2 and not isinstance(width, ast.Tuple | ast.List)


def _pairs(node: ast.expr, ndim: int) -> list[tuple[str, str]] | None:
    """What is given for both ends of each axis, in NumPy's short forms."""
    if not isinstance(node, ast.Tuple | ast.List):
        return [(ast.unparse(node), ast.unparse(node))] * ndim
    rows = [e.elts if isinstance(e, ast.Tuple | ast.List) else [e] for e in node.elts]
    nested = [isinstance(e, ast.Tuple | ast.List) for e in node.elts]
    if not rows or (any(nested) and not all(nested)):
        return None
    if not any(nested):
        rows = [[e for row in rows for e in row]]
    if len(rows) == 1:
        rows = rows * ndim
    if len(rows) != ndim or any(len(r) not in (1, 2) for r in rows):
        return None
    return [(ast.unparse(r[0]), ast.unparse(r[-1])) for r in rows]


def _pad_by_values(
    target: str,
    x: str,
    widths: list[tuple[str, str]],
    values: list[tuple[str, str]],
    fresh: Fresh,
) -> str:
    """An array of the padded shape, its inside and then each axis's ends filled."""
    z, ndim = fresh("padded"), len(widths)
    extents = [f"{x}.shape[{k}] + {a} + {b}" for k, (a, b) in enumerate(widths)]
    inside = {k: f"{a}:{a} + {x}.shape[{k}]" for k, (a, _) in enumerate(widths)}
    first = values[0][0]
    same = all(pair == (first, first) for pair in values)
    lines = [f"{z} = np.empty({tuple_text(extents)}, dtype={x}.dtype)"]
    if same:
        lines.append(f"{z}[{subscript_text(ndim, {})}] = {first}")
    lines.append(f"{z}[{subscript_text(ndim, inside)}] = {x}")
    for k, ((a, _), (low, high)) in enumerate(zip(widths, values, strict=True)):
        if not same:
            lines.append(f"{z}[{subscript_text(ndim, {k: f':{a}'})}] = {low}")
            lines.append(f"{z}[{subscript_text(ndim, {k: f'{a} + {x}.shape[{k}]:'})}] = {high}")
    return "\n".join([*lines, f"{target} = {z}"])


# Contractions


def _einsum(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.einsum`` with letters in place of each ellipsis."""
    indices = literal(call.args[0])
    if not isinstance(indices, str) or "..." not in indices:
        return None
    written = written_out(indices, [rank(x) for x in call.args[1:]])
    operands = ", ".join(map(ast.unparse, call.args[1:]))
    return f"{target} = np.einsum({written!r}, {operands})"


def written_out(indices: str, ranks: Sequence[int]) -> str:
    """Indices with letters in place of each ellipsis, for operands of these ranks.

    Raises
    ------
    ValueError
        Where ranks do not fit, or an operand would be broadcast to another's rank.
    """
    inputs, out = indices.split("->")
    parts = inputs.split(",")
    free = [c for c in ascii_letters if c not in indices]
    extra = [
        r - len(p.replace("...", "")) if "..." in p else 0
        for p, r in zip(parts, ranks, strict=True)
    ]
    most = max(extra)
    letters = "".join(free[:most])
    if min(extra) < 0 or len(letters) < most:
        raise ValueError("np.einsum: the indices do not fit the operands")
    filled = [
        p.replace("...", letters[most - e :] if e else "")
        for p, e in zip(parts, extra, strict=True)
    ]
    return f"{','.join(filled)}->{out.replace('...', letters)}"


def _tensordot(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.tensordot`` with a number, over no axes, as a product."""
    x, y = call.args
    axes = literal(keyword_of(call, "axes") or ast.Constant(2))
    if axes != 0 or (rank(x) and rank(y)):
        return None
    return f"{target} = {ast.unparse(x)} * {ast.unparse(y)}"


SPELLINGS: dict[str, Spelling] = {
    "np.tensordot": _tensordot,
    **{f"np.{name}": reduction() for name in ("max", "min", "prod", "var", "std")},
    "np.sum": _sum,
    "sum": _rows_added,
    "np.mean": _sum,
    "np.quantile": _quantile,
    "np.median": _median,
    "np.squeeze": _squeeze,
    "np.expand_dims": _expand_dims,
    "np.tile": _tile,
    "np.repeat": _repeat,
    "np.roll": _roll,
    "np.take": _take,
    "np.pad": _pad,
    "np.sort": _sort,
    "np.interp": _interp,
    "logsumexp_along": _logsumexp,
    "np.einsum": _einsum,
    "np.linalg.norm": _norm,
    **conversions.SPELLINGS,
    **joins.SPELLINGS,
    **axes.SPELLINGS,
    **stacks.SPELLINGS,
}
"""Functions that are spelt out, by canonical name."""
