"""Adjoint: the forward sweep, then the backward sweep.

In: the ``Facts`` of a typed, prepared Program and the ``Plan`` of what is recorded. Out: a
Program that computes the primal's value and then the gradients, statement by statement in
reverse, as ADJOINT describes it.

Invariant: before the reversal of a statement, ``grad_x`` of every name is the derivative of
the result with respect to the value that ``x`` has after the statement; after it, with respect
to the value before. A gradient that is still zero everywhere has no statement yet: its first
accumulation is an assignment.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import replace

from ..analysis.facts import Facts, Path
from ..analysis.plan import Plan
from ..frontend.inlining.body import forward_of
from ..program import (
    Assign,
    Block,
    Call,
    Comment,
    Expr,
    For,
    Pop,
    Program,
    Push,
    Return,
    Stmt,
    binds,
    blocks,
    names,
    with_blocks,
)
from ..rules.expressions import np_name
from .backward import Backward
from .records import Tapes
from .reversal.assignments import is_part
from .shadows import mirror, old_elements, zeros
from .tapes import Tape

Parts = tuple["Parts", ...] | str
"""A parameter's gradient: a name, or the names of a tuple's parts, in the tuple's form."""


def adjoint(
    facts: Facts,
    plan: Plan,
    structure: dict[str, Parts],
    with_value: bool,
    tupled: bool = False,
    reserved: Collection[str] = (),
) -> Program:
    """The gradient program.

    Parameters
    ----------
    facts, plan
        What the analyses found.
    structure : dict
        For each parameter of ``wrt`` its name, or the names of its parts.
    with_value : bool
        Whether the value is returned as well.
    tupled : bool
        Whether the gradient is a tuple even of one.
    reserved : collection of str
        Names that mean something else in the listing.
    """
    program = facts.program
    tapes = Tapes(facts, plan, reserved)
    forward = Forward(facts, plan, tapes)
    result = program.body[-1]
    assert isinstance(result, Return)
    value = result.value
    backward = Backward(facts, plan, tapes)
    kept: Expr = value
    saved: list[Stmt] = []
    if with_value and names(value) and facts.counts[next(iter(names(value)))] > 1:
        kept = ast.Name(tapes.fresh("value"), ast.Load())
        saved = [Assign(kept.id, value)]
    statements = program.body[:-1]
    first = plan.fused[0] if plan.fused else len(statements)
    body: list[Stmt] = [Comment("Forward pass: compute output"), *forward.entry()]
    body += forward.block(statements[:first], ())
    if not plan.fused:
        body += [*saved, Comment("Backward pass: compute grads"), *backward.program(value)]
    else:
        body += [Comment("Backward pass: compute grads"), *backward.suffix(value, plan.fused)]
        for start, end in zip(plan.fused, [*plan.fused[1:], len(statements)], strict=True):
            body += one_pass(statements[start], forward, backward, start)
            body += forward.block(statements[start + 1 : end], (), start + 1)
        body += [*saved, *backward.prefix(first)]
    gradients, more = backward.results(structure, tupled)
    body += more
    if with_value:
        shown: list[Expr] = [kept, gradients]
        body.append(Return(ast.Tuple(shown, ast.Load())))
    else:
        body.append(Return(gradients))
    return program.with_body(body, name=f"{program.name}_grad", types={})


def one_pass(stmt: Stmt, forward: Forward, backward: Backward, position: int) -> list[Stmt]:
    """A loop that only adds up: each round forward, then backward."""
    assert isinstance(stmt, For)
    before, reversed_round = backward.round(stmt, position)
    body = (*forward.block(stmt.body, (position, 0)), *reversed_round)
    note = Comment("The gradient of what is added up is known: each round is reversed at once")
    return [*before, note, replace(stmt, body=body)]


