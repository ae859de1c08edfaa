"""Lifting: a recursive function defined inside another, as a function of a module.

In: the ``Closure`` of a function that calls itself. Out: a function whose further parameters are
the local names of the functions around it that it reads; and calls of it. Local functions that it
calls become part of it, each with what that reads (``standalone``). So does a function that it is
given as an argument and hands on unchanged (``with_functions``).

Invariant: a captured name is read when the function is called from outside, as Python does; while
it runs, nothing else can rebind that name.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

from ...naming import free_name
from .body import Body, Closure, Scope
from .renaming import bound_names, free_names, renamed


class UnliftableError(Exception):
    """A function needs what no function of a module can have."""


@dataclass
class Standalone:
    """A function with all that it reads.

    Attributes
    ----------
    tree : ast.FunctionDef
        With the local functions that it calls; without the further parameters.
    values : dict of str to (str, Scope)
        Further parameters: which name each stands for, and where that is found.
    functions : dict of str to function
        What it calls outside.
    """

    tree: ast.FunctionDef
    values: dict[str, tuple[str, Scope]] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)


def standalone(worker: Body, closure: Closure) -> Standalone:
    """A function with the local functions that it calls, directly or through others.

    Raises
    ------
    UnliftableError
        Where it reads what cannot be passed on.
    """
    parts = reached(closure)
    trees = {id(c.tree): copy.deepcopy(c.tree) for c in parts}
    found = Standalone(trees[id(closure.tree)])
    taken = set().union({closure.tree.name}, *map(bound_names, trees.values()))
    taken |= {n for c in parts for n in free_names(c.tree) if found_in(c, n) is None}
    names: dict[Any, str] = {id(closure.tree): closure.tree.name}

    def named(key: Any, wish: str) -> str:
        if key not in names:
            names[key] = free_name(wish, taken)
        return names[key]

    for part in parts:
        tree = trees[id(part.tree)]
        new: dict[str, str] = {}
        for name in sorted(free_names(part.tree)):
            scope = found_in(part, name)
            if scope is None:
                continue
            inner = scope.functions.get(name)
            if inner is None:
                new[name] = named((name, id(scope)), name)
                refuse_constants(worker, scope.names[name])
                found.values[new[name]] = (name, scope)
            else:
                new[name] = named(id(inner.tree), name)
                if inner.scope is None:
                    found.functions[new[name]] = inner.source.function
        for name, other in new.items():
            if name != other:
                renamed(tree, name, f"{other} ")  # not a name yet: two may change places
        for name in new:
            renamed(tree, f"{new[name]} ", new[name])
    inside = [c for c in parts if c is not closure and c.scope is not None]
    for part in inside:
        trees[id(part.tree)].name = names[id(part.tree)]
    definitions = [trees[id(c.tree)] for c in inside]
    found.tree.body = [*definitions, *found.tree.body]
    for tree in (found.tree, *definitions):
        tree.decorator_list, tree.returns = [], None
    return found


def reached(closure: Closure) -> list[Closure]:
    """A function and the local functions that it reaches."""
    parts, seen = [closure], {id(closure.tree)}
    scope = closure.source.function.__globals__
    for part in parts:  # grows meanwhile
        arguments = part.tree.args
        defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
        if arguments.vararg or arguments.kwarg or not all(map(is_number, defaults)):
            raise UnliftableError
        outer = part.source.function
        if outer.__globals__ is not scope:
            raise UnliftableError
        for name in sorted(free_names(part.tree)):
            around = found_in(part, name)
            if around is None and name in outer.__code__.co_freevars:
                raise UnliftableError
            inner = around.functions.get(name) if around is not None else None
            if inner is not None and inner.scope is not None and id(inner.tree) not in seen:
                seen.add(id(inner.tree))
                parts.append(inner)
    return parts


def found_in(closure: Closure, name: str) -> Scope | None:
    """The scope around a function that has a name."""
    return closure.scope.find(name) if closure.scope is not None else None


def is_number(node: ast.expr) -> bool:
    """Whether a default is a number that is written out."""
    operand = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(operand, ast.Constant)


def refuse_constants(worker: Body, value: ast.expr) -> None:
    """Texts and dictionaries are known while inlining only."""
    text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    if text or (isinstance(value, ast.Name) and value.id in worker.tables):
        raise UnliftableError


def lifted(worker: Body, closure: Closure) -> FunctionType | None:
    """The function that stands for a closure, if it was lifted before."""
    for function in worker.outlined:
        place, dump = getattr(function, "__lifted__", (None, None, None))[:2]
        if place != where(closure):
            continue
        try:
            if dump == ast.dump(standalone(worker, closure).tree):
                assert isinstance(function, FunctionType)
                return function
        except UnliftableError:
            continue
    return None


def where(closure: Closure) -> Any:
    """The place of a function inside."""
    return closure.source.function, closure.tree.lineno


def lift(worker: Body, closure: Closure, node: ast.Call) -> FunctionType:
    """A function of a module for a closure that calls itself."""
    try:
        found = standalone(worker, closure)
    except UnliftableError:
        worker.refuse(
            node,
            f"`{closure.tree.name}` calls itself inside another function",
            "define it at the top level of a module",
        )
    tree = copy.deepcopy(found.tree)
    for call in [n for n in ast.walk(tree) if isinstance(n, ast.Call)]:
        if isinstance(call.func, ast.Name) and call.func.id == tree.name:
            names = [ast.Name(n, ast.Load()) for n in found.values]
            call.keywords += [
                ast.copy_location(ast.keyword(n.id, ast.copy_location(n, call)), call)
                for n in names
            ]
    tree.args.kwonlyargs = [*tree.args.kwonlyargs, *(ast.arg(n) for n in found.values)]
    tree.args.kw_defaults = [*tree.args.kw_defaults, *(None for _ in found.values)]
    ast.fix_missing_locations(tree)
    made: dict[str, Any] = {}
    module = ast.Module([tree], [])
    exec(
        compile(module, closure.source.filename, "exec"), closure.source.function.__globals__, made
    )
    function: FunctionType = made[tree.name]
    local = {**closure.source.local, **found.functions, tree.name: function}
    source = replace(closure.source, function=function, tree=tree, local=local)
    function.__lifted__ = (where(closure), ast.dump(found.tree), source)  # type: ignore[attr-defined]
    return function


def captured_values(worker: Body, closure: Closure) -> dict[str, ast.expr]:
    """The further parameters, and what they are at a call."""
    values = standalone(worker, closure).values
    return {new: scope.names[name] for new, (name, scope) in values.items()}


def with_functions(
    closure: Closure, node: ast.Call, functions: dict[str, Closure]
) -> tuple[Closure, ast.Call]:
    """A function of a module that is given functions, as one that has them; and its call.

    Raises
    ------
    UnliftableError
        Where it hands on other functions than it was given.
    """
    tree = copy.deepcopy(closure.tree)
    params = [a.arg for a in (*tree.args.posonlyargs, *tree.args.args)]
    if tree.args.defaults or tree.args.kwonlyargs or functions.keys() & bound_names(tree, False):
        raise UnliftableError
    for call in [n for n in ast.walk(tree) if isinstance(n, ast.Call)]:
        if isinstance(call.func, ast.Name) and call.func.id == tree.name:
            without(call, params, functions, unchanged=True)
    tree.args.args = [a for a in tree.args.args if a.arg not in functions]
    tree.args.posonlyargs = [a for a in tree.args.posonlyargs if a.arg not in functions]
    scope = Scope(closure.source, None, {}, dict(functions))
    made = Closure(tree, closure.source, scope, {})
    scope.functions[tree.name] = made
    outer = copy.copy(node)
    outer.args, outer.keywords = list(node.args), list(node.keywords)
    return made, without(outer, params, functions, unchanged=False)


def without(
    call: ast.Call, params: list[str], functions: dict[str, Closure], unchanged: bool
) -> ast.Call:
    """A call without the arguments that are functions."""
    pairs = [*zip(params, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
    given = {name: value for name, value in pairs if name in functions}
    same = all(isinstance(v, ast.Name) and v.id == name for name, v in given.items())
    if len(given) < len(functions) or (unchanged and not same):
        raise UnliftableError
    places = zip(params, call.args, strict=False)
    call.args = [value for name, value in places if name not in functions]
    call.keywords = [k for k in call.keywords if k.arg not in functions]
    return call
