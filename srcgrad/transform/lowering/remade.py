"""Remade: elements of a cheap array are computed again where they are read.

In: a fused Program. Out: the same without matrices that are a sum, a difference or a product of
what is still there: ``x[i, r] - c[j, r]`` costs less than memory for it, written and read again. (A
vector is in the cache when it is read.)

Invariant: the same elements. One statement stores the array, each element at its own place; from
there to the last read nothing writes to what its value is made of.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...naming import free_name
from ...program import (
    Assign,
    Block,
    Expr,
    Program,
    Stmt,
    Store,
    While,
    binds,
    block_at,
    blocks,
    bound,
    expressions,
    names,
    taken_names,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.registry import instantiate
from .contraction import Path, changed, mentions, only_counters, unshared
from .effects import memory_classes, written_memory
from .joint import is_element
from .lanes import allocated

OPERATIONS = 2
"""As many sums and products are computed again at most."""


def remade(program: Program, counters: frozenset[str]) -> Program:
    """The program without arrays whose elements are cheap to compute again."""
    alone = unshared(program)
    taken = taken_names(program)
    made = [s.target for s in walk(program.body) if isinstance(s, Assign) and allocated(s)]
    for name in (n for n in made if n in alone):
        found = cheap(program, name, counters)
        if found is not None:
            program = without(program, found, taken)
    return program


@dataclass(frozen=True)
class Cheap:
    """An array that need not be.

    Attributes
    ----------
    name : str
    home : tuple of int
        The block in which it is made and used.
    place, value : Expr
        Where an element is stored, and what.
    """

    name: str
    home: Path
    place: Expr
    value: Expr


def cheap(program: Program, name: str, counters: frozenset[str]) -> Cheap | None:
    """What is known of an array that is cheap to compute again; None for any other."""
    made, *rest = sorted(mentions(program.body)[name], key=lambda use: use.path)
    stores = [u for u in rest if isinstance(u.stmt, Store) and u.stmt.target == name]
    allocation = allocated(made.stmt)
    if allocation is None or len(allocation[0]) < 2 or len(stores) != 1 or len(rest) < 2:
        return None
    if not all(u.inside(made.home) and reads(u.stmt, name, program.types) for u in rest):
        return None
    store = stores[0].stmt
    assert isinstance(store, Store)
    if rest[0] is not stores[0] or not only_counters(store.index, counters):
        return None
    if any(isinstance(p, ast.Constant) for p in parts_of(store.index)):
        return None
    value = expanded(store.value, block_at(program.body, stores[0].home)[: stores[0].path[-1]])
    depth = len(made.home)
    body = block_at(program.body, made.home)
    span = body[rest[0].path[depth] : rest[-1].path[depth] + 1]
    kind = program.types[name].dtype
    if value is None or not is_lasting(program, value, store.index, span, kind):
        return None
    return Cheap(name, made.home, store.index, value)


def parts_of(index: Expr) -> list[Expr]:
    """The parts of a subscript."""
    return index.elts if isinstance(index, ast.Tuple) else [index]


def reads(stmt: Stmt, name: str, kinds: Mapping[str, Any]) -> bool:
    """Whether a statement reads, or stores, elements only; not in a test that is run again."""

    def elements(expr: ast.AST) -> bool:
        match expr:
            case ast.Subscript(value=ast.Name(id=found), slice=index) if found == name:
                return is_element(index, name, kinds)
            case ast.Name(id=found):
                return found != name
        return all(map(elements, ast.iter_child_nodes(expr)))

    if isinstance(stmt, While) or name in binds(stmt):
        return False
    if isinstance(stmt, Store) and stmt.target == name:
        return is_element(stmt.index, name, kinds) and name not in names(stmt.value)
    return getattr(stmt, "target", None) != name and all(map(elements, expressions(stmt)))


def expanded(value: Expr, before: Block) -> Expr | None:
    """A value in terms of what is not a number of this block; None where it is not cheap."""
    for stmt in reversed(before):
        known = names(value)
        if isinstance(stmt, Assign) and stmt.target in known:
            value = instantiate(value, {stmt.target: stmt.value})
        elif known & bound((stmt,)):
            return None
        if operations(value) is None:
            return None
    count = operations(value)
    return value if count is not None and 0 < count <= OPERATIONS else None


def operations(expr: Expr) -> int | None:
    """The sums and products in an expression; None where there is anything else."""
    match expr:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            both = operations(left), operations(right)
            return None if both[0] is None or both[1] is None else both[0] + both[1] + 1
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operations(operand)
        case ast.Subscript(value=ast.Name()) | ast.Name() | ast.Constant(value=int() | float()):
            return 0
    return None


def is_lasting(program: Program, value: Expr, place: Expr, span: Block, kind: Any) -> bool:
    """Whether a value is made of numbers of one kind that stay what they are.

    One array at most is as large as what is made of it.
    """
    classes = memory_classes(program)
    written = written_memory(span, classes)
    counters = {p.id for p in parts_of(place) if isinstance(p, ast.Name)}
    fixed = names(value) - counters
    if fixed & bound(span) or any(classes.get(n, n) in written for n in fixed):
        return False
    large = 0
    for leaf in leaves(value):
        match leaf:
            case ast.Subscript(value=ast.Name(id=array), slice=index):
                if getattr(program.types.get(array), "dtype", None) != kind:
                    return False
                if not is_element(index, array, program.types):
                    return False
                large += counters <= names(index)
            case ast.Name(id=number):
                if program.types.get(number) != kind:
                    return False
    return large <= 1


def leaves(expr: Expr) -> list[Expr]:
    """What an expression is computed from."""
    match expr:
        case ast.BinOp(left=left, right=right):
            return leaves(left) + leaves(right)
        case ast.UnaryOp(operand=operand):
            return leaves(operand)
    return [expr]


def without(program: Program, found: Cheap, taken: set[str]) -> Program:
    """The program without an array: its elements are numbers, made where they are read."""
    kinds = dict(program.types)

    def change(body: Block, known: dict[str, str]) -> Block:
        result: list[Stmt] = []
        for stmt in body:
            if found.name in binds(stmt) or getattr(stmt, "target", None) == found.name:
                continue  # its allocation, its store
            for place in dict.fromkeys(map(ast.unparse, places(stmt, found.name))):
                if place not in known and not is_conditional(stmt):
                    known = {**known, place: fresh()}
                    index = ast.parse(place, mode="eval").body
                    result.append(Assign(known[place], at(found, index), line=stmt.line))
            new = with_expressions(stmt, functools.partial(read_again, found=found, known=known))
            rebound = bound((new,))
            known = {p: n for p, n in known.items() if not words(p) & rebound}
            result.append(with_blocks(new, tuple(change(b, known) for b in blocks(new))))
        return tuple(result)

    def fresh() -> str:
        name = free_name(f"{found.name}_i", taken)
        kinds[name] = program.types[found.name].dtype
        return name

    body = changed(program.body, found.home, lambda b: change(b, {}))
    return program.with_body(body, types=kinds)


def words(place: str) -> set[str]:
    """The names in a subscript."""
    return names(ast.parse(place, mode="eval").body)


def is_conditional(stmt: Stmt) -> bool:
    """Whether a statement may leave part of an expression unread."""
    return any(
        isinstance(n, ast.IfExp | ast.BoolOp) for e in expressions(stmt) for n in ast.walk(e)
    )


def places(stmt: Stmt, name: str) -> list[Expr]:
    """The subscripts at which a statement itself reads an array."""
    return [
        n.slice
        for e in expressions(stmt)
        for n in ast.walk(e)
        if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name) and n.value.id == name
    ]


def at(found: Cheap, index: Expr) -> Expr:
    """The value of an element."""
    pairs = zip(parts_of(found.place), parts_of(index), strict=True)
    return instantiate(found.value, {c.id: p for c, p in pairs if isinstance(c, ast.Name)})


def read_again(expr: Any, found: Cheap, known: Mapping[str, str]) -> Any:
    """An expression in which elements are numbers, or made again."""
    if isinstance(expr, list):
        return [read_again(e, found, known) for e in expr]
    if not isinstance(expr, ast.AST):
        return expr
    match expr:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if name == found.name:
            number = known.get(ast.unparse(index))
            again = at(found, read_again(index, found, known))
            return again if number is None else ast.Name(number, ast.Load())
    return type(expr)(**{k: read_again(v, found, known) for k, v in ast.iter_fields(expr)})
