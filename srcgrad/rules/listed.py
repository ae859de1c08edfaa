"""Lists of arrays as arrays: ``np.array(h)``, ``np.stack(h)``, ``np.concatenate(h)``.

In: the name of a list of arrays of one rank, which a call of NumPy's takes. Out: the statements
that the call stands for, as text; its type.

Invariant: see ``by_rank``. Arrays whose shapes do not fit are a ``ValueError`` at run time.
"""

from __future__ import annotations

import ast
from typing import Any

from numba import types

from .declarations import function
from .expressions import dotted, literal
from .results import nested
from .written import Fresh, keyword_of, tuple_text

LISTED, ADDED = "listed", "added"
"""What makes a comprehension, or a sum, of the list of its elements until their type is known."""

DISPLAYED, REPEATED, JOINED_LISTS = "displayed", "repeated", "joined_lists"
"""What makes ``[a, b]``, ``[x] * n`` or ``h + g``, until the type of the elements is known."""

JOINED = frozenset(
    {"np.stack", "np.concatenate", "np.vstack", "np.hstack", "np.column_stack", "np.dstack"}
)
"""Functions that join the arrays of a list."""


def _listed(items: Any, buffer: Any) -> Any:
    if is_list_of_arrays(items) or isinstance(getattr(items, "dtype", None), types.BaseTuple):
        return items
    whole = isinstance(getattr(items, "dtype", None), types.Integer)
    return types.Array(types.int64, 1, "C") if whole else buffer


def _added(items: Any) -> Any:
    return items.dtype


def _displayed(elements: Any) -> Any:
    if all(isinstance(k, int | float | types.Number | types.Boolean) for k in elements):
        return nested(elements)
    if all(is_row(k) for k in elements) and len({len(k.types) for k in elements}) == 1:
        return nested([list(k.types) for k in elements])
    if not all(isinstance(k, types.Array) for k in elements):
        kind = _common(elements)
        return None if kind is None else types.List(kind)
    if len({k.ndim for k in elements}) > 1:
        return types.Tuple(list(elements))
    layout = "C" if all(k.layout == "C" for k in elements) else "A"
    return types.List(elements[0].copy(layout=layout))


def _common(kinds: Any) -> Any:
    """The type of tuples whose parts are of these, part by part; None where there is none."""
    first = kinds[0]
    if len(set(kinds)) == 1:
        return first
    if all(isinstance(k, int | float | types.Number) for k in kinds):
        return nested(list(kinds)).dtype
    if all(isinstance(k, types.Array) for k in kinds):
        same = len({(k.ndim, k.dtype) for k in kinds}) == 1
        return first.copy(layout="A") if same else None
    if all(isinstance(k, types.BaseTuple) and len(k) == len(first) for k in kinds):
        parts = [_common(each) for each in zip(*(k.types for k in kinds), strict=True)]
        return None if None in parts else types.Tuple(parts)
    return None


def _joined(left: Any, right: Any) -> Any:
    if isinstance(left, types.Array) and isinstance(right, types.Array):
        return nested([left, right]).copy(ndim=1)
    return left if left == right else None


def is_row(kind: Any) -> bool:
    """Whether a type is that of tuples of numbers."""
    return isinstance(kind, types.BaseTuple) and all(
        isinstance(k, types.Number | types.Boolean) for k in kind.types
    )


def _repeated(element: Any, count: Any) -> Any:
    return _displayed([element]) if isinstance(count, int | types.Integer) else None


function((), LISTED, "items, buffer", result=_listed)
function((), ADDED, "items", result=_added)
function((), DISPLAYED, "elements", result=_displayed)
function((), JOINED_LISTS, "left, right", result=_joined)
function((), REPEATED, "element, count", result=_repeated)


def is_list_of_arrays(kind: Any) -> bool:
    """Whether a type is that of lists of arrays."""
    return isinstance(kind, types.List) and isinstance(kind.dtype, types.Array)


def stacked(target: str, name: str, ndim: int, dtype: str, fresh: Fresh) -> str:
    """``np.array`` of a list of arrays: one more axis, filled in a loop."""
    first, row, k = fresh("first"), fresh("row"), fresh("k")
    shape = tuple_text([f"len({name})", *(f"{first}.shape[{axis}]" for axis in range(ndim))])
    lines = [
        f"{first} = {name}[0]",
        f"{target} = np.empty({shape}{dtype_text(dtype)})",
        f"for {k} in range(len({name})):",
        f"    {row} = {name}[{k}]",
        *_check(row, first, range(ndim)),
        f"    {target}[{k}] = {row}",
    ]
    return "\n".join(lines)


