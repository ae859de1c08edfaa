"""User calls: of functions of the user's own, whose bodies take the place of the call.

In: a call and the function that it calls. Out: the expression of its result, after the
statements of the callee; or the call itself where the function has to stay one.

Invariant: arguments are evaluated once, in order; a helper's names never meet the caller's.
"""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...errors import UnsupportedError
from ...fingerprint import LIBRARIES
from ...rules import registry
from ...rules.refusals import refusal
from ..carried import carry
from ..optional import optional
from ..parse import parse
from ..specialise import specialise
from ..structure import structure
from .body import Body, Closure, Scope, assigned, name_of, parts_of
from .captures import capture, static
from .displays import held
from .gathered import BINARY
from .gradients import arguments_in_order, gradient_call, held_array
from .lifting import UnliftableError, captured_values, lift, lifted, with_functions
from .made_functions import (
    captured_partial,
    is_partial,
    makes_function,
    partial_of,
    steady_arguments,
)

DEPTH = 40
"""How deep helpers may call helpers."""


def local_function(worker: Body, func: ast.expr) -> Closure | None:
    """A nested function, a lambda, or a function passed as an argument."""
    if isinstance(func, ast.Lambda):
        return closure(worker, func)
    if isinstance(func, ast.Name):
        scope = worker.scope.find(func.id)
        if scope is not None:
            return scope.functions.get(func.id)
    if isinstance(func, ast.Call):
        return made_function(worker, func)
    return None


def made_function(worker: Body, node: ast.Call) -> Closure | None:
    """The function that a call gives; None where it gives a value."""
    if is_partial(worker, node):
        inner = function_value(worker, node.args[0])
        if inner is None:
            worker.refuse(node, f"`{ast.unparse(node.args[0])}` is not a known function", "")
        named = {str(k.arg): function_or_value(worker, k.value) for k in node.keywords}
        given = [function_or_value(worker, a) for a in node.args[1:]]
        worker.note(ast.unparse(node.func), functools.partial)
        return partial_of(worker, node, inner, given, named)
    maker = local_function(worker, node.func)
    if maker is None:
        found, value = static(worker, node.func)
        plain = getattr(value, "py_func", value)
        special = any(hasattr(value, a) for a in ("__gate__", "__srcgrad__"))
        if not found or special or not isinstance(plain, types.FunctionType):
            return None
        if registry.canonical_name(value) is not None or is_library(value):
            return None
        maker = outside(worker, node, plain)
        worker.note(ast.unparse(node.func), value)
    if (returned := makes_function(maker.tree)) is None or maker.tree in worker.stack:
        return None
    scope = Scope(maker.source, maker.scope)
    bind_arguments(worker, maker, node, scope)
    steady_arguments(worker, scope, node)
    worker.declare(maker.tree, scope, own=False)
    worker.stack.append(maker.tree)
    saved, worker.scope = worker.scope, scope
    for stmt in maker.tree.body[:-1]:
        worker.statement(stmt)
    made = function_value(worker, returned)
    worker.scope = saved
    worker.stack.pop()
    return made


def is_library(value: Any) -> bool:
    """Whether a function belongs to a library that is known by its functions' names."""
    module = str(getattr(value, "__module__", None) or "")
    return module.partition(".")[0] in LIBRARIES


def function_or_value(worker: Body, node: ast.expr) -> Any:
    """An argument: the function that it is, or its expression."""
    return function_value(worker, node) or worker.expr(node)


def closure(worker: Body, node: ast.FunctionDef | ast.Lambda) -> Closure:
    """A function defined in the body; its defaults are computed here."""
    if isinstance(node, ast.Lambda):
        body: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node)]
        tree = ast.FunctionDef(name="f", args=node.args, body=body, decorator_list=[])
        tree = ast.copy_location(tree, node)
    else:
        tree = node
    names = [*tree.args.posonlyargs, *tree.args.args]
    defaults: dict[str, ast.expr] = {}
    pairs = list(
        zip(names[len(names) - len(tree.args.defaults) :], tree.args.defaults, strict=True)
    )
    pairs += [
        (a, d)
        for a, d in zip(tree.args.kwonlyargs, tree.args.kw_defaults, strict=True)
        if d is not None
    ]
    for arg, value in pairs:
        defaults[arg.arg] = worker.bound_if_needed(worker.expr(value), node)
    return Closure(tree, worker.scope.source, worker.scope, defaults)


