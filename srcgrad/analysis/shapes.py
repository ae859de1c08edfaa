"""Shapes: which arrays are known to have the same extents.

In: a typed Program. Out: for each array name one symbol an axis. Equal symbols mean equal
extents; a symbol is the text of an expression for the extent (``W.shape[0]``, ``n + 1``, ``3``).

Invariant: a name that is bound more than once has symbols of its own, unless all its values
have the same *steady* ones: those of names with one value in the whole program. An array from
a tape has the symbols of what is put there. Symbols that are not steady speak of the latest value
of a name: where that is newer than the array, the array is *stale* and its symbols mean nothing.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from numba import types

from ..program import (
    Alias,
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Swap,
    View,
    While,
    binds,
    blocks,
    names,
    times_bound,
    uses,
    walk,
)
from .result_shapes import Known, result_shape

Symbols = dict[str, Known]
Definition = Callable[[], Known | None]
"""The symbols of a value, "" where one is not known; None: nothing is."""


@dataclass(frozen=True)
class Shapes:
    """What is known of the extents of a program's arrays.

    Attributes
    ----------
    symbols : mapping
        Those of every array.
    results : mapping
        For each assignment (by ``id``) the symbols of its value.
    stale : mapping
        For each statement (by ``id``) the arrays whose symbols mean nothing there.
    steady : set of str
        Arrays whose shape is told by names with one value in the whole program.
    """

    symbols: Symbols
    results: Mapping[int, Known | None]
    stale: Mapping[int, set[str]]
    steady: set[str]


def shapes(program: Program) -> Shapes:
    """The symbols of a program's arrays, and where they hold."""
    search = _Search(program)
    symbols = search.symbols()
    steady = {n for n, s in symbols.items() if all(map(search.is_steady, s))}
    stale = _stale(program, search)
    results: dict[int, Known | None] = {}
    for stmt in walk(program.body):
        if isinstance(stmt, Assign):
            known = None if uses(stmt) & stale[id(stmt)] else result_shape(stmt.value, search)
            results[id(stmt)] = known
    return Shapes(symbols, results, stale, steady)


def _stale(program: Program, search: _Search) -> dict[int, set[str]]:
    """Names whose symbols are older than what they speak of, before each statement."""
    derived: dict[str, set[str]] = {}
    for name, symbols in search.found.items():
        for root in set().union(*map(mentioned, symbols)) - search.steady - {name}:
            derived.setdefault(root, set()).add(name)
    found: dict[int, set[str]] = {id(s): set() for s in walk(program.body)}

    def after(body: Block, now: set[str]) -> set[str]:
        for stmt in body:
            found[id(stmt)] |= now
            for target in binds(stmt):
                now = (now | derived.get(target, set())) - {target}
            if isinstance(stmt, For | While):
                while not (end := after(stmt.body, now)) <= now:
                    now = now | end
            elif blocks(stmt):
                now = set().union(*(after(b, now) for b in blocks(stmt)))
        return now

    after(program.body, set())
    return found


def steady_shapes(program: Program, equal: Mapping[str, str] = MappingProxyType({})) -> Symbols:
    """Symbols of arrays that parameters and steady integers tell, right at every place.

    ``equal`` has symbols of parameters, and for each another one that is known to equal it.
    """
    search = _Search(program, equal)
    said = search.steady & {*program.params, *search.integers}
    found = search.symbols()
    return {n: s for n, s in found.items() if all(mentioned(e) <= said for e in s)}


class _Later(Exception):  # noqa: N818
    """Nothing has been found yet of a name."""


