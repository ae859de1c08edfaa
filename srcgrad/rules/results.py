# mypy: disable-error-code="no-untyped-call"
"""The Numba type of an operation on arrays, by NumPy's rules and without compiling anything.

In: an operation and the types of its operands. Out: its type (``result_type``), or None
where the operands are scalars (Numba types those natively and cheaply) or do not fit.

Operands reach the result functions as Numba types where they are values, and as Python
constants, dtypes or tuples where the text states them (``axis=0``, ``np.float32``, ``(2, n)``).

Invariant: dtype and rank are NumPy's. Numbers that are not arrays are weak, as NumPy 2 has it
for Python's: a float32 array times a float stays float32. Fresh arrays are C-ordered, unless
every operand is F-ordered.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype, from_dtype

from .declarations import FUNCTIONS
from .expressions import MISSING, dotted, literal

Types = Callable[[ast.expr], Any]
Result = Callable[..., Any]

UFUNCS: dict[type[ast.AST], np.ufunc] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.Pow: np.power, ast.FloorDiv: np.floor_divide, ast.Mod: np.remainder,
    ast.USub: np.negative, ast.UAdd: np.positive, ast.Invert: np.invert,
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
    ast.Eq: np.equal, ast.NotEq: np.not_equal, ast.BitAnd: np.bitwise_and,
    ast.BitOr: np.bitwise_or, ast.BitXor: np.bitwise_xor, ast.LShift: np.left_shift,
    ast.RShift: np.right_shift,
}  # fmt: skip


def result_type(value: ast.expr, types_of: Types) -> Any:
    """The Numba type of one operation, or None where Numba's own inference should say.

    Parameters
    ----------
    value : ast.expr
        A canonical operation.
    types_of : callable
        The type of an operand, None where it is not known.
    """
    try:
        return _result_type(value, types_of)
    except (TypeError, AttributeError):  # an operand that is no array, or no number: a tuple
        return None


def _result_type(value: ast.expr, types_of: Types) -> Any:
    match value:
        case ast.Call(func=func, args=args, keywords=keywords):
            declared = FUNCTIONS.get(dotted(func) or "")
            if declared is None or declared.result is None:
                return None
            operands = [operand(a, types_of) for a in args]
            named = {str(k.arg): operand(k.value, types_of) for k in keywords}
            if UNKNOWN in [*operands, *named.values()]:
                return None
            return declared.result(*operands, **named)
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            return product(operand(left, types_of), operand(right, types_of))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in UFUNCS:
            pair = operand(left, types_of), operand(right, types_of)
            return None if UNKNOWN in pair else elementwise(UFUNCS[type(op)])(*pair)
        case ast.UnaryOp(op=op, operand=x) if type(op) in UFUNCS:
            single = operand(x, types_of)
            return None if single is UNKNOWN else elementwise(UFUNCS[type(op)])(single)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in UFUNCS:
            pair = operand(left, types_of), operand(right, types_of)
            return None if UNKNOWN in pair else elementwise(UFUNCS[type(op)])(*pair)
    return None


UNKNOWN = types.undefined
"""The operand whose type is not known."""

_DTYPE_NAMES = {"float": float, "int": int, "bool": bool}


def operand(expr: ast.expr, types_of: Types) -> Any:
    """What a result function sees of an argument."""
    if (value := literal(expr)) is not MISSING:
        return value
    match expr:
        case ast.Tuple(elts=elts):
            return tuple(operand(e, types_of) for e in elts)
        case ast.List(elts=elts):
            return [operand(e, types_of) for e in elts]
        case ast.Name(id=name) if name in _DTYPE_NAMES:
            return _DTYPE_NAMES[name]
        case ast.Attribute(value=ast.Name(id="np" | "math" as module), attr=attr):
            return vars(np if module == "np" else math)[attr]
        case ast.Attribute(value=base, attr="shape" | "size" | "ndim" | "dtype" as attr):
            return _attribute(types_of(base), attr)
        case ast.Subscript(value=ast.Attribute(attr="shape")):
            return types.intp
        case ast.Call(func=ast.Name(id="len")):
            return types.intp
    known = types_of(expr)
    return UNKNOWN if known is None else types.unliteral(known)


def _attribute(base: Any, attr: str) -> Any:
    if not isinstance(base, types.Array):
        return UNKNOWN
    match attr:
        case "shape":
            return types.UniTuple(types.intp, base.ndim)
        case "dtype":
            return as_dtype(base.dtype)
    return types.intp


# What operands have in common


def is_array(x: Any) -> bool:
    """Whether an operand is an array."""
    return isinstance(x, types.Array)


def rank(x: Any) -> int:
    """The number of dimensions of an operand."""
    return x.ndim if is_array(x) else 0


def fresh(dtype: Any, ndim: int, *operands: Any) -> Any:
    """The type of a new array: in F order where all its array operands are."""
    if not isinstance(dtype, types.Type):
        dtype = from_dtype(np.dtype(dtype))
    if ndim == 0:
        return dtype
    arrays = [x for x in operands if is_array(x) and x.ndim > 1]
    fortran = ndim > 1 and arrays and all(x.layout == "F" and x.ndim == ndim for x in arrays)
    return types.Array(dtype, ndim, "F" if fortran else "C")


def promotable(x: Any) -> Any:
    """An operand as NumPy's promotion takes it: a dtype, or float or int for a weak number."""
    if is_array(x):
        return as_dtype(x.dtype)
    if isinstance(x, bool | np.bool_) or x == types.boolean:
        return np.dtype(bool)
    if isinstance(x, types.Float):
        return float if x == types.float64 else as_dtype(x)
    if isinstance(x, types.Integer):
        return int
    if isinstance(x, int | float):
        return type(x)
    raise TypeError(f"not a number or an array: {x}")


