"""Contraction: arrays that one loop body makes and uses up become numbers.

In: a fused Program. Out: the same without the temporaries: an array whose every element is
stored and read in the same round is a number; what nobody reads is not computed.

Invariant: no array goes that is read elsewhere, by name or as memory.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Program,
    Stmt,
    Store,
    binds,
    blocks,
    expressions,
    uses,
    walk,
    with_blocks,
)
from ...rules.registry import instantiate
from .effects import memory_classes
from .liveness import is_allocation, mentions, unread
from .scope import is_array


def contract(program: Program, counters: frozenset[str]) -> Program:
    """The program without arrays that are only used element by element."""
    program = unread(program, counters)
    kinds = dict(program.types)
    alone = unshared(program)
    everywhere = occurrences(program.body)
    chosen: dict[str, Any] = {}
    for body in all_blocks(program.body):
        made = [n for n in allocated(body) if n in alone]
        here = occurrences(body) if made else Counter()
        for name in made:
            if here[name] == everywhere[name] and contractible(body, name, counters):
                chosen[name] = kinds[name] = kinds[name].dtype
    body = rewritten(program.body, chosen)
    return unread(program.with_body(body, types=kinds), counters)


def localise(program: Program, counters: frozenset[str]) -> Program:
    """The program with elements that a loop body stores and reads again held in numbers."""
    classes = memory_classes(program)
    kinds = dict(program.types)

    def change(body: Block) -> Block:
        result: list[Stmt] = []
        for stmt in body:
            if isinstance(stmt, For) and stmt.counter in counters:
                loop = stmt
                for name in stored(stmt):
                    if sole(loop, name, classes, kinds) and is_local(loop, name, counters):
                        loop = held(loop, name, kinds)
                result.append(loop)
            else:
                result.append(with_blocks(stmt, tuple(map(change, blocks(stmt)))))
        return tuple(result)

    return program.with_body(change(program.body), types=kinds)


def stored(stmt: Stmt) -> list[str]:
    """Arrays that a loop stores to, in order."""
    return list(dict.fromkeys(s.target for s in walk((stmt,)) if isinstance(s, Store)))


def sole(stmt: Stmt, name: str, classes: Mapping[str, str], kinds: Mapping[str, Any]) -> bool:
    """Whether a loop reaches an array's memory by this name alone, and reads it."""
    group = classes.get(name, name)
    inside = set().union(*(uses(s) for s in walk((stmt,))))
    others = {n for n in inside if classes.get(n, n) == group and is_array(kinds.get(n))}
    reads = sum(name in loads(s) for s in walk((stmt,)))
    adds = sum(isinstance(s, Increment) and s.target == name for s in walk((stmt,)))
    return others == {name} and reads + adds > 0


def held(stmt: For, name: str, kinds: dict[str, Any]) -> For:
    """A loop with an array's elements in a number, stored once."""
    number = f"{name}_i"
    while number in kinds:
        number += "_"
    kinds[number] = kinds[name].dtype
    first = next(iter(stmts_with(stmt, name)))
    assert isinstance(first.stmt, Store)
    last = Store(name, first.stmt.index, ast.Name(number, ast.Load()), line=first.stmt.line)

    def change(body: Block, path: tuple[tuple[int, int], ...]) -> Block:
        if not path:
            ends = max(k for k, s in enumerate(body) if mentions(s, name))
            new = renamed(rewritten(body, {name: kinds[number]}), name, number)
            return (*new[: ends + 1], last, *new[ends + 1 :])
        (_, k), *rest = path
        inner = body[k]
        new_inner = with_blocks(inner, (change(blocks(inner)[0], tuple(rest)),))
        return (*body[:k], new_inner, *body[k + 1 :])

    home = first.path[:-1]
    return replace(stmt, body=change(stmt.body, home))


def renamed(body: Block, old: str, new: str) -> Block:
    """A block with a number under another name."""
    result = []
    for stmt in body:
        stmt = with_blocks(stmt, tuple(renamed(b, old, new) for b in blocks(stmt)))
        changes: dict[str, Any] = {
            key: renamed_expr(value, old, new)
            for key, value in vars(stmt).items()
            if isinstance(value, ast.expr)
        }
        if getattr(stmt, "target", None) == old:
            changes["target"] = new
        result.append(replace(stmt, **changes) if changes else stmt)
    return tuple(result)


def renamed_expr(expr: Expr, old: str, new: str) -> Expr:
    """An expression with a name replaced."""
    return instantiate(expr, {old: ast.Name(new, ast.Load())})


def all_blocks(body: Block) -> Iterator[Block]:
    """A block and all inside."""
    yield body
    for stmt in body:
        for inner in blocks(stmt):
            yield from all_blocks(inner)


def occurrences(body: Block) -> Counter[str]:
    """How many statements, inside of others too, mention each name."""
    return Counter(n for s in walk(body) for n in {*uses(s), *binds(s)})


def allocated(body: Block) -> list[str]:
    """Arrays that statements of a block itself allocate."""
    return [s.target for s in body if is_allocation(s)]  # type: ignore[attr-defined]


