"""Skipped: rounds that have nothing to do are found several at a time.

In: a Program at level "loops", after ``routed``. Out: the same, where a loop that takes gradients
from an array, and does something with those alone that are not zero, goes over its rounds in
blocks: a short loop, of which LLVM makes vectors, says whether any round of a block has something
to do. A path through a table has one or two in each row.

Invariant: the same numbers. The test of a round reads what the others change only if they have
something to do; so if none of a block has, as things are before the block, none will. Nothing is
read that the rounds themselves would not read.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from numba import types

from ...analysis.exposed import exposed
from ...analysis.least import step_of
from ...naming import free_name
from ...program import (
    Assign,
    Block,
    Comment,
    Expr,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    While,
    blocks,
    bound,
    names,
    taken_names,
    walk,
    with_blocks,
)
from .lane_code import parsed
from .lane_loops import following

TOGETHER = 16
"""Rounds in a block."""

HARMLESS = frozenset({"abs", "min", "max", "np.uint64"})
"""What the test of a round may call."""


@dataclass(frozen=True)
class Sparse:
    """A loop whose rounds do something only where a test holds.

    Attributes
    ----------
    loop : For
    head : Block
        What the tests need.
    tests : list of Expr
        One of them holds.
    """

    loop: For
    head: Block
    tests: list[Expr]


def skipped(program: Program) -> Program:
    """The program with such loops in blocks."""
    taken = taken_names(program)
    kinds = dict(program.types)

    def fresh(wish: str, kind: types.Type) -> str:
        name = free_name(wish, taken)
        kinds[name] = kind
        return name

    def change(body: Block, after: set[str]) -> Block:
        result: list[Stmt] = []
        for stmt, later in following(body, after):
            if isinstance(stmt, For) and (found := sparse(stmt, later)):
                first, ahead = fresh("first", types.int64), fresh("ahead", types.int64)
                result.append(in_blocks(found, first, ahead, fresh("busy", types.boolean)))
                continue
            around = later | (exposed((stmt,)) if isinstance(stmt, For | While) else set())
            result.append(with_blocks(stmt, tuple(change(b, around) for b in blocks(stmt))))
        return tuple(result)

    return program.with_body(change(program.body, set()), types=kinds)


def sparse(loop: For, later: Collection[str]) -> Sparse | None:
    """A loop as one whose rounds mostly have nothing to do; None if it is not known to be one."""
    if loop.exit or step_of(loop) not in (1, -1) or not loop.body:
        return None
    *before, last = loop.body
    head = tuple(s for s in before if not isinstance(s, Comment))
    if not isinstance(last, If) or last.orelse or not is_taken(head, last):
        return None
    if not all(isinstance(s, Assign) and is_pure(s.value) for s in head) or not is_pure(last.test):
        return None
    made, changed = bound(head), numbers_set(last.body)
    if changed is None or loop.counter in later or loop.counter in bound(loop.body):
        return None
    read = names(last.test) | names(loop.stop) | {n for s in head for n in s.reads}
    if made & ({*later} | exposed(loop.body)) or read & changed or names(loop.stop) & made:
        return None
    return Sparse(loop, head, tests_of(last))


def is_taken(head: Block, last: If) -> bool:
    """Whether ``g != 0.0`` is tested of ``g = a[i]``, and what follows begins by ``a[i] = 0.0``."""
    test = tests_of(last)[0]
    match last.body[0] if last.body else None, test:
        case (
            Store(target=array, index=ast.expr() as index, value=ast.Constant(value=0)),
            ast.Compare(left=ast.Name(id=given), ops=[ast.NotEq()]),
        ):
            place = ast.unparse(ast.Subscript(ast.Name(array), index))
            return any(
                isinstance(s, Assign) and s.target == given and ast.unparse(s.value) == place
                for s in head
            )
    return False


def tests_of(choice: If) -> list[Expr]:
    """The tests one of which has to hold."""
    return choice.test.values if isinstance(choice.test, ast.BoolOp) else [choice.test]


def is_pure(value: Expr) -> bool:
    """Whether an expression can be computed ahead."""
    calls = [n for n in ast.walk(value) if isinstance(n, ast.Call)]
    return all(ast.unparse(c.func) in HARMLESS for c in calls)


def numbers_set(body: Block) -> set[str] | None:
    """Names that statements give other values, contents of arrays left out; None if not known."""
    found: set[str] = set()
    for stmt in walk(body):
        if not isinstance(stmt, Assign | Increment | Store | If | Comment):
            return None
        if isinstance(stmt, Assign) or (isinstance(stmt, Increment | Store) and stmt.index is None):
            found.add(stmt.target)
    return found


def in_blocks(found: Sparse, first: str, ahead: str, busy: str) -> For:
    """The loop over the blocks."""
    loop, down = found.loop, step_of(found.loop) < 0
    sign, limit = ("-", "max") if down else ("+", "min")
    counted = f"{first} - {ahead}" if down else f"{ahead} - {first}"
    any_busy: Expr = ast.Name(busy, ast.Load())
    for test in found.tests:
        any_busy = ast.BinOp(any_busy, ast.BitOr(), test)
    one = ast.Constant(1)
    lowest, highest = (f"{ahead} + 1", f"{first} + 1") if down else (first, ahead)
    look = For(
        loop.counter,
        parsed(lowest),
        parsed(highest),
        one,
        (*found.head, Assign(busy, any_busy)),
        line=loop.line,
    )
    rounds = For(loop.counter, parsed(first), parsed(ahead), loop.step, loop.body, line=loop.line)
    body: Block = (
        Assign(ahead, parsed(f"{limit}({first} {sign} {TOGETHER}, {ast.unparse(loop.stop)})")),
        Assign(busy, parsed(f"{counted} < {TOGETHER}")),
        If(parsed(f"not {busy}"), (look,)),
        If(parsed(busy), (rounds,)),
    )
    comment = f"{TOGETHER} rounds of `{loop.counter}` at a time, where none has anything to do"
    step = parsed(f"{'-' if down else ''}{TOGETHER}")
    return For(first, loop.start, loop.stop, step, body, line=loop.line, comment=comment)
