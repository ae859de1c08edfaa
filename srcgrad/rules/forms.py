"""Forms: one form for each operation, what normalise turns calls and methods into.

In: a call whose callee has its canonical name. Out: the same call with its arguments bound,
or an operator, or a small compound expression where the function is a short form of one.

Invariant: the meaning is NumPy's; what would change it is a ``ValueError`` that says so.
"""

from __future__ import annotations

import ast

from .calls import bind, call_of
from .declarations import FUNCTIONS
from .expressions import dotted
from .rewrites import REWRITES

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
        rewritten = REWRITES[name](call)
        if isinstance(rewritten, ast.Call) and dotted(rewritten.func) != name:
            return canonical_call(rewritten)
        return rewritten if rewritten is not None else bind(call)
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