def promoted(*operands: Any) -> np.dtype[Any]:
    """The dtype that several operands have together."""
    found = map(promotable, operands)
    return np.result_type(*(p(1) if isinstance(p, type) else p for p in found))


def floating(x: Any) -> Any:
    """The floating-point dtype that a function of a real operand has (int: float64)."""
    if not isinstance(x, types.Type):
        return np.dtype(float)
    scalar: Any = x.dtype if isinstance(x, types.Array) else x
    dtype = as_dtype(scalar)
    return dtype if dtype.kind == "f" else np.dtype(float)


# Result functions


def elementwise(ufunc: np.ufunc) -> Result:
    """A ufunc's result on operands of which one at least is an array."""

    def result(*operands: Any) -> Any:
        if not any(map(is_array, operands)):
            return None
        try:
            dtypes = ufunc.resolve_dtypes((*map(promotable, operands), *[None] * ufunc.nout))
        except TypeError:
            return None
        return fresh(dtypes[-1], max(map(rank, operands)), *operands)

    return result


def promotion(*operands: Any) -> Any:
    """Operands broadcast and promoted (``where`` without its condition, ``clip``)."""
    try:
        if not any(map(is_array, operands)):
            return promoted_scalar(*operands)
        return fresh(promoted(*operands), max(map(rank, operands)), *operands)
    except TypeError:
        return None


def where(c: Any, x: Any, y: Any) -> Any:
    """``np.where``: the condition gives shape, the rest dtype."""
    if not any(map(is_array, (c, x, y))):
        return promoted_scalar(x, y)
    return fresh(promoted(x, y), max(map(rank, (c, x, y))), c, x, y)


def promoted_scalar(*operands: Any) -> Any:
    """The type of a selection among scalars."""
    found = [p if isinstance(p, np.dtype) else np.dtype(p) for p in map(promotable, operands)]
    return from_dtype(np.result_type(*found))


def floats(x: Any, *_: Any, **__: Any) -> Any:
    """An array (or scalar) like the operand, in floating point."""
    return fresh(floating(x), rank(x), x)


def cast(dtype: Any) -> Result:
    """The operand in another dtype (None for scalars)."""
    return lambda x: fresh(dtype, x.ndim, x) if is_array(x) else None


def same(x: Any, *_: Any, **__: Any) -> Any:
    """A fresh array of the operand's dtype and rank."""
    return fresh(x.dtype, x.ndim, x) if is_array(x) else None


def reduction(kind: str = "same") -> Result:
    """A reduction over ``axis``.

    ``kind`` is "same", "sum" (small integers widen), "float", "index" or "bool".
    """

    def result(x: Any, axis: Any = None, keepdims: Any = False, **_: Any) -> Any:
        if not is_array(x) or not isinstance(keepdims, bool):
            return None
        dtype = {
            "same": lambda: as_dtype(x.dtype),
            "sum": lambda: np.sum(np.empty(0, as_dtype(x.dtype))).dtype,
            "float": lambda: floating(x),
            "index": lambda: np.dtype(np.intp),
            "bool": lambda: np.dtype(bool),
        }[kind]()
        if keepdims:
            return fresh(dtype, x.ndim)
        if axis is None:
            return from_dtype(dtype)
        return fresh(dtype, x.ndim - shape_rank(axis))

    return result


def product(x: Any, y: Any) -> Any:
    """``x @ y``: vectors, matrices, and stacks of matrices."""
    ranks = rank(x), rank(y)
    if 0 in ranks:
        return None
    lead = max(*ranks, 2) - 2
    return fresh(promoted(x, y), lead + (ranks[0] > 1) + (ranks[1] > 1))


def contraction(x: Any, y: Any) -> Any:
    """``np.dot`` of arrays: over one axis of each."""
    ranks = rank(x), rank(y)
    return None if 0 in ranks else fresh(promoted(x, y), sum(ranks) - 2)


