"""Displays: sequences whose elements are known while inlining.

In: an iterable of the user's. Out: its elements, one by one, or None: ``(a, b)``, a captured
tuple of numbers, a parameter that is a tuple, and ``enumerate``, ``zip``, ``reversed`` of such.

Invariant: elements are evaluated once, in order, and keep their values whatever is rebound later.
"""

from __future__ import annotations

import ast
import itertools
import math
from typing import Any

import numpy as np
from numba import types

from .body import Body, assigned, name_of
from .captures import captured_tuple, static, written_out
from .pieces import MOST, is_split
from .tables import entries


def elements(worker: Body, node: ast.expr) -> list[ast.expr] | None:
    """The elements of an iterable, None where they are not known one by one."""
    match node:
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            return [steady(worker, worker.expr(e), node) for e in elts]
        case ast.Name(id=name) if (values := captured_tuple(worker, name)) is not None:
            return [written_out(v) for v in values]
        case ast.Name():
            found = of_tuple(worker, node) or _of_parameter(worker, node)
            return found or entries(worker, node)
        case ast.Subscript(value=ast.Name(), slice=ast.Slice()):
            return _part_of_tuple(worker, node)
        case ast.Call(func=ast.Attribute()) if (found := entries(worker, node)) is not None:
            return found
        case ast.Call() if is_split(worker, node):
            parts = worker.expr(node)
            assert isinstance(parts, ast.Tuple)
            return [worker.bound(p, node) for p in parts.elts]
        case ast.Call(func=func, args=[source]) if is_permutations(worker, func):
            return permuted(worker, node, source)
        case ast.Call(func=func, args=args, keywords=keywords) if is_builtin(worker, func):
            start = args[1:] + [k.value for k in keywords]
            return _combined(worker, ast.unparse(func), args, start)
    return None


def is_permutations(worker: Body, func: ast.expr) -> bool:
    """Whether a callee is ``itertools.permutations``."""
    found, value = static(worker, func)
    return found and value is itertools.permutations


def permuted(worker: Body, node: ast.expr, source: ast.expr) -> list[ast.expr]:
    """The permutations of known elements, each as a tuple."""
    parts: list[ast.expr] | None = None
    match source:
        case ast.Call(func=func, args=[bound]) if static(worker, func) == (True, range):
            size = integer(worker, bound)
            parts = None if size is None else [ast.Constant(k) for k in range(size)]
        case _ if is_known(worker, source):
            parts = elements(worker, source)
    if parts is None or math.factorial(len(parts)) > MOST:
        reason = f"how many `{ast.unparse(node)}` are is not known, or too many"
        worker.refuse(node, reason, "write a recursive function")
    return [ast.Tuple(list(p), ast.Load()) for p in itertools.permutations(parts)]


def steady(worker: Body, value: ast.expr, at: ast.AST) -> ast.expr:
    """A value that can stand in several places; a tuple of such."""
    if isinstance(value, ast.Tuple):
        return ast.Tuple([steady(worker, e, at) for e in value.elts], ast.Load())
    return worker.bound_if_needed(value, at)


def held(worker: Body, value: ast.Tuple, at: ast.AST, wish: str) -> ast.Name:
    """A name for a tuple that is bound once; one with tuples in it is never written out."""
    parts = [steady(worker, e, at) for e in value.elts]
    own = ast.Name(worker.fresh(wish), ast.Load())
    worker.displays[own.id] = parts
    if any(isinstance(p, ast.Tuple) for p in parts):
        worker.unwritten.add(own.id)
    else:
        whole = ast.Tuple(parts, ast.Load())
        worker.emit(ast.Assign([ast.Name(own.id, ast.Store())], whole), at)
    return own


def is_builtin(worker: Body, func: ast.expr) -> bool:
    """Whether a callee is ``enumerate``, ``zip`` or ``reversed``."""
    found, value = static(worker, func)
    return found and any(value is f for f in (enumerate, zip, reversed))


def _combined(
    worker: Body, name: str, args: list[ast.expr], start: list[ast.expr]
) -> list[ast.expr] | None:
    """``enumerate``, ``zip``, ``reversed`` of known elements."""
    inner = args[:1] if name == "enumerate" else args
    if not all(is_known(worker, a) for a in inner):
        return None
    each = [elements(worker, a) or [] for a in inner]
    if name == "reversed":
        return each[0][::-1]
    if name == "zip":
        return [ast.Tuple(list(e), ast.Load()) for e in zip(*each, strict=False)]
    first = start[0] if start else ast.Constant(0)
    if not isinstance(first, ast.Constant) or not isinstance(first.value, int):
        return None
    numbers = [ast.Constant(first.value + k) for k in range(len(each[0]))]
    return [ast.Tuple([n, e], ast.Load()) for n, e in zip(numbers, each[0], strict=True)]


