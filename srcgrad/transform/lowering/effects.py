"""Effects: what a statement reads and writes, names and memory apart.

In: statements at level "loops". Out: for each, the names that it reads and binds, and every
access to the memory of arrays.

Invariant: two statements without a conflict may change places.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...analysis.aliasing import alias_classes, passed_lists
from ...program import (
    Assign,
    Block,
    Call,
    Check,
    Expr,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    binds,
    blocks,
    expressions,
    names,
    uses,
    walk,
)
from ...rules import registry
from ...rules.expressions import dotted
from ...syntax import elements_of
from .scope import is_array


@dataclass(frozen=True)
class Access:
    """Accesses to an array: where a subscript has which names, None for the array as a whole."""

    name: str
    axes: frozenset[tuple[int, str]] | None


@dataclass
class Effects:
    """Everything that a statement, with its blocks, reads and writes; memory by its class."""

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    accesses: dict[str, set[Access]] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    checks: bool = False

    def add(self, other: Effects) -> None:
        """Take in the effects of another statement."""
        self.reads |= other.reads
        self.binds |= other.binds
        for group, found in other.accesses.items():
            self.accesses.setdefault(group, set()).update(found)
        self.loaded |= other.loaded
        self.written |= other.written
        self.checks |= other.checks


@dataclass(frozen=True)
class Memory:
    """Types and may-alias classes of a program's names; the classes that are added to."""

    types: Mapping[str, Any]
    classes: Mapping[str, str]
    counters: frozenset[str]
    sums: frozenset[str] = frozenset()

    def of(self, name: str) -> str:
        """The class of a name."""
        return self.classes.get(name, name)

    def holds(self, name: str) -> bool:
        """Whether a name stands for memory: an array, a list, a tuple of arrays."""
        kind = self.types.get(name)
        return kind is None or is_array(kind) or hasattr(kind, "dtype") or hasattr(kind, "types")


def memory_classes(program: Program, flat: bool = False) -> dict[str, str]:
    """May-alias classes, whatever the form of the statement that gives memory another name.

    In a flat program what is unbroadcast has its own memory: loops will see to that. An array that
    goes on a list of another function shares memory with what is there; arrays that come from one
    may be one array, which was put there twice.
    """
    classes, lists = dict(alias_classes(program)), passed_lists(program)
    for number, stmt in enumerate(walk(program.body)):
        match stmt:
            case Push(tape=tape, value=ast.Name(id=name)) if tape in lists:
                join(classes, name, f"{tape}[{number}]")
            case Pop(tape=tape, target=str(name)) if tape in lists:
                join(classes, name, f"{tape}[]")
        if isinstance(stmt, Assign) and is_array(program.types.get(stmt.target)):
            if flat and is_unbroadcast(stmt.value):
                continue
            for source in sources(stmt.value) & set(program.types):
                join(classes, stmt.target, source)
    return classes


def written_memory(body: Block, classes: Mapping[str, str]) -> set[str]:
    """The classes that the statements of a block, and those inside them, store or add to."""
    targets = (s.target for s in walk(body) if isinstance(s, Store | Increment))
    return {classes.get(name, name) for name in targets}


def is_unbroadcast(value: Expr) -> bool:
    """Whether a value is a gradient summed over the axes along which an operand was broadcast."""
    return isinstance(value, ast.Call) and dotted(value.func) == "unbroadcast"


def sources(value: Expr) -> set[str]:
    """Names whose memory the value of an expression may share."""
    match value:
        case ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.Constant():
            return set()
        case ast.Call(args=[first, *_]) if is_unbroadcast(value):
            return names(first)  # where nothing was broadcast
        case ast.Call(args=[first, *_]) if dotted(value.func) in registry.FUNCTIONS:
            return set() if registry.effect(value) == "fresh" else names(first)
    return names(value)


def join(classes: dict[str, str], a: str, b: str) -> None:
    """Two names may share memory."""
    old, new = classes.setdefault(a, a), classes.setdefault(b, b)
    for name, group in list(classes.items()):
        if group == old:
            classes[name] = new


def effects(stmt: Stmt, memory: Memory) -> Effects:
    """What a statement reads and writes."""
    found = Effects()
    _collect(stmt, memory, found)
    found.binds -= memory.counters
    found.reads -= memory.counters
    return found


def _collect(stmt: Stmt, memory: Memory, found: Effects) -> None:
    found.reads |= uses(stmt)
    found.binds |= set(binds(stmt))
    for expr in expressions(stmt):
        _loads(expr, memory, found)
    match stmt:
        case Store(target=target, index=index):
            _access(found.written, found, memory, target, index)
        case Increment(target=target, index=index) if memory.holds(target):
            _access(found.written, found, memory, target, index)
            _access(found.loaded, found, memory, target, index)
        case Push(tape=tape) | Pop(tape=tape):
            _access(found.written, found, memory, tape, None)
        case Call(changed=changed):
            found.checks = True
            for name in changed:
                _access(found.written, found, memory, name, None)
        case Check(node=node):
            found.checks = True
            for name in names(node):
                found.reads.add(name)
                _access(found.loaded, found, memory, name, None)
    for block in blocks(stmt):
        for inner in block:
            _collect(inner, memory, found)


def _access(
    touched: set[str], found: Effects, memory: Memory, name: str, index: Expr | None
) -> None:
    """Note an access to an array."""
    group = memory.of(name)
    touched.add(group)
    axes = None
    if index is not None:
        parts = elements_of(index)
        axes = frozenset((k, p.id) for k, p in enumerate(parts) if isinstance(p, ast.Name))
    found.accesses.setdefault(group, set()).add(Access(name, axes))


def _loads(expr: ast.AST, memory: Memory, found: Effects) -> None:
    match expr:
        case ast.Attribute(value=ast.Name(), attr="shape" | "size" | "ndim" | "dtype"):
            return
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if is_array(
            memory.types.get(name)
        ):
            return
        case ast.Subscript(value=ast.Name(id=name), slice=index) if memory.holds(name):
            whole = any(isinstance(n, ast.Slice) for n in ast.walk(index))
            _access(found.loaded, found, memory, name, None if whole else index)
            _loads(index, memory, found)
            return
        case ast.Name(id=name):
            if memory.holds(name):
                _access(found.loaded, found, memory, name, None)
            return
        case ast.Call(args=args, keywords=keywords):
            for part in (*args, *(k.value for k in keywords)):
                _loads(part, memory, found)
            return
    for child in ast.iter_child_nodes(expr):
        _loads(child, memory, found)


def conflicts(first: Effects, second: Effects) -> bool:
    """Whether the order of two statements matters."""
    if first.checks and second.checks:
        return True
    return name_conflict(first, second) or bool(shared_memory(first, second))


def name_conflict(first: Effects, second: Effects) -> bool:
    """Whether one binds a name that the other reads or binds."""
    return not (
        first.binds.isdisjoint(second.reads)
        and first.binds.isdisjoint(second.binds)
        and second.binds.isdisjoint(first.reads)
    )


def shared_memory(first: Effects, second: Effects) -> set[str]:
    """Classes of memory that both touch and one at least writes."""
    return (
        (first.written & second.written)
        | (first.written & second.loaded)
        | (first.loaded & second.written)
    )
