"""Body: the new body that inline is building, its names, places and what it captured.

In: a ``Source``. Out: ``Body``, which the modules beside this one write statements into.

Invariant: a name is given once; every statement has a place in the user's files.
"""

from __future__ import annotations

import ast
import builtins
import functools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, NoReturn

import numpy as np
from numba import types

from ...errors import Complaint, Place, UnsupportedError
from ...fingerprint import free_names
from ...naming import free_name, taken_in
from ...rules import registry
from ..parse import Source

RESERVED = frozenset(
    {"np", "math", "numba", "range", "len", "abs", "min", "max", "float", "int", "bool", "sum"}
)
"""Names that emitted text needs for itself."""


LISTING = "<listing "
"""How the file names of listings start that are inlined."""


@dataclass
class Closure:
    """A user's function and where its free names are looked up."""

    tree: ast.FunctionDef
    source: Source
    scope: Scope | None
    defaults: dict[str, ast.expr]


@dataclass
class Scope:
    """What the local names of one function (one call of it) mean in the new body."""

    source: Source
    parent: Scope | None = None
    names: dict[str, ast.expr] = field(default_factory=dict)
    functions: dict[str, Closure] = field(default_factory=dict)

    def find(self, name: str) -> Scope | None:
        """The scope that has a name, this one or one around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names or name in scope.functions:
                return scope
            scope = scope.parent
        return None


class Body(ABC):
    """The new body; ``out`` is the block at hand."""

    @abstractmethod
    def expr(self, node: Any) -> Any:
        """An expression of the user's in the new body; statements it needs are emitted first."""

    @abstractmethod
    def note_record(self, stmt: ast.stmt, at: ast.AST) -> None:
        """Note which class of record a statement gives a name of."""

    @abstractmethod
    def field(self, base: ast.expr, attr: str) -> ast.expr | None:
        """``s.x`` of a record; None where it is no field of one."""

    @abstractmethod
    def captured_by(self, function: Any) -> Sequence[tuple[str, np.ndarray]]:
        """The arrays that a recursive function takes as further arguments."""

    @abstractmethod
    def parts(self, node: ast.expr) -> ast.expr:
        """An operation: its operands in order, kept from what later ones change."""

    @abstractmethod
    def statement(self, stmt: ast.stmt) -> None:
        """One statement of the user's."""

    @abstractmethod
    def target(self, target: ast.expr) -> ast.expr:
        """What is assigned to."""

    @abstractmethod
    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """A block of its own."""

    @abstractmethod
    def block_here(self, body: list[ast.stmt]) -> None:
        """The statements of a block, in the block at hand."""

    def __init__(
        self,
        source: Source,
        tree: ast.FunctionDef,
        kinds: Mapping[str, types.Type],
        expansions: Sequence[Any],
        outlined: Mapping[Any, str],
    ) -> None:
        self.outlined = outlined
        self.passing = True
        self.routines: dict[str, Any] = {}
        self.lists: set[str] = set()
        self.has_nones = False
        self.source = source
        self.kinds = kinds
        self.expansions = expansions
        self.gradients: dict[str, Any] = {}
        self.taken = taken_in(tree) | set(RESERVED)
        self.taken |= {k for k in registry.FUNCTIONS if "." not in k}
        self.constants: dict[str, Any] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self.captured: list[tuple[Source, str, Any]] = []
        self.places: dict[int, Place] = {}
        self.known: dict[tuple[int, Any], tuple[str, Any]] = {}
        self.out: list[ast.stmt] = []
        self.prologue: list[ast.stmt] = []
        self.tuple_arrays: dict[str, ast.expr] = {}
        self.displays: dict[str, list[ast.expr]] = {}
        self.tables: dict[str, dict[Any, ast.expr]] = {}
        self.unwritten: set[str] = set()
        self.records: dict[str, Any] = {}
        self.stack: list[Any] = [source.function]
        self.scope = Scope(source)
        self.next_line = 1_000_000
        self.lines: dict[tuple[str, int, Place | None], int] = {}
        self.rebound: set[str] = set()

    def note(self, name: str, value: Any) -> None:
        """Note that a name was looked up outside; not for statements that stand for a call."""
        source = self.scope.source
        own = getattr(builtins, name, None) is value and name not in names_of(source.function)
        if not source.generated and not own:
            self.captured.append((source, name, value))

    def declare(self, tree: ast.FunctionDef, scope: Scope, own: bool) -> None:
        """Give every name that a function assigns its name in the new body."""
        counts = assigned(tree.body)
        for name in sorted(counts):
            known = scope.names.get(name)
            if known is None:
                keep = self.usable(name) and (own or name not in self.taken)
                new = name if keep else self.fresh(name)
                self.taken.add(new)
                scope.names[name] = ast.Name(new, ast.Load())
                if counts[name] > 1:
                    self.rebound.add(new)
            elif isinstance(known, ast.Name):
                self.rebound.add(known.id)
        self.refuse_ambiguous(tree, counts)

    def refuse_ambiguous(self, tree: ast.FunctionDef, counts: Counter[str]) -> None:
        """Refuse a function inside whose name has another meaning elsewhere in the body."""
        for node in inner_functions(tree.body):
            name = node.name if isinstance(node, ast.FunctionDef) else node.targets[0].id
            if counts[name] > 1:
                self.refuse(
                    node,
                    f"which function `{name}` is cannot be told before the program runs",
                    "give each function a name of its own",
                )

    def usable(self, name: str) -> bool:
        """Whether a user's name can stay."""
        kept = self.outlined.values()
        emitted = {*kept, *map(forward_of, kept), *map(backward_of, kept)}
        return name not in RESERVED and name not in registry.FUNCTIONS and name not in emitted

    def fresh(self, wish: str) -> str:
        """A free name."""
        return free_name(wish, self.taken)

    def unseen(self, wish: str) -> str:
        """A free name that statements still to be inlined may bind and read."""
        name = self.fresh(wish)
        self.scope.names[name] = name_of(name)
        return name

    def collect(self, fill: Callable[[], Any]) -> tuple[list[ast.stmt], Any]:
        """What ``fill`` emits, and what it returns."""
        outer, self.out = self.out, []
        value = fill()
        done, self.out = self.out, outer
        return done, value

    def emit(self, stmt: ast.stmt, at: ast.AST) -> None:
        """Append a statement at the place of a node."""
        self.note_record(stmt, at)
        stmt.lineno = stmt.end_lineno = self.line(at)
        stmt.col_offset = stmt.end_col_offset = getattr(at, "col_offset", 0)
        self.out.append(stmt)

    def line(self, at: ast.AST) -> int:
        """The number by which a node's place is known."""
        source, number = self.scope.source, getattr(at, "lineno", 0)
        if source is self.source:
            self.places.setdefault(number, source.place(at))
            return number
        key = (source.filename, number, source.at)
        if key not in self.lines:
            self.next_line += 1
            self.lines[key] = self.next_line
            self.places[self.next_line] = source.place(at)
        return self.lines[key]

    def bound(self, value: ast.expr, at: ast.AST, wish: str = "t") -> ast.expr:
        """The value under a new name."""
        name = self.fresh(wish)
        self.emit(ast.Assign([ast.Name(name, ast.Store())], value), at)
        return ast.Name(name, ast.Load())

    def bound_if_needed(self, value: ast.expr, at: ast.AST) -> ast.expr:
        """A value that can stand in several places, also after its names have been rebound."""
        return value if self.is_steady(value) else self.bound(value, at)

    def is_steady(self, value: ast.expr) -> bool:
        """Whether an atom means the same wherever it stands."""
        if isinstance(value, ast.Name):
            return value.id not in self.rebound
        return isinstance(value, ast.Constant)

    def changes_memory(self, body: Sequence[ast.AST]) -> bool:
        """Whether statements or expressions may write to an array or a list."""
        return any(
            isinstance(n, ast.AugAssign | ast.Expr)
            or (isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store))
            or (isinstance(n, ast.Name) and n.id in self.routines)
            for part in body
            for n in ast.walk(part)
        )

    def refuse(self, node: ast.AST, reason: str, advice: str) -> NoReturn:
        """Raise at a place."""
        place = self.scope.source.place(node)
        raise UnsupportedError(Complaint(place, reason, advice))


