"""Dict names: a dictionary of one function's own, with constant keys, as a name for each key.

In: the AST of a function. Out: the same with ``p = {"a": x}`` as ``p_a = x`` and ``p["a"]`` as
``p_a``.

Invariant: such a dictionary is never seen as a whole: no other name, no call and no result can
stand for it. What is looped over, counted or asked for a key has all its keys from the start.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from ..naming import free_name, names_in, taken_in

Keys = dict[str, None]
"""Keys in the order in which they are written."""

WHOLE = ("items", "values", "keys", "get")
"""Methods that need all keys from the start."""


def dict_names(tree: ast.FunctionDef, resolve: Callable[[str], Any]) -> ast.FunctionDef:
    """The function with a name for each key of its own dictionaries.

    Parameters
    ----------
    tree : ast.FunctionDef
        The function.
    resolve : callable
        What a free name means.
    """
    if not any(isinstance(n, ast.Dict) or is_dict_call(n, resolve) for n in ast.walk(tree)):
        return tree
    new = _Displays(resolve).visit(deepcopy(tree))
    for function in [n for n in ast.walk(new) if isinstance(n, ast.FunctionDef)]:
        found = dictionaries(function)
        if found:
            taken = taken_in(new)
            names = {
                n: {k: free_name(f"{n}_{k}", taken) for k in keys} for n, keys in found.items()
            }
            function.body = [s for stmt in function.body for s in _Named(names).block(stmt)]
    return ast.fix_missing_locations(new)


def is_dict_call(node: ast.AST, resolve: Callable[[str], Any]) -> bool:
    """Whether a node is ``dict(a=x, b=y)``."""
    match node:
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return resolve("dict") is dict and all(k.arg for k in keywords)
    return False


class _Displays(ast.NodeTransformer):
    """Writes ``dict(a=x)`` as ``{"a": x}``."""

    def __init__(self, resolve: Callable[[str], Any]) -> None:
        self.resolve = resolve

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A call, as a display where it is one."""
        self.generic_visit(node)
        if not is_dict_call(node, self.resolve):
            return node
        keys: list[ast.expr | None] = [ast.Constant(k.arg) for k in node.keywords]
        return ast.copy_location(ast.Dict(keys, [k.value for k in node.keywords]), node)


def dictionaries(function: ast.FunctionDef) -> dict[str, Keys]:
    """The dictionaries of a function that can have a name for each key, and their keys."""
    shown: dict[str, list[Keys]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as value):
                shown.setdefault(name, []).append(keys_of(value))
    plain = {n for n in shown if is_constant(function, n)}
    uses = {n: list(occurrences(function, n)) for n in set(shown) - plain}
    found: dict[str, Keys] = {}
    for name, used in uses.items():
        keys = {k: None for each in [*shown[name], keys_used(used)] for k in each}
        grows = any(each != keys for each in shown[name])
        whole = any(not isinstance(u, str) for u in used)
        if None in used or not all(k.isidentifier() for k in keys) or (grows and whole):
            continue
        found[name] = keys
    return found


def keys_of(display: ast.Dict) -> Keys:
    """The keys of a display; one that is no text stands for none that can have a name."""
    texts = (k.value if isinstance(k, ast.Constant) else None for k in display.keys)
    return {t if isinstance(t, str) else "not a text": None for t in texts}


def keys_used(used: list[Any]) -> Keys:
    """The keys that are read or stored."""
    return {u: None for u in used if isinstance(u, str)}


def is_constant(function: ast.FunctionDef, name: str) -> bool:
    """Whether a dictionary has constants only, and is never stored into."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=n)], value=ast.Dict(values=values)) if n == name:
                if not values or any(isinstance(m, ast.Name) for v in values for m in ast.walk(v)):
                    return False
            case ast.Subscript(value=ast.Name(id=n), ctx=ast.Store() | ast.Del()) if n == name:
                return False
    return True


def occurrences(function: ast.FunctionDef, name: str) -> Iterator[Any]:
    """What stands at each place of a name: a key, True for all keys, None for anything else."""
    known: set[int] = set()
    given = [a.arg for a in ast.walk(function) if isinstance(a, ast.arg)]
    for node in ast.walk(function):
        match node:
            case ast.FunctionDef() | ast.Lambda() if node is not function:
                if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node)):
                    yield None
            case ast.Assign(targets=[ast.Name(id=n) as base], value=ast.Dict()) if n == name:
                known.add(id(base))
            case ast.Subscript(
                value=ast.Name(id=n) as base, slice=ast.Constant(value=str(key)), ctx=context
            ) if n == name and not isinstance(context, ast.Del):
                known.add(id(base))
                yield key
            case ast.Call(func=ast.Attribute(value=ast.Name(id=n) as base, attr=attr)) if (
                n == name and attr in WHOLE and is_whole(node)
            ):
                known.add(id(base))
                yield True
    places = (n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name)
    if name in given or any(id(n) not in known for n in places):
        yield None


def is_whole(call: ast.Call) -> bool:
    """Whether a call of one of these methods is understood."""
    assert isinstance(call.func, ast.Attribute)
    if call.keywords:
        return False
    if call.func.attr != "get":
        return not call.args
    text = isinstance(call.args[0], ast.Constant) if call.args else False
    return text and len(call.args) <= 2 and isinstance(call.args[0].value, str)  # type: ignore[attr-defined]


class _Named(ast.NodeTransformer):
    """Replaces the dictionaries by their names."""

    def __init__(self, names: Mapping[str, Mapping[str, str]]) -> None:
        self.names = names

    def block(self, stmt: ast.stmt) -> list[ast.stmt]:
        """The statements that one becomes."""
        new = self.visit(stmt)
        return new if isinstance(new, list) else [new]

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        """``p = {"a": x, "b": y}`` as ``p_a = x`` and ``p_b = y``."""
        self.generic_visit(node)
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as value) if (
                name in self.names
            ):
                keys = [str(k.value) for k in value.keys if isinstance(k, ast.Constant)]
                places = [ast.Name(self.names[name][k], ast.Store()) for k in keys]
                read = names_in(value)
                if places and read & set(self.names[name].values()):
                    target = ast.Tuple(list[ast.expr](places), ast.Store())
                    values = ast.Tuple(value.values, ast.Load())
                    return ast.copy_location(ast.Assign([target], values), node)
                each = zip(places, value.values, strict=True)
                made = [ast.copy_location(ast.Assign([t], v), node) for t, v in each]
                return [*made] or ast.copy_location(ast.Pass(), node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """``p["a"]`` as ``p_a``."""
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))) if (
                name in self.names
            ):
                return ast.copy_location(ast.Name(self.names[name][key], node.ctx), node)
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """``p.items()`` and the like as displays, ``p.get("a")`` as ``p_a``."""
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                name in self.names and attr in WHOLE
            ):
                return ast.copy_location(self.whole(self.names[name], attr, node), node)
        return node

    def whole(self, names: Mapping[str, str], attr: str, node: ast.Call) -> ast.expr:
        """What a method of a dictionary gives."""
        values = [ast.Name(n, ast.Load()) for n in names.values()]
        keys = [ast.Constant(k) for k in names]
        if attr == "get":
            key = str(ast.literal_eval(node.args[0]))
            default = node.args[1] if len(node.args) > 1 else ast.Constant(None)
            return ast.Name(names[key], ast.Load()) if key in names else default
        if attr == "items":
            pairs = zip(keys, values, strict=True)
            return ast.Tuple([ast.Tuple([k, v], ast.Load()) for k, v in pairs], ast.Load())
        return ast.Tuple(list[ast.expr](values if attr == "values" else keys), ast.Load())