def unshared(program: Program) -> set[str]:
    """Names bound once whose memory no other name shares; not parameters."""
    classes = memory_classes(program)
    sizes = Counter(classes.values())
    bindings = Counter(n for s in walk(program.body) for n in binds(s))
    return {
        n
        for n, count in bindings.items()
        if count == 1 and sizes[classes.get(n, n)] <= 1 and n not in program.params
    }


@dataclass(frozen=True)
class Use:
    """A statement that mentions an array, and the blocks around it, outermost first."""

    stmt: Stmt
    path: tuple[tuple[int, int], ...]


def contractible(body: Block, name: str, counters: frozenset[str]) -> bool:
    """Whether an array of one block alone may become a number in one of its loops."""
    users = [s for s in body if mentions(s, name) and not allocates(s, name)]
    if len(users) != 1 or not isinstance(users[0], For) or users[0].counter not in counters:
        return False
    return is_local(users[0], name, counters)


def is_local(loop: For, name: str, counters: frozenset[str]) -> bool:
    """Whether a loop stores each element of an array before anything else, and uses no other."""
    found = list(stmts_with(loop, name))
    first = found[0]
    if not isinstance(first.stmt, Store) or first.stmt.target != name:
        return False
    place = ast.unparse(first.stmt.index)
    if not only_counters(first.stmt.index, counters):
        return False
    home = first.path[:-1]
    if name in loads(first.stmt):
        return False
    return all(
        use.path[: len(home)] == home and uses_element(use.stmt, name, place) for use in found
    )


def allocates(stmt: Stmt, name: str) -> bool:
    """Whether this is the allocation of an array."""
    return is_allocation(stmt) and binds(stmt) == (name,)


def loads(stmt: Stmt) -> set[str]:
    """Names in the expressions that a statement evaluates."""
    return {n.id for e in expressions(stmt) for n in ast.walk(e) if isinstance(n, ast.Name)}


def stmts_with(stmt: Stmt, name: str, path: tuple[tuple[int, int], ...] = ()) -> Iterator[Use]:
    """The statements that mention a name themselves, in order."""
    if name in uses(stmt) or name in binds(stmt):
        yield Use(stmt, path)
    for b, inner in enumerate(blocks(stmt)):
        for k, child in enumerate(inner):
            yield from stmts_with(child, name, (*path, (b, k)))


def only_counters(index: Expr, counters: frozenset[str]) -> bool:
    """Whether a subscript is made of loop counters and constants, each counter once."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    found = [p.id for p in parts if isinstance(p, ast.Name)]
    return len(found) == len(set(found)) and all(
        isinstance(p, ast.Constant) or (isinstance(p, ast.Name) and p.id in counters) for p in parts
    )


def uses_element(stmt: Stmt, name: str, place: str) -> bool:
    """Whether a statement itself uses an array only at one subscript."""
    match stmt:
        case Store(target=target, index=index) if target == name:
            if ast.unparse(index) != place:
                return False
        case Increment(target=target, index=index) if target == name:
            if index is None or ast.unparse(index) != place:
                return False
    return all(element_only(e, name, place) for e in expressions(stmt))


def element_only(expr: ast.AST, name: str, place: str) -> bool:
    """Whether an expression mentions an array only as ``name[place]``."""
    match expr:
        case ast.Subscript(value=ast.Name(id=found), slice=index) if found == name:
            return ast.unparse(index) == place
        case ast.Name(id=found):
            return found != name
    return all(element_only(child, name, place) for child in ast.iter_child_nodes(expr))


def rewritten(body: Block, chosen: Mapping[str, Any]) -> Block:
    """A block with chosen arrays as numbers."""
    result: list[Stmt] = []
    for stmt in body:
        if is_allocation(stmt) and set(binds(stmt)) & set(chosen):
            continue
        new = with_blocks(stmt, tuple(rewritten(b, chosen) for b in blocks(stmt)))
        result.append(scalar(new, chosen))
    return tuple(result)


def scalar(stmt: Stmt, chosen: Mapping[str, Any]) -> Stmt:
    """A statement with chosen arrays' elements as numbers."""
    changes = {
        key: substituted(value, chosen)
        for key, value in vars(stmt).items()
        if isinstance(value, ast.expr)
    }
    new = replace(stmt, **changes) if changes else stmt
    match new:
        case Store(target=target, value=value) if target in chosen:
            return Assign(target, value, line=new.line, comment=new.comment)
        case Increment(target=target) if target in chosen:
            return replace(new, index=None)
    return new


def substituted(expr: Any, chosen: Mapping[str, Any]) -> Any:
    """An expression with chosen arrays' elements as numbers."""
    if isinstance(expr, list):
        return [substituted(e, chosen) for e in expr]
    if not isinstance(expr, ast.AST):
        return expr
    match expr:
        case ast.Subscript(value=ast.Name(id=name)) if name in chosen:
            return ast.Name(name, ast.Load())
    fields = {k: substituted(v, chosen) for k, v in ast.iter_fields(expr)}
    return type(expr)(**fields)