class _Search:
    """Every definition of every array, looked at until nothing changes."""

    def __init__(self, program: Program, equal: Mapping[str, str] = MappingProxyType({})) -> None:
        self.equal = equal
        self.kinds = program.types
        self.steady = steady_names(program)
        self.integers = {n for n in self.steady if isinstance(self.kinds.get(n), types.Integer)}
        self.sizes: dict[str, Expr] = {}
        self.found: Symbols = {}
        self.definitions: dict[str, list[Definition]] = {}
        for name in program.params:
            self.define(name, lambda: None)
        pushed = _pushed(program)
        for stmt in walk(program.body):
            self.note(stmt, pushed)

    def note(self, stmt: Stmt, pushed: dict[str, list[str]]) -> None:
        """Remember where the targets of a statement get their shapes."""
        match stmt:
            case Assign(target=t, value=v) if t in self.integers:
                self.sizes[t] = v
            case Alias(target=t, source=s):
                self.define(t, lambda: self.of(s))
            case Assign(target=t, value=v) | View(target=t, value=v):
                self.define(t, lambda: result_shape(v, self))
            case Swap(targets=targets, sources=sources):
                for t, s in zip(targets, sources, strict=True):
                    self.define(t, lambda s=s: self.of(s))  # type: ignore[misc]
            case Pop(target=str(t), tape=tape) if tape in pushed:
                for s in pushed[tape]:
                    self.define(t, lambda s=s: self.of(s))  # type: ignore[misc]
            case Increment():
                pass  # in place
            case _:
                for t in binds(stmt):
                    self.define(t, lambda: None)

    def define(self, name: str, definition: Definition) -> None:
        """Note one more definition of an array."""
        if isinstance(self.kinds.get(name), types.Array):
            self.definitions.setdefault(name, []).append(definition)

    def symbols(self) -> Symbols:
        """Symbols on which all definitions of a name agree, else its own."""
        while True:
            before = dict(self.found)
            for name, definitions in self.definitions.items():
                self.settle(name, definitions)
            if self.found == before:
                break
        arrays = [n for n, k in self.kinds.items() if isinstance(k, types.Array)]
        return {n: self.found.get(n, self.own(n)) for n in arrays}

    def settle(self, name: str, definitions: Sequence[Definition]) -> None:
        """Compare what is found of a name with its definitions."""
        own = self.own(name)
        for definition in definitions:
            try:
                shape = definition()
            except _Later:
                continue
            if shape is None or len(shape) != len(own):
                shape = own
            alone = len(definitions) == 1
            new = tuple(
                s if s and (alone or self.is_steady(s)) else o
                for s, o in zip(shape, own, strict=True)
            )
            old = self.found.get(name, new)
            self.found[name] = tuple(
                a if a == b else o for a, b, o in zip(old, new, own, strict=True)
            )

    def own(self, name: str) -> Known:
        """Symbols that say nothing but whose extents they are."""
        symbols = (f"{name}.shape[{k}]" for k in range(self.kinds[name].ndim))
        return tuple(self.equal.get(s, s) for s in symbols)

    def of(self, name: str) -> Known:
        """What is known of a name so far; () for a number."""
        if not isinstance(self.kinds.get(name), types.Array):
            return ()
        if name not in self.found and name in self.definitions:
            raise _Later
        return self.found.get(name, self.own(name))

    def is_steady(self, symbol: str) -> bool:
        """Whether an extent has one value in the whole program."""
        return mentioned(symbol) <= self.steady

    def extent(self, expr: Expr) -> str:
        """The symbol of an integer expression; "" where it has none."""
        match expr:
            case ast.Constant(value=int() as value):
                return str(value)
            case ast.Name(id=name) if name in self.integers:
                size = self.extent(self.sizes[name]) if name in self.sizes else ""
                return size if size and self.is_steady(size) else name
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                return (*self.of(name), "")[0]
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=name), attr="shape"),
                slice=ast.Constant(value=int() as axis),
            ) if 0 <= axis < len(self.of(name)):
                return self.of(name)[axis]
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
                a, b = self.extent(left), self.extent(right)
                if a and b:
                    return ast.unparse(ast.BinOp(_parsed(a), op, _parsed(b)))
        return ""

    def extents(self, shape: Expr) -> Known:
        """The symbols of an array made in a shape."""
        match shape:
            case ast.Tuple(elts=parts):
                return tuple(map(self.extent, parts))
            case ast.Attribute(value=ast.Name(id=name), attr="shape"):
                return self.of(name)
        return (self.extent(shape),)


def steady_names(program: Program) -> set[str]:
    """Names with one value in the whole program: bound once, and in no loop."""
    counts = times_bound(program.body)
    counts.update(program.params)
    repeated = {n for s in _in_loops(program.body) for n in binds(s)}
    return {n for n, count in counts.items() if count == 1} - repeated


def _in_loops(body: Block, inside: bool = False) -> Iterator[Stmt]:
    """Statements in loops, and those that bind counters."""
    for stmt in body:
        if inside or isinstance(stmt, For):
            yield stmt
        for block in blocks(stmt):
            yield from _in_loops(block, inside or isinstance(stmt, For | While))


def _pushed(program: Program) -> dict[str, list[str]]:
    """For tapes of arrays that are used as tapes alone: the names of what is put there."""
    found: dict[str, list[str]] = {}
    other: set[str] = set()
    for stmt in walk(program.body):
        match stmt:
            case Push(tape=tape, value=ast.Name(id=name)):
                found.setdefault(tape, []).append(name)
            case Pop():
                pass
            case Assign(target=t, value=ast.List(elts=[])):
                other |= {t} & other
            case _:
                other |= uses(stmt) | set(binds(stmt))
    return {tape: values for tape, values in found.items() if tape not in other}


def mentioned(symbol: str) -> set[str]:
    """The names in a symbol."""
    return names(_parsed(symbol))


@functools.cache
def _parsed(symbol: str) -> Expr:
    return ast.parse(symbol, mode="eval").body
