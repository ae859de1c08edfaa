"""Rewrites: functions that are short forms of operators and of other functions.

In: a call with its canonical name, its arguments bound by the declared signature where there
is one. Out: the expression that it stands for, or None where the call stays as it is.

Invariant: the meaning is NumPy's; what would change it is a ``ValueError`` that says so.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from ..syntax import listed
from .calls import bind, call_of
from .expressions import dotted, literal
from .rewrites_of_matrices import (
    eigh,
    einsum,
    lstsq,
    matrix_norm,
    multi_dot,
    norm,
    qr,
    slogdet,
    svd,
    vector_norm,
)

# Short forms: from the bound call to what it stands for, or None to leave it


def _nested(name: str) -> Callable[[ast.Call], ast.expr | None]:
    """``max(a, b, c)`` as ``max(max(a, b), c)``, and the same of a display."""

    def rewrite(call: ast.Call) -> ast.expr | None:
        args = call.args
        if call.keywords:
            raise ValueError(f"{name}: the argument {call.keywords[0].arg!r} is not supported")
        if len(args) == 1 and isinstance(args[0], ast.Tuple | ast.List):
            args = args[0].elts
        if not args:
            raise ValueError(f"{name} of nothing")
        if len(args) == 1 and args is call.args:
            return None
        nested = args[0]
        for arg in args[1:]:
            nested = call_of(name, nested, arg)
        return nested

    return rewrite


def _sum(call: ast.Call) -> ast.expr | None:
    """``sum((a, b, c))`` as ``a + b + c``."""
    if (total := _spelt_out(call, ast.Add())) is not None:
        return total
    iterable, start = call.args[0], [k.value for k in call.keywords]
    return ast.BinOp(start[0], ast.Add(), call_of("sum", iterable)) if start else None


def _spelt_out(call: ast.Call, op: ast.operator) -> ast.expr | None:
    """The start and the elements of a display, one operation after the other."""
    iterable = call.args[0]
    if not isinstance(iterable, ast.Tuple | ast.List) or not iterable.elts:
        return None
    total, *rest = [*(k.value for k in call.keywords), *iterable.elts]
    for term in rest:
        total = ast.BinOp(total, op, term)
    return total


def _log(call: ast.Call) -> ast.expr | None:
    """``math.log(x, base)`` as a quotient."""
    match call.keywords:
        case [ast.keyword(arg="base", value=base)]:
            x = call.args[0]
            return ast.BinOp(call_of("math.log", x), ast.Div(), call_of("math.log", base))
    return None


def _shape_of(attribute: str) -> Callable[[ast.Call], ast.expr | None]:
    """``np.shape(x)`` as ``x.shape``."""

    def rewrite(call: ast.Call) -> ast.expr | None:
        match call.args, call.keywords:
            case [array], []:
                return ast.Attribute(array, attribute, ast.Load())
            case ([array, axis], []) | ([array], [ast.keyword(arg="axis", value=axis)]) if (
                attribute == "size"
            ):
                return ast.Subscript(ast.Attribute(array, "shape", ast.Load()), axis, ast.Load())
        return None

    return rewrite


def _chosen(name: str, neutral: float, joined: str) -> Callable[[ast.Call], ast.expr | None]:
    """A reduction of what a mask keeps, from a first value on, of other numbers.

    ``neutral`` stands for what the mask does not keep; ``joined`` has the first value as ``{0}``.
    """

    def rewrite(call: ast.Call) -> ast.expr | None:
        given = {str(k.arg): k.value for k in call.keywords}
        mask, first, dtype = (given.pop(k, None) for k in ("where", "initial", "dtype"))
        if mask is None and first is None and dtype is None:
            return None
        x = call.args[0]
        if dtype is not None and ast.unparse(dtype) != "None":
            x = bind(call_of("np.astype", x, dtype))
        if mask is not None:
            if first is None and math.isinf(neutral):
                raise ValueError(f"{name}: with a mask, give the first value as well")
            missing = first if first is not None and math.isinf(neutral) else ast.Constant(neutral)
            x = call_of("np.where", mask, x, missing)
        found = ast.unparse(bind(call_of(name, x, **given)))
        if first is None:
            return ast.parse(found, mode="eval").body
        return ast.parse(joined.format(f"({ast.unparse(first)})", found), mode="eval").body

    return rewrite


def _mean(call: ast.Call) -> ast.expr | None:
    """``np.mean`` of what a mask keeps, of other numbers."""
    given = {str(k.arg): k.value for k in call.keywords}
    mask, dtype = given.pop("where", None), given.pop("dtype", None)
    if mask is None and dtype is None:
        return None
    x = call.args[0]
    if dtype is not None and ast.unparse(dtype) != "None":
        x = bind(call_of("np.astype", x, dtype))
    if mask is None:
        return bind(call_of("np.mean", x, **given))
    parts = [x, call_of("np.ones_like", x)]
    total, count = (
        bind(call_of("np.sum", call_of("np.where", mask, p, ast.Constant(0)), **given))
        for p in parts
    )
    return ast.BinOp(total, ast.Div(), count)


def _reduce(name: str) -> Callable[[ast.Call], ast.expr | None]:
    """``np.add.reduce`` as ``np.sum`` along the first axis, if none is given."""

    def rewrite(call: ast.Call) -> ast.expr | None:
        given = {str(k.arg): k.value for k in call.keywords}
        given.setdefault("axis", ast.Constant(0))
        return call_of(name, *call.args, **given)

    return rewrite


def _in_fortran_order(call: ast.Call) -> ast.expr | None:
    """``order='F'``: that of the transposed array, from the last axis on."""
    name, given = dotted(call.func), {str(k.arg): k.value for k in call.keywords}
    order = literal(given.pop("order", ast.Constant("C")))
    turned = call_of("np.transpose", call.args[0])
    if order == "C":
        return bind(call_of(str(name), *call.args, **given))
    if order != "F":
        raise ValueError(f"{name}: the orders are 'C' and 'F'")
    if name == "np.ravel":
        return call_of("np.ravel", turned)
    shape = call.args[1]
    extents = listed(shape)
    if isinstance(shape, ast.Name):
        raise ValueError("np.reshape: with order='F' write the shape out")
    back = ast.Tuple(extents[::-1], ast.Load())
    return call_of("np.transpose", call_of("np.reshape", turned, back))


def _asfortranarray(call: ast.Call) -> ast.expr | None:
    """The transpose of what is contiguous in C order."""
    turned = call_of("np.transpose", call.args[0])
    return call_of("np.transpose", call_of("np.ascontiguousarray", turned))


def _resize(call: ast.Call) -> ast.expr | None:
    """``np.resize``: the elements over and over."""
    x, shape = call.args
    extents = listed(shape)
    size = ast.unparse(extents[0])
    for extent in extents[1:]:
        size += f" * {ast.unparse(extent)}"
    flat, text = ast.unparse(call_of("np.ravel", x)), ast.unparse(ast.Tuple(extents, ast.Load()))
    places = f"np.arange({size}) % np.size({ast.unparse(x)})"
    return ast.parse(f"np.reshape(np.take({flat}, {places}), {text})", mode="eval").body


def _text_of(text: str) -> Callable[[ast.Call], ast.expr | None]:
    """An expression of a call's arguments ``{0}``, ``{1}``."""

    def rewrite(call: ast.Call) -> ast.expr | None:
        return ast.parse(text.format(*(f"({ast.unparse(a)})" for a in call.args)), mode="eval").body

    return rewrite


