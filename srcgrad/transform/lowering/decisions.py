"""Decisions: the tests that say which round of a backward loop takes the gradient it carries.

In: a backward loop. Out: its ``Decision``s, and whether one is all that decides; its body where the
test is known to hold, or not to.

Invariant: where a decision is all that decides, a round that does not take the gradient adds zero
to everything (zero times infinity apart), and one that takes it leaves zero.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...analysis.exposed import exposed
from ...program import (
    Alias,
    Assign,
    Block,
    Comment,
    Expr,
    For,
    If,
    Increment,
    Stmt,
    View,
    blocks,
    bound,
    walk,
    with_blocks,
    with_expressions,
)
from .routed import is_choice, zero_unless
from .vectorise import is_sum


@dataclass(frozen=True)
class Decision:
    """Which rounds of a loop take a gradient for themselves.

    Attributes
    ----------
    carried : str
        The gradient that a backward round hands to the one after it.
    test : Expr
        True in a round that takes it.
    keeps : Expr or None
        True in a round that hands it on; None: all others do.
    """

    carried: str
    test: Expr
    keeps: Expr | None


def decisions(back: For, later: set[str]) -> Iterator[Decision]:
    """The tests that may decide which round of a backward loop takes the gradient it carries."""
    inside = list(walk(back.body))
    inner = bound(back.body)
    carried = {n for n in exposed(back.body) & inner if not is_sum(inside, n)}
    if len(carried) != 1 or inner & later - carried - exposed(back.body):
        return
    (name,) = carried
    for stmt in back.body:
        match stmt:
            case If(test=ast.Name() as test, orelse=()):
                yield Decision(name, test, None)
            case Assign(target=target, value=ast.IfExp(test=ast.Compare() as test) as value) if (
                target != name and is_choice(value, {name}) and (other := complement(test))
            ):
                yield Decision(name, test, other)


COMPLEMENTS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip


def complement(test: ast.Compare) -> Expr | None:
    """``b <= a`` for ``a < b``: true where that is false, nan apart."""
    match test:
        case ast.Compare(left=ast.Name() as a, ops=[op], comparators=[ast.Name() as b]):
            other = COMPLEMENTS.get(type(op))
            return ast.Compare(b, [other()], [a]) if other else None
    return None


def is_decided(decision: Decision, body: Block) -> bool:
    """Whether only a round that takes the gradient adds anything, and leaves it zero."""
    name = decision.carried
    reached = idle(body, frozenset({name}))
    if reached is None or name not in reached:
        return False
    if (
        not is_handed_on(decision, body)
        or idle(resolved(body, decision, False), frozenset()) is None
    ):
        return False
    taking = [s for s in resolved(body, decision, True) if name in bound((s,))]
    match taking[-1:]:
        case [Assign(value=ast.Constant(value=0))]:
            return True
    return False


def is_handed_on(decision: Decision, body: Block) -> bool:
    """Whether a round that does not take the gradient hands it on, or loses it."""
    changes = [s for s in walk(resolved(body, decision, False)) if decision.carried in bound((s,))]
    if decision.keeps is None:
        return not changes
    return len(changes) == 1 and changes[0] in body and keeps(changes[0], decision)


def keeps(stmt: Stmt, decision: Decision) -> bool:
    """``g = g if keeps else 0.0``."""
    assert decision.keeps is not None
    match stmt:
        case Assign(target=target, value=ast.IfExp(test=test) as value):
            own = target == decision.carried and is_choice(value, {decision.carried})
            return own and ast.unparse(test) == ast.unparse(decision.keeps)
    return False


def resolved(body: Block, decision: Decision, truth: bool) -> Block:
    """A block where the test is known to be true, or false."""
    result: list[Stmt] = []
    for stmt in body:
        if isinstance(stmt, If) and is_test(stmt.test, decision):
            result += resolved(stmt.body if truth else stmt.orelse, decision, truth)
            continue
        new = with_blocks(stmt, tuple(resolved(b, decision, truth) for b in blocks(stmt)))
        result.append(with_expressions(new, lambda e: chosen(e, decision, truth)))
    return tuple(result)


def is_test(expr: Expr, decision: Decision) -> bool:
    """Whether an expression is the test."""
    return ast.unparse(expr) == ast.unparse(decision.test)


def chosen(expr: Expr, decision: Decision, truth: bool) -> Expr:
    """An expression where the test is known."""
    if isinstance(expr, ast.IfExp):
        if is_test(expr.test, decision):
            return expr.body if truth else expr.orelse
        other = decision.keeps
        if truth and other is not None and ast.unparse(expr.test) == ast.unparse(other):
            return expr.orelse
    return expr


# What adds nothing


def idle(body: Block, zeros: frozenset[str]) -> frozenset[str] | None:
    """Where some numbers are zero: those that are zero afterwards; None if anything is added."""
    for stmt in body:
        found = after(stmt, zeros)
        if found is None:
            return None
        zeros = found
    return zeros


def after(stmt: Stmt, zeros: frozenset[str]) -> frozenset[str] | None:
    """The same for one statement."""
    match stmt:
        case Assign(target=target, value=value):
            return zeros | {target} if is_zero(value, zeros) else zeros - {target}
        case Increment(value=value):
            return zeros if is_zero(value, zeros) else None
        case View() | Alias() | Comment():
            return zeros
        case If(body=body, orelse=orelse):
            yes, no = idle(body, zeros), idle(orelse, zeros)
            return None if yes is None or no is None else yes & no
        case For(counter=counter, body=body, exit=None):
            zeros -= {counter}
            while (end := idle(body, zeros)) is not None and zeros - end:
                zeros &= end
            return None if end is None else zeros
    return None


def is_zero(value: Expr, zeros: frozenset[str]) -> bool:
    """Whether an expression is zero where some numbers are, and nothing is infinite or nan."""
    return zero_unless(value, zeros) is not None
