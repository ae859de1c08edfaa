"""Loops: what a ``for`` may run over, as a counter in a range.

In: the target and the iterable of a loop. Out: an ``Iteration``: the counter, the range's bounds
and what each round binds first.

Invariant: the iterable is evaluated once, before the first round, as in Python.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from ...naming import names_in
from ...rules.calls import call_of
from .body import Body, assigned, name_of
from .captures import static
from .displays import counted, elements, held
from .nests import nest, nested_for


@dataclass
class Iteration:
    """``for counter in range(*bounds)``, with statements that each round starts with."""

    counter: str
    bounds: list[ast.expr]
    binds: list[Callable[[], None]]


@dataclass
class Items:
    """Something with a length and an element for each round."""

    count: ast.expr
    element: Callable[[str], ast.expr]


def iteration(
    target: ast.expr,
    iterable: ast.expr,
    changed: Collection[str],
    worker: Body,
    hidden: bool = False,
) -> Iteration | None:
    """The iteration of a loop; None where the iterable is not understood.

    Parameters
    ----------
    target, iterable : ast.expr
        Of the user's loop.
    changed : set of str
        Names that the body assigns.
    worker : the inliner
        Evaluates expressions and emits statements.
    hidden : bool
        Whether a counter from 0 is wanted in any case.
    """
    if isinstance(target, ast.Name) and _is_range(iterable, worker) and not hidden:
        assert isinstance(iterable, ast.Call)
        args = worker.parts(ast.Tuple(iterable.args, ast.Load())).elts  # type: ignore[attr-defined]
        bounds = [_steady(a, iterable, worker, changed) for a in args]
        new = worker.target(target)
        assert isinstance(new, ast.Name)
        if target.id not in changed:
            return Iteration(new.id, bounds, [])
        counter = worker.fresh("k")
        return Iteration(counter, bounds, [_binding(target, lambda: name_of(counter), worker)])
    found = items(iterable, worker)
    if found is None:
        return None
    known = found
    count = _steady(found.count, iterable, worker, changed)
    counter = worker.fresh("k")
    return Iteration(counter, [count], [_binding(target, lambda: known.element(counter), worker)])


def items(iterable: ast.expr, worker: Body) -> Items | None:
    """Length and elements of an iterable."""
    match iterable:
        case ast.Call(args=args) if _is_range(iterable, worker):
            return _range_items(args, iterable, worker)
        case ast.Call(func=func, args=[inner, *rest], keywords=keywords) if _is(
            func, enumerate, worker
        ):
            start = rest[0] if rest else keywords[0].value if keywords else ast.Constant(0)
            found = items(inner, worker)
            if found is None:
                return None
            first, inside = worker.bound_if_needed(worker.expr(start), iterable), found
            return Items(found.count, lambda k: _pair(_plus(first, name_of(k)), inside, k))
        case ast.Call(func=func, args=parts) if parts and _is(func, zip, worker):
            each = [items(p, worker) for p in parts]
            known = [e for e in each if e is not None]
            if len(known) < len(each):
                return None
            count = known[0].count
            for other in known[1:]:
                if ast.unparse(other.count) != ast.unparse(count):
                    count = ast.Call(name_of("min"), [count, other.count], [])
            return Items(count, lambda k: ast.Tuple([e.element(k) for e in known], ast.Load()))
        case (
            ast.Call(func=ast.Name(id="reversed"), args=[inner])
            | ast.Subscript(value=ast.Call() as inner, slice=ast.Slice(None, None, ast.UnaryOp()))
        ) if is_backwards(iterable, worker):
            found = items(inner, worker)
            if found is None:
                return None
            size = worker.bound_if_needed(found.count, iterable)
            last = ast.BinOp(size, ast.Sub(), ast.Constant(1))
            back = worker.fresh("k")

            def element(k: str) -> ast.expr:
                index = ast.BinOp(last, ast.Sub(), name_of(k))
                worker.emit(ast.Assign([ast.Name(back, ast.Store())], index), iterable)
                return found.element(back)

            return Items(size, element)
        case ast.Call(func=ast.Name(id="range" | "enumerate" | "zip" | "reversed" | "map")):
            return None
    if isinstance(iterable, ast.Attribute) and iterable.attr == "flat":
        base = worker.expr(iterable.value)
        array = worker.bound(call_of("np.ravel", base), iterable)
    else:
        array = worker.bound_if_needed(worker.expr(iterable), iterable)
    length = ast.Call(name_of("len"), [array], [])
    return Items(length, lambda k: ast.Subscript(array, name_of(k), ast.Load()))


def is_backwards(iterable: ast.expr, worker: Body) -> bool:
    """Whether an iterable is ``reversed(...)`` or ``range(...)[::-1]``."""
    match iterable:
        case ast.Call(func=func):
            return _is(func, reversed, worker)
        case ast.Subscript(value=inner, slice=ast.Slice(step=step)) if step is not None:
            return _is_range(inner, worker) and ast.unparse(step) == "-1"
    return False


def _pair(first: ast.expr, items: Items, k: str) -> ast.expr:
    """``(number, element)``."""
    return ast.Tuple([first, items.element(k)], ast.Load())


def _range_items(args: list[ast.expr], at: ast.AST, worker: Body) -> Items:
    """The numbers of a range."""
    bounds = [worker.bound_if_needed(worker.expr(a), at) for a in args]
    if len(bounds) == 1:
        return Items(bounds[0], name_of)
    step = bounds[2] if len(bounds) == 3 else ast.Constant(1)
    count: ast.expr = ast.Call(name_of("len"), [ast.Call(name_of("range"), bounds, [])], [])
    if len(bounds) == 2:
        count = ast.BinOp(bounds[1], ast.Sub(), bounds[0])
        count = ast.Call(name_of("max"), [count, ast.Constant(0)], [])
    count = worker.bound_if_needed(count, at)

    def element(k: str) -> ast.expr:
        one = isinstance(step, ast.Constant) and step.value == 1
        distance = name_of(k) if one else ast.BinOp(name_of(k), ast.Mult(), step)
        return _plus(bounds[0], distance)

    return Items(count, element)


def _binding(target: ast.expr, element: Callable[[], ast.expr], worker: Body) -> Callable[[], None]:
    """Bind the target to the round's element."""

    def bind() -> None:
        _assign(target, element(), worker)

    return bind