def _cumulative_sum(call: ast.Call) -> ast.expr | None:
    """``np.cumulative_sum`` and its like: without an axis of vectors only, the last one here."""
    name = {"np.cumulative_sum": "np.cumsum", "np.cumulative_prod": "np.cumprod"}
    given = {str(k.arg): k.value for k in call.keywords}
    return call_of(name[str(dotted(call.func))], *call.args, **given)


def _round(call: ast.Call) -> ast.expr | None:
    """``round(x, n)`` of a number: by position."""
    match call.keywords:
        case [ast.keyword(arg="ndigits", value=digits)]:
            return bind(call_of("round", *call.args, digits))
    return None


def _logsumexp(call: ast.Call) -> ast.expr | None:
    """With an axis the result is an array: a function of its own."""
    given = {str(k.arg): k.value for k in call.keywords}
    keep, axis = literal(given.pop("keepdims", ast.Constant(False))), given.get("axis")
    if keep not in (False, True) or (keep and axis is None):
        raise ValueError("logsumexp: to keep an axis, name it, and write keepdims=True")
    if axis is None:
        return None
    along = call_of("logsumexp_along", call.args[0], axis)
    return bind(call_of("np.expand_dims", along, axis)) if keep else along


def _clip(call: ast.Call) -> ast.expr | None:
    """``np.clip`` with one bound only is a maximum or a minimum."""
    x, given = call.args[0], {str(k.arg): k.value for k in call.keywords}
    if {"a_min", "min"} <= given.keys() or {"a_max", "max"} <= given.keys():
        raise ValueError("np.clip: a bound is given twice")
    low = given.get("a_min", given.get("min"))
    high = given.get("a_max", given.get("max"))
    if low is None or high is None:
        bounds = [("np.maximum", low), ("np.minimum", high)]
        made = [call_of(name, x, bound) for name, bound in bounds if bound is not None]
        return made[0] if made else call_of("np.copy", x)
    return call_of("np.clip", x, low, high)


