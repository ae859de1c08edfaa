"""Padding of arrays of any rank, spelt out in terms of subscripts and stores.

In: a canonical call of ``np.pad``, the ranks of its operands, a supply of names. Out: the
statements that it stands for, as text; None where a rule has it as it is.

Invariant: the values are NumPy's; widths and modes that do not fit are a ``ValueError``.
"""

from __future__ import annotations

import ast

from ..syntax import listed
from .expressions import literal
from .written import Fresh, Ranks, Spelling, gathers, keyword_of, subscript_text, tuple_text

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
    whole = gathers(array, positions) if positions else f"np.copy({array})"
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
    rows = [listed(e) for e in node.elts]
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


SPELLINGS: dict[str, Spelling] = {"np.pad": _pad}
"""Functions that are spelt out, by canonical name."""