def user_call(worker: Body, node: ast.Call, value: Any) -> ast.expr:
    """A call of a function from outside."""
    text = ast.unparse(node.func)
    if getattr(value, "__gate__", None) is not None:
        worker.note(text, value)
        return gate_call(worker, node, value)
    if getattr(value, "__srcgrad__", None):
        worker.note(text, value)
        if value in worker.stack or value.primal_function in worker.stack:
            worker.refuse(
                node,
                f"`{text}` is the gradient itself, not the function",
                "give the function another name than its gradient",
            )
        return gradient_call(worker, node, value, expand)
    if (why := refusal(value)) is not None:
        worker.refuse(node, f"`{text}` {why[0]}", why[1])
    plain = getattr(value, "py_func", value)
    if not isinstance(plain, types.FunctionType):
        worker.refuse(
            node,
            f"`{text}` is not a function that srcgrad knows",
            "use math, NumPy, or a function of your own in plain Python",
        )
    worker.note(text, value)
    if str(plain.__module__).partition(".")[0] in ("numpy", "scipy"):
        return library_call(worker, node, plain)
    return written_call(worker, node, plain)


def library_call(worker: Body, node: ast.Call, plain: types.FunctionType) -> ast.expr:
    """A call of a function of NumPy's or SciPy's that is plain Python, if it can be followed."""
    scope = worker.scope
    try:
        return written_call(worker, node, plain)
    except UnsupportedError:
        worker.scope = scope
        reason = f"`{ast.unparse(node.func)}` is not a function that srcgrad knows"
        worker.refuse(node, reason, "use another one of the library, or write it in plain Python")


def written_call(worker: Body, node: ast.Call, plain: types.FunctionType) -> ast.expr:
    """A call of a function whose body takes the place of the call."""
    return expand(worker, outside(worker, node, plain), node, plain)


def outside(worker: Body, node: ast.expr, plain: types.FunctionType) -> Closure:
    """A function from outside, with its defaults."""
    source = parse(plain)
    closure = Closure(source.tree, source, None, {})
    for name, default in _defaults(plain).items():
        saved, worker.scope = worker.scope, Scope(source)
        closure.defaults[name] = capture(worker, node, name, default)
        worker.scope = saved
    return closure


def composed(worker: Body, node: ast.Call, value: Any, definition: Callable[..., Any]) -> ast.expr:
    """A call of a function that is defined by others."""
    worker.note(ast.unparse(node.func), value)
    place = worker.scope.source.place(node)
    source = replace(parse(definition), generated=True, at=place)
    defaults: dict[str, ast.expr] = {
        k: ast.Constant(v) for k, v in _defaults(source.function).items()
    }
    return expand(worker, Closure(source.tree, source, None, defaults), node)