def _arange(call: ast.Call) -> ast.expr | None:
    """``np.arange`` with its bounds by position."""
    given = {str(k.arg): k.value for k in call.keywords}
    bounds = {name: given.pop(name) for name in ("start", "stop", "step") if name in given}
    if not bounds:
        return None
    alone = len(call.args) == 1 and "stop" not in bounds
    named = dict(zip(["stop"] if alone else ["start", "stop", "step"], call.args, strict=False))
    if "stop" not in named | bounds or named.keys() & bounds.keys():
        raise ValueError("np.arange: one start, one stop and one step, please")
    found = {"start": ast.Constant(0), "step": ast.Constant(1)} | named | bounds
    return call_of("np.arange", found["start"], found["stop"], found["step"], **given)


def _asarray(call: ast.Call) -> ast.expr | None:
    """Of a display, a new array."""
    if isinstance(call.args[0], ast.List | ast.Tuple):
        return bind(ast.Call(call_of("np.array").func, call.args, call.keywords))
    return None


def _squeeze(call: ast.Call) -> ast.expr | None:
    """Which axes go has to be known before the program runs."""
    if not call.keywords:
        raise ValueError("np.squeeze: give the axis, or use np.reshape")
    return None


def _percentile(call: ast.Call) -> ast.expr | None:
    """``np.percentile`` as ``np.quantile``, at places that are written out one by one."""
    a, q = call.args
    hundred = ast.Constant(100)
    if isinstance(q, ast.Tuple | ast.List):
        place: ast.expr = ast.List([ast.BinOp(e, ast.Div(), hundred) for e in q.elts], ast.Load())
    else:
        place = ast.BinOp(q, ast.Div(), hundred)
    return ast.Call(call_of("np.quantile").func, [a, place], call.keywords)


def _ptp(call: ast.Call) -> ast.expr | None:
    """``np.ptp`` is the greatest less the smallest."""
    high, low = (ast.Call(call_of(f).func, call.args, call.keywords) for f in ("np.max", "np.min"))
    return ast.BinOp(high, ast.Sub(), low)


def _select(call: ast.Call) -> ast.expr | None:
    """``np.select`` of displays as nested ``np.where``."""
    conditions, choices = call.args
    default = call.keywords[0].value if call.keywords else ast.Constant(0)
    if not isinstance(conditions, ast.List) or not isinstance(choices, ast.List):
        raise ValueError("np.select: write the conditions and the choices out as lists")
    if len(conditions.elts) != len(choices.elts):
        raise ValueError("np.select: as many choices as conditions, please")
    for condition, choice in zip(conditions.elts[::-1], choices.elts[::-1], strict=True):
        default = call_of("np.where", condition, choice, default)
    return default


def _product(call: ast.Call) -> ast.expr | None:
    """``math.prod([a, b, c])`` as ``a * b * c``; of an array, NumPy's product."""
    if (total := _spelt_out(call, ast.Mult())) is not None:
        return total
    iterable, start = call.args[0], [k.value for k in call.keywords]
    product = call_of("np.prod", iterable)
    return ast.BinOp(start[0], ast.Mult(), product) if start else product


