"""Elements: what an operation on small arrays computes, element by element.

In: an expression of the primal, and the elements of the arrays in it. Out: a NumPy array of
expressions, one for each element of the result (of shape () for a number). What only moves elements
NumPy itself does, with arrays of expressions.

Invariant: each element has at most one operation, of atoms; what it is computed from has a name
(``name``). ``NotSmall`` is raised where the elements are not known.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numba import types

from ...program import Expr
from ...rules import registry
from ...rules.expressions import MISSING, constant, dotted, literal
from ...syntax import elements_of

Atoms = np.ndarray
"""Expressions, in an array of objects."""


class NotSmall(Exception):  # noqa: N818
    """An expression whose elements are not known one by one."""


MOVING = frozenset(
    {"np.transpose", "np.reshape", "np.ravel", "np.concatenate", "np.hstack", "np.vstack"}
    | {"np.stack", "np.column_stack", "np.flip", "np.roll", "np.diag", "np.expand_dims"}
    | {"np.squeeze", "np.copy", "np.swapaxes", "np.append", "np.diagonal", "np.tile", "np.repeat"}
    | {"np.ascontiguousarray", "np.flipud", "np.fliplr", "np.atleast_1d", "np.broadcast_to"}
)
"""Functions that only move elements: NumPy does it, whatever the elements are."""

FILLED = {"np.zeros": 0.0, "np.ones": 1.0, "np.empty": 0.0}
"""Functions that make an array of one number, given a shape."""

LIKE = {"np.zeros_like": 0.0, "np.ones_like": 1.0, "np.empty_like": 0.0}
"""The same, given an array."""


class Elements:
    """Evaluates expressions on small arrays.

    Parameters
    ----------
    kinds : mapping
        Types of names.
    known : callable
        The elements of an array; ``NotSmall`` where they are not known.
    extents : callable
        What is known of the extents of an array: None for those that are not.
    name : callable
        An atom for an expression of one operation.
    integers : mapping
        The integers that are the same all the time.
    """

    def __init__(
        self,
        kinds: Mapping[str, Any],
        known: Callable[[str], Atoms],
        extents: Callable[[str], tuple[int | None, ...]],
        name: Callable[[Expr], Expr],
        integers: Mapping[str, int],
    ) -> None:
        self.kinds = kinds
        self.known = known
        self.extents = extents
        self.name = name
        self.integers = integers

    def of(self, expr: Expr) -> Atoms:
        """The elements of an expression."""
        op: Any
        match expr:
            case ast.Name(id=name) if isinstance(self.kinds.get(name), types.Array):
                return self.known(name)
            case ast.Name() | ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
                return boxed(expr)
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                return self.product(self.of(left), self.of(right))
            case ast.BinOp(left=left, op=op, right=right):
                return self.each(lambda x, y: ast.BinOp(x, op, y), left, right)
            case ast.UnaryOp(op=op, operand=operand):
                return self.each(lambda x: ast.UnaryOp(op, x), operand)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.each(lambda x, y: ast.Compare(x, [op], [y]), left, right)
            case ast.Attribute(value=value, attr="T"):
                return self.of(value).T
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                return self.part(name, index)
            case ast.Call(func=func):
                return self.call(dotted(func) or "", expr)
        raise NotSmall

    def atoms(self, expr: Expr) -> Atoms:
        """The elements of an expression, each an atom."""
        return mapped(self.atom, self.of(expr))

    def atom(self, expr: Expr) -> Expr:
        """An expression as an atom."""
        plain = isinstance(expr, ast.Name | ast.Constant) or literal(expr) is not MISSING
        return expr if plain else self.name(expr)

    def each(self, build: Callable[..., Expr], *operands: Expr) -> Atoms:
        """An operation on elements, operands broadcast against each other."""
        return mapped(build, *map(self.atoms, operands))

    def part(self, name: str, index: Expr) -> Atoms:
        """``a[index]``: of an array whose elements are known, or elements of any other."""
        parts = elements_of(index)
        extents = self.extents(name)
        if None not in extents:
            places = [self.place(p) for p in parts]
            if all(p is not None for p in places):
                found = self.known(name)
                try:
                    return np.asarray(found[tuple(p for (p,) in places)], object)  # type: ignore[misc]
                except IndexError as error:
                    raise NotSmall from error
        return self.loaded(name, parts, extents)

    def place(self, part: Expr) -> tuple[Any] | None:
        """A part of a subscript that is the same all the time, in a tuple; None for others."""
        if isinstance(part, ast.Slice):
            bounds = [self.integer(b) if b else None for b in (part.lower, part.upper, part.step)]
            given = (part.lower, part.upper, part.step)
            fixed = all(b is None or k is not None for b, k in zip(given, bounds, strict=True))
            return (slice(*bounds),) if fixed else None
        if isinstance(part, ast.Constant) and (part.value is None or part.value is ...):
            return (part.value,)
        value = self.integer(part)
        return None if value is None else (value,)

    def loaded(self, name: str, parts: Sequence[Expr], extents: Sequence[int | None]) -> Atoms:
        """Elements of an array of any size: subscripts, and whole axes of constant extents."""
        if any(isinstance(p, ast.Constant) and type(p.value) is not int for p in parts):
            raise NotSmall
        axes: list[list[Expr]] = []
        shape: list[int] = []
        for extent, part in itertools.zip_longest(extents, parts, fillvalue=ast.Slice()):
            if not isinstance(part, ast.Slice):
                if not is_integer(part, self.kinds):
                    raise NotSmall
                axes.append([part])
                continue
            place = self.place(part)
            if not isinstance(extent, int) or place is None:
                raise NotSmall
            axes.append([ast.Constant(k) for k in range(extent)[place[0]]])
            shape.append(len(axes[-1]))
        found = [element(name, index) for index in itertools.product(*axes)]
        return array_of(found).reshape(shape)

    def call(self, function: str, call: ast.Call) -> Atoms:
        """A function of small arrays."""
        args = call.args
        match function, args:
            case "np.array" | "np.asarray", [ast.List() | ast.Tuple() as display]:
                return self.displayed(display)
            case "np.array" | "np.asarray", [value]:
                return self.of(value).copy()
            case "np.eye" | "np.identity", [size]:
                return filled(np.eye(self.size(size)))
            case "np.full", [shape, value, *_]:
                return np.full(self.shape(shape), self.atoms(value)[()], object)
            case "np.full_like", [like, value, *_]:
                return np.full(self.of(like).shape, self.atoms(value)[()], object)
            case "np.linalg.norm", [value] if not call.keywords:
                raise NotSmall
            case (("np.dot" | "np.inner" | "np.vdot"), [left, right]) if not call.keywords:
                return self.product(self.of(left), self.of(right))
            case "np.outer", [left, right]:
                x, y = self.atoms(left), self.atoms(right)
                return mapped(times, x.reshape(-1, 1), y.reshape(1, -1))
            case "np.cross", [left, right] if not call.keywords:
                return self.cross(self.atoms(left), self.atoms(right))
            case (("np.sum" | "np.mean" | "np.trace"), [value]):
                return self.reduced(function, self.of(value), call)
        if function in FILLED:
            return filled(np.full(self.shape(args[0]), FILLED[function]))
        if function in LIKE:
            return filled(np.full(self.of(args[0]).shape, LIKE[function]))
        if function in MOVING:
            return self.moved(function, call)
        declared = registry.FUNCTIONS.get(function)
        if declared is None or not declared.elementwise or call.keywords:
            raise NotSmall
        return self.each(lambda *given: ast.Call(call.func, list(given), []), *args)

    def displayed(self, expr: Expr) -> Atoms:
        """``np.array`` of a display of numbers, of displays, or of small arrays."""
        if not isinstance(expr, ast.List | ast.Tuple):
            return self.of(expr)
        rows = [self.displayed(e) for e in expr.elts]
        if not rows or len({r.shape for r in rows}) > 1:
            raise NotSmall
        return np.stack(rows)

    def moved(self, function: str, call: ast.Call) -> Atoms:
        """What NumPy makes of the elements."""
        given = [self.argument(a) for a in call.args]
        named = {str(k.arg): self.argument(k.value) for k in call.keywords}
        named.pop("dtype", None)
        try:
            result = getattr(np, function.removeprefix("np."))(*given, **named)
        except (ValueError, TypeError, IndexError) as error:
            raise NotSmall from error
        blank = np.vectorize(lambda e: e if isinstance(e, ast.AST) else ast.Constant(0.0), [object])
        return blank(result) if result.size else np.asarray(result, object)

    def argument(self, expr: Expr) -> Any:
        """An argument as NumPy takes it."""
        if (value := literal(expr)) is not MISSING:
            return value
        if (number := self.integer(expr)) is not None:
            return number
        if isinstance(expr, ast.Tuple | ast.List):
            return [self.argument(e) for e in expr.elts]
        return self.of(expr)

    def product(self, x: Atoms, y: Atoms) -> Atoms:
        """``x @ y`` of vectors and matrices."""
        if not x.ndim or not y.ndim or x.ndim > 2 or y.ndim > 2 or x.shape[-1] != y.shape[0]:
            raise NotSmall
        left, right = mapped(self.atom, x), mapped(self.atom, y)
        rows = left.reshape(-1, left.shape[-1])
        columns = right.reshape(right.shape[0], -1)
        found = [self.added(list(map(times, r, c))) for r in rows for c in columns.T]
        return array_of(found).reshape(left.shape[:-1] + right.shape[1:])

    def cross(self, x: Atoms, y: Atoms) -> Atoms:
        """``np.cross`` of two vectors."""
        if x.shape != (3,) or y.shape != (3,):
            raise NotSmall
        turns = ((1, 2), (2, 0), (0, 1))
        pairs = [(times(x[i], y[j]), times(x[j], y[i])) for i, j in turns]
        return array_of([ast.BinOp(self.atom(p), ast.Sub(), self.atom(q)) for p, q in pairs])

    def reduced(self, function: str, x: Atoms, call: ast.Call) -> Atoms:
        """A sum of the elements, or of those along an axis."""
        axis = {k.arg: literal(k.value) for k in call.keywords}
        if function == "np.trace":
            x, axis = np.diagonal(x), axis or {"axis": None}
        if set(axis) - {"axis"} or not isinstance(axis.get("axis"), int | None) or not x.size:
            raise NotSmall
        place = axis.get("axis")
        rows = x.reshape(1, -1) if place is None else np.moveaxis(x, place, -1)
        shape = () if place is None else rows.shape[:-1]
        found = [self.added(list(r)) for r in rows.reshape(-1, rows.shape[-1])]
        if function == "np.mean":
            count = ast.Constant(rows.shape[-1])
            found = [ast.BinOp(self.atom(e), ast.Div(), count) for e in found]
        return array_of(found).reshape(shape)

    def added(self, terms: list[Expr]) -> Expr:
        """The sum of expressions, from the first to the last."""
        total = terms[0]
        for term in terms[1:]:
            total = ast.BinOp(self.atom(total), ast.Add(), self.atom(term))
        return total

    def shape(self, expr: Expr) -> tuple[int, ...]:
        """The shape that an expression says."""
        match expr:
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return tuple(map(self.size, parts))
            case ast.Attribute(value=ast.Name(id=name), attr="shape"):
                return self.known(name).shape
        return (self.size(expr),)

    def size(self, expr: Expr) -> int:
        """An extent that is the same all the time."""
        value = self.integer(expr)
        if value is None or value < 0:
            raise NotSmall
        return value

    def integer(self, expr: Expr) -> int | None:
        """The value of an integer that is the same all the time; None for any other expression."""
        value = literal(expr)
        if type(value) is int:
            return value
        match expr:
            case ast.Name(id=name):
                return self.integers.get(name)
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if isinstance(
                self.kinds.get(name), types.Array
            ):
                return self.extents(name)[0]
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=name), attr="shape"),
                slice=ast.Constant(value=int() as axis),
            ) if isinstance(self.kinds.get(name), types.Array):
                return self.extents(name)[axis]
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
                x, y = self.integer(left), self.integer(right)
                if x is None or y is None:
                    return None
                return {ast.Add: x + y, ast.Sub: x - y, ast.Mult: x * y}[type(op)]
        return None


def is_integer(part: Expr, kinds: Mapping[str, Any]) -> bool:
    """Whether a part of a subscript is one integer."""
    match part:
        case ast.Constant(value=value):
            return type(value) is int
        case ast.Name(id=name):
            return isinstance(kinds.get(name, types.int64), types.Integer)
        case ast.BinOp(left=left, right=right):
            return is_integer(left, kinds) and is_integer(right, kinds)
        case ast.UnaryOp(operand=operand):
            return is_integer(operand, kinds)
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Subscript(value=ast.Attribute(attr="shape")):
            return True
    return False


def element(name: str, index: Sequence[Expr]) -> Expr:
    """``name[index]``."""
    place = index[0] if len(index) == 1 else ast.Tuple(list(index), ast.Load())
    return ast.Subscript(ast.Name(name, ast.Load()), place, ast.Load())


def times(x: Expr, y: Expr) -> Expr:
    """``x * y``."""
    return ast.BinOp(x, ast.Mult(), y)


def boxed(expr: Expr) -> Atoms:
    """An expression as an array without axes."""
    result = np.empty((), object)
    result[()] = expr
    return result


def array_of(found: Sequence[Expr]) -> Atoms:
    """Expressions as a vector."""
    result = np.empty(len(found), object)
    for k, expr in enumerate(found):
        result[k] = expr
    return result


def filled(values: np.ndarray) -> Atoms:
    """Numbers as constants."""
    return array_of([constant(float(v)) for v in values.flat]).reshape(values.shape)


def mapped(build: Callable[..., Expr], *operands: Atoms) -> Atoms:
    """What a function makes of each element, operands broadcast against each other."""
    try:
        together = np.broadcast_arrays(*operands)
    except ValueError as error:
        raise NotSmall from error
    found = [build(*given) for given in zip(*(a.flat for a in together), strict=True)]
    return array_of(found).reshape(together[0].shape)
