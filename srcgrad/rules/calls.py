"""Calls: made by name, and bound by the declared signature.

In: a call of a declared function. Out: the same call with no keyword that repeats a default,
positional exactly what has no default.

Invariant: an argument that the function does not take is a ``ValueError`` that says so.
"""

from __future__ import annotations

import ast

from .array_likes import as_array
from .declarations import FUNCTIONS, Function
from .expressions import dotted


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
