"""Comprehensions and generator arguments: as loops that fill an array, a list or a sum.

In: ``[e for v in xs if c]``, ``sum(e for ...)``. Out: the name of what the loop built.

Invariant: the names that a comprehension binds are its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeVar

from ...rules.calls import call_of
from ...rules.listed import ADDED, LISTED
from .body import Body, Scope, name_of
from .captures import static
from .displays import elements
from .loops import emit_loop, iteration
from .nests import nest


def as_list(argument: ast.expr) -> ast.expr:
    """A generator as a list; anything else as it is."""
    if isinstance(argument, ast.GeneratorExp):
        return ast.copy_location(ast.ListComp(argument.elt, argument.generators), argument)
    return argument


def comprehension(worker: Body, node: ast.ListComp) -> ast.expr:
    """``[e for v in xs]`` as an array that a loop fills."""
    if (count := nones(worker, node)) is not None:
        none = ast.List([node.elt], ast.Load())
        whole: ast.expr = worker.expr(ast.BinOp(none, ast.Mult(), count))
        return whole
    name = worker.fresh("values")
    outer, worker.scope = worker.scope, Scope(worker.scope.source, worker.scope)
    for generator in node.generators:
        local_targets(worker, generator.target)
    node = spread(worker, node)
    simple = len(node.generators) == 1 and not node.generators[0].ifs
    known = elements(worker, node.generators[0].iter) if simple else None
    if known is not None:
        items = [_bound_round(worker, node, e) for e in known]
        worker.scope = outer
        return ast.List(items, ast.Load())
    if simple:
        filled(worker, name, node)
    else:
        worker.emit(ast.Assign([ast.Name(name, ast.Store())], ast.List([], ast.Load())), node)

        nested(worker, node.generators, lambda: append(worker, name_of(name), node), node)
    worker.scope = outer
    return name_of(name)


def nones(worker: Body, node: ast.ListComp) -> ast.expr | None:
    """The n of ``[None for _ in range(n)]``; None for any other."""
    match node:
        case ast.ListComp(
            elt=ast.Constant(value=None),
            generators=[ast.comprehension(iter=ast.Call(func=func, args=[count]), ifs=[])],
        ) if static(worker, func) == (True, range):
            return count
    return None


def _bound_round(worker: Body, node: ast.ListComp, element: ast.expr) -> ast.expr:
    """One round over an element that is known: what it computes, under a name."""
    target = worker.target(node.generators[0].target)
    worker.emit(ast.Assign([target], element), node)
    return worker.bound(worker.expr(node.elt), node)


def filled(worker: Body, name: str, node: ast.ListComp) -> None:
    """``name = listed(items, np.empty(n))``, with the list of what each round computes."""
    generator = node.generators[0]
    found = iteration(generator.target, generator.iter, set(), worker, hidden=True)
    if found is None:
        worker.refuse(generator.iter, "this cannot be looped over", "loop over a range")
    size: ast.expr = found.bounds[0]
    empty = ast.Call(ast.Attribute(name_of("np"), "empty", ast.Load()), [size], [])
    buffer = worker.bound(empty, node, "buffer")
    items = worker.bound(ast.List([], ast.Load()), node, "items")
    worker.lists.add(name)
    emit_loop(worker, found, lambda: append(worker, items, node), node)
    worker.emit(ast.Assign([ast.Name(name, ast.Store())], call_of(LISTED, items, buffer)), node)


def append(worker: Body, items: ast.expr, node: ast.ListComp | ast.GeneratorExp) -> None:
    """``items.append(element)``."""
    value = worker.expr(node.elt)
    if is_list_display(value):
        value = worker.bound(value, node, "row")
    method = ast.Attribute(items, "append", ast.Load())
    worker.emit(ast.Expr(ast.Call(method, [value], [])), node)


def is_list_display(value: ast.expr) -> bool:
    """Whether an expression is ``[a, b]`` or ``[a] * n``."""
    match value:
        case ast.BinOp(left=ast.List(), op=ast.Mult()):
            return True
    return isinstance(value, ast.List)


Generating = TypeVar("Generating", bound=ast.ListComp | ast.GeneratorExp)


def spread(worker: Body, node: Generating) -> Generating:
    """The same with a ``for`` for each loop that an iterable stands for."""
    made: list[ast.comprehension] = []
    for generator in node.generators:
        loops = nest(worker, generator.target, generator.iter, [])
        made += [ast.comprehension(t, i, [], 0) for t, i in loops or ()]
        if loops is None:
            made.append(generator)
        else:
            made[-1].ifs = generator.ifs
    return ast.fix_missing_locations(ast.copy_location(type(node)(node.elt, made), node))


def local_targets(worker: Body, target: ast.expr) -> None:
    """Names of a comprehension's own."""
    for part in ast.walk(target):
        if isinstance(part, ast.Name):
            worker.scope.names[part.id] = name_of(worker.fresh(part.id))


def nested(
    worker: Body, generators: list[ast.comprehension], fill: Callable[[], None], at: ast.AST
) -> None:
    """Nested loops with their filters."""
    if not generators:
        fill()
        return
    first, *rest = generators
    known = elements(worker, first.iter)
    found = None if known is not None else iteration(first.target, first.iter, set(), worker)
    if found is None and known is None:
        worker.refuse(first.iter, "this cannot be looped over", "loop over a range")

    def inside() -> None:
        if not first.ifs:
            nested(worker, rest, fill, at)
            return
        test = worker.expr(
            first.ifs[0] if len(first.ifs) == 1 else ast.BoolOp(ast.And(), first.ifs)
        )
        body, _ = worker.collect(lambda: nested(worker, rest, fill, at))
        worker.emit(ast.If(test, body, []), at)

    if found is not None:
        emit_loop(worker, found, inside, at)
    for element in known or ():
        worker.emit(ast.Assign([worker.target(first.target)], element), at)
        inside()


def reduction(worker: Body, callee: str, node: ast.GeneratorExp | ast.ListComp) -> ast.expr | None:
    """``sum(e for ...)``, ``any``, ``all`` as loops; None for other callees."""
    start = {"sum": 0, "any": False, "all": True, "math.fsum": 0}.get(callee)
    if start is None:
        return None
    adds = callee not in ("any", "all")
    name = worker.fresh("total" if adds else "found")
    items = worker.bound(ast.List([], ast.Load()), node, "items") if adds else None
    if items is None:
        worker.emit(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(start)), node)
    outer, worker.scope = worker.scope, Scope(worker.scope.source, worker.scope)
    for generator in node.generators:
        local_targets(worker, generator.target)

    node = spread(worker, node)

    def step() -> None:
        if items is not None:
            append(worker, items, node)
            return
        op = ast.Or() if callee == "any" else ast.And()
        value = ast.BoolOp(op, [name_of(name), worker.expr(node.elt)])
        worker.emit(ast.Assign([ast.Name(name, ast.Store())], value), node)

    nested(worker, node.generators, step, node)
    if items is not None:
        worker.emit(ast.Assign([ast.Name(name, ast.Store())], call_of(ADDED, items)), node)
    worker.scope = outer
    return name_of(name)
