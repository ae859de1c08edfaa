"""Lanes: a loop of independent rounds runs them side by side.

In: a loop of a Program at level "loops". Out: what is known of its rounds, if they may run side by
side: ``LANES`` rounds at a time, where the loops inside stay around, and the innermost loop is over
the lanes, with unit stride. Numbers that differ from round to round and outlive a lane loop become
buffers, arrays of a round get a last axis (``lane_code``).

Invariant: the values that the rounds compute are the same; sums over the rounds are taken in
another order. A loop qualifies if its rounds share nothing but what they only add to (numbers,
and elements of arrays that no round reads), and if whatever stays around the lane loops is the
same for every round: bounds, tests with loops in them, lists.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numba import types

from ...analysis.elements import own_axis
from ...analysis.exposed import exposed
from ...program import (
    Alias,
    Assign,
    Block,
    Check,
    Comment,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    View,
    binds,
    blocks,
    bound,
    expressions,
    names,
    uses,
    walk,
)
from ...rules.expressions import dotted
from ...syntax import elements_of
from .vectorise import FORMS, is_sum

LANES = 64
"""Rounds that run side by side: a buffer of them is 8 lines of cache."""


@dataclass
class Rounds:
    """A loop, and what is known of what its rounds compute.

    Attributes
    ----------
    loop : For
    kinds : mapping
        Types of names.
    local : frozenset of str
        Names that are bound in the loop and that nothing after it reads.
    sums : frozenset of str
        Numbers that the rounds add to.
    private : frozenset of str
        Arrays of a round.
    varying : set of str
        Names whose value, or contents, differ from round to round.
    stages : list of pairs of blocks
        The body in stages (``stages``), if it is to be taken apart so.
    """

    loop: For
    kinds: Mapping[str, Any]
    local: frozenset[str]
    sums: frozenset[str]
    private: frozenset[str]
    varying: set[str] = field(default_factory=set)
    stages: list[tuple[Block, Block]] = field(default_factory=list)

    def varies(self, *parts: Expr) -> bool:
        """Whether expressions read what differs from round to round."""
        return any(read_names(p) & self.varying for p in parts)


def read_names(expr: ast.AST) -> set[str]:
    """Names whose value an expression reads; the shape of an array is not its value."""
    match expr:
        case ast.Attribute(value=ast.Name(), attr="shape" | "size" | "ndim"):
            return set()
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name()]):
            return set()
        case ast.Name(id=name):
            return {name}
        case ast.Call(args=args, keywords=keywords):
            return set().union(*map(read_names, [*args, *(k.value for k in keywords)]))
    return set().union(*map(read_names, ast.iter_child_nodes(expr)))


# Whether rounds are independent


def independent(
    loop: For, later: set[str], program: Program, classes: Mapping[str, str], natural: bool
) -> Rounds | None:
    """What is known of a loop whose rounds may run side by side; None for any other loop.

    ``natural``: whether its counter is never negative.
    """
    inside = list(walk(loop.body))
    if loop.exit or ast.unparse(loop.step) != "1" or not all(map(is_plain, inside)):
        return None
    inner = bound(loop.body)
    sums = exposed(loop.body) & inner
    if inner & uses(loop) or loop.counter in inner or not all(is_sum(inside, n) for n in sums):
        return None
    if (inner - sums | {loop.counter}) & later:
        return None
    kinds = program.types
    if not all(isinstance(kinds.get(n), types.Float | types.Integer) for n in sums):
        return None
    private = frozenset(
        n for n in inner if isinstance(kinds.get(n), types.Array) and is_private(n, inside, classes)
    )
    found = Rounds(loop, kinds, frozenset(inner - sums), frozenset(sums), private)
    if not all(is_shared_well(found, name, inside, classes, natural) for name in written(inside)):
        return None
    spread_variation(found, loop.body)
    fit = all(fits(found, s) for s in loop.body) and lists_fit(found, program)
    return found if fit and typed(found, inside) else None


CALLS = frozenset({"abs", "min", "max", "len", "float", "int", "bool", "round", "range", "sigmoid",
                   "exp_weight"})  # fmt: skip


def is_plain(stmt: Stmt) -> bool:
    """Whether a statement is of a kind that lanes know."""
    kinds = Assign | Store | Increment | If | For | Comment | Push | Pop | Check | View | Alias
    if not isinstance(stmt, kinds) or (isinstance(stmt, For) and stmt.exit):
        return False
    called = set() if isinstance(stmt, Check) else {
        dotted(n.func) or "" for e in expressions(stmt) for n in ast.walk(e)
        if isinstance(n, ast.Call)
    }  # fmt: skip
    return all(c in CALLS or c.startswith(("np.", "math.")) for c in called)


def is_private(name: str, inside: list[Stmt], classes: Mapping[str, str]) -> bool:
    """Whether an array is made, or taken from a list, in a round, and shares no other memory."""
    makers = [s for s in inside if name in binds(s)]
    group = {n for n, c in classes.items() if c == classes.get(name, name)} | {name}
    lists = {s.tape for s in inside if isinstance(s, Push | Pop)}
    return all(isinstance(s, Pop) or allocated(s) is not None for s in makers) and all(
        n == name or n in lists for n in group
    )


def allocated(stmt: Stmt) -> tuple[list[Expr], list[ast.expr]] | None:
    """The extents and the remaining arguments of ``z = np.empty(...)``."""
    match stmt:
        case Assign(value=ast.Call(func=func, args=[shape, *rest], keywords=keywords)) if (
            dotted(func) == "np.empty"
        ):
            dtype = [*rest, *(k.value for k in keywords if k.arg == "dtype")]
            extents = elements_of(shape)
            if not any(isinstance(e, ast.Attribute) for e in extents):
                return extents, dtype
    return None


def written(inside: list[Stmt]) -> set[str]:
    """Arrays that are stored to or added to."""
    return {s.target for s in inside if isinstance(s, Store | Increment) and s.index is not None}


def is_shared_well(
    found: Rounds, name: str, inside: list[Stmt], classes: Mapping[str, str], natural: bool
) -> bool:
    """Whether an array of the rounds' own, or one that is only added to or used a row a round."""
    if name in found.private:
        return True
    group = {n for n, c in classes.items() if c == classes.get(name, name)} | {name}
    reads = any(set().union(*map(read_names, sources(s))) & group for s in inside)
    stores = any(isinstance(s, Store) and s.target in group for s in inside)
    if not reads and not stores:
        return True
    if len(group) > 1 or not natural:
        return False
    return own_axis(found.loop.counter, name, inside)


