"""Scope: what is known, and what has been written, at the point that is being lowered.

In: a typed Program. Out: fresh names with types, the list of statements that is growing, the
knowledge of shapes, and values worth keeping (``memo``).

Invariant: ``memo`` and ``shapes`` hold at the end of ``out``: whoever binds a name or writes
to memory says so (``bind``, ``write``).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any, TypeGuard

from numba import types

from ...naming import free_name, numbered_name
from ...program import Block, Expr, Stmt, binds
from ...rules import registry
from ...syntax import elements_of
from .shapes import Extent, Extents, Shapes, mentioned

Key = tuple[Any, ...]


class Opaque(Exception):  # noqa: N818
    """An expression that has no loop form: its statement stays as it is."""


@dataclass
class Scope:
    """State of the lowering at one point."""

    types: dict[str, Any]
    taken: set[str]
    classes: Mapping[str, str]
    shared: set[str] = field(default_factory=set)
    shapes: Shapes = field(default_factory=Shapes)
    partial: dict[str, tuple[Extents, Extents]] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    once: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    twins: dict[str, str] = field(default_factory=dict)
    memo: dict[Key, tuple[Any, frozenset[str]]] = field(default_factory=dict)
    out: list[Stmt] = field(default_factory=list)
    loop_counters: list[str] = field(default_factory=list)
    met: list[tuple[Extent, Extent]] = field(default_factory=list)
    fitted: list[tuple[Extent, Extent]] = field(default_factory=list)
    joins: dict[Extent, Extent] = field(default_factory=dict)
    line: int = 0
    comment: str = ""

    def kind(self, expr: Expr) -> Any:
        """The Numba type of an expression, None where it is not known."""
        match expr:
            case ast.Name(id=name):
                return self.types.get(name)
            case ast.Constant(value=bool()):
                return types.boolean
            case ast.Constant(value=int()):
                return types.int64
            case ast.Constant(value=float()):
                return types.float64
            case ast.Attribute(attr="T", value=value) if is_array(kind := self.kind(value)):
                return kind.copy(layout={"C": "F", "F": "C"}.get(kind.layout, "A"))
            case ast.Subscript(value=value, slice=index) if is_array(kind := self.kind(value)):
                return subscripted(kind, index, self.kind)
        return registry.result_type(expr, self.kind)

    def fresh(self, stem: str, kind: Any) -> str:
        """A new name of this type: the stem, numbered."""
        return self.claim(numbered_name(stem, self.taken), kind)

    def derived(self, name: str, suffix: str, kind: Any) -> str:
        """A new name that tells where its value comes from: ``x_full``."""
        stem = f"{name}_{suffix}"
        return self.fresh(f"{stem}_", kind) if stem in self.taken else self.claim(stem, kind)

    def claim(self, name: str, kind: Any) -> str:
        """Take a name."""
        self.taken.add(name)
        self.types[name] = kind
        return name

    def counters(self, rank: int) -> tuple[str, ...]:
        """Loop counters, one for each axis: the same in every loop nest."""
        for axis in range(len(self.loop_counters), rank):
            name = free_name(f"i{axis}", self.taken)
            self.loop_counters.append(self.claim(name, types.int64))
        return tuple(self.loop_counters[:rank])

    def emit(self, *stmts: Stmt) -> None:
        """Append statements."""
        self.out.extend(stmts)

    def remember(self, key: Key, value: Any, depends: Iterable[str]) -> Any:
        """Keep a value until a name that it depends on changes."""
        self.memo[key] = (value, frozenset(depends))
        return value

    def recall(self, key: Key) -> Any:
        """A value kept before, None where there is none."""
        return self.memo.get(key, (None, None))[0]

    def bind(self, names: Iterable[str]) -> None:
        """Names get new values."""
        changed = set(names)
        self.shapes.kill(changed)
        self._forget(changed)

    def equate(self, keep: Extent, drop: Extent) -> None:
        """Two extents are known to be equal from here on."""
        self.shapes.equate(keep, drop)
        for name, (extents, narrow) in self.partial.items():
            new = (tuple(keep if e == drop else e for e in part) for part in (extents, narrow))
            self.partial[name] = next(new), next(new)

    def meet(self, a: Extent, b: Extent, name: Extent) -> None:
        """Two extents are broadcast to a third one, which is theirs where they are equal."""
        first, second = self.joins.get(a, a), self.joins.get(b, b)
        if name not in (a, b):
            self.joins.setdefault(name, first)
        self.met.append((first, second))

    def put_off(self, name: str, extents: Extents, narrow: Extents) -> None:
        """An array has these extents, and has yet to be summed to the narrow ones."""
        self.partial[name] = extents, narrow
        self.shapes.arrays[name] = narrow
        self.shapes.unspeakable.add(name)

    def write(self, name: str) -> None:
        """The memory of an array changes: its own and that of all that may share it."""
        group = self.classes.get(name, name)
        self._forget({f"@{group}"})

    def forget_calls(self) -> None:
        """The next call makes an array of its own, whatever was computed before."""
        self.memo = {k: v for k, v in self.memo.items() if k[0] != "call"}

    def memory(self, name: str) -> str:
        """What to depend on when the elements of an array matter."""
        return f"@{self.classes.get(name, name)}"

    def _forget(self, changed: set[str]) -> None:
        self.memo = {k: v for k, v in self.memo.items() if not v[1] & changed}

    @contextmanager
    def collecting(self) -> Iterator[list[Stmt]]:
        """Statements emitted inside go to a list of their own."""
        outer, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = outer

    def attempt(self, action: Callable[[], None]) -> bool:
        """Do it wholly, or leave everything as it was where there is no loop form."""
        saved = self.shapes.copy(), dict(self.memo), dict(self.partial), len(self.out)
        try:
            action()
        except Opaque:
            self.shapes, self.memo, self.partial = saved[:3]
            del self.out[saved[3] :]
            return False
        return True

    def block(self, body: Block, lower: Callable[[Stmt], None], end: Callable[[], None]) -> Block:
        """A block that may run any number of times; what it teaches is forgotten after it."""
        saved = self.shapes.copy(), dict(self.memo)
        with self.collecting() as inner:
            for stmt in body:
                lower(stmt)
            end()
        self.shapes, self.memo = saved
        return tuple(inner)


def is_array(kind: Any) -> TypeGuard[Any]:
    """Whether a type is an array's."""
    return isinstance(kind, types.Array)


def subscripted(kind: Any, index: Expr, kind_of: Callable[[Expr], Any]) -> Any:
    """The type of ``a[index]`` for integers, slices, new axes and ``...``; None for others."""
    rank = kind.ndim
    for part in elements_of(index):
        match part:
            case ast.Slice() | ast.Constant(value=EllipsisType()):
                pass
            case ast.Constant(value=None):
                rank += 1
            case _ if is_array(kind_of(part)):
                return None
            case _:
                rank -= 1
    return kind.dtype if rank == 0 else types.Array(kind.dtype, rank, "A")


def depends(*extents: Any) -> set[str]:
    """The names that extents are said in terms of."""
    return {n for e in extents if isinstance(e, str) for n in mentioned(e)}


def bound_by(stmts: Iterable[Stmt]) -> set[str]:
    """Names that statements bind themselves."""
    return {name for stmt in stmts for name in binds(stmt)}
