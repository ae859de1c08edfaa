"""One form for each operation: what normalise turns calls, methods and attributes into.

In: a call whose callee has its canonical name. Out: the same call with arguments bound by the
declared signature (no keyword that repeats a default, positional exactly what has no default),
or an operator, or a small compound expression where the function is a short form of one.

Invariant: the meaning is NumPy's; what would change it is a ``ValueError`` that says so.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from .array_likes import as_array
from .declarations import FUNCTIONS, Function
from .expressions import MISSING, dotted, literal

OPERATORS: dict[str, type[ast.operator] | type[ast.unaryop] | type[ast.cmpop]] = {
    "np.add": ast.Add, "np.subtract": ast.Sub, "np.multiply": ast.Mult, "np.divide": ast.Div,
    "np.power": ast.Pow, "np.floor_divide": ast.FloorDiv, "np.remainder": ast.Mod,
    "np.matmul": ast.MatMult, "np.negative": ast.USub, "np.positive": ast.UAdd,
    "np.less": ast.Lt, "np.less_equal": ast.LtE, "np.greater": ast.Gt,
    "np.greater_equal": ast.GtE, "np.equal": ast.Eq, "np.not_equal": ast.NotEq,
    "np.bitwise_and": ast.BitAnd, "np.bitwise_or": ast.BitOr, "np.bitwise_xor": ast.BitXor,
    "np.invert": ast.Invert, "operator.matmul": ast.MatMult, "pow": ast.Pow,
}  # fmt: skip
"""Functions that are another spelling of an operator."""

_SAME_NAME = """
    sum mean prod max min argmax argmin any all std var cumsum cumprod reshape ravel transpose dot
    copy astype clip repeat squeeze take diagonal trace swapaxes round argsort searchsorted