def _assign(target: ast.expr, value: ast.expr, worker: Body) -> None:
    """``target = value``, tuples taken apart."""
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple):
        for part, element in zip(target.elts, value.elts, strict=True):
            _assign(part, element, worker)
        return
    worker.emit(ast.Assign([worker.target(target)], value), target)


def _steady(bound: ast.expr, at: ast.AST, worker: Body, changed: Collection[str]) -> ast.expr:
    """A bound that the body cannot change: a copy of it where it might."""
    if isinstance(bound, ast.Constant):
        return bound
    read = names_in(bound)
    known = [worker.scope.names.get(c) for c in changed]
    mapped = {n.id for n in known if isinstance(n, ast.Name)}
    plain = not any(isinstance(n, ast.Subscript) and not _is_shape(n) for n in ast.walk(bound))
    if plain and not read & mapped:
        return bound
    return worker.bound(bound, at, "n")


def _is_shape(node: ast.Subscript) -> bool:
    return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"


def _is_range(node: ast.expr, worker: Body) -> bool:
    return isinstance(node, ast.Call) and _is(node.func, range, worker) and not node.keywords


def _is(func: ast.expr, what: Any, worker: Body) -> bool:
    """Whether a callee is this builtin."""
    found, value = static(worker, func)
    return found and value is what


def _plus(a: ast.expr, b: ast.expr) -> ast.expr:
    if isinstance(a, ast.Constant) and a.value == 0:
        return b
    return ast.BinOp(b, ast.Add(), a)


def while_loop(worker: Body, stmt: ast.While) -> None:
    """A test that needs statements is computed before the loop and at the end of its body."""
    before, test = worker.collect(lambda: worker.expr(stmt.test))
    if not before:
        worker.emit(ast.While(test, worker.block(stmt.body), []), stmt)
        return
    flag = worker.fresh("going")
    target = ast.Name(flag, ast.Load())

    def again() -> None:
        new = worker.expr(stmt.test)
        worker.emit(ast.Assign([ast.Name(flag, ast.Store())], new), stmt)

    first, _ = worker.collect(again)
    worker.out += first
    body = worker.block(stmt.body)
    more, _ = worker.collect(again)
    worker.emit(ast.While(target, body + more, []), stmt)


