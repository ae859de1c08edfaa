"""Ranked: functions whose meaning depends on ranks, in terms of others, once ranks are known.

In: a typed Program. Out: the same with each call that ``by_rank`` spells out as the statements
that it stands for, and index arrays beside slices (``x[:, i]``) as ``np.take``; an operand that
is a list of numbers is made an array first.

Invariant: the same values; the same object is returned where there is nothing of the kind.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..naming import free_name, fresh_names
from ..program import (
    Assign,
    Block,
    Check,
    Expr,
    Program,
    Stmt,
    blocks,
    with_blocks,
)
from ..rules.by_rank import spelt
from ..rules.expressions import dotted, is_ellipsis, literal
from ..rules.listed import JOINED, joined, one_after_another, part_of, stacked
from ..rules.registry import FUNCTIONS
from ..rules.stacks import product
from ..type_text import dtype_text
from .normalise import Flattener

Kinds = Mapping[str, types.Type]
NUMBERS = (types.Number, types.Boolean)


def ranked(program: Program, places: Mapping[int, Place]) -> Program:
    """The program with functions spelt out by the ranks of their operands.

    Raises
    ------
    UnsupportedError
        For arguments that do not fit the ranks.
    """
    kinds = program.types
    taken = set(kinds) | set(program.constants) | set(program.params)
    worker = Flattener(fresh_names("s", taken), places, set(program.routines))
    changed = False

    def fresh(stem: str) -> str:
        return free_name(stem, taken)

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> Block:
        nonlocal changed
        text = None
        try:
            if isinstance(stmt, Assign):
                text = _text(stmt.target, stmt.value, kinds, fresh)
        except ValueError as error:
            advice = "write it with other functions, or loops"
            raise UnsupportedError(Complaint(places.get(stmt.line), str(error), advice)) from None
        if text is not None:
            changed = True
            return worker.block(_at_line(text, stmt.line))
        return (with_blocks(stmt, tuple(map(block, blocks(stmt)))),)

    body = block(program.body)
    return program.with_body(body) if changed else program


def checked(program: Program) -> Program:
    """The program with checks of extents that NumPy takes, and the rules do not.

    ``np.einsum`` broadcasts extents of 1; ``np.cross`` has vectors of two elements.
    """
    changed = False

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> Block:
        nonlocal changed
        stmt = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        tests, message = _doubts(stmt)
        if not tests:
            return (stmt,)
        changed = True
        check = f"if {' or '.join(tests)}:\n    raise ValueError({message!r})"
        return (Check(ast.parse(check).body[0], line=stmt.line), stmt)

    body = block(program.body)
    return program.with_body(body) if changed else program


def _doubts(stmt: Stmt) -> tuple[list[str], str]:
    """Tests of whether extents are not what the rules take, and what to say then."""
    match stmt:
        case Assign(value=ast.Call(func=func, args=[ast.Constant(value=str(text)), *args])) if (
            dotted(func) == "np.einsum"
        ):
            message = "np.einsum: an extent of 1 is not broadcast here; use np.broadcast_to"
            return _unequal_extents(text, args), message
        case Assign(value=ast.Call(func=func, args=[a, b])) if dotted(func) == "np.cross":
            tests = [f"{ast.unparse(x)}.shape[0] != 3" for x in (a, b)]
            return tests, "np.cross: vectors of three elements only"
        case Assign(value=ast.Call(func=func, args=[a, b]) as call) if is_valid_part(call):
            tests = [f"{ast.unparse(a)}.shape[0] < {ast.unparse(b)}.shape[0]"]
            return tests, f"{dotted(func)}: give the longer vector first"
        case Assign(value=ast.Call(func=func, args=[a])) if dotted(func) in MATRICES:
            message = f"{dotted(func)}: of one variable NumPy gives a number; use np.var"
            return [f"{ast.unparse(a)}.shape[0] == 1"], message
    return [], ""


MATRICES = ("np.cov", "np.corrcoef")
"""Functions that give a matrix, or a number for a single row."""


def is_valid_part(call: ast.Call) -> bool:
    """Whether a convolution has only what needs no values beyond the ends."""
    mode = [literal(k.value) for k in call.keywords]
    return (dotted(call.func), mode) in (("np.correlate", []), ("np.convolve", ["valid"]))


def _unequal_extents(text: str, operands: list[Expr]) -> list[str]:
    """Tests of whether extents that share an index differ."""
    first: dict[str, str] = {}
    tests: dict[str, None] = {}
    for letters, operand in zip(text.split("->")[0].split(","), operands, strict=True):
        for axis, letter in enumerate(letters):
            extent = f"{ast.unparse(operand)}.shape[{axis}]"
            known = first.setdefault(letter, extent)
            if known != extent:
                tests[f"{known} != {extent}"] = None
    return list(tests)


def _at_line(text: str, line: int) -> list[ast.stmt]:
    """The statements of a text, all at the user's line."""
    body = ast.parse(text).body
    for node in (n for stmt in body for n in ast.walk(stmt)):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno = line
    return body


