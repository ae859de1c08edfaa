"""Lifting: a recursive function defined inside another, as a function of a module.

In: the ``Closure`` of a function that calls itself. Out: a function whose further parameters are
the local names of the functions around it that it reads; and calls of it.

Invariant: a captured name is read when the function is called from outside, as Python does; while
it runs, nothing else can rebind that name.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import replace
from types import FunctionType
from typing import Any

from .body import Body, Closure


def lifted(worker: Body, closure: Closure) -> FunctionType | None:
    """The function that stands for a closure, if it was lifted before."""
    for function in worker.outlined:
        if getattr(function, "__lifted__", (None,))[0] == origin(closure):
            assert isinstance(function, FunctionType)
            return function
    return None


def origin(closure: Closure) -> Any:
    """What tells a function inside from all others: its place, and what is left of its body."""
    return closure.source.function, closure.tree.lineno, ast.dump(closure.tree)


def captured_names(function: FunctionType) -> tuple[str, ...]:
    """The local names around it that a lifted function takes as further arguments."""
    return function.__lifted__[1]  # type: ignore[attr-defined, no-any-return]


def lift(worker: Body, closure: Closure, node: ast.Call) -> FunctionType:
    """A function of a module for a closure that calls itself."""
    tree = copy.deepcopy(closure.tree)
    outer = closure.source.function.__code__
    arguments = tree.args
    plain = not (arguments.defaults or arguments.kwonlyargs or arguments.vararg or arguments.kwarg)
    scoped = (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.GeneratorExp)
    inner = [n for n in ast.walk(tree) if isinstance(n, scoped)]
    local = {a.arg for a in arguments.args} | bound_names(tree)
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - local - {tree.name}
    scopes = {name: closure.scope.find(name) for name in sorted(read) if closure.scope}
    functions = [n for n, s in scopes.items() if s is not None and n in s.functions]
    if not plain or len(inner) > 1 or functions or read & set(outer.co_freevars):
        worker.refuse(
            node,
            f"`{tree.name}` calls itself inside another function",
            "define it at the top level of a module",
        )
    captured = tuple(n for n, s in scopes.items() if s is not None)
    for call in [n for n in ast.walk(tree) if isinstance(n, ast.Call)]:
        if isinstance(call.func, ast.Name) and call.func.id == tree.name:
            names = [ast.Name(n, ast.Load()) for n in captured]
            call.keywords += [
                ast.copy_location(ast.keyword(n.id, ast.copy_location(n, call)), call)
                for n in names
            ]
    arguments.args = [*arguments.args, *(ast.arg(n) for n in captured)]
    tree.decorator_list, tree.returns = [], None
    ast.fix_missing_locations(tree)
    made: dict[str, Any] = {}
    module = ast.Module([tree], [])
    exec(
        compile(module, closure.source.filename, "exec"), closure.source.function.__globals__, made
    )
    function: FunctionType = made[tree.name]
    source = replace(
        closure.source,
        function=function,
        tree=tree,
        local={**closure.source.local, tree.name: function},
    )
    function.__lifted__ = (origin(closure), captured, source)  # type: ignore[attr-defined]
    return function


def bound_names(tree: ast.FunctionDef) -> set[str]:
    """Names that a function binds."""
    return {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def captured_values(worker: Body, closure: Closure, function: FunctionType) -> list[ast.expr]:
    """What the captured names mean at a call."""
    found: list[ast.expr] = []
    for name in captured_names(function):
        scope = closure.scope.find(name) if closure.scope else None
        assert scope is not None
        found.append(scope.names[name])
    return found