def sources(stmt: Stmt) -> list[Expr]:
    """The expressions from which a statement reads elements."""
    return [] if isinstance(stmt, View | Alias) else list(expressions(stmt))


def typed(found: Rounds, inside: list[Stmt]) -> bool:
    """Whether all that is not an array of the rounds is a number of known type."""
    number = types.Number | types.Boolean
    assigned = {s.target for s in inside if isinstance(s, Assign)} & found.varying
    whole = {s.target for s in inside if isinstance(s, Increment) and s.index is None}
    lists = {s.tape for s in inside if isinstance(s, Push | Pop)}
    needed = (assigned | whole) - found.private - lists
    return not whole & found.private and all(isinstance(found.kinds.get(n), number) for n in needed)


# What differs from round to round


def spread_variation(found: Rounds, body: Block) -> None:
    """Find the varying names, to the fixpoint."""
    found.varying |= {found.loop.counter} | found.sums
    size = -1
    while size != len(found.varying):
        size = len(found.varying)
        vary(found, body, False)


def vary(found: Rounds, body: Block, controlled: bool) -> None:
    """One pass over a block; ``controlled``: whether each round runs it for itself."""
    for stmt in body:
        varies = controlled or found.varies(*expressions(stmt))
        varies = varies or (isinstance(stmt, For) and is_row(found, stmt))
        match stmt:
            case For() | If():
                if varies:
                    found.varying |= set(binds(stmt))
                for block in blocks(stmt):
                    vary(found, block, varies)
            case Increment(target=t, index=None) if t not in found.sums:
                found.varying |= {t} if varies else set()
            case Store(target=t) | Increment(target=t):
                if varies if t in found.private else t not in found.local:
                    found.varying.add(t)
            case Push(tape=t):
                if varies:
                    found.varying.add(t)
            case Pop(target=str(t), tape=tape):
                if varies or tape in found.varying:
                    found.varying.add(t)
            case _ if varies:
                found.varying |= set(binds(stmt))


# Whether the statements can be taken apart


def is_lane(found: Rounds, stmt: Stmt) -> bool:
    """Whether a statement goes into a lane loop whole."""
    match stmt:
        case For() | If():
            if found.varies(*expressions(stmt)):
                return True
            return isinstance(stmt, For) and is_row(found, stmt)
        case Increment(target=t, index=None):
            return t in found.varying
        case Store(target=t) | Increment(target=t):
            return t in found.varying or t not in found.private
        case Assign(target=t, value=value):
            return t in found.varying - found.private and not isinstance(value, ast.List)
    return False


