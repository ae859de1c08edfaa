"""Arrays made of others: which of them are new, and which are the same array.

In: a canonical call, the ranks and dtypes of its operands. Out: the statement that it stands
for, as text; None where a rule has it as it is.

Invariant: what shares memory with its operand in NumPy does here, and nothing else.
"""

from __future__ import annotations

import ast
import builtins

import numpy as np

from .declarations import function
from .expressions import MISSING, dotted, literal
from .results import is_array
from .written import Fresh, Ranks, Spelling, keyword_of, tuple_text


def _asarray(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.asarray(x, dtype=...)`` is ``x`` where that has this dtype, else a new array."""
    wanted, x = keyword_of(call, "dtype"), call.args[0]
    if wanted is None:
        return None
    text = ast.unparse(x)
    if rank.is_number(x) and _dtype(wanted, rank) == np.float64:
        return f"{target} = np.float64({text})"
    if isinstance(x, ast.Name) and rank(x) and _dtype(wanted, rank) == _of(x, rank):
        return f"{target} = np.asarray({text})"
    made = "np.astype({}, {})" if rank(x) else "np.array({}, dtype={})"
    return f"{target} = {made.format(text, ast.unparse(wanted))}"


def _array(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.array`` of an array is a copy; of a number, that; of nested displays, stacks."""
    x, wanted = call.args[0], keyword_of(call, "dtype")
    if isinstance(x, ast.Name) and rank(x):
        if wanted is None or _dtype(wanted, rank) == _of(x, rank):
            return f"{target} = np.copy({x.id})"
        return f"{target} = np.astype({x.id}, {ast.unparse(wanted)})"
    if call.keywords:
        return None
    if isinstance(x, ast.Tuple | ast.List):
        nested = any(isinstance(e, ast.Tuple | ast.List) for e in x.elts)
        if nested and _has_array(x, rank):
            return f"{target} = {_stacks(x, rank)}"
        return _of_one_dtype(target, x, rank) if nested else None
    return f"{target} = {ast.unparse(x)}" if rank.is_number(x) else None


def _has_array(node: ast.expr, rank: Ranks) -> bool:
    """Whether a display has an array in it."""
    if isinstance(node, ast.Tuple | ast.List):
        return any(_has_array(e, rank) for e in node.elts)
    return isinstance(node, ast.Name) and rank(node) > 0


def _stacks(node: ast.expr, rank: Ranks) -> str:
    """A display of arrays as a stack."""
    if not isinstance(node, ast.Tuple | ast.List):
        return ast.unparse(node)
    if not _has_array(node, rank):
        return f"np.array({ast.unparse(node)})"
    return f"np.stack({tuple_text([_stacks(e, rank) for e in node.elts])})"


def _of_one_dtype(target: str, display: ast.Tuple | ast.List, rank: Ranks) -> str | None:
    """A nested display whose rows have one dtype: Numba's lists of numbers are not converted."""
    kinds = [_display_dtype(row, rank) for row in _rows(display)]
    wanted = np.result_type(*kinds)
    if all(kind == wanted for kind in kinds) or wanted.kind != "f":
        return None

    def converted(node: ast.expr) -> str:
        if isinstance(node, ast.Tuple | ast.List):
            return f"[{', '.join(map(converted, node.elts))}]"
        if _number_dtype(node, rank) == wanted:
            return ast.unparse(node)
        value = literal(node)
        return f"np.{wanted}({ast.unparse(node)})" if value is MISSING else repr(float(value))

    return f"{target} = np.array({converted(display)})"


def _rows(display: ast.Tuple | ast.List) -> list[ast.Tuple | ast.List]:
    """The innermost displays."""
    inner = [e for e in display.elts if isinstance(e, ast.Tuple | ast.List)]
    return [row for e in inner for row in _rows(e)] if inner else [display]


def _display_dtype(row: ast.Tuple | ast.List, rank: Ranks) -> np.dtype:
    """The dtype that numbers in a row have together."""
    return np.result_type(*(_number_dtype(e, rank) for e in row.elts))


def _number_dtype(node: ast.expr, rank: Ranks) -> np.dtype:
    """The dtype of a name, of a constant; else of a length, which is an integer."""
    if isinstance(node, ast.Name):
        return _of(node, rank)
    value = literal(node)
    return np.dtype(np.int64) if value is MISSING else np.asarray(value).dtype


def _whole(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``x[()]``: an array itself, or a number."""
    x = ast.unparse(call.args[0])
    return f"{target} = np.asarray({x})" if rank(call.args[0]) else f"{target} = {x}"


def _of(name: ast.Name, rank: Ranks) -> np.dtype:
    """The dtype of an operand."""
    return np.dtype(rank.dtype(name.id).removeprefix("np."))


def _dtype(node: ast.expr, rank: Ranks) -> np.dtype:
    """A dtype as it is written."""
    match node:
        case ast.Attribute(value=ast.Name(id="np"), attr=name):
            return np.dtype(getattr(np, name))
        case ast.Attribute(value=ast.Name() as array, attr="dtype"):
            return _of(array, rank)
        case ast.Name(id=name) if hasattr(builtins, name):
            return np.dtype(getattr(builtins, name))
        case ast.Constant(value=str(name)):
            return np.dtype(name)
    raise ValueError("np.asarray: write the dtype out, as in np.float64")


def _full(like: bool) -> Spelling:
    """``np.full(shape, v)`` of an array ``v``, which is broadcast."""

    def build(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
        shape, value = call.args[:2]
        if not rank(value):
            return None
        if any(literal(k.value) is not None for k in call.keywords):
            raise ValueError(f"{dotted(call.func)}: an array to fill with, and a dtype")
        zeros = "np.zeros_like" if like else "np.zeros"
        return f"{target} = {zeros}({ast.unparse(shape)}) + {ast.unparse(value)}"

    return build


def _cast(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.float64(x)`` of an array is ``x`` where that has this dtype."""
    x = call.args[0]
    if not isinstance(x, ast.Name) or not rank(x):
        return None
    if _dtype(call.func, rank) == _of(x, rank):
        return f"{target} = np.asarray({x.id})"
    return f"{target} = np.astype({x.id}, {dotted(call.func)})"


def _of_numbers(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """Ranges between numbers; NumPy has them between arrays as well."""
    if any(map(rank, call.args)):
        raise ValueError(f"{dotted(call.func)}: between numbers only")
    return None


def _of_equal_dtypes(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """A function that Numba has for operands of one dtype only."""
    kinds = [_of(x, rank) for x in call.args if isinstance(x, ast.Name)]
    wanted = np.result_type(*kinds)
    if len(kinds) < len(call.args) or all(kind == wanted for kind in kinds):
        return None
    texts = [
        ast.unparse(x) if kind == wanted else f"np.astype({ast.unparse(x)}, np.{wanted})"
        for x, kind in zip(call.args, kinds, strict=True)
    ]
    texts += [f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords]
    return f"{target} = {dotted(call.func)}({', '.join(texts)})"


function((), "whole_of", "x", effect="view",
         result=lambda x: (x if x.ndim else x.dtype) if is_array(x) else x)  # fmt: skip

SPELLINGS: dict[str, Spelling] = {
    "whole_of": _whole,
    "np.array": _array,
    "np.asarray": _asarray,
    "np.full": _full(like=False),
    "np.full_like": _full(like=True),
    "np.linspace": _of_numbers,
    "np.logspace": _of_numbers,
    "np.geomspace": _of_numbers,
    **dict.fromkeys(
        ("np.convolve", "np.correlate", "lstsq_solution", "lstsq_residuals", "lstsq_rank"),
        _of_equal_dtypes,
    ),
    **{f"np.{name}": _cast for name in ("float64", "float32", "int64", "int32", "bool_")},
}
"""Functions that are spelt out, by canonical name."""
