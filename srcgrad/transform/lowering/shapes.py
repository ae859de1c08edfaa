"""Symbolic extents: which arrays are known, while the text is written, to have equal shapes.

In: names, and integer expressions over shapes. Out: an ``Extent`` for every axis: an integer
where it is one, else the text of an expression that gives it at this point of the program.

Invariant: two equal extents are equal numbers at run time; every name that the text of an
extent mentions still has the value that it had when the extent was made (``kill``).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from ...program import Expr, names

Extent = int | str
Extents = tuple[Extent, ...]

_SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}


@cache
def parse(text: str) -> Expr:
    """The expression that a text stands for (never changed by anyone)."""
    return ast.parse(text, mode="eval").body


def spelled(extent: Extent) -> Expr:
    """An extent as an expression."""
    return ast.Constant(extent) if isinstance(extent, int) else parse(extent)


def written(text: str) -> Extent:
    """An extent from its text."""
    return int(text) if text.isdigit() else text


def axes(name: str, rank: int) -> Extents:
    """The extents of an array, said by its own name."""
    return tuple(f"{name}.shape[{k}]" for k in range(rank))


@cache
def mentioned(text: str) -> frozenset[str]:
    """The variables in the text of an extent."""
    return frozenset(names(parse(text)))


def minus(left: Extent, right: Extent) -> Extent:
    """``left - right``; ``n - 1 - 1`` is ``n - 2``."""
    if isinstance(left, int) and isinstance(right, int):
        return left - right
    match spelled(left):
        case ast.BinOp(left=first, op=ast.Sub(), right=ast.Constant(value=int() as taken)) if (
            isinstance(right, int)
        ):
            return f"{ast.unparse(first)} - {taken + right}"
    return left if right == 0 else f"{left} - {_operand(right)}"


def shortened(extent: Extent, count: Extent) -> Extent:
    """``max(extent - count, 0)``; what is 0 at least loses its own ``max``."""
    match spelled(extent):
        case ast.Call(func=ast.Name(id="max"), args=[inner, ast.Constant(value=0)]) if (
            isinstance(count, int) and count >= 0
        ):
            return shortened(ast.unparse(inner), count)
    left = minus(extent, count)
    return max(left, 0) if isinstance(left, int) else f"max({left}, 0)"


def at_most(extent: Extent, bound: Extent) -> Extent:
    """``min(bound, extent)``."""
    if isinstance(extent, int) and isinstance(bound, int):
        return min(extent, bound)
    return f"min({bound}, {extent})"


def _operand(extent: Extent) -> str:
    text = str(extent)
    return f"({text})" if isinstance(spelled(extent), ast.BinOp) else text


@dataclass
class Shapes:
    """What is known at one point: shapes of arrays, values of integers.

    Arrays in ``unspeakable`` are stored in another shape: no extent is said in terms of them.
    What is ``steady`` is known of every value of a name, whatever is forgotten. ``lists`` have a
    length, no shape.
    """

    arrays: dict[str, Extents] = field(default_factory=dict)
    integers: dict[str, Extent] = field(default_factory=dict)
    unspeakable: set[str] = field(default_factory=set)
    steady: Mapping[str, Extents] = field(default_factory=dict)
    lists: Collection[str] = ()

    def copy(self) -> Shapes:
        """Knowledge for a block that may not run, or may run again."""
        arrays, integers = dict(self.arrays), dict(self.integers)
        return Shapes(arrays, integers, set(self.unspeakable), self.steady, self.lists)

    def of(self, name: str, rank: int) -> Extents:
        """The extents of an array."""
        known = self.arrays.get(name, self.steady.get(name))
        if known is None or len(known) != rank:
            known = axes(name, rank)
            self.arrays[name] = known
        return known

    def extent(self, expr: Expr) -> Extent:
        """An integer expression as an extent."""
        match expr:
            case ast.Constant(value=int() as value):
                return value
            case ast.Name(id=name):
                return self.integers.get(name, name)
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=name), attr="shape"),
                slice=ast.Constant(value=int() as axis),
            ) if known := self.arrays.get(name, self.steady.get(name)):
                return known[axis]
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if (
                known := self.arrays.get(name, self.steady.get(name))
            ):
                return known[0]
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                return f"len({name})" if name in self.lists else f"{name}.shape[0]"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SYMBOLS:
                return _fold(self.extent(left), op, self.extent(right))
        return ast.unparse(expr)

    def learn(self, name: str, extents: Extents) -> None:
        """An array has just got these extents; what speaks of its former value is not said."""
        self.arrays[name] = tuple(
            f"{name}.shape[{k}]" if isinstance(e, str) and name in mentioned(e) else e
            for k, e in enumerate(extents)
        )

    def speaks_of(self, name: str, expr: Expr, rank: int) -> bool:
        """Whether extents of an array of that rank, computed so, may be said through ``name``.

        An extent ``name.shape[k]`` of axis ``k`` does not count: it is that of the new array too.
        """
        own = tuple(f"{name}.shape[{k}]" for k in range(rank))
        for operand in names(expr):
            known = self.arrays.get(operand, ())
            if len(known) == rank:
                known = tuple(e for e, o in zip(known, own, strict=True) if e != o)
            said = (*known, self.integers.get(operand, 0))
            if any(isinstance(e, str) and name in mentioned(e) for e in said):
                return True
        return False

    def kill(self, names: Iterable[str]) -> None:
        """Forget what was said in terms of names that are about to change."""
        for name in names:
            self._kill(name)

    def _kill(self, name: str) -> None:
        self.arrays.pop(name, None)
        self.integers.pop(name, None)
        said = [e for extents in self.arrays.values() for e in extents]
        said += self.integers.values()
        for extent in dict.fromkeys(said):
            if isinstance(extent, str) and name in mentioned(extent):
                self._respell(extent)

    def _respell(self, old: Extent) -> None:
        """Say an extent through an array that has it."""
        new = None
        for name, extents in self.arrays.items():
            if old in extents and name not in self.unspeakable:
                new = f"{name}.shape[{extents.index(old)}]"
                break
        self.integers = {k: v for k, v in self.integers.items() if v != old or new}
        if new:
            self.equate(new, old)

    def equate(self, keep: Extent, drop: Extent) -> None:
        """Two extents are known to be equal from here on."""
        if keep == drop:
            return
        if isinstance(drop, int):
            keep, drop = drop, keep
        for name, extents in {**self.steady, **self.arrays}.items():
            if drop in extents:
                self.arrays[name] = tuple(keep if e == drop else e for e in extents)
        for name, extent in self.integers.items():
            if extent == drop:
                self.integers[name] = keep


def _fold(left: Extent, op: ast.operator, right: Extent) -> Extent:
    if isinstance(left, int) and isinstance(right, int):
        text = f"{left} {_SYMBOLS[type(op)]} {right}"
        folded = ast.BinOp(ast.Constant(left), op, ast.Constant(right))
        return _evaluate(folded) if right or not isinstance(op, ast.FloorDiv) else text
    return f"{_operand(left)} {_SYMBOLS[type(op)]} {_operand(right)}"


def _evaluate(expr: ast.BinOp) -> int:
    left, right = cast(ast.Constant, expr.left).value, cast(ast.Constant, expr.right).value
    assert isinstance(left, int) and isinstance(right, int)
    match expr.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
    return left // right
