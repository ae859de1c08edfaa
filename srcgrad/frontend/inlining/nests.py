"""Nests: iterables that stand for nested loops.

In: the target and the iterable of a loop: ``itertools.product`` and ``combinations`` (and
``pairwise``), ``np.ndindex``, ``np.ndenumerate``. Out: the targets and iterables of the loops that
they stand for, outermost first; None for any other iterable.

Invariant: the same rounds in the same order. Where the body changes what the loops run over, or
the bounds, there is a refusal: Python looks at them once, before the first round.
"""

from __future__ import annotations

import ast
import itertools
from typing import Any

import numpy as np

from ...naming import names_in
from .body import Body, assigned, name_of
from .captures import static

Loops = list[tuple[ast.expr, ast.expr]]

ADVICE = "write the nested loops"


def nest(worker: Body, target: ast.expr, iterable: ast.expr, body: list[ast.stmt]) -> Loops | None:
    """The loops that a loop over an iterable stands for."""
    if not isinstance(iterable, ast.Call):
        return None
    found, function = static(worker, iterable.func)
    if not found or not any(function is f for f in BUILDERS):
        return None
    worker.note(ast.unparse(iterable.func), function)
    loops: Loops | None = BUILDERS[function](worker, target, iterable)
    plain = all(static(worker, name_of(f.__name__)) == (True, f) for f in (len, range, zip))
    if loops is None or not plain:
        reason = f"a loop over `{ast.unparse(iterable)}` with these targets is not understood"
        worker.refuse(iterable, reason, ADVICE)
    read = names_in(iterable)
    live = function in (np.ndindex, np.ndenumerate) or all(
        isinstance(a, ast.Call | ast.Constant) for a in iterable.args
    )
    if read & set(assigned(body)) or (not live and any(_may_write(s, read) for s in body)):
        reason = f"the body changes what `{ast.unparse(iterable)}` runs over"
        worker.refuse(iterable, reason, ADVICE)
    return loops


def _may_write(stmt: ast.stmt, arrays: set[str]) -> bool:
    """Whether a statement stores elements, or calls a function of one of the arrays."""
    for node in ast.walk(stmt):
        match node:
            case ast.Subscript(ctx=ast.Store()):
                return True
            case ast.Call(args=args) if arrays & {a.id for a in args if isinstance(a, ast.Name)}:
                return True
    return False


def nested_for(worker: Body, stmt: ast.For, loops: Loops) -> ast.For:
    """The loops around the body; an exit of the body is one of each."""
    body = list(stmt.body)
    exits = body[-1:] if _is_exit(body[-1]) else []
    targets = [t.id for t in ast.walk(stmt.target) if isinstance(t, ast.Name)]
    known = [worker.scope.find(t) for t in targets]
    mapped = [s.names.get(t) if s else None for s, t in zip(known, targets, strict=True)]
    if any(isinstance(m, ast.Name) and m.id in worker.rebound for m in mapped):
        loops, first = hidden(worker, loops)
        body = [ast.copy_location(s, stmt) for s in first] + body
    for target, iterable in reversed(loops):
        loop = ast.For(target=target, iter=iterable, body=body, orelse=[])
        body = [ast.copy_location(loop, stmt), *exits]
    made = body[0]
    assert isinstance(made, ast.For)
    return ast.fix_missing_locations(made)


def hidden(worker: Body, loops: Loops) -> tuple[Loops, list[ast.stmt]]:
    """The loops with counters of their own, and what binds the targets: only in a round."""
    new: dict[str, str] = {}
    for target, _ in loops:
        for name in (n for n in ast.walk(target) if isinstance(n, ast.Name)):
            new[name.id] = worker.unseen(f"{name.id}_k")

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(new.get(node.id, node.id), node.ctx)

    changed = [(Renamed().visit(t), Renamed().visit(i)) for t, i in loops]
    binds: list[ast.stmt] = [
        ast.Assign([ast.Name(old, ast.Store())], name_of(k)) for old, k in new.items()
    ]
    return changed, binds


def _is_exit(stmt: ast.stmt) -> bool:
    """``if flag: break``."""
    match stmt:
        case ast.If(test=ast.Name(), body=[ast.Break()]):
            return True
    return False


