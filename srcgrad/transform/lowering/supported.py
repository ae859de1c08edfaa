"""Supported: what is left of NumPy and Numba cannot compile becomes something it can.

In: a typed Program. Out: the same with arguments and functions that Numba lacks expressed by
those it has.

Invariant: the same values as before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from numba import types

from ...program import Assign, Block, Expr, Program, Stmt, blocks, with_blocks, with_expressions
from ...rules.expressions import literal
from ...syntax import elements_of
from .elementwise import step_at
from .triangles import side_of


def supported(program: Program, triangles: Mapping[str, bool] = MappingProxyType({})) -> Program:
    """The program in the language that Numba compiles; ``triangles`` has what is known of names."""

    def block(body: Block) -> Block:
        return tuple(statement(s) for s in body)

    def statement(stmt: Stmt) -> Stmt:
        match stmt:
            case Assign(value=ast.Call(args=[A, _]) as call) if is_solve(call):
                stmt = replace(stmt, value=solved(call, program.types, side_of(A, triangles)))
        new = with_expressions(stmt, lambda e: lowered(e, program.types))
        return with_blocks(new, tuple(map(block, blocks(stmt))))

    return program.with_body(block(program.body))


def lowered(expr: Any, kinds: Mapping[str, types.Type]) -> Any:
    """An expression with its calls replaced, inner ones first."""
    if not isinstance(expr, ast.AST):
        return expr
    fields = {
        name: [lowered(v, kinds) for v in value]
        if isinstance(value, list)
        else lowered(value, kinds)
        for name, value in ast.iter_fields(expr)
    }
    new = type(expr)(**fields)
    match new:
        case ast.Call(func=func) if ast.unparse(func) in REPLACED:
            return REPLACED[ast.unparse(func)](new, kinds) or new
        case ast.BinOp(left=left, op=ast.MatMult() as op, right=right):
            return ast.BinOp(contiguous(left, kinds), op, contiguous(right, kinds))
    return new


Lowering = Callable[[ast.Call, Mapping[str, types.Type]], Expr | None]


def contiguous(operand: Expr, kinds: Mapping[str, types.Type]) -> Expr:
    """An operand that BLAS takes: a copy where its layout is not known."""
    match operand:
        case ast.Name(id=name) if getattr(kinds.get(name), "layout", "C") == "A":
            return call("np.ascontiguousarray", operand)
        case ast.Attribute(value=ast.Name(id=name), attr="T") if (
            getattr(kinds.get(name), "layout", "C") == "A"
        ):
            return call("np.ascontiguousarray", operand)
        case ast.Subscript():
            return call("np.ascontiguousarray", operand)
    return operand


def call(name: str, *args: Expr, **keywords: Expr) -> Expr:
    """A call by canonical name."""
    func = ast.parse(name, mode="eval").body
    return ast.Call(func, list(args), [ast.keyword(k, v) for k, v in keywords.items()])


def keyword(node: ast.Call, name: str) -> Expr | None:
    """A keyword argument."""
    return next((k.value for k in node.keywords if k.arg == name), None)


def reduction(plain: str, along: str) -> Lowering:
    """A reduction with ``axis`` and ``keepdims``."""

    def change(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
        axis, keep = keyword(node, "axis"), keyword(node, "keepdims")
        operand = node.args[0]
        if axis is None and keep is None:
            return None
        if axis is None:
            whole = call(plain, operand)
            ones = ast.Tuple([ast.Constant(1)] * rank(operand, kinds), ast.Load())
            return call("np.full", ones, whole)
        if isinstance(axis, ast.Tuple):
            return None
        axis = positive(axis, rank(operand, kinds))
        if plain == "np.mean":
            size = ast.Subscript(ast.Attribute(operand, "shape", ast.Load()), axis, ast.Load())
            value: Expr = ast.BinOp(call("np.sum", operand, axis=axis), ast.Div(), size)
        elif along:
            value = call(along, operand, axis)
        else:
            value = call(plain, operand, axis=axis)
        return value if keep is None else call("np.expand_dims", value, axis)

    return change


def rank(expr: Expr, kinds: Mapping[str, types.Type]) -> int:
    """The number of axes of an expression."""
    match expr:
        case ast.Name(id=name):
            return getattr(kinds.get(name), "ndim", 0)
        case ast.BinOp(left=left, right=right):
            return max(rank(left, kinds), rank(right, kinds))
        case ast.UnaryOp(operand=operand):
            return rank(operand, kinds)
        case ast.Attribute(value=value, attr="T"):
            return rank(value, kinds)
        case ast.Call(args=[first, *_]):
            return rank(first, kinds)
        case ast.Subscript(value=value, slice=ast.Tuple(elts=elts)) if all(
            isinstance(e, ast.Slice) for e in elts
        ):
            return rank(value, kinds)
    return 0


def positive(axis: Expr, ndim: int) -> Expr:
    """An axis counted from the front."""
    try:
        value = ast.literal_eval(ast.unparse(axis))
    except ValueError:
        return axis
    return ast.Constant(value % ndim) if isinstance(value, int) and ndim else axis


def along(helper: str) -> Lowering:
    """A scan or a sort: a function of srcgrad's own where there are several axes."""

    def change(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
        axis, ndim = keyword(node, "axis"), rank(node.args[0], kinds)
        if ndim == 1:
            return ast.Call(node.func, node.args, [k for k in node.keywords if k.arg != "axis"])
        if axis is None:
            return None if helper != "sort_along" else call(helper, node.args[0], ast.Constant(-1))
        return call(helper, node.args[0], axis)

    return change


def gathered(position: str) -> Lowering:
    """A rearrangement along an axis as a subscript: ``position`` of its extent m and of n."""

    def change(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
        x, n = node.args
        axis = keyword(node, "axis")
        ndim = rank(x, kinds)
        axis = ast.Constant(0) if axis is None and ndim == 1 else axis
        place = literal(positive(axis, ndim)) if axis is not None else None
        if not isinstance(place, int) or isinstance(n, ast.Tuple) or rank(n, kinds):
            return None
        name = f"({ast.unparse(x)})"
        index = position.format(m=f"{name}.shape[{place}]", n=f"({ast.unparse(n)})")
        return ast.parse(f"{name}[{':, ' * place}{index}]", mode="eval").body

    return change


def padded(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.pad`` with zeros."""
    x, width = node.args
    ndim = rank(x, kinds)
    match width:
        case ast.Tuple(elts=[ast.Tuple(elts=rows), ast.Tuple(elts=columns)]):
            widths = [*rows, *columns]
        case ast.Tuple(elts=elts):
            widths = elts * ndim
        case _:
            widths = [width] * (2 * ndim)
    if node.keywords or ndim not in (1, 2) or len(widths) != 2 * ndim:
        return None
    return call("pad_vector" if ndim == 1 else "pad_matrix", x, *widths)


def deviation(root: bool) -> Lowering:
    """``np.var`` and ``np.std`` with ``axis``, ``ddof`` or ``keepdims``."""

    def change(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
        ndim, axis, ddof = rank(node.args[0], kinds), keyword(node, "axis"), keyword(node, "ddof")
        keep, x = keyword(node, "keepdims"), f"({ast.unparse(node.args[0])})"
        less = f"- {ast.unparse(ddof)}" if ddof is not None else ""
        if not node.keywords or isinstance(axis, ast.Tuple) or (keep is not None and axis is None):
            return None
        if axis is None:
            text = f"np.var({x}) * {x}.size / ({x}.size {less})"
        else:
            a = ast.unparse(positive(axis, ndim))
            mean = f"np.expand_dims(np.sum({x}, axis={a}), {a}) / {x}.shape[{a}]"
            mean = f"np.sum({x}) / {x}.size" if ndim == 1 else mean
            along = "" if ndim == 1 else f", axis={a}"
            text = f"np.sum(({x} - {mean}) ** 2{along}) / ({x}.shape[{a}] {less})"
            text = text if keep is None or ndim == 1 else f"np.expand_dims({text}, {a})"
            text = f"np.full(1, {text})" if keep is not None and ndim == 1 else text
        return ast.parse(f"np.sqrt({text})" if root else text, mode="eval").body

    return change


def flipped(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.flip`` along some axes as a subscript."""
    ndim, axis = rank(node.args[0], kinds), keyword(node, "axis")
    axes = elements_of(axis) if axis is not None else []
    turned = {ast.unparse(positive(a, ndim)) for a in axes} or set(map(str, range(ndim)))
    if not ndim or not all(t.isdigit() for t in turned):
        return None
    parts = ", ".join("::-1" if str(k) in turned else ":" for k in range(ndim))
    return ast.parse(f"({ast.unparse(node.args[0])})[{parts}]", mode="eval").body


def moved(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.moveaxis`` and ``np.swapaxes`` as ``np.transpose``."""
    ndim = rank(node.args[0], kinds)
    ends = [positive(a, ndim) for a in node.args[1:]]
    if not all(isinstance(e, ast.Constant) for e in ends):
        return None
    first, second = (int(ast.unparse(e)) for e in ends)
    order = list(range(ndim))
    if ast.unparse(node.func) == "np.swapaxes":
        order[first], order[second] = second, first
    else:
        order.insert(second, order.pop(first))
    if order == list(range(ndim)):
        return node.args[0]
    axes = ast.Tuple([ast.Constant(k) for k in order], ast.Load())
    return call("np.transpose", node.args[0], axes)


def absolute(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``abs`` of an array."""
    return call("np.abs", *node.args) if rank(node.args[0], kinds) else None


def clipped(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.clip`` as a minimum of a maximum."""
    if len(node.args) != 3:
        return None
    x, low, high = node.args
    return call("np.minimum", call("np.maximum", x, low), high)


def inner_product(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.vdot`` of anything as one of vectors."""
    x, y = (call("np.ravel", call("np.ascontiguousarray", a)) for a in node.args)
    return call("np.dot", x, y)


def cast(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.astype`` as the method."""
    x, dtype = node.args
    return ast.Call(ast.Attribute(x, "astype", ast.Load()), [dtype], [])


def dotted(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.dot`` on contiguous operands."""
    if not all(rank(a, kinds) for a in node.args):
        return ast.BinOp(node.args[0], ast.Mult(), node.args[1])
    return ast.Call(node.func, [contiguous(a, kinds) for a in node.args], [])


def transposed(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.transpose`` of a vector is the vector."""
    return node.args[0] if rank(node.args[0], kinds) == 1 else None


def counted(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``float`` of a truth value, which Numba has for numbers only."""
    truth = isinstance(node.args[0], ast.Compare | ast.BoolOp)
    match node.args[0]:
        case ast.Name(id=name):
            truth = isinstance(kinds.get(name), types.Boolean)
        case ast.UnaryOp(op=ast.Not()):
            truth = True
    return ast.Call(node.func, [ast.Call(ast.Name("int"), node.args, [])], []) if truth else None


def reshaped(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.reshape``, which Numba has for contiguous arrays only."""
    first = node.args[0]
    if isinstance(first, ast.Name) and getattr(kinds.get(first.id), "layout", "C") == "C":
        return None
    return ast.Call(node.func, [call("np.ascontiguousarray", first), *node.args[1:]], node.keywords)


def expanded(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.expand_dims`` at several places, one after the other."""
    x, axis = node.args
    if not isinstance(axis, ast.Tuple):
        return None
    ndim = rank(x, kinds) + len(axis.elts)
    for place in sorted(int(ast.unparse(positive(a, ndim))) for a in axis.elts):
        x = call("np.expand_dims", x, ast.Constant(place))
    return x


def joined(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """Arrays that are joined, in a tuple."""
    first, *rest = node.args
    if not isinstance(first, ast.List):
        return None
    return ast.Call(node.func, [ast.Tuple(first.elts, ast.Load()), *rest], node.keywords)


def diagonal(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.diagonal`` of a matrix as ``np.diag``."""
    offset = keyword(node, "offset")
    return call("np.diag", *node.args) if offset is None else call("np.diag", *node.args, k=offset)


def straightened(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """A call whose arrays Numba takes contiguous only."""
    return ast.Call(node.func, [contiguous(a, kinds) for a in node.args], node.keywords)


def taken(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.take`` along an axis: a function of srcgrad's own, since Numba's compiles slowly."""
    x, index = node.args
    axis, ndim = keyword(node, "axis"), rank(x, kinds)
    if axis is None or not isinstance(x, ast.Name) or rank(index, kinds) != 1:
        return None
    place = literal(positive(axis, ndim))
    extents = [f"{x.id}.shape[{k}]" for k in range(ndim)]
    extents[place] = f"{ast.unparse(index)}.size"
    lines = call("take_lines", x, index, ast.Constant(place))
    shape = ast.parse(f"({', '.join(extents)},)", mode="eval").body
    return call("np.reshape", lines, shape)


def widened(operand: Expr) -> Expr:
    """``x.astype(np.float64)``."""
    wide = ast.parse("np.float64", mode="eval").body
    return ast.Call(ast.Attribute(operand, "astype", ast.Load()), [wide], [])


def convolved(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.convolve``, ``np.correlate``: functions of srcgrad's own, Numba's being slow."""
    x, y = node.args
    mode = literal(keyword(node, "mode") or ast.Constant(None))
    if ast.unparse(node.func) == "np.convolve" and mode in (None, "full"):
        return call("convolve_full", x, y)
    if ast.unparse(node.func) == "np.convolve" and mode == "valid":
        backwards = ast.Slice(step=ast.Constant(-1))
        return call("correlate_valid", x, ast.Subscript(y, backwards, ast.Load()))
    return call("correlate_valid", x, y) if mode in (None, "valid") else None


def is_solve(node: ast.Call) -> bool:
    """Whether a call solves a system of linear equations."""
    return ast.unparse(node.func) == "np.linalg.solve"


def solved(node: ast.Call, kinds: Mapping[str, types.Type], lower: bool | None = None) -> Expr:
    """``np.linalg.solve`` of a matrix: a lower or upper triangle, or what may turn out to be."""
    named = [ast.unparse(a).removesuffix(".T") for a in node.args]
    dtypes = {getattr(kinds.get(name), "dtype", None) for name in named}
    A, b = node.args
    ranks = rank(A, kinds), rank(b, kinds)
    what = {(2, 1): "vector", (2, 2): "matrix"}.get(ranks)
    if what is None or not all(isinstance(d, types.Float) for d in dtypes):
        return node
    same = len(dtypes) == 1  # Numba's, and LAPACK's, are for operands of one dtype
    operands = [a if same else widened(a) for a in node.args]
    if lower is not None:
        return call(f"substitute_{what}", *operands, ast.Constant(lower))
    return call(f"solve_{what}", *operands)


def step(node: ast.Call, kinds: Mapping[str, types.Type]) -> Expr | None:
    """``np.heaviside`` of numbers."""
    return step_at(*node.args)


REPLACED: Mapping[str, Lowering] = {
    "np.heaviside": step,
    "np.take": taken,
    "np.convolve": convolved,
    "np.correlate": convolved,
    "np.linalg.solve": solved,
    "np.sum": reduction("np.sum", ""),
    "np.mean": reduction("np.mean", ""),
    "np.max": reduction("np.max", "max_along"),
    "np.min": reduction("np.min", "min_along"),
    "np.prod": reduction("np.prod", "prod_along"),
    "np.repeat": gathered("np.arange({m} * {n}) // {n}"),
    "np.roll": gathered("(np.arange({m}) - {n}) % {m}"),
    "np.tile": gathered("np.arange({m} * {n}) % {m}"),
    "np.pad": padded,
    "np.var": deviation(root=False),
    "np.std": deviation(root=True),
    "np.sort": along("sort_along"),
    "np.cumsum": along("cumsum_along"),
    "np.cumprod": along("cumprod_along"),
    "np.flip": flipped,
    "np.moveaxis": moved,
    "np.swapaxes": moved,
    "abs": absolute,
    "np.clip": clipped,
    "np.vdot": inner_product,
    "np.diagonal": diagonal,
    "np.kron": straightened,
    "np.linalg.matrix_power": straightened,
    "np.astype": cast,
    "np.dot": dotted,
    "np.transpose": transposed,
    "np.reshape": reshaped,
    "float": counted,
    "np.expand_dims": expanded,
    **{
        f"np.{name}": joined
        for name in ("concatenate", "stack", "hstack", "vstack", "column_stack", "dstack")
    },
}
"""What Numba lacks, or types only for some operands."""