def _text(target: str, value: Expr, kinds: Kinds, fresh: Callable[[str], str]) -> str | None:
    """What an operation stands for, None where it stays."""
    rank = _Ranks(kinds)
    match value:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            return product(target, left, right, rank, fresh)
        case ast.Call(func=ast.Name(id="zeros_for_each")):
            return None  # of the list itself
        case ast.Call(func=func) if (name := dotted(func)) in FUNCTIONS:
            if arrays := _lists(value, kinds, types.Array):
                return _of_arrays(target, value, arrays, kinds, fresh)
            if name not in ("np.array", "sum") and (lists := _lists(value, kinds)):
                return _with_arrays(target, value, lists, fresh)
            return spelt(target, value, rank, fresh)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Slice(lower=a, upper=b, step=c)) if (
            isinstance(kinds.get(name), types.List)
        ):
            return part_of(target, name, (a, b, c), fresh)
        case ast.BinOp(left=ast.Name(id=a), op=ast.Add(), right=ast.Name(id=b)) if isinstance(
            kinds.get(a), types.List
        ) and isinstance(kinds.get(b), types.List):
            return one_after_another(target, a, b, fresh)
        case ast.Subscript(value=ast.Name(id=array), slice=ast.Tuple(elts=parts)):
            return _gathered(target, array, parts, kinds)
    return None


class _Ranks:
    """Ranks and dtypes of operands."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds

    def __call__(self, operand: Expr) -> int:
        kind = self.kinds.get(operand.id) if isinstance(operand, ast.Name) else None
        return kind.ndim if isinstance(kind, types.Array) else 0

    def is_number(self, operand: Expr) -> bool:
        kind = self.kinds.get(operand.id) if isinstance(operand, ast.Name) else None
        return isinstance(operand, ast.Constant) or isinstance(kind, types.Number | types.Boolean)

    def dtype(self, name: str) -> str:
        kind = self.kinds[name]
        return dtype_text(kind.dtype if isinstance(kind, types.Array) else kind)


def _lists(call: ast.Call, kinds: Kinds, of: Any = NUMBERS) -> list[str]:
    """Operands of a call that are lists of numbers, or of arrays."""
    operands = {a.id: kinds.get(a.id) for a in call.args if isinstance(a, ast.Name)}
    lists = {n: k.dtype for n, k in operands.items() if isinstance(k, types.List)}
    return [n for n, element in lists.items() if isinstance(element, of)]


def _of_arrays(
    target: str, call: ast.Call, lists: list[str], kinds: Kinds, fresh: Callable[[str], str]
) -> str | None:
    """A call of a function of lists of arrays."""
    kind: Any = kinds[lists[0]]
    element = kind.dtype
    if dotted(call.func) in JOINED:
        return joined(target, call, element.ndim, str(element.dtype), fresh)
    if dotted(call.func) != "np.array":
        return _with_arrays(target, call, lists, fresh)
    if call.keywords:
        raise ValueError("np.array of a list of arrays: leave the dtype to `.astype(...)`")
    return stacked(target, lists[0], element.ndim, str(element.dtype), fresh)


def _with_arrays(
    target: str, call: ast.Call, lists: list[str], fresh: Callable[[str], str]
) -> str | None:
    """The call on arrays of what the lists have."""
    if dotted(call.func) == "len":
        return None
    arrays = {name: fresh(f"{name}_array") for name in lists}
    args = [
        ast.Name(arrays[a.id]) if isinstance(a, ast.Name) and a.id in arrays else a
        for a in call.args
    ]
    lines = [f"{array} = np.array({name})" for name, array in arrays.items()]
    made = ast.Call(call.func, args, call.keywords)
    return "\n".join([*lines, f"{target} = {ast.unparse(made)}"])


def _gathered(target: str, array: str, parts: list[Expr], kinds: Kinds) -> str | None:
    """``x[:, i]`` as ``np.take(x, i, axis=1)``, other slices taken first."""
    vectors = [k for k, p in enumerate(parts) if _is_vector(p, kinds)]
    if len(vectors) != 1 or any(is_ellipsis(p) for p in parts):
        return None
    others = [p for k, p in enumerate(parts) if k not in vectors]
    at = vectors[0]
    mask = kinds[parts[at].id].dtype == types.boolean  # type: ignore[attr-defined]
    sliced = any(isinstance(p, ast.Slice) for p in others)
    if not (mask or sliced) or not all(map(_is_plain, others)):
        return None
    numbers = [k for k, p in enumerate(parts) if not isinstance(p, ast.Slice)]
    first = numbers[-1] - numbers[0] != len(numbers) - 1  # NumPy puts such an axis first
    index = parts[at]
    assert isinstance(index, ast.Name)
    axis = at - sum(k < at for k in numbers)
    basic = [p if k != at else ast.Slice() for k, p in enumerate(parts)]
    whole = all(isinstance(p, ast.Slice) and _is_whole(p) for p in basic)
    view = array if whole else ast.unparse(ast.Subscript(ast.Name(array), ast.Tuple(basic)))
    positions, check = index.id, ""
    if mask:
        positions = f"np.flatnonzero({index.id})"
        check = f"if len({index.id}) != {array}.shape[{at}]:\n"
        check += "    raise IndexError('the mask has another length than the axis')\n"
    taken = f"np.take({view}, {positions}, axis={axis})"
    return f"{check}{target} = {f'np.moveaxis({taken}, {axis}, 0)' if first and axis else taken}"


def _is_vector(part: Expr, kinds: Kinds) -> bool:
    """Whether a part of a subscript is a vector of integers or booleans."""
    kind = kinds.get(part.id) if isinstance(part, ast.Name) else None
    vector = isinstance(kind, types.Array) and kind.ndim == 1
    return vector and isinstance(kind.dtype, types.Integer | types.Boolean)  # type: ignore[union-attr]


def _is_plain(part: Expr) -> bool:
    """Whether a part of a subscript is a slice or a number."""
    return not (isinstance(part, ast.Constant) and part.value is None)


def _is_whole(part: ast.Slice) -> bool:
    return part.lower is None and part.upper is None and part.step is None
