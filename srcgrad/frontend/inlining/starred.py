"""Starred: ``f(*args)``, ``f(**options)`` and ``[*a, b]``, where it is known what the stars give.

In: a call or a display of the user's. Out: the same without stars.

Invariant: elements are evaluated once, in order. The elements of an array are given to the
parameters that are left, after a test of its length.
"""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from .body import Body, Closure, name_of
from .captures import static
from .displays import elements, is_known
from .tables import known_table

ADVICE = "write the arguments out"


def has_stars(node: ast.Call) -> bool:
    """Whether a call has star-arguments."""
    starred = any(isinstance(a, ast.Starred) for a in node.args)
    return starred or any(k.arg is None for k in node.keywords)


def without_stars(worker: Body, node: ast.Call, callee: Closure | None) -> ast.Call:
    """A call with its arguments written out; ``callee`` is the function, where it is one inside."""
    match node:
        case ast.Call(args=[ast.Starred(value=value)], keywords=[]) if static(worker, node.func)[
            1
        ] in (max, min):
            return ast.copy_location(ast.Call(node.func, [value], []), node)
    keywords = [new for k in node.keywords for new in _keyword(worker, k, node)]
    groups: list[list[ast.expr] | ast.Starred] = []
    for arg in node.args:
        if not isinstance(arg, ast.Starred):
            groups.append([arg])
        elif is_known(worker, arg.value):
            known = elements(worker, arg.value) or []
            groups.append([_named(worker, e, node) for e in known])
        else:
            groups.append(arg)
    others = sum(len(g) for g in groups if isinstance(g, list)) + len(keywords)
    open_ends = sum(isinstance(g, ast.Starred) for g in groups)
    left = _parameters(worker, node, callee) if open_ends == 1 else None
    count = None if left is None else left - others
    args: list[ast.expr] = []
    for group in groups:
        args += group if isinstance(group, list) else _taken_apart(worker, node, group, count)
    made = ast.copy_location(ast.Call(node.func, args, keywords), node)
    return ast.fix_missing_locations(made)


def _keyword(worker: Body, keyword: ast.keyword, node: ast.Call) -> list[ast.keyword]:
    """What a keyword argument is written as; ``**options`` is a dictionary of constants."""
    if keyword.arg is not None:
        return [keyword]
    base = keyword.value
    values = known_table(worker, base) if isinstance(base, ast.Name) else None
    if values is None or not all(isinstance(key, str) for key in values):
        reason = f"star-arguments: what `**{ast.unparse(base)}` holds is not known"
        worker.refuse(node, reason, ADVICE)
    return [ast.keyword(key, _named(worker, v, node)) for key, v in values.items()]


def _named(worker: Body, value: ast.expr, at: ast.AST) -> ast.expr:
    """A name of the user's scope for an expression of the new body."""
    name = worker.fresh("given")
    worker.scope.names[name] = worker.bound_if_needed(value, at)
    return ast.copy_location(name_of(name), at)


def _parameters(worker: Body, node: ast.Call, callee: Closure | None) -> int | None:
    """How many parameters a function has; None where it may be given fewer, or is no user's."""
    if callee is not None:
        tree = callee.tree.args
        return None if tree.defaults else len(tree.posonlyargs) + len(tree.args)
    found, value = static(worker, node.func)
    plain: Any = getattr(value, "py_func", value)
    if not found or not isinstance(plain, FunctionType) or plain.__defaults__:
        return None
    return plain.__code__.co_argcount


def _taken_apart(
    worker: Body, node: ast.Call, star: ast.Starred, count: int | None
) -> list[ast.expr]:
    """The elements of an array (a list, a tuple) that has to have so many."""
    if count is None or count < 0:
        reason = f"star-arguments: how many `{ast.unparse(star)}` gives is not known"
        worker.refuse(node, reason, ADVICE)
    whole = worker.bound_if_needed(worker.expr(star.value), node)
    length = ast.Call(name_of("len"), [whole], [])
    test = ast.Compare(length, [ast.NotEq()], [ast.Constant(count)])
    message = ast.Constant("the wrong number of arguments")
    error = ast.Raise(ast.Call(name_of("TypeError"), [message], []), None)
    worker.emit(ast.If(test, [ast.copy_location(error, node)], []), node)
    places = [ast.Constant(k) for k in range(count)]
    return [_named(worker, ast.Subscript(whole, k, ast.Load()), node) for k in places]


def with_stars(worker: Body, node: ast.List | ast.Tuple) -> ast.expr:
    """``(*a, b)`` of tuples whose elements are known; ``[*a, b]`` as ``list(a) + [b]``."""
    stars = [e.value for e in node.elts if isinstance(e, ast.Starred)]
    if all(is_known(worker, s) for s in stars):
        parts: list[ast.expr] = []
        for e in node.elts:
            star = isinstance(e, ast.Starred)
            parts += (elements(worker, e.value) or []) if star else [worker.expr(e)]  # type: ignore[attr-defined]
            parts = [worker.bound_if_needed(p, node) for p in parts]
        return type(node)(parts, ast.Load())
    if isinstance(node, ast.Tuple) or static(worker, name_of("list")) != (True, list):
        reason = f"how many elements `{ast.unparse(node)}` has is not known"
        worker.refuse(node, reason, "use a list, or np.concatenate")
    whole: ast.expr = worker.expr(joined(node))
    return whole


def joined(node: ast.List | ast.Tuple) -> ast.expr:
    """``[*a, b]`` as ``list(a) + [b]``."""
    parts: list[ast.expr] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            parts.append(ast.Call(name_of("list"), [element.value], []))
        elif parts and isinstance(parts[-1], ast.List):
            parts[-1].elts.append(element)
        else:
            parts.append(ast.List([element], ast.Load()))
    whole = parts[0]
    for part in parts[1:]:
        whole = ast.BinOp(whole, ast.Add(), part)
    return ast.fix_missing_locations(ast.copy_location(whole, node))