def expand(worker: Body, closure: Closure, node: ast.Call, identity: Any = None) -> ast.expr:
    """The body of a function in place of its call; what it returns."""
    key = identity if identity is not None else closure.tree
    if identity is None and (function := lifted(worker, closure)) is not None:
        return lifted_call(worker, node, closure, function)
    if identity is not None and (given := given_functions(worker, closure, node)):
        return handed_on(worker, closure, node, given)
    if isinstance(key, types.FunctionType) and key in worker.outlined:
        return routine_call(worker, node, key)
    if isinstance(key, types.FunctionType) and key in worker.stack:
        raise OutlinedFoundError(key)
    if key in worker.stack and closure.scope is not None:
        raise OutlinedFoundError(lift(worker, closure, node))
    if key in worker.stack or len(worker.stack) > DEPTH:
        worker.refuse(
            node,
            f"`{ast.unparse(node.func)}` calls itself inside another function",
            "define it at the top level of a module",
        )
    scope = Scope(closure.source, closure.scope)
    nones = bind_arguments(worker, closure, node, scope)
    tree = structure(optional(specialise(closure.tree, nones)))
    worker.declare(tree, scope, own=False)
    worker.stack.append(key)
    saved, worker.scope = worker.scope, scope
    *body, last = tree.body
    for stmt in body:
        worker.statement(stmt)
    result: ast.expr = ast.Constant(None)
    if isinstance(last, ast.Return):
        if last.value is not None:
            result = worker.expr(last.value)
    else:
        worker.statement(last)
    worker.scope = saved
    worker.stack.pop()
    return result


class OutlinedFoundError(Exception):
    """A function has to stay a call: it calls itself, or is a gate of the user's."""

    def __init__(self, function: Any) -> None:
        super().__init__(function.__name__)
        self.function = function


def routine_call(worker: Body, node: ast.Call, function: types.FunctionType) -> ast.expr:
    """A call of a recursive function: it stays one, with all arguments in order."""
    name = worker.outlined[function]
    worker.routines[name] = function
    args = arguments_in_order(worker, node, inspect.signature(function))
    args += [held_array(worker, n, a) for n, a in worker.captured_by(function)]
    return ast.copy_location(ast.Call(name_of(name), args, []), node)


def lifted_call(
    worker: Body, node: ast.Call, closure: Closure, function: types.FunctionType
) -> ast.expr:
    """A call of a recursive function that is defined inside: what it captured comes last."""
    name = worker.outlined[function]
    worker.routines[name] = function
    captured = captured_values(worker, closure)
    parameters = inspect.signature(function).parameters.values()
    own = [p for p in parameters if p.name not in captured]
    args = arguments_in_order(worker, node, inspect.Signature(own))
    args += captured.values()
    args += [held_array(worker, n, a) for n, a in worker.captured_by(function)]
    return ast.copy_location(ast.Call(name_of(name), args, []), node)


def given_functions(worker: Body, closure: Closure, node: ast.Call) -> dict[str, Closure]:
    """The functions among the arguments of a function that calls itself, by parameter."""
    name = closure.tree.name
    calls = (n.func for n in ast.walk(closure.tree) if isinstance(n, ast.Call))
    if not any(isinstance(f, ast.Name) and f.id == name for f in calls):
        return {}
    params = [a.arg for a in (*closure.tree.args.posonlyargs, *closure.tree.args.args)]
    given = [*zip(params, node.args, strict=False), *((str(k.arg), k.value) for k in node.keywords)]
    atoms = [(p, v) for p, v in given if isinstance(v, ast.Name | ast.Lambda | ast.Attribute)]
    found = {p: function_value(worker, v) for p, v in atoms}
    return {p: f for p, f in found.items() if f is not None}


def handed_on(
    worker: Body, closure: Closure, node: ast.Call, given: dict[str, Closure]
) -> ast.expr:
    """A call of a recursive function that is given functions, which become part of it."""
    try:
        whole, call = with_functions(closure, node, given)
    except UnliftableError:
        reason = f"`{closure.tree.name}` calls itself and is given a function"
        worker.refuse(node, reason, "let it call the function by its own name")
    if (function := lifted(worker, whole)) is None:
        raise OutlinedFoundError(lift(worker, whole, call))
    return lifted_call(worker, call, whole, function)


def gate_call(worker: Body, node: ast.Call, function: Any) -> ast.expr:
    """A call of a gate of the user's: it stays one, with all arguments in order."""
    if function not in worker.outlined:
        raise OutlinedFoundError(function)
    name = worker.outlined[function]
    if name not in worker.routines and not worker.scope.source.generated:
        worker.captured += carry(parts_of(function, name)).captured
    worker.routines[name] = function
    args = arguments_in_order(worker, node, inspect.signature(function))
    return ast.copy_location(ast.Call(name_of(name), args, []), node)