"""

METHODS: dict[str, str] = {
    **{name: f"np.{name}" for name in _SAME_NAME.split()},
    **{"item": "item_of", "conj": "np.conjugate", "conjugate": "np.conjugate"},
}
"""Array methods by the function that does the same."""


def canonical_call(call: ast.Call) -> ast.expr:
    """The canonical form of a call.

    Returns
    -------
    ast.expr
        Most often a call; an operator or a compound expression for short forms.

    Raises
    ------
    ValueError
        If the arguments do not fit, or one of them is not supported.
    """
    name = dotted(call.func)
    if name in REWRITES:
        call = bind(call) if name in FUNCTIONS and not FUNCTIONS[name].variadic else call
        if (rewritten := REWRITES[name](call)) is not None:
            return rewritten
        return bind(call)
    if name in OPERATORS:
        return _operator(name, call)
    return bind(call)


def canonical_method(call: ast.Call) -> ast.expr | None:
    """``x.sum(axis=0)`` as ``np.sum(x, axis=0)``; None for an unknown method."""
    assert isinstance(call.func, ast.Attribute)
    method, array = call.func.attr, call.func.value
    if method == "flatten":
        return call_of("np.copy", canonical_call(call_of("np.ravel", array, *call.args)))
    name = METHODS.get(method)
    if name is None:
        return None
    if method in ("conj", "conjugate") and not call.args and not call.keywords:
        return array  # of real numbers, itself
    if method == "item":
        return call_of(name, array, *call.args)
    args = list(call.args)
    if method in ("reshape", "transpose") and len(args) > 1:
        args = [ast.Tuple(args, ast.Load())]
    return canonical_call(ast.Call(call_of(name).func, [array, *args], call.keywords))


def call_of(name: str, *args: ast.expr, **keywords: ast.expr) -> ast.Call:
    """``name(*args, **keywords)`` for a dotted name."""
    func = ast.parse(name, mode="eval").body
    return ast.Call(func, list(args), [ast.keyword(k, v) for k, v in keywords.items()])


LISTED = frozenset({"axes", "axis", "shape"})
"""Parameters that take a list for a tuple."""


def bind(call: ast.Call) -> ast.Call:
    """Arguments bound by the declared signature."""
    declared = FUNCTIONS.get(dotted(call.func) or "")
    if declared is None:
        raise ValueError(f"`{ast.unparse(call.func)}` is not known")
    if any(isinstance(a, ast.Starred) for a in call.args) or any(
        k.arg is None for k in call.keywords
    ):
        raise ValueError(f"{declared.name}: write the arguments out, without a star")
    found, variadic = _bound(declared, call)
    _check(declared, found)
    for name in LISTED & found.keys():
        if isinstance(display := found[name], ast.List):
            found[name] = ast.Tuple(display.elts, ast.Load())
    parameters = declared.parameters
    found |= {name: as_array(declared.name, name, found[name]) for name in found}
    args = [found[p.name] for p in parameters if p.default is None and p.name in found]
    keywords = [
        ast.keyword(p.name, found[p.name])
        for p in parameters
        if p.default is not None and p.name in found and not _same(found[p.name], p.default)
    ]
    return ast.Call(call.func, [*variadic, *args], keywords)


def _bound(declared: Function, call: ast.Call) -> tuple[dict[str, ast.expr], list[ast.expr]]:
    """Arguments by parameter, and those that a variadic function takes as they are."""
    found: dict[str, ast.expr] = {}
    variadic: list[ast.expr] = []
    positional = [p.name for p in declared.parameters if not p.keyword_only]
    if declared.variadic:
        variadic = list(call.args)
    elif len(call.args) > len(positional):
        raise ValueError(f"{declared.name} takes {len(positional)} arguments, not {len(call.args)}")
    else:
        found.update(zip(positional, call.args, strict=False))
    known = {p.name for p in declared.parameters}
    for keyword in call.keywords:
        if keyword.arg not in known:
            raise ValueError(f"{declared.name} has no argument {keyword.arg!r}")
        if keyword.arg in found:
            raise ValueError(f"{declared.name}: {keyword.arg!r} is given twice")
        found[keyword.arg] = keyword.value
    return found, variadic


def _check(declared: Function, found: dict[str, ast.expr]) -> None:
    for p in declared.parameters:
        if p.default is None:
            if p.name not in found:
                raise ValueError(f"{declared.name}: the argument {p.name!r} is missing")
        elif p.name in found and p.name in declared.refused and not _same(found[p.name], p.default):
            raise ValueError(f"{declared.name}: the argument {p.name!r} is not supported")


_FLOAT64 = frozenset({"float", "np.float64", "np.double"})


def _same(value: ast.expr, default: ast.expr) -> bool:
    written, expected = ast.unparse(value), ast.unparse(default)
    return written == expected or (written in _FLOAT64 and expected in _FLOAT64)


def _operator(name: str, call: ast.Call) -> ast.expr:
    op = OPERATORS[name]
    arity = 1 if issubclass(op, ast.unaryop) else 2
    if len(call.args) < arity:
        raise ValueError(f"{name}: give its {arity} operands by position")
    if len(call.args) > arity or call.keywords:
        extra = call.keywords[0].arg if call.keywords else "out"
        raise ValueError(f"{name}: the argument {extra!r} is not supported")
    if issubclass(op, ast.unaryop):
        return ast.UnaryOp(op(), call.args[0])
    if issubclass(op, ast.cmpop):
        return ast.Compare(call.args[0], [op()], [call.args[1]])
    return ast.BinOp(call.args[0], op(), call.args[1])


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
    iterable, start = call.args[0], [k.value for k in call.keywords]
    if isinstance(iterable, ast.Tuple | ast.List) and iterable.elts:
        total, *rest = [*start, *iterable.elts]
        for term in rest:
            total = ast.BinOp(total, ast.Add(), term)
        return total
    return ast.BinOp(start[0], ast.Add(), call_of("sum", iterable)) if start else None


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


def _sum_array(call: ast.Call) -> ast.expr | None:
    """``np.sum`` of what a mask keeps, of other numbers: of an array made for it."""
    given = {str(k.arg): k.value for k in call.keywords}
    mask, dtype = given.pop("where", None), given.pop("dtype", None)
    if mask is None and dtype is None:
        return None
    x = call.args[0]
    if dtype is not None and ast.unparse(dtype) != "None":
        x = bind(call_of("np.astype", x, dtype))
    if mask is not None:
        x = call_of("np.where", mask, x, ast.Constant(0))
    return bind(call_of("np.sum", x, **given))


def _reduce(name: str) -> Callable[[ast.Call], ast.expr | None]:
    """``np.add.reduce`` as ``np.sum`` along the first axis, if none is given."""

    def rewrite(call: ast.Call) -> ast.expr | None:
        given = {str(k.arg): k.value for k in call.keywords}
        given.setdefault("axis", ast.Constant(0))
        return canonical_call(call_of(name, *call.args, **given))

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
    extents = shape.elts if isinstance(shape, ast.Tuple | ast.List) else [shape]
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
    extents = shape.elts if isinstance(shape, ast.Tuple | ast.List) else [shape]
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


def _vector_norm(call: ast.Call) -> ast.expr | None:
    """``np.linalg.vector_norm``: of all elements, if no axis is given."""
    given = {str(k.arg): k.value for k in call.keywords}
    order = given.pop("ord", ast.Constant(2))
    if literal(order) != 2:
        if "axis" not in given or literal(given["axis"]) is MISSING:
            raise ValueError("np.linalg.vector_norm: another order needs one axis")
        given["ord"] = order
    return canonical_call(call_of("np.linalg.norm", *call.args, **given))


def _matrix_norm(call: ast.Call) -> ast.expr | None:
    """``np.linalg.matrix_norm``: over the last two axes."""
    given = {str(k.arg): k.value for k in call.keywords}
    if literal(given.pop("ord", ast.Constant("fro"))) != "fro":
        raise ValueError("np.linalg.matrix_norm: use np.linalg.norm for another order")
    last = ast.parse("(-2, -1)", mode="eval").body
    return canonical_call(call_of("np.linalg.norm", *call.args, axis=last, **given))


def _cumulative_sum(call: ast.Call) -> ast.expr | None:
    """``np.cumulative_sum`` and its like: without an axis of vectors only, the last one here."""
    name = {"np.cumulative_sum": "np.cumsum", "np.cumulative_prod": "np.cumprod"}
    given = {str(k.arg): k.value for k in call.keywords}
    return canonical_call(call_of(name[str(dotted(call.func))], *call.args, **given))


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


def _slogdet(call: ast.Call) -> ast.expr | None:
    """``np.linalg.slogdet`` as the pair of its parts."""
    return _parts(call, "slogdet_sign", "slogdet_log")


def _einsum(call: ast.Call) -> ast.expr | None:
    """``np.einsum`` with its output written out, and no word on the order of its products."""
    indices = literal(call.args[0]) if call.args else None
    if not isinstance(indices, str):
        raise ValueError("np.einsum: write the indices as a text, as in 'ij,jk->ik'")
    inputs, arrow, out = indices.replace(" ", "").partition("->")
    if inputs.count(",") != len(call.args) - 2:
        raise ValueError("np.einsum: give as many operands as there are groups of indices")
    if not arrow:
        once = "".join(c for c in sorted(set(inputs) - {*",."}) if inputs.count(c) == 1)
        out = ("..." if "..." in inputs else "") + once
    keywords = [k for k in call.keywords if k.arg != "optimize"]
    return bind(ast.Call(call.func, [ast.Constant(f"{inputs}->{out}"), *call.args[1:]], keywords))


def _eigh(call: ast.Call) -> ast.expr | None:
    """``np.linalg.eigh`` as the pair of its parts."""
    return _parts(call, "np.linalg.eigvalsh", "eigh_vectors")


def _svd(call: ast.Call) -> ast.expr | None:
    """``np.linalg.svd`` as its parts, or the singular values alone."""
    flags = {str(k.arg): literal(k.value) for k in call.keywords}
    full, vectors = flags.get("full_matrices", True), flags.get("compute_uv", True)
    if not isinstance(full, bool) or not isinstance(vectors, bool):
        raise ValueError("np.linalg.svd: write full_matrices and compute_uv as constants")
    suffix = "_full" if full else ""
    call = call_of("np.linalg.svd", *call.args)
    return (
        _parts(call, f"svd_left{suffix}", "svd_values", f"svd_right{suffix}")
        if vectors
        else call_of("svd_values", *call.args)
    )


def _qr(call: ast.Call) -> ast.expr | None:
    """``np.linalg.qr`` as the pair of its parts, or the triangular one alone."""
    mode = literal(call.keywords[0].value) if call.keywords else "reduced"
    if mode not in ("reduced", "r"):
        raise ValueError("np.linalg.qr: only the modes 'reduced' and 'r' are supported")
    call = call_of("np.linalg.qr", *call.args)
    return _parts(call, "qr_q", "qr_r") if mode == "reduced" else call_of("qr_r", *call.args)


def _lstsq(call: ast.Call) -> ast.expr | None:
    """``np.linalg.lstsq`` as its four parts."""
    a = call.args[0]
    solution = _parts(call, "lstsq_solution", "lstsq_residuals", "lstsq_rank")
    return ast.Tuple([*solution.elts, call_of("svd_values", a)], ast.Load())


def _parts(call: ast.Call, *names: str) -> ast.Tuple:
    """The results of a call that has several, each as a call of its own."""
    return ast.Tuple([call_of(name, *call.args) for name in names], ast.Load())


def _norm(call: ast.Call) -> ast.expr | None:
    """The Frobenius norm is the one without an order, others are sums and maxima."""
    x, keywords = call.args[0], {str(k.arg): k.value for k in call.keywords}
    if "ord" not in keywords:
        return None
    order = ast.unparse(keywords.pop("ord"))
    if not keywords:
        return {"'fro'": call_of("np.linalg.norm", x),
                "'nuc'": call_of("np.sum", call_of("svd_values", x))}.get(order)  # fmt: skip
    if not isinstance(literal(keywords.get("axis", x)), int):
        return None
    size = call_of("np.abs", x)
    return {"2": call_of("np.linalg.norm", x, **keywords),
            "1": call_of("np.sum", size, **keywords),
            "math.inf": call_of("np.max", size, **keywords),
            "-math.inf": call_of("np.min", size, **keywords)}.get(order)  # fmt: skip


def _multi_dot(call: ast.Call) -> ast.expr | None:
    """``np.linalg.multi_dot`` of a display as products from left to right."""
    match call.args:
        case [ast.Tuple(elts=[first, second, *rest]) | ast.List(elts=[first, second, *rest])]:
            product = ast.BinOp(first, ast.MatMult(), second)
            for factor in rest:
                product = ast.BinOp(product, ast.MatMult(), factor)
            return product
    raise ValueError("np.linalg.multi_dot: write the matrices as a list, two at least")


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
    iterable, start = call.args[0], [k.value for k in call.keywords]
    if isinstance(iterable, ast.Tuple | ast.List) and iterable.elts:
        total, *rest = [*start, *iterable.elts]
        for term in rest:
            total = ast.BinOp(total, ast.Mult(), term)
        return total
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
            return canonical_call(call_of("math.hypot", *rest))
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
    "np.sum": _sum_array,
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
    "np.linalg.vector_norm": _vector_norm,
    "np.linalg.matrix_norm": _matrix_norm,
    "np.cumulative_sum": _cumulative_sum,
    "np.cumulative_prod": _cumulative_sum,
    "round": _round,
    "np.clip": _clip,
    "logsumexp": _logsumexp,
    "np.asarray": _asarray,
    "np.percentile": _percentile,
    "np.ptp": _ptp,
    "np.einsum": _einsum,
    "np.linalg.eigh": _eigh,
    "np.linalg.lstsq": _lstsq,
    "np.linalg.multi_dot": _multi_dot,
    "np.linalg.norm": _norm,
    "np.linalg.qr": _qr,
    "np.linalg.slogdet": _slogdet,
    "np.linalg.svd": _svd,
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
