"""Gathered: builtins that go through an iterable: ``list``, ``sorted``, ``reduce``, ``filter``.

In: a call of one of them. Out: the name of what it gives; None for any other call.

Invariant: what is a list in Python counts as one, where its operators are those of lists.
"""

from __future__ import annotations

import ast
import functools
import itertools
import operator
from collections.abc import Callable
from typing import Any

from ...rules.calls import call_of
from ...rules.expressions import literal
from .body import Body, name_of
from .captures import static
from .displays import elements, is_known
from .statements import bind, new_names, write


def gathered(worker: Body, node: ast.Call, value: Any) -> ast.expr | None:
    """What a builtin gives that goes through its argument."""
    for function, made in GATHERED:
        if value is function:
            worker.note(ast.unparse(node.func), value)
            return made(worker, node)
    if value is list or value is tuple:
        worker.note(ast.unparse(node.func), value)
        return _listed(worker, node, value)
    return None


def _listed(worker: Body, node: ast.Call, value: Any) -> ast.expr:
    """``list(x)`` as ``[v for v in x]``."""
    if len(node.args) > 1 or node.keywords:
        worker.refuse(node, f"`{ast.unparse(node)}` is not understood", "")
    if not node.args:
        return ast.Tuple([], ast.Load()) if value is tuple else ast.List([], ast.Load())
    if value is tuple and is_known(worker, node.args[0]):
        return ast.Tuple(elements(worker, node.args[0]) or [], ast.Load())
    found: ast.expr = worker.expr(over(worker, node.args[0], node))
    return found


def numbers_of(worker: Body, array: ast.expr, at: ast.AST) -> Any:
    """``x.tolist()`` of a vector as ``[float(v) for v in x]``."""
    if static(worker, name_of("float")) != (True, float):
        worker.refuse(at, "`.tolist()` needs the builtin `float`", "write the loop")
    item = worker.fresh("item")
    number = ast.Call(name_of("float"), [name_of(item)], [])
    loop = ast.comprehension(ast.Name(item, ast.Store()), array, [], 0)
    listed = ast.copy_location(ast.ListComp(number, [loop]), at)
    return worker.expr(ast.fix_missing_locations(listed))


def over(worker: Body, iterable: ast.expr, at: ast.AST) -> ast.expr:
    """A comprehension that goes through an iterable."""
    match iterable:
        case ast.GeneratorExp(elt=elt, generators=generators):
            made: ast.expr = ast.ListComp(elt, generators)
        case ast.ListComp():
            return iterable
        case ast.Call(func=func, args=[function, *several]) if (
            static(worker, func) == (True, map) and several
        ):
            made = ast.ListComp(*mapped(worker, function, several))
        case _:
            item = worker.fresh("item")
            loop = ast.comprehension(ast.Name(item, ast.Store()), iterable, [], 0)
            made = ast.ListComp(name_of(item), [loop])
    return ast.fix_missing_locations(ast.copy_location(made, at))


def mapped(
    worker: Body, function: ast.expr, iterables: list[ast.expr]
) -> tuple[ast.expr, list[ast.comprehension]]:
    """``map(f, x, y)`` as the element and the loop of a comprehension."""
    items = [worker.fresh("item") for _ in iterables]
    targets: list[ast.expr] = [ast.Name(i, ast.Store()) for i in items]
    target, iterable = targets[0], iterables[0]
    if len(iterables) > 1:
        if static(worker, name_of("zip")) != (True, zip):
            worker.refuse(function, "`map` of several iterables needs the builtin `zip`", "")
        target = ast.Tuple(targets, ast.Store())
        iterable = ast.Call(name_of("zip"), iterables, [])
    element = ast.Call(function, [name_of(i) for i in items], [])
    return element, [ast.comprehension(target, iterable, [], 0)]


def _sorted(worker: Body, node: ast.Call) -> ast.expr:
    """``sorted(x)`` as ``np.sort(x)``, which counts as a list."""
    named = {str(k.arg): k.value for k in node.keywords}
    given = {name: literal(value) for name, value in named.items()}
    if len(node.args) != 1 or set(given) - {"key", "reverse"}:
        worker.refuse(node, f"`{ast.unparse(node)}` is not understood", "use np.argsort")
    if given.get("reverse", False) not in (0, 1):
        worker.refuse(node, f"`{ast.unparse(node)}`: `reverse` is not a constant", "use np.argsort")
    if given.get("key") is not None:
        return _by_key(worker, node, named["key"], bool(given.get("reverse")))
    match node.args[0]:
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            whole = call_of("np.array", worker.expr(ast.List(elts, ast.Load())))
        case ast.Name() as name:
            whole = worker.expr(name)
        case ast.Call(func=func) if static(worker, func)[1] in (zip, enumerate):
            worker.refuse(node, "tuples are not compared", "sort by a key, or use np.argsort")
        case iterable:
            whole = worker.expr(over(worker, iterable, node))
    result = worker.bound(call_of("np.sort", worker.bound_if_needed(whole, node)), node, "ordered")
    if given.get("reverse"):
        back = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
        turned = call_of("np.copy", ast.Subscript(result, back, ast.Load()))
        result = worker.bound(turned, node, "ordered")
    assert isinstance(result, ast.Name)
    worker.lists.add(result.id)
    return result


