"""Selecting: ``max`` and ``min`` with a key or a default, ``sum`` with a start.

In: a call of one of them. Out: the name of what it gives, after the loop that finds it.

Invariant: of several that are largest the first is taken, as in Python; what has no elements and no
default is a ``ValueError``.
"""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from .body import Body, name_of
from .gathered import over
from .statements import bind, new_names, write

SEARCH = """\
{best} = {items}[0]
{most} = {key}({best})
for {k} in range(1, len({items})):
    {item} = {items}[{k}]
    {value} = {key}({item})
    if {value} {more} {most}:
        {best} = {item}
        {most} = {value}
"""

EMPTY = "if len({items}) == 0:\n    raise ValueError('the iterable is empty')\n"

DEFAULT = "{best} = {default}\nif len({items}) > 0:\n"


def selecting(worker: Body, node: ast.Call, value: Any) -> ast.expr | None:
    """What ``max(x, key=f)`` or ``sum(x, start)`` gives; None for any other call."""
    named = {str(k.arg): k.value for k in node.keywords}
    if value is sum and (len(node.args) == 2 or set(named) == {"start"}):
        start = node.args[1] if len(node.args) == 2 else named["start"]
        total = ast.copy_location(ast.Call(node.func, node.args[:1], []), node)
        whole = ast.copy_location(ast.BinOp(start, ast.Add(), total), node)
        return worker.expr(whole)  # type: ignore[no-any-return]
    if (
        value not in (max, min)
        or not named
        or len(node.args) != 1
        or set(named) - {"key", "default"}
    ):
        return None
    worker.note(ast.unparse(node.func), value)
    names = new_names(worker, "items", "best", "most", "item", "value", "k")
    worker.rebound |= {names[w] for w in ("best", "most", "item", "value")}
    iterable = node.args[0]
    whole = worker.expr(
        iterable if isinstance(iterable, ast.Name) else over(worker, iterable, node)
    )
    bind(worker, names["items"], whole, node)
    key = f"({ast.unparse(named['key'])})" if "key" in named else ""
    text = EMPTY + SEARCH
    if "default" in named:
        names["default"] = f"({ast.unparse(named['default'])})"
        text = DEFAULT + textwrap.indent(SEARCH, "    ")
    more = ">" if value is max else "<"
    write(worker, node, text.format(key=key, more=more, **names), len, range)
    return name_of(names["best"])