def joined(target: str, call: ast.Call, ndim: int, dtype: str, fresh: Fresh) -> str:
    """A join of the arrays of a list."""
    function, name = dotted(call.func), ast.unparse(call.args[0])
    axis = literal(keyword_of(call, "axis") or ast.Constant(0))
    if not isinstance(axis, int):
        raise ValueError(f"{function}: write the axis as a constant")
    whole = fresh(f"{name}_array")
    rows = f"{whole} = np.array({name})\n"
    if function == "np.stack" or (function, ndim) == ("np.vstack", 1):
        moved = f"np.copy(np.moveaxis({whole}, 0, {axis}))" if axis else whole
        return f"{rows}{target} = {moved}"
    if (function, ndim) == ("np.column_stack", 1):
        return f"{rows}{target} = np.copy(np.transpose({whole}))"
    beside = (function == "np.hstack" and ndim > 1) or function == "np.column_stack"
    if function == "np.dstack" or (axis or beside) not in (0, -ndim):
        raise ValueError(f"{function} of a list of arrays: use np.array, or an axis of 0")
    return _one_after_another(target, name, ndim, dtype, fresh)


def _one_after_another(target: str, name: str, ndim: int, dtype: str, fresh: Fresh) -> str:
    """``np.concatenate`` of a list of arrays along the first axis."""
    first, row, k = fresh("first"), fresh("row"), fresh("k")
    total, start = fresh("total"), fresh("start")
    shape = tuple_text([total, *(f"{first}.shape[{axis}]" for axis in range(1, ndim))])
    lines = [
        f"{first} = {name}[0]",
        f"{total} = 0",
        f"for {k} in range(len({name})):",
        f"    {row} = {name}[{k}]",
        *_check(row, first, range(1, ndim)),
        f"    {total} = {total} + len({row})",
        f"{target} = np.empty({shape}{dtype_text(dtype)})",
        f"{start} = 0",
        f"for {k} in range(len({name})):",
        f"    {row} = {name}[{k}]",
        f"    {target}[{start}:{start} + len({row})] = {row}",
        f"    {start} = {start} + len({row})",
    ]
    return "\n".join(lines)


def _check(row: str, first: str, axes: range) -> list[str]:
    """Lines that see to it that an array fits."""
    tests = [f"{row}.shape[{axis}] != {first}.shape[{axis}]" for axis in axes]
    message = "all arrays of the list must have the same shape"
    return [f"    if {' or '.join(tests)}:", f"        raise ValueError({message!r})"] * bool(tests)


def dtype_text(dtype: str) -> str:
    """The keyword that says the dtype of a new array, if it has to be said."""
    return "" if dtype == "float64" else f", dtype=np.{dtype}"


def part_of(
    target: str, name: str, bounds: tuple[ast.expr | None, ...], fresh: Fresh
) -> str | None:
    """``h[a:b]`` of a list: a list with the same elements; None where bounds are not constants."""
    low, high, step = (None if b is None else literal(b) for b in bounds)
    if step not in (None, 1, -1) or (step == -1 and (low, high) != (None, None)):
        return None
    if not all(b is None or type(b) is int for b in (low, high)):
        return None
    size, k, new = fresh("size"), fresh("k"), fresh(f"{name}_part")

    def place(bound: int | None, otherwise: str) -> str:
        if bound is None:
            return otherwise
        return f"max({size} - {-bound}, 0)" if bound < 0 else f"min({bound}, {size})"

    rounds = f"{place(low, '0')}, {place(high, size)}"
    if step == -1:
        rounds = f"{size} - 1, -1, -1"
    return (
        f"{size} = len({name})\n{new} = []\nfor {k} in range({rounds}):\n"
        f"    {new}.append({name}[{k}])\n{target} = {new}"
    )


def one_after_another(target: str, first: str, second: str, fresh: Fresh) -> str:
    """``h + g`` of lists: a list with the elements of both."""
    new, k = fresh(f"{first}_{second}"), fresh("k")
    lines = [f"{new} = []"]
    for name in (first, second):
        lines += [f"for {k} in range(len({name})):", f"    {new}.append({name}[{k}])"]
    return "\n".join([*lines, f"{target} = {new}"])


def as_array(function: str | None, kind: Any) -> Any:
    """What stands for the type of a list or a tuple, to find that of a result."""
    if isinstance(kind, types.BaseTuple) and all(isinstance(k, types.Number) for k in kind.types):
        return types.Array(types.float64, 1, "C") if function not in JOINED else kind
    if isinstance(kind, types.List) and isinstance(kind.dtype, types.Number | types.Boolean):
        return types.Array(kind.dtype, 1, "C")
    if not is_list_of_arrays(kind):
        return kind
    if function in JOINED:
        return types.UniTuple(kind.dtype, 2)
    return types.Array(kind.dtype.dtype, kind.dtype.ndim + 1, "C")
