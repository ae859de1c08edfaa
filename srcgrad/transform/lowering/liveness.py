"""Unread: what nobody reads is not computed, and arrays are allocated where they are first used.

In: a Program at level "loops". Out: the same without idle statements (``unread``); with each
allocation just before its first use (``sunk``).

Invariant: nothing goes that could raise.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable

from ...naming import names_in
from ...program import (
    Alias,
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Program,
    Return,
    Stmt,
    Store,
    View,
    binds,
    blocks,
    bound,
    expressions,
    uses,
    walk,
    with_blocks,
)
from ...rules.expressions import MISSING, literal
from .effects import memory_classes


def is_allocation(stmt: Stmt) -> bool:
    """``z = np.empty(...)``."""
    match stmt:
        case Assign(value=ast.Attribute(value=ast.Call() as call, attr="T")):
            return ast.unparse(call.func) == "np.empty"
        case Assign(value=ast.Call(func=func)):
            return ast.unparse(func) == "np.empty"
    return False


def unread(program: Program, counters: frozenset[str]) -> Program:
    """The program without arrays and numbers that are made and never read."""
    while True:
        program = without_idle_views(program)
        wanted = set(program.params) | read(program)
        body = live(program.body, wanted, counters)
        if body == program.body:
            return program
        program = program.with_body(body)


def without_idle_views(program: Program) -> Program:
    """The program without views that nothing looks at: they share memory for nothing."""
    touched: set[str] = set()
    for stmt in walk(program.body):
        touched |= uses(stmt)
        if not isinstance(stmt, View):
            touched |= {*binds(stmt), *written_to(stmt)}
    views = [s for s in walk(program.body) if isinstance(s, View)]
    idle_ = {v.target for v in views} - touched - set(program.params)
    idle_ -= {v.target for v in views if not is_whole(v.value)}
    if not idle_:
        return program

    def change(body: Block) -> Block:
        kept = (s for s in body if not (isinstance(s, View) and s.target in idle_))
        return tuple(with_blocks(s, tuple(map(change, blocks(s)))) for s in kept)

    return program.with_body(change(program.body))


def written_to(stmt: Stmt) -> tuple[str, ...]:
    """The name through which a statement writes to memory."""
    return (stmt.target,) if isinstance(stmt, Store | Increment) else ()


def is_whole(value: Expr) -> bool:
    """Whether a view cannot raise: a subscript of slices and new axes alone."""
    if not isinstance(value, ast.Subscript):
        return False
    index = value.slice
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return all(isinstance(p, ast.Slice) or is_none(p) for p in parts)


def is_none(part: Expr) -> bool:
    """Whether a part of a subscript is a new axis."""
    return isinstance(part, ast.Constant) and part.value is None


def read(program: Program) -> set[str]:
    """Names whose value is read somewhere, or that share memory with another name."""
    classes = memory_classes(program)
    sizes = Counter(classes.values())
    found = {n for n, c in classes.items() if sizes[c] > 1}
    for stmt in walk(program.body):
        match stmt:
            case Store() | Increment():
                found |= set().union(*map(names_in, expressions(stmt))) - {stmt.target}
            case Alias(source=source) | View(source=source):
                found |= {source} | uses(stmt)
            case _:
                found |= uses(stmt)
    return found


def live(body: Iterable[Stmt], wanted: set[str], counters: frozenset[str]) -> Block:
    """A block without what only makes unwanted values."""
    result: list[Stmt] = []
    for stmt in body:
        new = with_blocks(stmt, tuple(live(b, wanted, counters) for b in blocks(stmt)))
        if not idle(new, wanted, counters):
            result.append(new)
    return tuple(result)


def idle(stmt: Stmt, wanted: set[str], counters: frozenset[str]) -> bool:
    """Whether a statement only makes values that nobody reads."""
    match stmt:
        case Store(target=target) | Increment(target=target):
            return target not in wanted
        case Assign(target=target):
            return target not in wanted and pure(stmt)
        case For(counter=counter, body=()):
            return counter in counters
    return False


def pure(stmt: Assign) -> bool:
    """Whether an assignment may go if its value is not wanted: nothing can be raised."""
    calls = [n for n in ast.walk(stmt.value) if isinstance(n, ast.Call)]
    called = {ast.unparse(c.func) for c in calls if not is_range(c)}
    return all(name in QUIET or name.startswith("math.") for name in called)


def is_range(call: ast.Call) -> bool:
    """``range(...)`` with a step that is not zero."""
    if ast.unparse(call.func) != "range" or call.keywords:
        return False
    return len(call.args) < 3 or literal(call.args[2]) not in (0, MISSING)


QUIET = frozenset({"np.empty", "np.float32", "np.float64", "abs", "min", "max", "len"})
"""Calls that only compute."""


# Where arrays are allocated


def sunk(body: Block) -> Block:
    """A block in which allocations and constants stand just before their first use."""
    waiting: list[Stmt] = []
    result: list[Stmt] = []
    for stmt in body:
        new = with_blocks(stmt, tuple(map(sunk, blocks(stmt))))
        changed = bound((new,))
        touched = changed.union(*map(uses, walk((new,))))
        due = [w for w in waiting if not touched.isdisjoint(binds(w)) or changed & uses(w)]
        result += due
        waiting = [w for w in waiting if w not in due]
        if is_allocation(new) or is_constant(new):
            waiting.append(new)
        else:
            result.append(new)
    if result and isinstance(result[-1], Return):
        return (*result[:-1], *waiting, result[-1])
    return (*result, *waiting)


def is_constant(stmt: Stmt) -> bool:
    """``s = 0.0``."""
    match stmt:
        case Assign(value=ast.Constant() | ast.UnaryOp(operand=ast.Constant())):
            return True
    return False
