"""Captures: what names mean outside of the function.

In: names and attributes of the user's. Out: constants, hidden array arguments, or a refusal; and
what to look up again at each call to see that it is the same.

Invariant: each value has one name in the new body; no value that may change unnoticed is frozen.
"""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from ...errors import Complaint, UndefinedError
from ...meanings import MISSING
from .body import Body, name_of


def name_value(worker: Body, node: ast.AST, name: str) -> ast.expr:
    """A name: a local one, or something captured."""
    scope = worker.scope.find(name)
    if scope is not None:
        if name in scope.functions:
            worker.refuse(node, f"the function `{name}` is used as a value", "call it")
        known = scope.names[name]
        if isinstance(known, ast.Name) and known.id in worker.unwritten:
            return ast.Tuple(list(worker.displays[known.id]), ast.Load())
        return known
    value = worker.scope.source.resolve(name)
    if value is MISSING:
        raise undefined(worker, node, name)
    return capture(worker, node, name, value, name)


def undefined(worker: Body, node: ast.AST, name: str) -> UndefinedError:
    """The error for a name that means nothing yet."""
    place = worker.scope.source.place(node)
    advice = "define it before the gradient is called"
    return UndefinedError(Complaint(place, f"`{name}` is not defined", advice))


def capture(
    worker: Body, node: ast.AST, name: str, value: Any, looked_up: str | None = None
) -> ast.expr:
    """A value from outside, in the new body; ``looked_up`` says under which name it was found."""
    if value is float or value is int or value is bool:
        return name_of(value.__name__)
    if isinstance(value, type) and issubclass(value, np.generic):
        return ast.Attribute(name_of("np"), value.__name__, ast.Load())
    if value is np.newaxis or value is Ellipsis:
        return ast.Constant(value)
    if looked_up is not None:
        worker.note(looked_up, value)
    shared = isinstance(value, np.ndarray)
    key = (0, id(value)) if shared else (id(worker.scope.source.function), looked_up or name)
    if key in worker.known:
        return name_of(worker.known[key][0])
    if isinstance(value, list | tuple) and value and _numbers(value):
        if is_tuple_of_numbers(value):
            return written_out(value)
        return captured_list(worker, name, value)
    if isinstance(value, np.ndarray):
        return held(worker, key, name, value, value, worker.arrays)
    if isinstance(value, bool | int | float | np.integer | np.floating | np.bool_):
        if name == "np" or name == "math":
            name = "value"
        return held(worker, key, name, value, value, worker.constants)
    if isinstance(value, str | None):
        return ast.Constant(value)
    worker.refuse(
        node,
        f"`{name}` is a {type(value).__name__}, which cannot be computed with",
        "pass numbers and arrays as arguments",
    )


def held(
    worker: Body, key: tuple[int, Any], name: str, original: Any, value: Any, where: dict[str, Any]
) -> ast.expr:
    """A captured value under a name of its own."""
    main = worker.scope.source is worker.source and worker.scope.find(name) is None
    new = name if main and name not in where and worker.usable(name) else worker.fresh(name)
    worker.taken.add(new)
    where[new] = value
    worker.known[key] = (new, original)
    return name_of(new)


def attribute_value(worker: Body, node: ast.Attribute) -> ast.expr:
    """``np.pi``, ``module.constant``, or an attribute of a value."""
    found, value = static(worker, node)
    if not found:
        base = worker.expr(node.value)
        part = worker.field(base, node.attr)
        return ast.Attribute(base, node.attr, ast.Load()) if part is None else part
    if isinstance(node.value, ast.Call):  # of np.finfo, whose values do not change
        key = (id(worker.scope.source.function), ast.unparse(node))
        known = worker.known.get(key)
        if known is not None:
            return name_of(known[0])
        return held(worker, key, node.attr, value, value, worker.constants)
    for module, text in ((math, "math"), (np, "np")):
        if isinstance(value, float) and getattr(module, node.attr, None) == value:
            return ast.Attribute(name_of(text), node.attr, ast.Load())
        if isinstance(value, float) and value != value and node.attr == "nan":
            return ast.Attribute(name_of("math"), "nan", ast.Load())
    return capture(worker, node, node.attr, value, ast.unparse(node))