def _fsum(call: ast.Call) -> ast.expr | None:
    """``math.fsum`` of a display or a vector."""
    iterable = call.args[0]
    if isinstance(iterable, ast.Tuple | ast.List):
        iterable = call_of("np.array", ast.List(iterable.elts, ast.Load()))
    return call_of("compensated_sum", iterable)


def _dist(call: ast.Call) -> ast.expr | None:
    """``math.dist`` of displays or of vectors."""
    match call.args:
        case [ast.Tuple(elts=p) | ast.List(elts=p), ast.Tuple(elts=q) | ast.List(elts=q)]:
            if len(p) != len(q):
                raise ValueError("math.dist: both points must have the same number of dimensions")
            rest = [ast.BinOp(a, ast.Sub(), b) for a, b in zip(p, q, strict=True)]
            return call_of("math.hypot", *rest)
        case [ast.Name() | ast.Subscript() as p, ast.Name() | ast.Subscript() as q]:
            return call_of("np.linalg.norm", ast.BinOp(p, ast.Sub(), q))
    raise ValueError("math.dist: give it two tuples or two vectors")


def _of_constants(function: Callable[..., int]) -> Callable[[ast.Call], ast.expr | None]:
    """A function of integers, computed where they are constants."""

    def rewrite(call: ast.Call) -> ast.expr | None:
        values = [literal(a) for a in (*call.args, *(k.value for k in call.keywords))]
        if not all(type(v) is int for v in values):
            raise ValueError(f"{ast.unparse(call.func)}: the arguments have to be constants")
        return ast.Constant(function(*values))

    return rewrite


REWRITES: dict[str, Callable[[ast.Call], ast.expr | None]] = {
    "max": _nested("max"),
    "min": _nested("min"),
    "math.hypot": _nested("math.hypot"),
    "sum": _sum,
    "math.log": _log,
    "np.shape": _shape_of("shape"),
    "np.size": _shape_of("size"),
    "np.ndim": _shape_of("ndim"),
    "np.sum": _chosen("np.sum", 0, "{0} + {1}"),
    "np.prod": _chosen("np.prod", 1, "{0} * {1}"),
    "np.max": _chosen("np.max", -math.inf, "np.maximum({0}, {1})"),
    "np.min": _chosen("np.min", math.inf, "np.minimum({0}, {1})"),
    "np.mean": _mean,
    "np.add.reduce": _reduce("np.sum"),
    "np.multiply.reduce": _reduce("np.prod"),
    "np.maximum.reduce": _reduce("np.max"),
    "np.minimum.reduce": _reduce("np.min"),
    "np.logaddexp.reduce": _reduce("logsumexp"),
    "np.add.accumulate": _reduce("np.cumsum"),
    "np.ravel": _in_fortran_order,
    "np.reshape": _in_fortran_order,
    "np.asfortranarray": _asfortranarray,
    "np.resize": _resize,
    "np.conjugate": _text_of("+{0}"),
    "np.real": _text_of("{0}"),
    "np.real_if_close": _text_of("{0}"),
    "np.angle": _text_of("np.arctan2(0.0, {0})"),
    "np.matrix_transpose": _text_of("np.swapaxes({0}, -2, -1)"),
    "np.vecdot": _text_of("np.sum({0} * {1}, axis=-1)"),
    "np.linalg.vector_norm": vector_norm,
    "np.linalg.matrix_norm": matrix_norm,
    "np.cumulative_sum": _cumulative_sum,
    "np.cumulative_prod": _cumulative_sum,
    "round": _round,
    "np.clip": _clip,
    "logsumexp": _logsumexp,
    "np.arange": _arange,
    "np.asarray": _asarray,
    "np.percentile": _percentile,
    "np.ptp": _ptp,
    "np.einsum": einsum,
    "np.linalg.eigh": eigh,
    "np.linalg.lstsq": lstsq,
    "np.linalg.multi_dot": multi_dot,
    "np.linalg.norm": norm,
    "np.linalg.qr": qr,
    "np.linalg.slogdet": slogdet,
    "np.linalg.svd": svd,
    "np.squeeze": _squeeze,
    "np.select": _select,
    "math.prod": _product,
    "math.fsum": _fsum,
    "math.dist": _dist,
    **{
        f"math.{f.__name__}": _of_constants(f)
        for f in (math.comb, math.factorial, math.isqrt, math.perm)
    },
}
"""Functions with a short form, by canonical name."""
