"""Gathered: builtins that go through an iterable: ``list``, ``sorted``, ``map``, ``reduce``.

In: a call of one of them. Out: the name of what it gives; None for any other call.

Invariant: what is a list in Python counts as one, where its operators are those of lists.
"""

from __future__ import annotations

import ast
import functools
import operator
from typing import Any

from ...rules.calls import call_of
from ...rules.expressions import literal
from .body import Body, name_of
from .captures import static
from .displays import elements, is_known


def gathered(worker: Body, node: ast.Call, value: Any) -> ast.expr | None:
    """What a builtin gives that goes through its argument."""
    if not any(value is f for f in (list, tuple, sorted, functools.reduce)):
        return None
    worker.note(ast.unparse(node.func), value)
    if value is functools.reduce:
        return _reduced(worker, node)
    if value is sorted:
        return _sorted(worker, node)
    return _listed(worker, node, value)


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
    given = {str(k.arg): literal(k.value) for k in node.keywords}
    if len(node.args) != 1 or set(given) - {"reverse"} or given.get("reverse", False) not in (0, 1):
        worker.refuse(node, f"`{ast.unparse(node)}`: no key is supported", "use np.argsort")
    match node.args[0]:
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            whole = call_of("np.array", worker.expr(ast.List(elts, ast.Load())))
        case ast.Name() as name:
            whole = worker.expr(name)
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


def _reduced(worker: Body, node: ast.Call) -> ast.expr:
    """``reduce(f, x, start)`` as a loop."""
    if len(node.args) not in (2, 3) or node.keywords:
        worker.refuse(node, f"`{ast.unparse(node)}` is not understood", "write the loop")
    if not all(static(worker, name_of(f.__name__)) == (True, f) for f in (len, range)):
        worker.refuse(node, "`reduce` needs the builtins `len` and `range`", "write the loop")
    names = {w: worker.fresh(w) for w in ("items", "result", "k")}
    for name in names.values():
        worker.scope.names[name] = name_of(name)
    worker.rebound.add(names["result"])
    worker.emit(
        ast.Assign([ast.Name(names["items"], ast.Store())], worker.expr(node.args[1])), node
    )
    items, result, k = names.values()
    start = f"{items}[0]" if len(node.args) == 2 else f"({ast.unparse(node.args[2])})"
    text = (
        f"{result} = {start}\n"
        f"for {k} in range({int(len(node.args) == 2)}, len({items})):\n"
        f"    {result} = ({ast.unparse(node.args[0])})({result}, {items}[{k}])"
    )
    for stmt in ast.parse(text).body:
        for part in ast.walk(stmt):
            ast.copy_location(part, node)
        worker.statement(stmt)
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