def is_known(worker: Body, node: ast.expr) -> bool:
    """Whether the elements of an iterable are known, without evaluating any."""
    match node:
        case ast.Tuple() | ast.List():
            return True
        case ast.Name(id=name):
            known = captured_tuple(worker, name) is not None
            known = known or of_tuple(worker, node) is not None
            known = known or entries(worker, node) is not None
            return known or _parameter(worker, node) is not None
        case ast.Subscript(value=ast.Name(), slice=ast.Slice()):
            return _part_of_tuple(worker, node) is not None
        case ast.Call() if is_split(worker, node) or entries(worker, node) is not None:
            return True
        case ast.Call(func=func, args=[_]) if is_permutations(worker, func):
            return True
        case ast.Call(func=func, args=args) if is_builtin(worker, func):
            return all(is_known(worker, a) for a in args)
    return False


def _parameter(worker: Body, node: ast.Name) -> tuple[str, types.BaseTuple] | None:
    """The name and type of a parameter that is a tuple and is never rebound."""
    scope = worker.scope.find(node.id)
    name = scope.names.get(node.id) if scope is not None else None
    if not isinstance(name, ast.Name) or not worker.is_steady(name):
        return None
    kind: Any = worker.kinds.get(name.id)
    return (name.id, kind) if isinstance(kind, types.BaseTuple) else None


def _of_parameter(worker: Body, node: ast.Name) -> list[ast.expr] | None:
    """The elements of a parameter that is a tuple."""
    found = _parameter(worker, node)
    if found is None:
        return None
    name, kind = found
    return [worker.bound(s, node) for s in _subscripts(name_of(name), kind)]


def of_tuple(worker: Body, node: ast.Name) -> list[ast.expr] | None:
    """The elements of a tuple that is bound once."""
    scope = worker.scope.find(node.id)
    name = scope.names.get(node.id) if scope is not None else None
    known = worker.displays.get(name.id) if isinstance(name, ast.Name) else None
    return _of_structure(worker, node) if known is None else known


def _part_of_tuple(worker: Body, node: ast.Subscript) -> list[ast.expr] | None:
    """The elements of ``t[1:]`` where those of ``t`` and the bounds are known."""
    assert isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Slice)
    parts = of_tuple(worker, node.value)
    given = (node.slice.lower, node.slice.upper, node.slice.step)
    bounds = [integer(worker, b) if b is not None else None for b in given]
    unknown = any(b is None for b, g in zip(bounds, given, strict=True) if g is not None)
    return None if parts is None or unknown else parts[slice(*bounds)]


def _of_structure(worker: Body, node: ast.Name) -> list[ast.expr] | None:
    """The elements of a parameter that is a tuple with arrays or tuples in it."""
    found = _parameter(worker, node)
    if found is None or all(isinstance(t, types.Number | types.Boolean) for t in found[1].types):
        return None
    name, kind = found

    def parts(value: ast.expr, wish: str, kind: types.BaseTuple) -> list[ast.expr]:
        """The elements of a tuple in it."""
        made: list[ast.expr] = []
        for k, inner in enumerate(kind.types):
            element, label = ast.Subscript(value, ast.Constant(k), ast.Load()), f"{wish}_{k}"
            if isinstance(inner, types.BaseTuple):
                made.append(ast.Tuple(parts(element, label, inner), ast.Load()))
            else:
                made.append(worker.bound(element, node, label))
        return made

    before, worker.displays[name] = worker.collect(lambda: parts(name_of(name), name, kind))
    worker.prologue += before
    return worker.displays[name]


def counted(worker: Body, stmt: ast.For) -> list[ast.expr] | None:
    """The numbers of a range whose loop subscripts such a tuple by its counter."""
    match stmt:
        case ast.For(target=ast.Name(id=counter), iter=ast.Call(func=func, args=args)):
            found, value = static(worker, func)
        case _:
            return None
    if not found or value is not range or counter in assigned(stmt.body):
        return None
    used = [
        n.value
        for s in stmt.body
        for n in ast.walk(s)
        if isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Name)
        and any(isinstance(m, ast.Name) and m.id == counter for m in ast.walk(n.slice))
    ]
    if not any(of_tuple(worker, t) for t in used if isinstance(t, ast.Name)):
        return None
    bounds = [integer(worker, a) for a in args]
    if None in bounds or len(numbers := range(*bounds)) > MOST:  # type: ignore[arg-type]
        return None
    return [ast.Constant(k) for k in numbers]


