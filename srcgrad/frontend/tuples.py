"""Tuples: each part of a tuple becomes a name of its own.

In: a Program and the types that Numba found for it. Out: a Program without tuple-valued
names: ``t = (x, y)`` is ``t_0 = x`` and ``t_1 = y``, ``t[1]`` is ``t_1``, ``p.weight`` of a
NamedTuple is its part, and a parameter that is a tuple is taken apart at the start.

Invariant: the same object is returned where the program has no tuples.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..program import Assign, Block, Program, Stmt, blocks, expressions, with_blocks
from .numba_types import Typing


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
    parts = {name: part_names(name, kind, taken) for name, kind in tuples.items()}
    entry: list[Stmt] = []
    for name in program.params:
        if name in parts:
            entry += [
                Assign(part, ast.Subscript(ast.Name(name), ast.Constant(k), ast.Load()))
                for k, part in enumerate(parts[name])
            ]
    splitter = _Splitter(parts, tuples, places)
    result = program.with_body((*entry, *splitter.block(program.body)))
    nested = any(isinstance(p, types.BaseTuple) for t in tuples.values() for p in t.types)
    if nested:
        reason = "a tuple inside a tuple cannot be differentiated yet"
        raise UnsupportedError(Complaint(None, reason, "pass the parts as arguments"))
    return result


def part_names(name: str, kind: types.BaseTuple, taken: set[str]) -> tuple[str, ...]:
    """Names for the parts, after the field for a NamedTuple."""
    fields = getattr(kind, "fields", None) or range(len(kind.types))
    found = []
    for label in fields:
        part = f"{name}_{label}"
        while part in taken:
            part += "_"
        taken.add(part)
        found.append(part)
    return tuple(found)


class _Splitter:
    """Replaces tuples by their parts."""

    def __init__(
        self,
        parts: Mapping[str, tuple[str, ...]],
        kinds: Mapping[str, types.BaseTuple],
        places: Mapping[int, Place],
    ) -> None:
        self.parts = parts
        self.kinds = kinds
        self.places = places

    def block(self, body: Block) -> Block:
        """A block without tuples."""
        return tuple(new for stmt in body for new in self.statement(stmt))

    def statement(self, stmt: Stmt) -> list[Stmt]:
        """One statement, as one for each part where it binds a tuple."""
        match stmt:
            case Assign(target=t, value=ast.Tuple(elts=elts)) if t in self.parts:
                return [
                    replace(stmt, target=p, value=self.expression(e, stmt))
                    for p, e in zip(self.parts[t], elts, strict=True)
                ]
            case Assign(target=t, value=ast.Name(id=s)) if t in self.parts:
                return [
                    replace(stmt, target=p, value=ast.Name(q, ast.Load()))
                    for p, q in zip(self.parts[t], self.parts[s], strict=True)
                ]
            case Assign(target=t, value=ast.Attribute(value=ast.Name(id=a), attr="shape")) if (
                t in self.parts
            ):
                shape = ast.Attribute(ast.Name(a, ast.Load()), "shape", ast.Load())
                return [
                    replace(stmt, target=p, value=ast.Subscript(shape, ast.Constant(k), ast.Load()))
                    for k, p in enumerate(self.parts[t])
                ]
            case Assign(target=t) if t in self.parts:
                self.refuse(stmt, f"the tuple `{t}` comes from an operation that cannot be split")
        changes: dict[str, Any] = {
            name: self.expression(value, stmt)
            for name, value in vars(stmt).items()
            if isinstance(value, ast.expr)
        }
        inner = tuple(self.block(b) for b in blocks(stmt))
        return [with_blocks(replace(stmt, **changes), inner)]

    def expression(self, expr: Any, stmt: Stmt) -> Any:
        """The expression with parts of tuples by their names."""
        match expr:
            case ast.Subscript(value=ast.Name(id=t), slice=index) if t in self.parts:
                match index:
                    case ast.Constant(value=int(k)):
                        pass
                    case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(m))):
                        k = -m
                    case _:
                        self.refuse(stmt, f"the tuple `{t}` is subscripted by a variable")
                return ast.Name(self.parts[t][k], ast.Load())
            case ast.Attribute(value=ast.Name(id=t), attr=label) if t in self.parts:
                fields = getattr(self.kinds[t], "fields", ())
                if label not in fields:
                    self.refuse(stmt, f"`{t}` has no field `{label}`")
                return ast.Name(self.parts[t][fields.index(label)], ast.Load())
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=t)]) if t in self.parts:
                return ast.Constant(len(self.parts[t]))
            case ast.Call(func=func, args=args, keywords=keywords):
                return ast.Call(
                    func,
                    [self.expression(a, stmt) for a in args],
                    [ast.keyword(k.arg, self.expression(k.value, stmt)) for k in keywords],
                )
            case ast.Name(id=t) if t in self.parts:
                elts: list[ast.expr] = [ast.Name(p, ast.Load()) for p in self.parts[t]]
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

    def refuse(self, stmt: Stmt, reason: str) -> None:
        """Raise at the statement's place."""
        advice = "subscript it by a constant, or use an array"
        raise UnsupportedError(Complaint(self.places.get(stmt.line), reason, advice))


__all__ = ["expressions", "scalarise"]