def is_row(found: Rounds, stmt: For) -> bool:
    """Whether an innermost loop runs along rows of the rounds: it suits vectors as it is."""
    if stmt not in found.loop.body or any(blocks(s) for s in stmt.body):
        return False
    for expr in (e for s in stmt.body for e in (*expressions(s), *own_place(s))):
        for node in ast.walk(expr):
            match node:
                case ast.Subscript(slice=ast.Tuple(elts=[*front, last])):
                    rows = any(found.loop.counter in names(f) for f in front)
                    if rows and ast.unparse(last) == stmt.counter:
                        return True
    return False


def own_place(stmt: Stmt) -> list[Expr]:
    """The element that a statement writes, as an expression."""
    if isinstance(stmt, Store | Increment) and stmt.index is not None:
        return [ast.Subscript(ast.Name(stmt.target, ast.Load()), stmt.index, ast.Load())]
    return []


def fits(found: Rounds, stmt: Stmt) -> bool:
    """Whether a statement can stand in a lane loop, or around lane loops."""
    if not all(elements_only(found, e) for e in (*expressions(stmt), *own_place(stmt))):
        return isinstance(stmt, Push | Pop)
    if is_lane(found, stmt):
        single = Assign | Store | Increment | If | For | Comment
        return all(
            isinstance(s, single) and not set(binds(s)) & found.private and
            all(elements_only(found, e) for e in (*expressions(s), *own_place(s)))
            for s in walk((stmt,))
        )  # fmt: skip
    match stmt:
        case For(counter=c) if c in found.varying:
            return False
        case For() | If():
            return all(fits(found, s) for b in blocks(stmt) for s in b)
        case Assign(target=t, value=ast.List()):
            return True
        case Assign(target=t):
            made = allocated(stmt)
            return t not in found.varying or (made is not None and not found.varies(*made[0]))
        case View() | Alias() | Check():
            return not set(binds(stmt)) & found.varying and not found.varies(*expressions(stmt))
        case Push(value=value):
            return not found.varies(value) or whole_private(found, value)
        case Pop(target=target, tape=tape):
            return tape not in found.varying or target in found.private
    return True


def whole_private(found: Rounds, value: Expr) -> bool:
    """Whether a value is an array of the round."""
    return isinstance(value, ast.Name) and value.id in found.private


def elements_only(found: Rounds, expr: Expr) -> bool:
    """Whether varying arrays of a round are only read an element at a time."""
    match expr:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if name in found.private:
            parts = elements_of(index)
            plain = len(parts) == found.kinds[name].ndim and not any(
                isinstance(n, ast.Slice) for n in ast.walk(index)
            )
            return plain and elements_only(found, index)
        case ast.Name(id=name):
            return name not in found.private or name not in found.varying
        case ast.Attribute(value=ast.Name(), attr="shape"):
            return True
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name()]):
            return True
    inner = (e for e in ast.iter_child_nodes(expr) if isinstance(e, ast.expr))
    return all(elements_only(found, e) for e in inner)


def lists_fit(found: Rounds, program: Program) -> bool:
    """Whether lists are the rounds' own: nothing else uses them but what makes them."""
    inside = {id(s) for s in walk(found.loop.body)}
    lists = {s.tape for s in walk(found.loop.body) if isinstance(s, Push | Pop)}
    for stmt in walk(program.body):
        if id(stmt) in inside or not lists & (uses(stmt) | set(binds(stmt))):
            continue
        if not (isinstance(stmt, Assign) and isinstance(stmt.value, ast.List)):
            return False
    return True


# Whether it pays


def is_worthwhile(found: Rounds) -> bool:
    """Whether a loop inside goes around lanes, or lanes free a mathematical function from loops."""
    if any(goes_around(found, s) for s in found.loop.body):
        return True
    called = any(
        isinstance(n, ast.Call) and dotted(n.func) in FORMS
        for s in found.loop.body
        if not isinstance(s, For)
        for e in expressions(s)
        for n in ast.walk(e)
    )
    return called and any(isinstance(s, For) and is_lane(found, s) for s in found.loop.body)


def goes_around(found: Rounds, stmt: Stmt) -> bool:
    """Whether a statement becomes a loop around lane loops."""
    if is_lane(found, stmt) or not blocks(stmt):
        return False
    inner = [s for b in blocks(stmt) for s in b]
    if isinstance(stmt, For) and any(is_lane(found, s) for s in inner):
        return True
    return any(goes_around(found, s) for s in inner)