def static(worker: Body, node: ast.expr) -> tuple[bool, Any]:
    """Whether an expression is known now (a global, a module's attribute), and what it is."""
    match node:
        case ast.Name(id=name):
            if worker.scope.find(name) is not None:
                return False, None
            value = worker.scope.source.resolve(name)
            return value is not MISSING, value
        case ast.Attribute(value=base, attr=attr):
            found, value = static(worker, base)
            if found and not isinstance(value, np.ndarray | np.generic | float | int):
                if hasattr(value, attr):
                    return True, getattr(value, attr)
                worker.refuse(node, f"`{ast.unparse(node)}` does not exist", "")
        case ast.Subscript(value=base, slice=key):
            found, value = static(worker, base)
            if found and isinstance(value, dict):
                return of_functions(worker, base, value, key)
            if found and isinstance(value, tuple | list) and isinstance(key, ast.Constant):
                place = key.value if type(key.value) is int else len(value)
                element = value[place] if place < len(value) else None
                if callable(element):
                    worker.note(ast.unparse(base), value)
                    return True, element
        case ast.Call(func=ast.Attribute() as func, args=[kind], keywords=[]):
            found, value = static(worker, func)
            if found and value in (np.finfo, np.iinfo) and (dtype := dtype_of(worker, kind)):
                return True, value(dtype)
    return False, None


def dtype_of(worker: Body, node: ast.expr) -> Any:
    """A dtype that is written out, or that of a parameter; None where it is not known."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="dtype") if (
            scope := worker.scope.find(name)
        ) is not None:
            known = scope.names.get(name)
            kind = worker.kinds.get(known.id) if isinstance(known, ast.Name) else None
            if not worker.kinds:  # types are not known yet
                return np.float64
            return as_dtype(kind.dtype) if isinstance(kind, types.Array) else None
    found, value = static(worker, node)
    return value if found and isinstance(value, type) else None


def of_functions(
    worker: Body, base: ast.expr, functions: dict[Any, Any], key: ast.expr
) -> tuple[bool, Any]:
    """``ACTIVATIONS["tanh"]``: a function in a dictionary from outside."""
    scope = worker.scope.find(key.id) if isinstance(key, ast.Name) else None
    known = scope.names.get(key.id) if scope and isinstance(key, ast.Name) else key
    value = functions.get(known.value) if isinstance(known, ast.Constant) else None
    if isinstance(known, ast.Name) and not worker.kinds:  # texts are not known yet
        value = next(iter(functions.values()), None)
    if not callable(value):
        return False, None
    worker.note(ast.unparse(base), functions)
    return True, value


def captured_tuple(worker: Body, name: str) -> tuple[Any, ...] | None:
    """A tuple of numbers from outside."""
    if worker.scope.find(name) is not None:
        return None
    found = worker.scope.source.resolve(name)
    if is_tuple_of_numbers(found):
        worker.note(name, found)
        return found  # type: ignore[no-any-return]
    tuples = isinstance(found, list) and all(isinstance(v, tuple) for v in found)
    if tuples and found and _numbers(found) and not is_even(found):
        worker.note(name, found)
        return tuple(found)
    return None


def captured_list(worker: Body, name: str, value: Any) -> ast.expr:
    """A list of numbers from outside: an array where its rows have one length, else a list."""
    key = f"{name} of {id(value)}"
    if key not in worker.tuple_arrays:
        text = repr(thawed(value)).replace("inf", "math.inf").replace("nan", "math.nan")
        made_of = ast.parse(f"np.array({text})" if is_even(value) else text, mode="eval").body
        at = worker.scope.source.tree
        made, bound = worker.collect(lambda: worker.bound(made_of, at, name))
        assert isinstance(bound, ast.Name)
        worker.tuple_arrays[key] = bound
        worker.lists.add(bound.id)
        worker.prologue += made
    return worker.tuple_arrays[key]


def is_even(value: Any) -> bool:
    """Whether a list is of numbers, or of rows of one length, with one type in each column.

    Rows that are tuples have one type in all columns: a tuple may hold a place and a number.
    """
    rows = [v for v in value if isinstance(v, list | tuple)]
    if not rows:
        return True
    if len(rows) < len(value) or len({len(r) for r in rows}) > 1:
        return False
    if not all(is_even(r) for r in rows):
        return False
    return all(isinstance(r, list) for r in rows) or len({type(v) for r in rows for v in r}) == 1


def frozen(value: Any) -> Any:
    """Lists as tuples."""
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else value


def thawed(value: Any) -> Any:
    """Tuples as lists, NumPy's numbers as Python's."""
    if isinstance(value, list | tuple):
        return list(map(thawed, value))
    return value.item() if isinstance(value, np.generic) else value


def is_tuple_of_numbers(value: Any) -> bool:
    """Whether a value is a tuple (of tuples) of numbers, which nobody can change."""
    return isinstance(value, tuple) and all(
        isinstance(v, int | float) or is_tuple_of_numbers(v) for v in value
    )


def written_out(value: Any) -> ast.expr:
    """A number, or a tuple of such, as an expression."""
    if isinstance(value, tuple):
        return ast.Tuple([written_out(v) for v in value], ast.Load())
    return ast.Constant(value)


def _numbers(values: Any) -> bool:
    """Whether a list (nested) has only numbers."""
    return all(
        _numbers(v) if isinstance(v, list | tuple) else isinstance(v, int | float | np.number)
        for v in values
    )