def for_loop(worker: Body, stmt: ast.For) -> None:
    """A loop over anything that is understood, as one over a range, or unrolled."""
    if (loops := nest(worker, stmt.target, stmt.iter, stmt.body)) is not None:
        for_loop(worker, nested_for(worker, stmt, loops))
        return
    known = elements(worker, stmt.iter)
    if known is not None:
        unrolled(worker, stmt, known)
        return
    numbers = counted(worker, stmt)
    if numbers is not None:
        unrolled(worker, stmt, numbers, constant=True)
        return
    changed = assigned(stmt.body)
    found = iteration(stmt.target, stmt.iter, changed, worker)
    if found is None:
        worker.refuse(
            stmt.iter,
            f"a loop over `{ast.unparse(stmt.iter)}` cannot be differentiated",
            "loop over range(...), an array, zip or enumerate",
        )
    emit_loop(worker, found, lambda: worker.block_here(stmt.body), stmt)


def emit_loop(worker: Body, found: Iteration, fill: Callable[[], Any], at: ast.AST) -> None:
    """``for counter in range(...)`` with what the round binds first."""

    def body() -> None:
        for make in found.binds:
            make()
        fill()

    inner, _ = worker.collect(body)
    call = ast.Call(name_of("range"), found.bounds, [])
    loop = ast.For(target=ast.Name(found.counter, ast.Store()), iter=call, body=inner, orelse=[])
    worker.emit(loop, at)


def unrolled(worker: Body, stmt: ast.For, values: list[ast.expr], constant: bool = False) -> None:
    """The body once for each element of a display; the target may stand for a constant."""
    body, flag = stmt.body, None
    match stmt.body:
        case [*rest, ast.If(test=ast.Name(id=name), body=[ast.Break()])]:
            body, flag = rest, name

    def rounds(left: list[ast.expr]) -> None:
        if not left:
            return
        known = dict(worker.scope.names)
        own = round_names(worker, stmt, stmt.target, left[0], flag is None)
        worker.scope.names |= own
        place, value = without(own, stmt.target, left[0])
        target = worker.target(place)
        worker.emit(ast.Assign([target], value), stmt)
        numbers = round_numbers(stmt, stmt.target, left[0], constant)
        variables = {name: worker.scope.names[name] for name in numbers}
        worker.scope.names |= numbers
        for inner in body:
            worker.statement(inner)
        worker.scope.names |= variables
        texts = (n for n, v in own.items() if isinstance(v, ast.Constant))
        worker.scope.names |= {n: known[n] for n in texts}
        if flag is None:
            rounds(left[1:])
        elif left[1:]:
            test = ast.UnaryOp(ast.Not(), worker.expr(name_of(flag)))
            more, _ = worker.collect(lambda: rounds(left[1:]))
            worker.emit(ast.If(test, more, []), stmt)

    rounds(values)


def round_numbers(
    stmt: ast.For, target: ast.expr, value: ast.expr, constant: bool
) -> dict[str, ast.expr]:
    """Targets that stand for a number of the round's: a counter, the position in ``enumerate``."""
    match target, value:
        case ast.Name(id=name), ast.Constant(value=int()) if constant:
            return {} if name in assigned(stmt.body) else {name: value}
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            pairs = zip(targets, values, strict=True)
            found = [round_numbers(stmt, t, v, True) for t, v in pairs]
            return {name: new for part in found for name, new in part.items()}
    return {}


def round_names(
    worker: Body, stmt: ast.For, target: ast.expr, value: ast.expr, tuples: bool
) -> dict[str, ast.expr]:
    """Targets that mean something of a round's own: a text, a tuple (each with its own length)."""
    match target, value:
        case ast.Name(id=name), ast.Constant(value=str()):
            return {name: value}
        case ast.Name(id=name), ast.Tuple() if tuples and name not in assigned(stmt.body):
            return {name: held(worker, value, stmt, name)}
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            pairs = zip(targets, values, strict=True)
            found = [round_names(worker, stmt, t, v, tuples) for t, v in pairs]
            return {name: new for part in found for name, new in part.items()}
    return {}


def without(
    own: dict[str, ast.expr], target: ast.expr, value: ast.expr
) -> tuple[ast.expr, ast.expr]:
    """A target and what it is bound to, without the names that mean something of their own."""
    if isinstance(target, ast.Name) and target.id in own:
        return ast.Tuple([], ast.Store()), ast.Tuple([], ast.Load())
    if not own or not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
        return target, value
    pairs = [without(own, t, v) for t, v in zip(target.elts, value.elts, strict=True)]
    left = [(t, v) for t, v in pairs if not isinstance(t, ast.Tuple) or t.elts]
    places, values = [t for t, _ in left], [v for _, v in left]
    return ast.Tuple(places, ast.Store()), ast.Tuple(values, ast.Load())