def bind_arguments(worker: Body, closure: Closure, node: ast.Call, scope: Scope) -> dict[str, bool]:
    """Parameters: the argument itself where the body never rebinds it, else a new name.

    Returns which of them are None, as far as that is plain.
    """
    nones: dict[str, bool] = {}
    arguments = closure.tree.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    every = names + [a.arg for a in arguments.kwonlyargs]
    given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
    if len(node.args) > len(names):
        worker.refuse(node, f"too many arguments for `{closure.tree.name}`", "")
    for keyword in node.keywords:
        if keyword.arg not in every or keyword.arg in given:
            worker.refuse(node, f"`{closure.tree.name}` cannot take `{keyword.arg}` here", "")
        given[str(keyword.arg)] = keyword.value
    rebound = assigned(closure.tree.body)
    order = [k for k in given] + [k for k in every if k not in given]
    for name in order:
        function = function_value(worker, given[name]) if name in given else None
        if function is not None:
            scope.functions[name] = function
            continue
        if name in given:
            value = worker.expr(given[name])
        elif name in closure.defaults:
            value = closure.defaults[name]
        else:
            worker.refuse(node, f"`{closure.tree.name}` needs an argument `{name}`", "")
        may_be_none = isinstance(value, ast.Subscript) and worker.has_nones
        if not isinstance(value, ast.Name) and not may_be_none:
            nones[name] = isinstance(value, ast.Constant) and value.value is None
        atomic = isinstance(value, ast.Name | ast.Constant)
        if atomic and name not in rebound:
            scope.names[name] = value
            continue
        wish = name if worker.usable(name) else f"{name}_"
        if isinstance(value, ast.Tuple) and name not in rebound:
            scope.names[name] = held(worker, value, node, wish)
        else:
            scope.names[name] = worker.bound(value, node, wish)
    return nones


def function_value(worker: Body, node: ast.expr) -> Closure | None:
    """An argument that is a function."""
    if isinstance(node, ast.Lambda):
        return closure(worker, node)
    local = local_function(worker, node)
    if local is not None:
        return local
    found, value = static(worker, node)
    if not found or not callable(value) or isinstance(value, type):
        return None
    worker.note(ast.unparse(node), value)
    return outside_function(worker, node, value)


def outside_function(worker: Body, node: ast.expr, value: Any) -> Closure | None:
    """A function from outside as an argument."""
    params = [ast.arg("x")]
    if isinstance(value, functools.partial):
        return captured_partial(worker, node, value, lambda f: outside_function(worker, node, f))
    if getattr(value, "__gate__", None) is not None:
        params = [ast.arg(name) for name in inspect.signature(value).parameters]
        return forwarded(worker, node, params)
    if any(value is f for f in BINARY):
        return forwarded(worker, node, [ast.arg("x"), ast.arg("y")])
    canonical = registry.canonical_name(value)
    plain = getattr(value, "py_func", value)
    if canonical is None and isinstance(plain, types.FunctionType):
        return outside(worker, node, plain)
    if canonical is None:
        return None
    return forwarded(worker, node, params)


def forwarded(worker: Body, node: ast.expr, params: list[ast.arg]) -> Closure:
    """``def f(x): return known(x)`` for a function that is passed as an argument."""
    body = ast.Return(ast.Call(node, [name_of(p.arg) for p in params], []))
    tree = ast.FunctionDef(
        name="f",
        args=ast.arguments([], params, None, [], [], None, []),
        body=[ast.copy_location(body, node)],
        decorator_list=[],
    )
    return Closure(ast.copy_location(tree, node), worker.scope.source, worker.scope, {})


def _defaults(function: types.FunctionType) -> dict[str, Any]:
    """Default values by parameter."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    found = dict(zip(names[len(names) - len(values) :], values, strict=True))
    return found | (function.__kwdefaults__ or {})
