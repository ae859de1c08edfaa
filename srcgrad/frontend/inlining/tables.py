"""Tables: dictionaries of constants, and tests of text.

In: ``{"g": 9.81}``, ``PARAMETERS["g"]``, ``kind == "linear"``. Out: the expression of the value;
whether the test holds.

Invariant: nothing here depends on the function's arguments; what was found outside is looked at
again at each call.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from .body import Body
from .captures import capture, static, written_out
from .pieces import MOST

Table = dict[Any, ast.expr]
"""The values of a dictionary by their keys."""


def table(worker: Body, node: ast.Dict) -> Table:
    """The values of a dictionary that is written out: ``parse`` has looked at what they read."""
    found: Table = {}
    for key, value in zip(node.keys, node.values, strict=True):
        name = None if key is None else text_or_number(worker, key)
        if name is None:
            worker.refuse(node, "the keys of this dict are not constants", "use separate names")
        found[name] = worker.bound_if_needed(worker.expr(value), node)
    return found


def text_or_number(worker: Body, node: ast.expr) -> Any:
    """A key: a constant, a name that stands for one, a tuple of such; None for any other."""
    if isinstance(node, ast.Tuple):
        parts = [text_or_number(worker, e) for e in node.elts]
        return None if None in parts else tuple(parts)
    known = worker.expr(node) if isinstance(node, ast.Name) else node
    return known.value if isinstance(known, ast.Constant) else None


def entries(worker: Body, node: ast.expr) -> list[ast.expr] | None:
    """What ``p``, ``p.keys()``, ``p.values()``, ``p.items()`` of such a dictionary give."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name() as base, attr=what), args=[], keywords=[]
        ):
            values = known_table(worker, base) if what in ("keys", "values", "items") else None
        case ast.Name() as base:
            what, values = "keys", known_table(worker, base)
        case _:
            return None
    if values is None or len(values) > MOST:
        return None
    keys = [written_out(key) for key in values]
    pairs = zip(keys, values.values(), strict=True)
    found: dict[str, list[ast.expr]] = {
        "keys": keys,
        "values": list(values.values()),
        "items": [ast.Tuple([k, v], ast.Load()) for k, v in pairs],
    }
    return found[what]


def of_table(worker: Body, node: ast.expr) -> ast.expr | None:
    """``p["g"]`` or ``p.get("g", 1.0)`` of a dictionary of constants; None for anything else."""
    match node:
        case ast.Subscript(value=ast.Name() as base, slice=key):
            default = None
        case ast.Call(
            func=ast.Attribute(value=ast.Name() as base, attr="get"), args=[key, *rest], keywords=[]
        ) if len(rest) < 2:
            default = rest[0] if rest else ast.Constant(None)
        case _:
            return None
    values = known_table(worker, base)
    if values is None:
        return None
    name = text_or_number(worker, key)
    if name is None and values and not worker.kinds:  # types, and texts, are not known yet
        return next(iter(values.values()))
    if name is None:
        worker.refuse(node, f"`{ast.unparse(node)}`: the key is not a constant", "use an array")
    if name in values:
        return values[name]
    if default is None:
        worker.refuse(node, f"the dict has no key {name!r}", "")
    return worker.expr(default)  # type: ignore[no-any-return]


def known_table(worker: Body, base: ast.Name) -> Table | None:
    """The dictionary that a name stands for, local or from outside."""
    if (scope := worker.scope.find(base.id)) is not None:
        known = scope.names.get(base.id)
        return worker.tables.get(known.id) if isinstance(known, ast.Name) else None
    found, value = static(worker, base)
    if not found or not isinstance(value, dict):
        return None
    worker.note(base.id, value)
    return {
        key: capture(worker, base, f"{base.id}_{key}" if str(key).isidentifier() else base.id, v)
        for key, v in value.items()
        if isinstance(v, bool | int | float | str | np.ndarray | np.number | list | tuple | None)
    }


def table_named(worker: Body, name: str, node: ast.Dict) -> bool:
    """``p = {...}``, where the name is bound once: its values are known from here on."""
    target = worker.scope.names[name]
    assert isinstance(target, ast.Name)
    if not worker.is_steady(target):
        worker.refuse(node, f"the dict `{name}` is bound more than once", "use separate names")
    worker.tables[target.id] = table(worker, node)
    return True


def refuse_outside(worker: Body, base: ast.expr) -> None:
    """Refuse a store into a list or a dict from outside, which the next call would see."""
    while isinstance(base, ast.Subscript):
        base = base.value
    found, value = static(worker, base)
    if found and isinstance(value, list | dict):
        reason = f"`{ast.unparse(base)}` from outside is written to"
        worker.refuse(base, reason, "write to a copy, or return the value")
    if isinstance(base, ast.Name) and known_table(worker, base) is not None:
        worker.refuse(base, "dicts cannot carry gradients", "use arrays or separate names")


def decided(test: ast.expr) -> bool | None:
    """Whether a test of text holds; None for any other test."""
    match test:
        case ast.Compare(
            left=ast.Constant(value=str(a)), ops=[op], comparators=[ast.Constant(value=str(b))]
        ):
            return {ast.Eq: a == b, ast.NotEq: a != b, ast.In: a in b}.get(type(op))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = decided(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            found = [decided(v) for v in values]
            decisive = isinstance(op, ast.Or)
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case ast.Constant(value=bool(value)):
            return value
    return None
