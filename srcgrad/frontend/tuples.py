"""Tuples: each part of a tuple becomes a name of its own.

In: a Program and the types that Numba found for it. Out: a Program without tuple-valued
names: ``t = (x, y)`` is ``t_0 = x`` and ``t_1 = y``, ``t[1]`` is ``t_1``, ``p.weight`` of a
NamedTuple is its part, and a parameter that is a tuple is taken apart at the start. What a
recursive function returns keeps its name, from which its parts follow at once.

Invariant: the same object is returned where the program has no tuples.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..naming import free_name, fresh_names
from ..program import (
    Assign,
    Block,
    Expr,
    Increment,
    Program,
    Stmt,
    Store,
    While,
    blocks,
    expressions,
    names,
    with_blocks,
    with_expressions,
)
from ..rules.expressions import dotted, literal, np_name
from .numba_types import Typing

REDUCTIONS = frozenset({"sum", *(f"np.{n}" for n in ("max", "min", "sum", "prod", "mean"))})
"""Functions of the numbers of a tuple, which are of an array here."""


def scalarise(
    program: Program,
    typing: Typing,
    known: Mapping[str, types.Type],
    places: Mapping[int, Place],
) -> Program:
    """The program with the parts of its tuples as names.

    Raises
    ------
    UnsupportedError
        Where a tuple is subscripted by something that is not a constant.
    """
    tuples = {n: t for n, t in known.items() if isinstance(t, types.BaseTuple)}
    tuples |= {n: t for (_, n), t in typing.defined.items() if isinstance(t, types.BaseTuple)}
    if not tuples:
        return program
    taken = set(known) | {n for _, n in typing.defined} | set(program.constants)
    parts: dict[str, tuple[str, ...]] = {}
    for name, kind in list(tuples.items()):
        name_parts(name, kind, taken, tuples, parts)
    ranks = ranks_of(typing, known)
    splitter = _Splitter(parts, tuples, places, taken, program.routines, ranks)
    entry: list[Stmt] = []
    for name in program.params:
        entry += taken_apart(name, ast.Name(name, ast.Load()), parts)
    return program.with_body((*entry, *splitter.block(program.body)))


def name_parts(
    name: str,
    kind: types.BaseTuple,
    taken: set[str],
    tuples: dict[str, types.BaseTuple],
    parts: dict[str, tuple[str, ...]],
) -> None:
    """Give the parts of a tuple, and those of the tuples in it, their names."""
    parts[name] = part_names(name, kind, taken)
    for part, inner in zip(parts[name], kind.types, strict=True):
        if isinstance(inner, types.BaseTuple):
            tuples[part] = inner
            name_parts(part, inner, taken, tuples, parts)


def ranks_of(typing: Typing, known: Mapping[str, types.Type]) -> dict[str, int]:
    """The number of axes of each array, where all definitions of its name agree."""
    found: dict[str, set[int]] = {}
    for name, kind in (*known.items(), *((n, kind) for (_, n), kind in typing.defined.items())):
        found.setdefault(name, set()).add(kind.ndim if isinstance(kind, types.Array) else -1)
    return {n: min(ranks) for n, ranks in found.items() if len(ranks) == 1 and min(ranks) >= 0}


def taken_apart(name: str, value: Expr, parts: Mapping[str, tuple[str, ...]]) -> list[Stmt]:
    """The statements that take a parameter apart."""
    found: list[Stmt] = []
    for k, part in enumerate(parts.get(name, ())):
        element = ast.Subscript(value, ast.Constant(k), ast.Load())
        if part in parts:
            found += taken_apart(part, element, parts)
        else:
            found.append(Assign(part, element))
    return found


def part_names(name: str, kind: types.BaseTuple, taken: set[str]) -> tuple[str, ...]:
    """Names for the parts, after the field for a NamedTuple."""
    fields = getattr(kind, "fields", None) or range(len(kind.types))
    return tuple(free_name(f"{name}_{label}", taken) for label in fields)


class _Splitter:
    """Replaces tuples by their parts."""

    def __init__(
        self,
        parts: Mapping[str, tuple[str, ...]],
        kinds: Mapping[str, types.BaseTuple],
        places: Mapping[int, Place],
        taken: set[str],
        routines: Mapping[str, Any],
        ranks: Mapping[str, int],
    ) -> None:
        self.parts = parts
        self.routines = routines
        self.ranks = ranks
        self.kinds = kinds
        self.places = places
        self.fresh = fresh_names("s", taken)
        self.pending: list[Stmt] = []

    def block(self, body: Block) -> Block:
        """A block without tuples."""
        found: list[Stmt] = []
        for stmt in body:
            new = self.statement(stmt)
            found += [*self.pending, *new]
            self.pending = []
        return tuple(found)

    def statement(self, stmt: Stmt) -> list[Stmt]:
        """One statement, as one for each part where it binds a tuple."""
        match stmt:
            case Assign(target=t, value=value) if (
                t in self.parts and (elements := self.elements(value)) is not None
            ):
                return self.each(stmt, t, [self.expression(e, stmt) for e in elements])
            case Assign(target=t) if t in self.parts and any(
                p in self.parts for p in self.parts[t]
            ):
                self.refuse(stmt, f"the tuple `{t}` has tuples in it, and is not written out here")
            case Assign(target=t, value=ast.Attribute(value=ast.Name(id=a), attr="shape")) if (
                t in self.parts
            ):
                shape = ast.Attribute(ast.Name(a, ast.Load()), "shape", ast.Load())
                return [
                    replace(stmt, target=p, value=ast.Subscript(shape, ast.Constant(k), ast.Load()))
                    for k, p in enumerate(self.parts[t])
                ]
            case Assign(target=t, value=ast.Call(func=ast.Name(id=f))) if (
                t in self.parts and f in self.routines
            ):
                whole = ast.Name(t, ast.Load())
                values: list[Expr] = [
                    ast.Subscript(whole, ast.Constant(k), ast.Load())
                    for k in range(len(self.parts[t]))
                ]
                value = self.expression(stmt.value, stmt)
                return [replace(stmt, value=value), *self.each(stmt, t, values)]
            case Assign(target=t, value=ast.Call(func=func) as call) if (
                t in self.parts and dotted(func) == "np.gradient"
            ):
                return self.each(stmt, t, along_each_axis(call, len(self.parts[t])))
            case Assign(target=t) if t in self.parts:
                self.refuse(stmt, f"the tuple `{t}` comes from an operation that cannot be split")
            case Store(target=t) | Increment(target=t) if t in self.parts:
                self.refuse(stmt, f"an element of `{t}`, of arrays of several ranks, is replaced")
        new = with_expressions(stmt, lambda e: self.expression(e, stmt))
        made, self.pending = self.pending, []
        if made and isinstance(stmt, While):
            self.refuse(stmt, "a tuple is subscripted by a variable in the test of a `while`")
        inner = tuple(self.block(b) for b in blocks(stmt))
        return [*made, with_blocks(new, inner)]

    def elements(self, value: Expr) -> list[Expr] | None:
        """The parts of a tuple that an expression is; None where they are not known."""
        match value:
            case ast.Tuple(elts=elts):
                return elts
            case ast.Name() | ast.Attribute() | ast.Subscript() if name := self.tuple_of(value):
                return [ast.Name(p, ast.Load()) for p in self.parts[name]]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self.elements(left), self.elements(right)
                return None if first is None or second is None else first + second
            case ast.Attribute(value=ast.Name(id=a), attr="shape") if a in self.ranks:
                return [
                    ast.Subscript(value, ast.Constant(k), ast.Load()) for k in range(self.ranks[a])
                ]
            case ast.Subscript(value=base, slice=ast.Slice(lower=a, upper=b, step=c)):
                whole = self.elements(base)
                bounds = [None if e is None else literal(e) for e in (a, b, c)]
                known = all(e is None or type(e) is int for e in bounds)
                return whole[slice(*bounds)] if whole is not None and known else None
        return None

    def tuple_of(self, value: Expr) -> str | None:
        """The name of the tuple, or of the tuple in a tuple, that an expression is."""
        found: str | None = None
        match value:
            case ast.Name(id=name):
                found = name
            case ast.Subscript(value=base, slice=index) if whole := self.tuple_of(base):
                place = literal(index)
                count = len(self.parts[whole])
                if type(place) is int and -count <= place < count:
                    found = self.parts[whole][place]
            case ast.Attribute(value=base, attr=label) if whole := self.tuple_of(base):
                fields = getattr(self.kinds[whole], "fields", ())
                found = self.parts[whole][fields.index(label)] if label in fields else None
        return found if found in self.parts else None

    def each(self, stmt: Assign, target: str, values: list[Expr]) -> list[Stmt]:
        """A tuple bound part by part, all values first where a part is one of them."""
        parts = self.parts[target]
        if len(parts) != len(values):
            self.refuse(stmt, f"the tuple `{target}` has {len(parts)} parts in another place")
        before: list[Stmt] = []
        for k, value in enumerate(values):
            if names(value) & set(parts[:k]):
                values[k] = ast.Name(self.fresh(), ast.Load())
                before.append(replace(stmt, target=values[k].id, value=value))  # type: ignore[attr-defined]
        made: list[Stmt] = []
        for part, value in zip(parts, values, strict=True):
            if part in self.parts:
                assert isinstance(value, ast.Tuple)
                made += self.each(stmt, part, list(value.elts))
            else:
                made.append(replace(stmt, target=part, value=value))
        return [*before, *made]

    def as_array(self, name: str, stmt: Stmt) -> Expr:
        """An array of the numbers of a tuple, for subscripts that vary and for functions."""
        if not all(isinstance(k, types.Number) for k in self.kinds[name].types):
            self.refuse(stmt, f"the tuple `{name}` is subscripted by a variable")
        parts: list[Expr] = [ast.Name(p, ast.Load()) for p in self.parts[name]]
        func = np_name("array")
        made = ast.Call(func, [ast.List(parts, ast.Load())], [])
        array = self.fresh()
        self.pending.append(Assign(array, made, line=stmt.line))
        return ast.Name(array, ast.Load())

    def expression(self, expr: Any, stmt: Stmt) -> Any:
        """The expression with parts of tuples by their names."""
        match expr:
            case ast.Subscript() | ast.Attribute() if inner := self.tuple_of(expr):
                return self.expression(ast.Name(inner, ast.Load()), stmt)
            case ast.Subscript(value=base, slice=index) if t := self.tuple_of(base):
                match index:
                    case ast.Constant(value=int(k)):
                        pass
                    case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(m))):
                        k = -m
                    case _:
                        place = self.expression(index, stmt)
                        return ast.Subscript(self.as_array(t, stmt), place, ast.Load())
                if not -len(self.parts[t]) <= k < len(self.parts[t]):
                    self.refuse(stmt, f"`{t}[{k}]` is beyond the end of the tuple")
                return ast.Name(self.parts[t][k], ast.Load())
            case ast.Attribute(value=base, attr=label) if t := self.tuple_of(base):
                fields = getattr(self.kinds[t], "fields", ())
                if label not in fields:
                    self.refuse(stmt, f"`{t}` has no field `{label}`")
                return ast.Name(self.parts[t][fields.index(label)], ast.Load())
            case ast.Call(func=ast.Name(id="len"), args=[base]) if t := self.tuple_of(base):
                return ast.Constant(len(self.parts[t]))
            case ast.Call(func=func, args=[ast.Name(id=t)], keywords=[]) if (
                t in self.parts and dotted(func) in REDUCTIONS
            ):
                return ast.Call(func, [self.as_array(t, stmt)], [])
            case ast.Call(func=func, args=args, keywords=keywords):
                return ast.Call(
                    func,
                    [self.expression(a, stmt) for a in args],
                    [ast.keyword(k.arg, self.expression(k.value, stmt)) for k in keywords],
                )
            case ast.Name(id=t) if t in self.parts:
                elts = [self.expression(ast.Name(p, ast.Load()), stmt) for p in self.parts[t]]
                return ast.Tuple(elts, ast.Load())
            case ast.AST():
                fields = {
                    name: [self.expression(v, stmt) for v in value]
                    if isinstance(value, list)
                    else self.expression(value, stmt)
                    for name, value in ast.iter_fields(expr)
                }
                return type(expr)(**fields)
        return expr

    def refuse(self, stmt: Stmt, reason: str) -> NoReturn:
        """Raise at the statement's place."""
        advice = "subscript it by a constant, or use an array"
        raise UnsupportedError(Complaint(self.places.get(stmt.line), reason, advice))


def along_each_axis(call: ast.Call, count: int) -> list[Expr]:
    """A call that returns an array for each of its axes, as one for each axis."""
    given = next((k.value for k in call.keywords if k.arg == "axis"), None)
    rest = [k for k in call.keywords if k.arg != "axis"]
    axes = given.elts if isinstance(given, ast.Tuple) else map(ast.Constant, range(count))
    return [ast.Call(call.func, call.args, [*rest, ast.keyword("axis", a)]) for a in axes]


__all__ = ["expressions", "scalarise"]