@functools.lru_cache(maxsize=256)
def names_of(function: FunctionType) -> frozenset[str | None]:
    """The free names of a function and of those inside it."""
    return frozenset(free_names(function.__code__))


def backward_of(function: str) -> str:
    """What the backward function of a gate, or of a recursive function, is called."""
    return f"{function}_backward"


def forward_of(routine: str) -> str:
    """What the forward function of a recursive function is called."""
    return f"{routine}_forward"


def parts_of(function: Any, name: str) -> dict[str, types.FunctionType]:
    """The functions of a gate by their names in a listing."""
    gate = function.__gate__
    backward = {} if gate.backward is None else {backward_of(name): gate.backward}
    return {name: gate.function, **backward}


def assigned(body: list[ast.stmt]) -> Counter[str]:
    """Names that a body assigns (not those of functions inside it), and in how many places."""
    found: Counter[str] = Counter()
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        match node:
            case ast.FunctionDef(name=name):
                found[name] += 1
                continue
            case ast.Lambda() | ast.ListComp() | ast.GeneratorExp():
                walrus = [n for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
                found.update(n.target.id for n in walrus)
                continue
            case ast.Name(id=name, ctx=ast.Store()):
                found[name] += 1
        todo += ast.iter_child_nodes(node)
    return found


def inner_functions(body: list[ast.stmt]) -> Iterator[Any]:
    """Definitions of functions directly in a body (not those inside of them)."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop(0)
        match node:
            case ast.FunctionDef() | ast.Assign(targets=[ast.Name()], value=ast.Lambda()):
                yield node
                continue
            case ast.expr():
                continue
        todo += ast.iter_child_nodes(node)


def name_of(name: str) -> ast.Name:
    """A name that is read."""
    return ast.Name(name, ast.Load())
