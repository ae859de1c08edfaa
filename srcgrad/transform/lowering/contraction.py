"""Contraction: arrays that one loop body makes and uses up become numbers.

In: a fused Program. Out: the same without the temporaries: an array whose every element is
stored and read in the same round is a number; what nobody reads is not computed.

Invariant: no array goes that is read elsewhere, by name or as memory.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...naming import free_name
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
    block_at,
    blocks,
    expressions,
    times_bound,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.registry import instantiate
from ...syntax import elements_of
from .effects import memory_classes
from .liveness import is_allocation, unread
from .scope import is_array


def contract(program: Program, counters: frozenset[str]) -> Program:
    """The program without arrays that are only used element by element."""
    program = unread(program, counters)
    kinds = dict(program.types)
    alone = unshared(program)
    found = mentions(program.body)
    chosen: dict[str, Any] = {}
    for name in (n for s in walk(program.body) if is_allocation(s) for n in binds(s)):
        if name in alone and contractible(program.body, found[name], name, counters):
            chosen[name] = kinds[name] = kinds[name].dtype
    if not chosen:
        return program
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
                    found = mentions((loop,))
                    if sole(found, name, classes, kinds) and is_local(found[name], name, counters):
                        loop = held(loop, name, kinds, found[name])
                result.append(loop)
            else:
                result.append(with_blocks(stmt, tuple(map(change, blocks(stmt)))))
        return tuple(result)

    return program.with_body(change(program.body), types=kinds)


def stored(stmt: Stmt) -> list[str]:
    """Arrays that a loop stores to, in order."""
    return list(dict.fromkeys(s.target for s in walk((stmt,)) if isinstance(s, Store)))


def sole(
    found: Mapping[str, list[Use]], name: str, classes: Mapping[str, str], kinds: Mapping[str, Any]
) -> bool:
    """Whether a loop reaches an array's memory by this name alone, and reads it."""
    group = classes.get(name, name)
    if any(n != name and classes.get(n, n) == group and is_array(kinds.get(n)) for n in found):
        return False
    return any(isinstance(u.stmt, Increment) or name in loads(u.stmt) for u in found[name])


def held(loop: For, name: str, kinds: dict[str, Any], found: list[Use]) -> For:
    """A loop with an array's elements in a number, stored once."""
    number = free_name(f"{name}_i", set(kinds))
    kinds[number] = kinds[name].dtype
    first = found[0]
    assert isinstance(first.stmt, Store)
    last = Store(name, first.stmt.index, ast.Name(number, ast.Load()), line=first.stmt.line)

    ends = max(use.path[len(first.home)] for use in found)

    def change(body: Block) -> Block:
        new = renamed(rewritten(body, {name: kinds[number]}), name, number)
        return (*new[: ends + 1], last, *new[ends + 1 :])

    (new,) = changed((loop,), first.home, change)
    assert isinstance(new, For)
    return new


def changed(body: Block, home: Path, change: Callable[[Block], Block]) -> Block:
    """A block with one inside, or itself, changed."""
    if not home:
        return change(body)
    k, number, *rest = home
    inner = list(blocks(body[k]))
    inner[number] = changed(inner[number], tuple(rest), change)
    return (*body[:k], with_blocks(body[k], tuple(inner)), *body[k + 1 :])


def renamed(body: Block, old: str, new: str) -> Block:
    """A block with a number under another name."""
    result = []
    for stmt in body:
        stmt = with_blocks(stmt, tuple(renamed(b, old, new) for b in blocks(stmt)))
        stmt = with_expressions(stmt, lambda e: renamed_expr(e, old, new))
        for field in ("target", "counter"):
            if getattr(stmt, field, None) == old:
                changes: dict[str, Any] = {field: new}
                stmt = replace(stmt, **changes)
        result.append(stmt)
    return tuple(result)


def renamed_expr(expr: Expr, old: str, new: str) -> Expr:
    """An expression with a name replaced."""
    return instantiate(expr, {old: ast.Name(new, ast.Load())})


def unshared(program: Program) -> set[str]:
    """Names bound once whose memory no other name shares; not parameters."""
    classes = memory_classes(program)
    sizes = Counter(classes.values())
    bindings = times_bound(program.body)
    return {
        n
        for n, count in bindings.items()
        if count == 1 and sizes[classes.get(n, n)] <= 1 and n not in program.params
    }


Path = tuple[int, ...]


@dataclass(frozen=True)
class Use:
    """A statement that mentions an array itself, and where it is.

    ``path`` is its place in the outermost block; for each block further in, before it, which of
    the statement's blocks that is.
    """

    stmt: Stmt
    path: Path

    @property
    def home(self) -> Path:
        """The block that it is in."""
        return self.path[:-1]

    def inside(self, home: Path) -> bool:
        """Whether it is in this block, or further in."""
        return self.path[: len(home)] == home


def mentions(body: Block) -> dict[str, list[Use]]:
    """The statements that mention each name, in order."""
    found: dict[str, list[Use]] = {}

    def visit(body: Block, home: Path) -> None:
        for k, stmt in enumerate(body):
            for name in {*uses(stmt), *binds(stmt)}:
                found.setdefault(name, []).append(Use(stmt, (*home, k)))
            for number, inner in enumerate(blocks(stmt)):
                visit(inner, (*home, k, number))

    visit(body, ())
    return found


def contractible(body: Block, found: list[Use], name: str, counters: frozenset[str]) -> bool:
    """Whether an array of one block alone may become a number in one of its loops."""
    allocation = next(use for use in found if is_allocation(use.stmt))
    home = allocation.home
    rest = [use for use in found if use is not allocation]
    if len({use.path[: len(home) + 1] for use in rest}) != 1 or not rest[0].inside(home):
        return False
    user = block_at(body, home)[rest[0].path[len(home)]]
    if not isinstance(user, For) or user.counter not in counters:
        return False
    return is_local(rest, name, counters)


def is_local(found: list[Use], name: str, counters: frozenset[str]) -> bool:
    """Whether an array's elements are each stored before anything else, and no other is used."""
    first = found[0]
    if not isinstance(first.stmt, Store) or first.stmt.target != name:
        return False
    place = ast.unparse(first.stmt.index)
    if not only_counters(first.stmt.index, counters):
        return False
    home = first.home
    if name in loads(first.stmt):
        return False
    return all(use.inside(home) and uses_element(use.stmt, name, place) for use in found)


def loads(stmt: Stmt) -> set[str]:
    """Names in the expressions that a statement evaluates."""
    return {n.id for e in expressions(stmt) for n in ast.walk(e) if isinstance(n, ast.Name)}


def only_counters(index: Expr, counters: frozenset[str]) -> bool:
    """Whether a subscript is made of loop counters and constants, each counter once."""
    parts = elements_of(index)
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
    new = with_expressions(stmt, lambda e: substituted(e, chosen))
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
