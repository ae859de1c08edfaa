"""Messages: the exceptions of raise and assert, as compiled code can raise them.

In: what the user raises, or the message of an assert. Out: a call of an exception of Python's or
NumPy's with constant texts and numbers; in a text, what is known at run time only becomes "...".

Invariant: where the user's function raises, so does the gradient: the same exception, or for a
class of the user's the nearest of Python's that it is derived from.
"""

from __future__ import annotations

import ast
import builtins
import re

import numpy as np

from .body import Body, name_of
from .captures import static

UNKNOWN = "..."
"""What stands for a part of a text that is not constant."""


def raised(worker: Body, exc: ast.expr | None) -> ast.expr:
    """The exception of a ``raise``."""
    if exc is None:
        return ast.Call(name_of("RuntimeError"), [ast.Constant("nothing to raise again")], [])
    func, args = (exc.func, exc.args) if isinstance(exc, ast.Call) else (exc, [])
    found, kind = static(worker, func)
    if not (found and isinstance(kind, type) and issubclass(kind, BaseException)):
        worker.refuse(exc, "srcgrad cannot tell what is raised here", "raise an exception class")
    texts: list[ast.expr] = [argument(worker, a) for a in args]
    if kind is np.linalg.LinAlgError:
        return ast.Call(ast.parse("np.linalg.LinAlgError", mode="eval").body, texts, [])
    known = next(k for k in kind.__mro__ if getattr(builtins, k.__name__, None) is k)
    if known is not kind:
        texts = [ast.Constant(": ".join([kind.__name__, *map(text_of, texts)]))]
    return ast.Call(name_of(known.__name__), texts, [])


def argument(worker: Body, node: ast.expr) -> ast.expr:
    """What an exception is given: a name or a constant as it is, anything else as text."""
    match node:
        case ast.Constant():
            return node
        case ast.Name():
            value = worker.expr(node)
            return value if isinstance(value, ast.Name | ast.Constant) else ast.Constant(UNKNOWN)
    return ast.Constant(text_of(node))


def text_of(node: ast.expr) -> str:
    """The text of a message, as far as it is constant."""
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.JoinedStr(values=values):
            return "".join(map(text_of, values))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return text_of(left) + text_of(right)
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            directives = r"%%|%[^a-zA-Z%]*[a-zA-Z]"
            return re.sub(directives, lambda m: "%" if m[0] == "%%" else UNKNOWN, text)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return re.sub(r"\{[^{}]*\}", UNKNOWN, text)
    return UNKNOWN
