"""Calls: what a call is of (a known function, a method, a function of the user's).

In: a call. Out: the expression of its result, after the statements that compute it.

Invariant: arguments are evaluated once, in order.
"""

from __future__ import annotations

import ast
import functools
import math

from ...rules import registry
from . import records
from .body import Body, name_of
from .captures import static, undefined
from .comprehensions import as_list, reduction
from .displays import spelt_out
from .gathered import as_operator, gathered, mapped, numbers_of
from .pieces import pieces
from .selecting import selecting
from .starred import has_stars, without_stars
from .user_calls import (
    composed,
    expand,
    function_value,
    local_function,
    user_call,
    written_call,
)
from .vectorized import vectorized


def call(worker: Body, node: ast.Call) -> ast.expr:
    """A call: of a user's function (inlined), of a known one, or of a method."""
    func = node.func
    closure = local_function(worker, func)
    if has_stars(node):
        node = without_stars(worker, node, closure)
    if closure is not None:
        return expand(worker, closure, node)
    found, value = static(worker, func)
    if (each := vectorized(worker, node, value)) is not None:
        return composed(worker, each[0], value, each[1])
    if found and isinstance(value, functools.partial):
        whole = function_value(worker, func)
        assert whole is not None
        return expand(worker, whole, node)
    if not found:
        if isinstance(func, ast.Attribute) and func.attr == "tolist" and not node.args:
            return numbers_of(worker, func.value, node)  # type: ignore[no-any-return]
        if isinstance(func, ast.Attribute):
            made = records.method(worker, node, func, written_call)
            return method_call(worker, node, func) if made is None else made
        if isinstance(func, ast.Name) and worker.scope.find(func.id) is None:
            raise undefined(worker, node, func.id)
        worker.refuse(node, f"`{ast.unparse(func)}` cannot be called here", "")
    if value is float and (number := _spelt_number(node)) is not None:
        return number
    made = records.construct(worker, node, value) or records.replaced(worker, node, value)
    if made is not None:
        return made
    if (made := pieces(worker, node, value)) is not None:
        worker.note(ast.unparse(func), value)
        return made
    if (operation := as_operator(node, value)) is not None:
        worker.note(ast.unparse(func), value)
        return worker.expr(operation)  # type: ignore[no-any-return]
    if (made := gathered(worker, node, value)) is not None:
        return made
    if (made := selecting(worker, node, value)) is not None:
        return made
    plain = with_constants(worker, node)
    if (definition := registry.definition(value, plain)) is not None:
        return composed(worker, plain, value, definition)
    canonical = registry.canonical_name(value)
    if value in (any, all):
        canonical = value.__name__
    if canonical is not None:
        if value in (sum, max, min, any, all, math.fsum, math.prod):
            node = comprehended(worker, node)
        if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp):
            reduced = reduction(worker, canonical, node.args[0])
            if reduced is not None:
                return reduced
            listed = ast.Call(node.func, [as_list(node.args[0])], node.keywords)
            node = ast.copy_location(listed, node)
        if canonical in ("sum", "max", "min", "math.fsum", "math.prod"):
            node = spelt_out(worker, node)
        worker.note(ast.unparse(func), value)
        return known_call(worker, canonical, node)
    return user_call(worker, node, value)


def read_property(worker: Body, node: ast.Attribute) -> ast.expr | None:
    """A property of a record; None for any other attribute."""
    if static(worker, node)[0]:
        return None
    return records.method(worker, node, node, written_call)


def comprehended(worker: Body, node: ast.Call) -> ast.Call:
    """``sum(map(f, x))`` as ``sum(f(v) for v in x)``: the call uses the map up at once."""
    match node.args:
        case [ast.Call(func=func, args=[function, *values], keywords=[])] if values:
            starred = any(isinstance(v, ast.Starred) for v in values)
            if starred or static(worker, func) != (True, map):
                return node
        case _:
            return node
    element, loops = mapped(worker, function, values)
    made = ast.copy_location(ast.GeneratorExp(element, loops), node.args[0])
    new = ast.copy_location(ast.Call(node.func, [made], node.keywords), node)
    return ast.fix_missing_locations(new)


def known_call(worker: Body, canonical: str, node: ast.Call) -> ast.expr:
    """A call of a function that the rules know, its arguments in order."""
    wrapped = ast.Tuple([*node.args, *(k.value for k in node.keywords)], ast.Load())
    new = worker.parts(wrapped)
    assert isinstance(new, ast.Tuple)
    count = len(node.args)
    keywords = [ast.keyword(k.arg, v) for k, v in zip(node.keywords, new.elts[count:], strict=True)]
    func = ast.parse(canonical, mode="eval").body
    call = ast.Call(func, new.elts[:count], keywords)
    return ast.copy_location(call, node)


def method_call(worker: Body, node: ast.Call, func: ast.Attribute) -> ast.expr:
    """A method of a value."""
    wrapped = ast.Tuple([func.value, *node.args, *(k.value for k in node.keywords)], ast.Load())
    new = worker.parts(wrapped)
    assert isinstance(new, ast.Tuple)
    count = len(node.args)
    keywords = [
        ast.keyword(k.arg, v) for k, v in zip(node.keywords, new.elts[count + 1 :], strict=True)
    ]
    receiver = ast.Attribute(new.elts[0], func.attr, ast.Load())
    return ast.copy_location(ast.Call(receiver, new.elts[1 : count + 1], keywords), node)


def with_constants(worker: Body, node: ast.Call) -> ast.Call:
    """A call in which parameters that stand for constants are these."""

    def constant(arg: ast.expr) -> ast.expr:
        scope = worker.scope.find(arg.id) if isinstance(arg, ast.Name) else None
        value = scope.names.get(arg.id) if scope and isinstance(arg, ast.Name) else None
        match value or arg:
            case ast.Constant() as known:
                return known
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                return ast.copy_location(ast.Constant(-number), arg)
        return arg

    keywords = [ast.keyword(k.arg, constant(k.value)) for k in node.keywords]
    made = ast.Call(node.func, [constant(a) for a in node.args], keywords)
    return ast.copy_location(made, node)


def _spelt_number(node: ast.Call) -> ast.expr | None:
    """``float("inf")`` and the like as ``math.inf``."""
    match node.args:
        case [ast.Constant(value=str(text))]:
            name = text.strip().lower().lstrip("+-")
            if name not in ("inf", "infinity", "nan"):
                return None
            number = ast.Attribute(name_of("math"), name[:3], ast.Load())
            negative = text.strip().startswith("-")
            return ast.UnaryOp(ast.USub(), number) if negative else number
    return None
