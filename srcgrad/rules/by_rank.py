"""Functions of arrays of any rank, spelt out in terms of others once ranks are known.

In: a canonical call, the ranks of its operands, a supply of names. Out: the statements that it
stands for, as text (``spelt``); None where a rule has it as it is.

Invariant: the values are NumPy's; arguments that do not fit the ranks are a ``ValueError``.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from string import ascii_letters

from ..syntax import listed
from . import axes, conversions, joins, padding, reductions, stacks
from .expressions import dotted, literal
from .written import (
    Fresh,
    Ranks,
    Spelling,
    axes_of,
    gathers,
    keyword_of,
    subscript_text,
    tuple_text,
)


def spelt(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """The statements for ``target = call``, None where it stays."""
    builder = SPELLINGS.get(dotted(call.func) or "")
    return builder(target, call, rank, fresh) if builder is not None else None


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


def _tile(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.tile`` with a repetition for each axis."""
    x, reps = call.args
    counts = listed(reps)
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
    whole = gathers(array, positions) if positions else f"np.copy({array})"
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
    return f"{target} = {gathers(array, {place: index})}"


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


def _positions_without(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """What a mask leaves, for ``np.delete``."""
    index, size = call.args
    if not isinstance(index, ast.Name) or "bool" not in rank.dtype(index.id):
        return None
    mask = index.id
    check = f"if np.size({mask}) != {ast.unparse(size)}:\n"
    check += "    raise IndexError('np.delete: the mask has another length')\n"
    return f"{check}{target} = np.flatnonzero(np.logical_not({mask}))"


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
    "np.squeeze": _squeeze,
    "np.expand_dims": _expand_dims,
    "np.tile": _tile,
    "np.repeat": _repeat,
    "np.roll": _roll,
    "np.take": _take,
    "np.sort": _sort,
    "positions_without": _positions_without,
    "np.interp": _interp,
    "np.einsum": _einsum,
    **reductions.SPELLINGS,
    **padding.SPELLINGS,
    **conversions.SPELLINGS,
    **joins.SPELLINGS,
    **axes.SPELLINGS,
    **stacks.SPELLINGS,
}
"""Functions that are spelt out, by canonical name."""
