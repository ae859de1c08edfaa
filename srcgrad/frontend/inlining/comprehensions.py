"""Comprehensions and generator arguments: as loops that fill an array, a list or a sum.

In: ``[e for v in xs if c]``, ``sum(e for ...)``. Out: the name of what the loop built.

Invariant: the names that a comprehension binds are its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from .body import Body, Scope, name_of
from .displays import elements
from .loops import emit_loop, iteration


def comprehension(worker: Body, node: ast.ListComp) -> ast.expr:
    """``[e for v in xs]`` as an array that a loop fills."""
    name = worker.fresh("values")
    outer, worker.scope = worker.scope, Scope(worker.scope.source, worker.scope)
    for generator in node.generators:
        local_targets(worker, generator.target)
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

        def append() -> None:
            method = ast.Attribute(name_of(name), "append", ast.Load())
            worker.emit(ast.Expr(ast.Call(method, [worker.expr(node.elt)], [])), node)

        nested(worker, node.generators, append, node)
    worker.scope = outer
    return name_of(name)


def _bound_round(worker: Body, node: ast.ListComp, element: ast.expr) -> ast.expr:
    """One round over an element that is known: what it computes, under a name."""
    target = worker.target(node.generators[0].target)
    worker.emit(ast.Assign([target], element), node)
    return worker.bound(worker.expr(node.elt), node)


def filled(worker: Body, name: str, node: ast.ListComp) -> None:
    """``name = np.empty(n)``, each element stored by its round."""
    generator = node.generators[0]
    found = iteration(generator.target, generator.iter, set(), worker, hidden=True)
    if found is None:
        worker.refuse(generator.iter, "this cannot be looped over", "loop over a range")
    size: ast.expr = found.bounds[0]
    empty = ast.Call(ast.Attribute(name_of("np"), "empty", ast.Load()), [size], [])
    worker.emit(ast.Assign([ast.Name(name, ast.Store())], empty), node)
    worker.lists.add(name)

    def store() -> None:
        element = ast.Subscript(name_of(name), name_of(found.counter), ast.Store())
        worker.emit(ast.Assign([element], worker.expr(node.elt)), node)

    emit_loop(worker, found, store, node)


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
    name = worker.fresh("total" if start == 0 and start is not False else "found")
    worker.emit(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(start)), node)
    outer, worker.scope = worker.scope, Scope(worker.scope.source, worker.scope)
    for generator in node.generators:
        local_targets(worker, generator.target)

    def step() -> None:
        new, old = worker.expr(node.elt), name_of(name)
        value: ast.expr = ast.BinOp(old, ast.Add(), new)
        if callee in ("any", "all"):
            op = ast.Or() if callee == "any" else ast.And()
            value = ast.BoolOp(op, [old, new])
        worker.emit(ast.Assign([ast.Name(name, ast.Store())], value), node)

    nested(worker, node.generators, step, node)
    worker.scope = outer
    return name_of(name)