def _product(worker: Body, target: ast.expr, call: ast.Call) -> Loops | None:
    """``itertools.product``: a loop for each iterable."""
    repeat = 1
    match call.keywords:
        case []:
            pass
        case [ast.keyword(arg="repeat", value=ast.Constant(value=int(repeat)))]:
            pass
        case _:
            return None
    parts = _parts(target, len(call.args) * repeat)
    return None if parts is None else list(zip(parts, call.args * repeat, strict=True))


def _combinations(worker: Body, target: ast.expr, call: ast.Call) -> Loops | None:
    """``itertools.combinations``: each element with those after it."""
    match call:
        case ast.Call(args=[source, ast.Constant(value=int(count))], keywords=[]) if count > 0:
            parts = _parts(target, count)
        case _:
            return None
    if parts is None or not all(isinstance(p, ast.Name) for p in parts):
        return None
    bounds = source.args if isinstance(source, ast.Call) else []
    if isinstance(source, ast.Call) and static(worker, source.func) == (True, range):
        if len(bounds) == 3:
            return None
        loops: Loops = [(parts[0], source)]
        for before, part in itertools.pairwise(parts):
            start = ast.BinOp(_loaded(before), ast.Add(), ast.Constant(1))
            loops.append((part, ast.Call(source.func, [start, bounds[-1]], [])))
        return loops
    if not isinstance(source, ast.Name):
        return None
    places = [worker.unseen("k") for _ in parts]
    loops = []
    for k, (part, place) in enumerate(zip(parts, places, strict=True)):
        start = ast.BinOp(name_of(places[k - 1]), ast.Add(), ast.Constant(1))
        whole = ast.Call(name_of("len"), [source], [])
        bounds = [start, whole] if k else [whole]
        element = ast.Subscript(source, name_of(place), ast.Load())
        loops.append((ast.Name(place, ast.Store()), ast.Call(name_of("range"), bounds, [])))
        loops.append((part, ast.Tuple([element], ast.Load())))
    return loops


def _pairwise(worker: Body, target: ast.expr, call: ast.Call) -> Loops | None:
    """``itertools.pairwise`` of an array: each element with the next."""
    match call:
        case ast.Call(args=[ast.Name() as source], keywords=[]):
            after = ast.Subscript(source, ast.Slice(ast.Constant(1)), ast.Load())
            return [(target, ast.Call(name_of("zip"), [source, after], []))]
    return None


def _ndindex(worker: Body, target: ast.expr, call: ast.Call) -> Loops | None:
    """``np.ndindex``: a loop for each extent."""
    extents = call.args
    match extents:
        case [ast.Tuple(elts=extents)]:
            pass
        case [ast.Attribute(attr="shape") as shape] if isinstance(target, ast.Tuple):
            places = range(len(target.elts))
            extents = [ast.Subscript(shape, ast.Constant(k), ast.Load()) for k in places]
    parts = _parts(target, len(extents))
    if parts is None or call.keywords:
        return None
    ranges = [ast.Call(name_of("range"), [e], []) for e in extents]
    return list(zip(parts, ranges, strict=True))


def _ndenumerate(worker: Body, target: ast.expr, call: ast.Call) -> Loops | None:
    """``np.ndenumerate``: the loops over the indices, and the element."""
    match target, call.args:
        case ast.Tuple(elts=[ast.Tuple(elts=places) as index, value]), [ast.Name() as array]:
            shape = ast.Attribute(array, "shape", ast.Load())
            loops = _ndindex(worker, index, ast.Call(call.func, [shape], []))
            subscript = ast.Tuple([_loaded(p) for p in places], ast.Load())
            element = ast.Subscript(array, subscript, ast.Load())
            return None if loops is None else [*loops, (value, ast.Tuple([element], ast.Load()))]
    return None


BUILDERS: dict[Any, Any] = {
    itertools.product: _product,
    itertools.combinations: _combinations,
    itertools.pairwise: _pairwise,
    np.ndindex: _ndindex,
    np.ndenumerate: _ndenumerate,
}
"""The loops that iterables stand for, by function."""


def _parts(target: ast.expr, count: int) -> list[ast.expr] | None:
    """The targets of the loops."""
    if isinstance(target, ast.Tuple | ast.List) and len(target.elts) == count:
        return target.elts
    return None


def _loaded(target: ast.expr) -> ast.expr:
    assert isinstance(target, ast.Name)
    return name_of(target.id)