def _by_key(worker: Body, node: ast.Call, key: ast.expr, reverse: bool) -> ast.expr:
    """``sorted(x, key=f)``: the elements in the order of their keys, equal ones as they were."""
    if isinstance(key, ast.Lambda) and isinstance(key.body, ast.Tuple):
        worker.refuse(node, "tuples are not compared", "sort by one number")
    names = new_names(worker, "items", "keys", "order", "ordered", "item", "k")
    whole = worker.expr(_iterable(worker, node))
    bind(worker, names["items"], whole, node)
    sign, function = "-" if reverse else "", ast.unparse(key)
    keys = "{keys} = [{sign}({function})({item}) for {item} in {items}]"
    write(worker, node, keys.format(sign=sign, function=function, **names))
    stable = ast.keyword("kind", ast.Constant("mergesort"))
    order = call_of("np.argsort", worker.scope.names[names["keys"]])
    assert isinstance(order, ast.Call)
    order.keywords = [stable]
    worker.emit(ast.Assign([ast.Name(names["order"], ast.Store())], order), node)
    result = "{ordered} = [{items}[int({order}[{k}])] for {k} in range(len({order}))]"
    write(worker, node, result.format(**names), int, len, range)
    return worker.scope.names[names["ordered"]]


def _iterable(worker: Body, node: ast.Call) -> ast.expr:
    """What a builtin goes through, as a list."""
    iterable = node.args[-1]
    return iterable if isinstance(iterable, ast.Name) else over(worker, iterable, node)


ACCUMULATED = """\
{sums} = []
for {k} in range(len({items})):
    {sums}.append({items}[{k}] if {k} == 0 else ({f})({sums}[{k} - 1], {items}[{k}]))
"""


def _accumulated(worker: Body, node: ast.Call) -> ast.expr:
    """``accumulate(x, f)`` as the list of what it gives."""
    if len(node.args) not in (1, 2) or node.keywords:
        worker.refuse(node, f"`{ast.unparse(node)}` is not understood", "write the loop")
    names = new_names(worker, "items", "sums", "k")
    first = ast.copy_location(ast.Call(node.func, node.args[:1], []), node)
    whole = worker.expr(_iterable(worker, first))
    bind(worker, names["items"], whole, node)
    f = ast.unparse(node.args[1]) if len(node.args) == 2 else "lambda a, b: a + b"
    write(worker, node, ACCUMULATED.format(f=f, **names), len, range)
    return worker.scope.names[names["sums"]]


def _chained(worker: Body, node: ast.Call) -> ast.expr:
    """``chain(x, y)`` as the list of what it gives."""
    names = new_names(worker, "links", "item")
    text = "{links} = []\n"
    for iterable in node.args:
        text += f"for {{item}} in {ast.unparse(iterable)}:\n    {{links}}.append({{item}})\n"
    worker.rebound.add(names["item"])
    write(worker, node, text.format(**names))
    return worker.scope.names[names["links"]]


def _filtered(worker: Body, node: ast.Call) -> ast.expr:
    """``filter(f, x)`` as ``[v for v in x if f(v)]``."""
    if len(node.args) != 2 or node.keywords:
        worker.refuse(node, f"`{ast.unparse(node)}` is not understood", "write the loop")
    item = worker.fresh("item")
    test: ast.expr = name_of(item)
    if literal(node.args[0]) is not None:
        test = ast.Call(node.args[0], [name_of(item)], [])
    loop = ast.comprehension(ast.Name(item, ast.Store()), node.args[1], [test], 0)
    made = ast.copy_location(ast.ListComp(name_of(item), [loop]), node)
    kept: ast.expr = worker.expr(ast.fix_missing_locations(made))
    return kept


def _reduced(worker: Body, node: ast.Call) -> ast.expr:
    """``reduce(f, x, start)`` as a loop."""
    if len(node.args) not in (2, 3) or node.keywords:
        worker.refuse(node, f"`{ast.unparse(node)}` is not understood", "write the loop")
    names = new_names(worker, "items", "result", "k")
    worker.rebound.add(names["result"])
    whole = worker.expr(node.args[1])
    bind(worker, names["items"], whole, node)
    items, result, k = names.values()
    start = f"{items}[0]" if len(node.args) == 2 else f"({ast.unparse(node.args[2])})"
    text = (
        f"{result} = {start}\n"
        f"for {k} in range({int(len(node.args) == 2)}, len({items})):\n"
        f"    {result} = ({ast.unparse(node.args[0])})({result}, {items}[{k}])"
    )
    write(worker, node, text, len, range)
    return name_of(names["result"])


BINARY = {
    operator.add: ast.Add,
    operator.sub: ast.Sub,
    operator.mul: ast.Mult,
    operator.truediv: ast.Div,
    operator.pow: ast.Pow,
}
"""Functions of ``operator`` that are operators of two operands."""


def as_operator(node: ast.Call, value: Any) -> ast.expr | None:
    """``operator.mul(a, b)`` as ``a * b``; None for other functions."""
    found = next((op for f, op in BINARY.items() if value is f), None)
    if found is None or len(node.args) != 2 or node.keywords:
        return None
    return ast.copy_location(ast.BinOp(node.args[0], found(), node.args[1]), node)


GATHERED: tuple[tuple[Any, Callable[[Body, ast.Call], ast.expr]], ...] = (
    (sorted, _sorted),
    (functools.reduce, _reduced),
    (itertools.accumulate, _accumulated),
    (itertools.chain, _chained),
    (filter, _filtered),
)
"""What such builtins give, other than ``list`` and ``tuple``."""
