"""Function loops: loops over functions that are written out, once for each.

In: ``for f in (np.sin, np.cos)``, ``for k, (f, w) in enumerate([(np.sin, a), (np.cos, b)])``. Out:
the body once for each element, functions by the loop's names for them.

Invariant: the body runs for each element in order, up to the one that leaves the loop; values are
those from before the first round.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .body import Body, Closure, name_of
from .captures import static
from .user_calls import function_value

Binding = tuple[ast.expr, Any]
"""A target and what it stands for in a round: a ``Closure``, or an expression."""


def over_functions(worker: Body, stmt: ast.For) -> bool:
    """``for f in (np.sin, np.cos)``: the body once for each function, if that is what it is."""
    shown = list(rounds(worker, stmt.target, stmt.iter))
    leaves = [value for each in shown for _, value in each]
    if not any(isinstance(v, ast.expr) and function_value(worker, v) for v in leaves):
        return False
    known = [[(t, value_of(worker, v, stmt)) for t, v in each] for each in shown]
    body, flag = stmt.body, None
    match stmt.body:
        case [*rest, ast.If(test=ast.Name(id=name), body=[ast.Break()])]:
            body, flag = rest, name

    def write(left: list[list[Binding]]) -> None:
        for target, value in left[0]:
            bind(worker, target, value, stmt)
        worker.block_here(body)
        if flag is None or not left[1:]:
            return write(left[1:]) if left[1:] else None
        test = ast.UnaryOp(ast.Not(), worker.expr(name_of(flag)))
        more, _ = worker.collect(lambda: write(left[1:]))
        worker.emit(ast.If(test, more, []), stmt)
        return None

    write(known)
    return True


def rounds(worker: Body, target: ast.expr, items: ast.expr) -> Iterator[list[Binding]]:
    """What each round of a loop over a display binds; nothing for any other loop."""
    match items:
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            for element in elts:
                yield list(parts(target, element))
        case ast.Name() as base if (count := functions_outside(worker, base)) is not None:
            for k in range(count):
                element = ast.Subscript(base, ast.Constant(k), ast.Load())
                yield [(target, ast.fix_missing_locations(ast.copy_location(element, base)))]
        case ast.Call(func=func, args=sequences, keywords=[]) if is_builtin(worker, func, zip):
            match target:
                case ast.Tuple(elts=targets) if len(targets) == len(sequences):
                    pairs = zip(targets, sequences, strict=True)
                    each_of = [list(rounds(worker, t, s)) for t, s in pairs]
                    for together in zip(*each_of, strict=False):
                        yield [binding for bindings in together for binding in bindings]
        case ast.Call(func=func, args=[inner], keywords=[]) if is_builtin(worker, func, enumerate):
            match target:
                case ast.Tuple(elts=[number, each]):
                    for k, bindings in enumerate(rounds(worker, each, inner)):
                        yield [(number, ast.Constant(k)), *bindings]


def is_builtin(worker: Body, func: ast.expr, what: Any) -> bool:
    """Whether a callee is this builtin."""
    return static(worker, func) == (True, what)


def functions_outside(worker: Body, node: ast.Name) -> int | None:
    """How many functions a tuple or list from outside has, if they all are."""
    found, value = static(worker, node)
    listed = found and isinstance(value, tuple | list) and len(value) > 0
    return len(value) if listed and all(map(callable, value)) else None


def parts(target: ast.expr, value: ast.expr) -> Iterator[Binding]:
    """The parts of ``a, b = value`` that are written out."""
    match target, value:
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            for t, v in zip(targets, values, strict=True):
                yield from parts(t, v)
        case _:
            yield target, value


def value_of(worker: Body, node: ast.expr, at: ast.AST) -> Any:
    """What an element is: a function, or a value from before the loop."""
    function = function_value(worker, node)
    return function or worker.bound_if_needed(worker.expr(node), at)


def bind(worker: Body, target: ast.expr, value: Any, at: ast.stmt) -> None:
    """A target of the loop stands for a function, or is bound to a value."""
    if isinstance(target, ast.Name) and isinstance(value, Closure):
        worker.scope.functions[target.id] = value
        worker.scope.names.pop(target.id, None)
    elif isinstance(target, ast.Name) and is_text(value):
        worker.scope.names[target.id] = value
    elif isinstance(value, Closure):
        worker.refuse(at, "a function is not bound to a name here", "write the calls out")
    else:
        worker.emit(ast.Assign([worker.target(target)], value), at)


def is_text(value: Any) -> bool:
    """Whether a value is a constant text."""
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