class Forward:
    """The primal's statements, with what is recorded."""

    def __init__(self, facts: Facts, plan: Plan, tapes: Tapes) -> None:
        self.facts = facts
        self.plan = plan
        self.tapes = tapes

    def entry(self) -> list[Stmt]:
        """Copies of the arguments that the primal writes to, and carried shadows."""
        facts = self.facts
        found: list[Stmt] = []
        for name in facts.program.params:
            if not facts.is_array(name):
                continue
            if facts.classes[name] in facts.written:
                copied = ast.Call(np_name("copy"), [ast.Name(name, ast.Load())], [])
                found.append(Assign(name, copied, comment="the caller's array is left alone"))
            if facts.is_dynamic(name) and name in facts.active:
                found.append(self.shadow(name))
        return found

    def shadow(self, name: str) -> Stmt:
        """``grad_u = np.zeros_like(u)``."""
        return zeros(self.facts, name)

    def block(self, body: Block, path: Path, start: int = 0) -> list[Stmt]:
        """A block of the forward sweep, its first statement at a position."""
        found: list[Stmt] = []
        for position, stmt in enumerate(body, start):
            found += self.statement(stmt, (*path, position))
        return found

    def statement(self, stmt: Stmt, here: Path) -> list[Stmt]:
        """A statement, with its records and its carried shadow."""
        found: list[Stmt] = self.tapes_made_at(here)
        recorded = self.plan.before.get(here, set()) if here not in self.plan.undone else set()
        for cell in sorted(recorded):
            found += self.record(self.tapes.before[here, cell], stmt, cell, "overwritten here")
        inner = tuple(tuple(self.block(b, (*here, which))) for which, b in enumerate(blocks(stmt)))
        found.append(self.own_part(with_blocks(stmt, inner), here))
        found += self.mirrored(stmt)
        for name in self.plan.after.get(here, ()):
            lost = (
                "lost after this call" if self.facts.program.recursive else "lost after this round"
            )
            found += self.record(self.tapes.after[here, name], stmt, name, lost)
        return found

    def own_part(self, stmt: Stmt, here: Path) -> Stmt:
        """An array from a tuple argument, as a copy where the primal writes to it."""
        facts = self.facts
        if isinstance(stmt, Call) and (facts.is_alive(stmt) or here in self.plan.resized):
            func = ast.Name(forward_of(stmt.function), ast.Load())
            return replace(stmt, value=ast.Call(func, stmt.value.args, []))
        if is_part(stmt, facts) and isinstance(stmt, Assign):
            if facts.is_array(stmt.target) and facts.classes[stmt.target] in facts.written:
                return Assign(stmt.target, ast.Call(np_name("copy"), [stmt.value], []))
        return stmt

    def tapes_made_at(self, here: Path) -> list[Stmt]:
        """The tapes that are made before a loop."""
        every = [t for pair in self.tapes.every() for t in pair if t is not None]
        return [s for t in every if t.outermost == here for s in t.make]

    def record(self, pair: tuple[Tape, Tape | None], stmt: Stmt, cell: str, why: str) -> list[Stmt]:
        """Record a name, or the elements that a store overwrites."""
        own, shadow = pair
        if cell.startswith("mem:"):
            return [own.record(old_elements(self.facts, stmt), f"recorded: {why}")]
        found = [own.record(ast.Name(cell, ast.Load()), f"recorded: {why}")]
        if shadow is not None:
            found.append(shadow.record(ast.Name(self.facts.gradient(cell), ast.Load()), ""))
        return found

    def mirrored(self, stmt: Stmt) -> list[Stmt]:
        """What a carried shadow does when its array is bound."""
        facts = self.facts
        targets = [t for t in binds(stmt) if facts.is_array(t) or facts.is_list_of_arrays(t)]
        if isinstance(stmt, Push | Pop):
            targets = [stmt.tape] if facts.is_list_of_arrays(stmt.tape) else []
        if any(facts.is_dynamic(t) and t in facts.active for t in targets):
            return mirror(facts, stmt)
        return []
