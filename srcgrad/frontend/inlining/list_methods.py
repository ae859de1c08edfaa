"""List methods: those that are written as loops of ``append``, ``pop`` and assignments.

In: a call of a method of a list. Out: the user's call as the statements that it stands for.

Invariant: the list has afterwards what Python's list has, in the same order.
"""

from __future__ import annotations

import ast

from ...naming import names_in
from ...rules.expressions import literal
from .body import Body
from .comprehensions import as_list
from .statements import write

WRITTEN = {
    "extend": "for {v} in {a}:\n    {h}.append({v})",
    "clear": "while len({h}) > 0:\n    {h}.pop()",
    "reverse": (
        "for {k} in range(len({h}) // 2):\n"
        "    {h}[{k}], {h}[len({h}) - 1 - {k}] = {h}[len({h}) - 1 - {k}], {h}[{k}]"
    ),
    "insert": (
        "{v} = {b}\n"
        "{h}.append({v})\n"
        "for {k} in range(len({h}) - 1, {a}, -1):\n"
        "    {h}[{k}] = {h}[{k} - 1]\n"
        "if {a} < len({h}):\n"
        "    {h}[{a}] = {v}"
    ),
    "sort": ("{v} = sorted({h}{a})\nfor {k} in range(len({h})):\n    {h}[{k}] = {v}[{k}]"),
    "pop": (
        "{v} = {h}[{a}]\n"
        "for {k} in range({a}, len({h}) - 1):\n"
        "    {h}[{k}] = {h}[{k} + 1]\n"
        "{h}.pop()"
    ),
}
"""The statements of a method of ``h`` with arguments ``a``, ``b``; ``k``, ``v`` are new names."""

ARITY = {"extend": 1, "clear": 0, "reverse": 0, "insert": 2, "pop": 1, "sort": 0}


def list_method(worker: Body, node: ast.expr) -> ast.expr | None:
    """What ``h.pop(0)``, ``h.extend(...)`` give, after their statements; None for other calls."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr=method), args=args, keywords=[]
        ) if ARITY.get(method) == len(args) and worker.scope.find(name) is not None:
            order = ""
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="sort" as method),
            args=[] as args,
            keywords=options,
        ) if worker.scope.find(name) is not None:
            order = "".join(f", {k.arg}={ast.unparse(k.value)}" for k in options)
        case _:
            return None
    if method == "extend":
        args = [as_list(args[0])]
        if not isinstance(args[0], ast.List) and name in names_in(args[0]):
            return None
    place = literal(args[0]) if method in ("insert", "pop") else 0
    if method == "pop" and place == -1:
        return worker.expr(ast.copy_location(ast.Call(node.func, [], []), node))  # type: ignore[no-any-return]
    if type(place) is not int or place < 0:
        return None
    given = {"h": name, "k": worker.unseen("k"), "v": worker.unseen("item")}
    given |= {"a": order} | dict(zip("ab", (f"({ast.unparse(a)})" for a in args), strict=False))
    write(worker, node, WRITTEN[method].format(**given), len, range, sorted)
    return worker.scope.names[given["v"]] if method == "pop" else ast.Constant(None)