def dot(x: Any, y: Any) -> Any:
    """``np.dot``: a product, also with a number."""
    if not is_array(x) and not is_array(y):
        return promoted_scalar(x, y)
    scalar = 0 in (rank(x), rank(y))
    return elementwise(np.multiply)(x, y) if scalar else contraction(x, y)


def inner(x: Any, y: Any) -> Any:
    """``np.vdot``: a scalar from any ranks."""
    return from_dtype(promoted(x, y)) if is_array(x) and is_array(y) else None


def of_rank(ndim: int, *sources: int) -> Result:
    """An array of a fixed rank, dtype promoted from the first operands."""

    def result(*operands: Any, **_: Any) -> Any:
        return fresh(promoted(*(operands[k] for k in sources or (0,))), ndim)

    return result


# Shapes and allocation


def shape_rank(shape: Any) -> int:
    """How many dimensions a shape has; a shape that is an array or a list does not say."""
    if is_array(shape) or isinstance(shape, types.List):
        raise TypeError("a shape of unknown length")
    if isinstance(shape, tuple | list):
        return len(shape)
    return shape.count if isinstance(shape, types.UniTuple | types.Tuple) else 1


def dtype_of(dtype: Any) -> Any:
    """A Numba dtype from ``np.float32``, ``float``, ``x.dtype``, ..."""
    if isinstance(dtype, types.DType | types.NumberClass):
        return dtype.dtype
    return from_dtype(np.dtype(dtype))


def allocation(shape: Any, dtype: Any = float) -> Any:
    """``np.zeros(shape)`` and its like."""
    return fresh(dtype_of(dtype), shape_rank(shape))


def full(shape: Any, value: Any, dtype: Any = None) -> Any:
    """``np.full``: the dtype is the value's unless stated."""
    known = promoted_scalar(value) if dtype is None else dtype_of(dtype)
    return fresh(known, shape_rank(shape))


def like(x: Any, *_: Any, dtype: Any = None) -> Any:
    """``np.zeros_like(x)``, ``np.full_like(x, v)``: x's order, C where it has none."""
    if not is_array(x):
        return None
    return fresh(x.dtype if dtype is None else dtype_of(dtype), x.ndim, x)


def arange(*bounds: Any, dtype: Any = None) -> Any:
    """``np.arange``."""
    return fresh(promoted_scalar(*bounds) if dtype is None else dtype_of(dtype), 1)


def linspace(start: Any, stop: Any, num: Any = 50, **_: Any) -> Any:
    """``np.linspace`` between scalars."""
    return fresh(float, 1)


def eye(rows: Any, columns: Any = None, k: Any = 0, dtype: Any = float, **_: Any) -> Any:
    """``np.eye``, ``np.identity``."""
    return fresh(dtype_of(dtype), 2)


def nested(values: Any, dtype: Any = None, **_: Any) -> Any:
    """``np.array`` of an array, of numbers, or of nested displays."""
    if is_array(values):
        return like(values, dtype=dtype)
    if isinstance(values, list | tuple) and any(map(is_array, values)):
        values = [nested(x) if isinstance(x, list | tuple) else x for x in values]
    leaves, depth = [values], 0
    while leaves and isinstance(leaves[0], list | tuple):
        leaves, depth = [x for row in leaves for x in row], depth + 1
    if not leaves:
        return fresh(float if dtype is None else dtype_of(dtype), depth)
    match leaves[0]:
        case types.UniTuple() | types.Tuple() as whole:
            leaves, depth = list(whole.types), depth + 1
        case types.List() | types.ListType() as whole:
            leaves, depth = [whole.dtype], depth + 1
    arrays = [as_dtype(x.dtype) for x in leaves if is_array(x)]
    plain = [x for x in leaves if not is_array(x)]
    found = [*arrays, *([as_dtype(promoted_scalar(*plain))] if plain else [])]
    known = from_dtype(np.result_type(*found)) if dtype is None else dtype_of(dtype)
    return fresh(known, depth + max(map(rank, leaves)))


def reshape(x: Any, shape: Any, **_: Any) -> Any:
    """``np.reshape``."""
    return fresh(x.dtype, shape_rank(shape)) if is_array(x) else None


def ravel(x: Any, **_: Any) -> Any:
    """``np.ravel``."""
    return fresh(x.dtype, 1) if is_array(x) else None


def transpose(x: Any, axes: Any = None) -> Any:
    """A view with the axes turned round, or in another order."""
    if not is_array(x):
        return None
    turned = {"C": "F", "F": "C"}.get(x.layout, "A")
    layout = "C" if x.ndim == 1 else turned if axes is None else "A"
    if isinstance(axes, tuple) and all(isinstance(a, int) for a in axes):
        order = tuple(a % x.ndim for a in axes)
        straight = tuple(range(x.ndim))
        layout = x.layout if order == straight else turned if order == straight[::-1] else "A"
    return x.copy(layout=layout)
