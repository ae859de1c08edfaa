"""Extents: which arrays have the same small constant extents all the time.

In: a typed primal, and extents of parameters that are taken for granted (``assumed``; whoever
takes them so has them tested at run time). Out: the shapes of arrays all of whose definitions give
the same one; for others, the extents that are constant.

Invariant: a shape is that of every value of the name, wherever no operation raises.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import types

from ...analysis.shapes import steady_names, steady_shapes
from ...program import Alias, Assign, Expr, Program, Stmt, Swap, View, binds, walk
from .elements import Atoms, Elements, NotSmall, array_of

Shape = tuple[int, ...]

HELD = (types.float64, types.int64, types.boolean)
"""What the arrays hold that may become numbers."""


class Extents:
    """The extents of a program's arrays.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        Those that are known to be constant.
    integers : mapping of str to int
        Integers with one value.
    """

    def __init__(self, program: Program, assumed: Mapping[str, str]) -> None:
        self.program = program
        self.kinds = program.types
        self.steady = steady_shapes(program, assumed)
        self.integers = constants(program)
        self.shapes: dict[str, Shape] = {}
        self.unknown = {n for n, k in self.kinds.items() if not is_held(k)} | set(program.params)
        self.elements = Elements(
            self.kinds, self.dummy, self.of, lambda e: ast.Name("_", ast.Load()), self.integers
        )
        while self.look():
            pass
        self.shapes = {n: s for n, s in self.shapes.items() if n not in self.unknown}

    def of(self, name: str) -> tuple[int | None, ...]:
        """What is known of the extents of an array."""
        if name in self.shapes and name not in self.unknown:
            return self.shapes[name]
        kind = self.kinds.get(name)
        if not isinstance(kind, types.Array):
            raise NotSmall
        if name not in self.unknown:
            raise Later
        said = self.steady.get(name, ("",) * kind.ndim)
        return tuple(int(s) if s.isdigit() else None for s in said)

    def dummy(self, name: str) -> Atoms:
        """As many elements as an array has."""
        shape = self.of(name)
        if None in shape:
            raise NotSmall
        count = int(np.prod(shape))  # type: ignore[arg-type]
        return array_of([ast.Name("_", ast.Load())] * count).reshape(shape)  # type: ignore[arg-type]

    def look(self) -> bool:
        """Whether a look at all statements tells more."""
        before = dict(self.shapes), set(self.unknown)
        for stmt in walk(self.program.body):
            match stmt:
                case Assign(target=t, value=v) | View(target=t, value=v):
                    self.define(t, v)
                case Alias(target=t, source=s):
                    self.define(t, ast.Name(s, ast.Load()))
                case Swap(targets=targets, sources=sources):
                    for t, s in zip(targets, sources, strict=True):
                        self.define(t, ast.Name(s, ast.Load()))
                case _ if not in_place(stmt):
                    self.unknown |= set(binds(stmt))
        return before != (self.shapes, self.unknown)

    def define(self, name: str, value: Expr) -> None:
        """Compare what is known of a name with one of its definitions."""
        if name in self.unknown:
            return
        if name not in self.kinds:  # never reached
            self.unknown.add(name)
            return
        try:
            shape = self.elements.of(value).shape
        except Later:
            return
        except NotSmall:
            self.unknown.add(name)
            return
        if self.shapes.setdefault(name, shape) != shape or len(shape) != self.kinds[name].ndim:
            self.unknown.add(name)


class Later(Exception):  # noqa: N818
    """Nothing has been found yet of a name."""


def in_place(stmt: Stmt) -> bool:
    """Whether a statement changes an array, not what a name stands for."""
    return getattr(stmt, "index", 0) is None


def is_held(kind: Any) -> bool:
    """Whether a type is that of an array whose elements may become numbers."""
    return isinstance(kind, types.Array) and kind.ndim > 0 and kind.dtype in HELD


def constants(program: Program) -> dict[str, int]:
    """Integers with one value: captured ones, and those that are set once, to a constant."""
    steady = steady_names(program)
    found = {n: v for n, v in program.constants.items() if type(v) is int}
    for stmt in walk(program.body):
        match stmt:
            case Assign(target=t, value=ast.Constant(value=v)) if t in steady and type(v) is int:
                found[t] = v
    return found
