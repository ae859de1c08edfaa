"""Made functions: what ``functools.partial`` gives, and functions that functions return.

In: ``partial(f, 2.0, scale=s)``, ``make(b)`` of a function that ends in ``return inner``. Out: the
``Closure`` of the function, after the statements that its making takes.

Invariant: what a made function was given, or captured, is what it was when the function was made.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from typing import Any

from .body import Body, Closure, Scope, inner_functions, name_of
from .captures import capture, static

Value = Callable[[], Any]
"""Gives the expression of a value, or the ``Closure`` of a function."""


def is_partial(worker: Body, node: ast.expr) -> bool:
    """Whether an expression is a call of ``functools.partial``."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    return static(worker, node.func) == (True, functools.partial)


def partial_of(
    worker: Body,
    node: ast.expr,
    inner: Closure,
    given: Sequence[Any],
    named: dict[str, Any],
) -> Closure:
    """The function ``inner`` with some of its arguments given, as expressions or functions."""
    arguments = inner.tree.args
    places = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][len(given) :]
    first = next((k for k, p in enumerate(places) if p in named), len(places))
    only = [*places[first:], *(a.arg for a in arguments.kwonlyargs)]
    scope = Scope(worker.scope.source, worker.scope)
    name = worker.fresh("whole")
    scope.functions[name] = inner
    held = [hold(worker, scope, value, node) for value in given]
    defaults = {p: inner.defaults[p] for p in (*places, *only) if p in inner.defaults}
    for p, value in named.items():
        if isinstance(value, Closure):
            worker.refuse(node, f"`{p}` is given a function by its name", "give it by its place")
        defaults[p] = worker.bound_if_needed(value, node)
    keywords = [ast.keyword(p, name_of(p)) for p in (*places[:first], *only)]
    body = ast.Return(ast.Call(name_of(name), [name_of(h) for h in held], keywords))
    plain = ast.arguments(
        [], [ast.arg(p) for p in places[:first]], None, [ast.arg(p) for p in only], [], None, []
    )
    tree = ast.FunctionDef(name="f", args=plain, body=[body], decorator_list=[])
    tree = ast.fix_missing_locations(ast.copy_location(tree, node))
    for part in ast.walk(tree):
        ast.copy_location(part, node)
    return Closure(tree, worker.scope.source, scope, defaults)


def hold(worker: Body, scope: Scope, value: Any, node: ast.expr) -> str:
    """A name in a scope for a value that was given."""
    name = worker.fresh("given")
    if isinstance(value, Closure):
        scope.functions[name] = value
    else:
        scope.names[name] = worker.bound_if_needed(value, node)
    return name


def captured_partial(
    worker: Body, node: ast.expr, value: Any, outside: Callable[[Any], Closure | None]
) -> Closure | None:
    """The function of a ``functools.partial`` from outside."""
    inner = outside(value.func)
    if inner is None:
        return None

    def known(name: str, part: Any) -> Any:
        return outside(part) if callable(part) else capture(worker, node, name, part)

    given = [known("given", a) for a in value.args]
    return partial_of(
        worker, node, inner, given, {k: known(k, v) for k, v in value.keywords.items()}
    )


def makes_function(tree: ast.FunctionDef) -> ast.expr | None:
    """What a function returns that ends in the return of a function inside it; else None."""
    last = tree.body[-1]
    if not isinstance(last, ast.Return) or any(map(returns, tree.body[:-1])):
        return None
    inside = list(inner_functions(tree.body))
    local = {n.name if isinstance(n, ast.FunctionDef) else n.targets[0].id for n in inside}
    match last.value:
        case ast.Lambda() as value:
            return value
        case ast.Name(id=name) as value if name in local:
            return value
    return None


def returns(node: ast.AST) -> bool:
    """Whether a statement has a return of its own."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return False
    return isinstance(node, ast.Return) or any(map(returns, ast.iter_child_nodes(node)))


def steady_arguments(worker: Body, scope: Scope, node: ast.expr) -> None:
    """Keep arguments by names of their own where theirs may be bound again later."""
    for name, value in scope.names.items():
        scope.names[name] = worker.bound_if_needed(value, node)
