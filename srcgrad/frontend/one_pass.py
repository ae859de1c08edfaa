"""One pass: the types of a program in which every name has one type from its first definition on.

In: a Program and Numba types for its parameters. Out: the ``Typing`` that Numba's own inference
gives, or None where the program is not of that kind, or has something that is not looked at here.

Invariant: what is found is what Numba finds. Operations are typed as the stubs are that Numba
would see; a second definition of another type, a list, a view, a test that Numba may prune: None.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from numba import types
from numba.core import errors
from numba.core.registry import cpu_target

from ..errors import Place
from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Check,
    Comment,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Return,
    Stmt,
    Store,
    Swap,
    Update,
    View,
    While,
    blocks,
    names,
)
from .numba_types import Path, Typing, numba_types
from .operations import operation, operation_type

NUMBER = (types.Integer, types.Float, types.Boolean)


class UnclearError(Exception):
    """Not a program for one pass."""


def types_of(
    program: Program,
    argument_types: tuple[types.Type, ...],
    places: Mapping[int, Place],
    before: Typing | None = None,
) -> Typing:
    """Types of every definition: in one pass where that is enough, else from Numba.

    Raises
    ------
    UnsupportedError
        As ``numba_types``, whose arguments these are.
    """
    found = one_pass(program, argument_types)
    return found or numba_types(program, argument_types, places, before=before)


def one_pass(program: Program, argument_types: tuple[types.Type, ...]) -> Typing | None:
    """Types of every definition; None where Numba has to be asked."""
    cpu_target.typing_context.refresh()
    kinds = dict(zip(program.params, argument_types, strict=True))
    found = _Types(frozenset(program.constants), program.routines, kinds)
    found.kinds.update({n: found.constant(v) for n, v in program.constants.items()})
    try:
        found.block(program.body, ())
    except UnclearError:
        return None
    if found.empty:
        return None
    return Typing(found.defined, found.result, "")


@dataclass
class _Types:
    """What is known so far."""

    constants: frozenset[str]
    calls: Mapping[str, Any]
    kinds: dict[str, types.Type]
    defined: dict[tuple[Path, str], types.Type] = field(default_factory=dict)
    empty: dict[str, list[Path]] = field(default_factory=dict)
    result: types.Type = types.none

    def block(self, body: Block, path: Path) -> None:
        """Statements in order."""
        for position, stmt in enumerate(body):
            here = (*path, position)
            self.statement(stmt, here)
            for number, inner in enumerate(blocks(stmt)):
                self.block(inner, (*here, number))

    def define(self, name: str, kind: types.Type, path: Path) -> None:
        """A name gets a type, the only one that it may have."""
        if self.kinds.setdefault(name, kind) != kind:
            raise UnclearError
        self.defined[path, name] = kind

    def statement(self, stmt: Stmt, path: Path) -> None:
        """What a statement itself defines."""
        match stmt:
            case Assign(target=t, value=ast.List(elts=[])):
                self.tape(t, path)
            case Call(targets=ts, value=v):
                kind = self.of(v)
                kinds = kind.types if len(ts) > 1 else [kind]
                for t, each in zip(ts, kinds, strict=False):
                    self.define(t, each, path)
            case Push(tape=tape, value=v):
                self.pushed(tape, types.List(self.of(v)))
            case Pop(target=t, tape=tape):
                kind = self.name(tape)
                if not isinstance(kind, types.List):
                    raise UnclearError
                if t is not None:
                    self.define(t, kind.dtype, path)
            case Assign(target=t, value=v) | View(target=t, value=v):
                self.define(t, self.of(v), path)
            case Alias(target=t, source=s):
                self.define(t, self.name(s), path)
            case Update(target=t, op=op, value=v):
                self.define(t, self.of(ast.BinOp(ast.Name(t, ast.Load()), op, v)), path)
            case Increment(target=t, index=None, value=v):
                self.whole(t, v)
            case (
                Store(target=t, index=ast.expr() as i, value=v)
                | Increment(target=t, index=ast.expr() as i, value=v)
            ):
                self.stored(self.part(self.name(t), i), self.of(v))
            case Swap(targets=ts, sources=ss):
                for t, kind in zip(ts, [self.name(s) for s in ss], strict=True):
                    self.define(t, kind, path)
            case Return(value=v):
                self.result = self.of(v)
            case If(test=v) | While(test=v):
                self.test(v)
            case For(counter=c, start=a, stop=b, step=s):
                self.counted([a, b, s])
                self.define(c, types.int64, path)
            case Check() | Comment():
                pass
            case _:
                raise UnclearError

    def tape(self, name: str, path: Path) -> None:
        """An empty list gets its type from what is appended to it."""
        self.defined[path, name] = self.kinds.get(name, types.undefined)
        if name not in self.kinds:
            self.empty.setdefault(name, []).append(path)

    def pushed(self, name: str, kind: types.Type) -> None:
        """A list is appended to."""
        for path in self.empty.pop(name, ()):
            self.define(name, kind, path)
        if self.name(name) != kind:
            raise UnclearError

    def stored(self, place: types.Type, value: types.Type) -> None:
        """Elements get a value: numbers one, regions one or an array."""
        fits = (*NUMBER, types.Array) if is_array(place) else NUMBER
        if not isinstance(value, fits):
            raise UnclearError

    def whole(self, target: str, value: Expr) -> None:
        """``x += v``: a number or an array keeps its type."""
        kind = self.name(target)
        total = self.of(ast.BinOp(ast.Name(target, ast.Load()), ast.Add(), value))
        if isinstance(kind, types.Array) and isinstance(total, types.Array):
            if (kind.dtype, kind.ndim) == (total.dtype, total.ndim):
                return
        elif kind == total:
            return
        raise UnclearError

    def test(self, value: Expr) -> None:
        """A test that depends on numbers that are not known before the function runs."""
        match value:
            case ast.BoolOp(values=values):
                for part in values:
                    self.test(part)
                return
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.test(operand)
                return
        read = names(value)
        if not read or read <= self.constants or not isinstance(self.of(value), NUMBER):
            raise UnclearError

    def counted(self, parts: Sequence[Expr]) -> None:
        """The parts of a range, or of a slice: plain integers."""
        if any(self.of(e) != types.int64 for e in parts):
            raise UnclearError

    def name(self, name: str) -> types.Type:
        """The type of a name."""
        kind = self.kinds.get(name)
        if kind is None:
            raise UnclearError
        return kind

    def constant(self, value: object) -> types.Type:
        """The type of a number, none of anything else."""
        kinds = {bool: types.boolean, int: types.int64, float: types.float64}
        return kinds.get(type(value), types.none)

    def of(self, expr: Expr) -> types.Type:
        """The type of an expression."""
        match expr:
            case ast.Name(id=name):
                return self.name(name)
            case (
                ast.Constant(value=value)
                | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value))
            ) if self.constant(value) != types.none:
                return self.constant(value)
            case ast.Tuple(elts=elts):
                return types.BaseTuple.from_types([self.of(e) for e in elts])
            case ast.UnaryOp(op=ast.Not(), operand=operand) if isinstance(self.of(operand), NUMBER):
                return types.boolean
            case ast.BoolOp(values=values) if all(self.of(v) == types.boolean for v in values):
                return types.boolean
            case ast.Attribute(value=ast.Name(id="math")):
                return known(operation_type(expr, ()))
            case ast.Call(func=ast.Name(id="len"), args=[ast.Call(func=ast.Name(id="range")) as r]):
                self.counted(r.args)
                return types.int64
            case ast.Call(func=ast.Name(id="len"), args=[a]) if isinstance(
                self.of(a), types.Array | types.List
            ):
                return types.int64
            case ast.Attribute(value=value, attr=attr) if is_array(kind := self.of(value)):
                return known(cpu_target.typing_context.resolve_getattr(kind, attr))
            case ast.Subscript(value=value, slice=index):
                return self.part(self.of(value), index)
            case ast.Call(func=ast.Name(id="len" | "range")):
                raise UnclearError
            case ast.BinOp(left=ast.List(elts=[e]), op=ast.Mult(), right=n):
                self.counted([n])
                return types.List(self.of(e))
            case ast.Call(func=ast.Name(id=name), args=args) if name in self.calls:
                return self.call(self.calls[name], [self.of(a) for a in args])
            case ast.IfExp(test=test, body=a, orelse=b) if self.of(a) == self.of(b):
                self.test(test)
                return self.of(a)
            case ast.BinOp() | ast.Compare() | ast.UnaryOp(op=ast.USub()) | ast.Call():
                return self.operation(expr)
        raise UnclearError

    def operation(self, expr: Expr) -> types.Type:
        """The type of an operation, from those of its operands."""
        if any(isinstance(n, ast.Name) and n.id in self.calls for n in ast.walk(expr)):
            raise UnclearError  # a call inside: operations are typed by what the rules call
        pattern, operands = operation(expr)
        kind = operation_type(pattern, tuple(self.of(e) for e in operands))
        if kind is None:
            raise UnclearError
        return kind

    def call(self, function: Any, kinds: list[types.Type]) -> types.Type:
        """The type of what a function of the user's, or what stands for it, returns."""
        context = cpu_target.typing_context
        try:
            found = context.resolve_function_type(
                context.resolve_value_type(function), tuple(kinds), {}
            )
        except errors.NumbaError:
            raise UnclearError from None
        return types.unliteral(known(found).return_type)

    def part(self, kind: types.Type, index: Expr) -> types.Type:
        """The type of what a subscript takes from an array or a tuple."""
        if isinstance(kind, types.BaseTuple):
            match index:
                case ast.Constant(value=int() as number) if number < len(kind.types):
                    return kind.types[number]
            raise UnclearError
        place = self.index(index)
        if isinstance(kind, types.List) and place == types.int64:
            return kind.dtype
        if not is_array(kind):
            raise UnclearError
        if isinstance(place, types.Array):
            raise UnclearError
        context = cpu_target.typing_context
        try:
            found = context.resolve_function_type(operator.getitem, (kind, place), {})
        except errors.NumbaError:
            raise UnclearError from None
        return known(found).return_type

    def index(self, index: Expr) -> types.Type:
        """The type of a subscript."""
        match index:
            case ast.Tuple(elts=elts):
                return types.BaseTuple.from_types([self.index(e) for e in elts])
            case ast.Slice(lower=a, upper=b, step=c):
                self.counted([e for e in (a, b, c) if e is not None])
                return types.slice2_type if c is None else types.slice3_type
            case ast.Constant(value=None):
                return types.none
            case ast.Constant(value=EllipsisType()):
                return types.ellipsis
        return self.of(index)


def known(found: Any) -> Any:
    """What Numba has found."""
    if found is None:
        raise UnclearError
    return found


def is_array(kind: types.Type) -> bool:
    """Whether a type is an array's."""
    return isinstance(kind, types.Array)