def integer(worker: Body, node: ast.expr) -> int | None:
    """The value of integer arithmetic on constants and lengths of tuples that are bound once."""
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.Name(id=name):
            scope = worker.scope.find(name)
            known = scope.names.get(name) if scope is not None else None
            held = known.value if isinstance(known, ast.Constant) else None
            return held if isinstance(held, int) and not isinstance(held, bool) else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            size = integer(worker, operand)
            return None if size is None else -size
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Mod() as op):
            a, b = integer(worker, left), integer(worker, node.right)
            if a is None or b is None or (isinstance(op, ast.Mod) and b == 0):
                return None
            results = {ast.Add: a + b, ast.Sub: a - b, ast.Mult: a * b}
            return results[type(op)] if type(op) in results else a % b
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name() as name], keywords=[]):
            parts = of_tuple(worker, name)
            return None if parts is None else len(parts)
    return None


def element_of(worker: Body, node: ast.Subscript) -> ast.expr | None:
    """``t[k]`` of a tuple that is bound once, where k is known."""
    if not isinstance(node.value, ast.Name):
        return None
    if isinstance(node.slice, ast.Constant) and not _is_unwritten(worker, node.value):
        return None
    parts = of_tuple(worker, node.value)
    place = integer(worker, node.slice) if parts is not None else None
    if parts is None or place is None:
        return None
    if not -len(parts) <= place < len(parts):
        worker.refuse(node, f"`{ast.unparse(node)}` is beyond the end of the tuple", "")
    return parts[place]


def _is_unwritten(worker: Body, node: ast.Name) -> bool:
    """Whether a name is that of a tuple of tuples, which has no name of its own."""
    scope = worker.scope.find(node.id)
    known = scope.names.get(node.id) if scope is not None else None
    return isinstance(known, ast.Name) and known.id in worker.unwritten


def _captured_array(worker: Body, name: str) -> ast.expr | None:
    """An array of a tuple (of tuples) of numbers from outside."""
    values = captured_tuple(worker, name)
    if values is None:
        return None
    key = f"{name} of {id(worker.scope.source.function)}"
    if key not in worker.tuple_arrays:
        try:
            np.array(values)
        except ValueError:  # tuples of different lengths
            return None
        display = ast.parse(repr(values).replace("(", "[").replace(")", "]"), mode="eval").body
        array = ast.Call(ast.Attribute(name_of("np"), "array", ast.Load()), [display], [])
        at = worker.scope.source.tree
        made, worker.tuple_arrays[key] = worker.collect(lambda: worker.bound(array, at, name))
        worker.prologue += made
    return worker.tuple_arrays[key]


def as_array(worker: Body, node: ast.expr) -> ast.expr | None:
    """An array of a tuple of numbers, for subscripts that vary: of a parameter, or from outside."""
    if isinstance(node, ast.Name) and (array := _captured_array(worker, node.id)) is not None:
        return array
    found = _parameter(worker, node) if isinstance(node, ast.Name) else None
    if found is None or not is_table(found[1]):
        return None
    name, kind = found
    if name not in worker.tuple_arrays:
        parts = _rows(name_of(name), kind)
        empty = ast.Attribute(name_of("np"), "array", ast.Load())
        made_of = ast.Call(empty, [ast.List(parts, ast.Load())], [])
        made, worker.tuple_arrays[name] = worker.collect(lambda: worker.bound(made_of, node, name))
        worker.prologue += made
    return worker.tuple_arrays[name]


def is_table(kind: types.BaseTuple) -> bool:
    """Whether a tuple is one of numbers, or of tuples of as many numbers each."""
    rows = [k for k in kind.types if isinstance(k, types.BaseTuple)]
    if rows and len(rows) == len(kind.types):
        return len(set(map(len, rows))) == 1 and all(map(is_table, rows))
    return all(isinstance(t, types.Float) for t in kind.types)


def _rows(base: ast.expr, kind: types.BaseTuple) -> list[ast.expr]:
    """Every element of such a tuple, rows as lists."""
    found: list[ast.expr] = []
    for k, inner in enumerate(kind.types):
        part = ast.Subscript(base, ast.Constant(k), ast.Load())
        tuple_ = isinstance(inner, types.BaseTuple)
        found.append(ast.List(_rows(part, inner), ast.Load()) if tuple_ else part)
    return found


def spelt_out(worker: Body, node: ast.Call) -> ast.Call:
    """``sum(p)`` of a parameter that is a tuple as ``sum((p[0], p[1]))``."""
    match node.args:
        case [ast.Name() as name] if (found := _parameter(worker, name)) is not None:
            display = ast.Tuple(_subscripts(name, found[1]), ast.Load())
            whole = ast.fix_missing_locations(ast.copy_location(display, name))
            return ast.copy_location(ast.Call(node.func, [whole], node.keywords), node)
    return node


def _subscripts(base: ast.Name, kind: types.BaseTuple) -> list[ast.expr]:
    """Every element of a tuple."""
    return [ast.Subscript(base, ast.Constant(k), ast.Load()) for k in range(len(kind.types))]
