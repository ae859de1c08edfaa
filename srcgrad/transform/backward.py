"""Backward: the backward sweep, statement by statement in reverse.

In: ``Facts``, ``Plan`` and the tapes. Out: the statements of the backward sweep and the
expressions of the results. Here is the walk: what is reversed, in which order. What a kind of
statement turns into is in ``reversal``, a module for each.

Invariant: that of ``adjoint``. How each gradient is kept at the point reached is the business
of ``reversal.gradients``.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import Any

from numba import types

from ..analysis.accumulations import computed_from
from ..analysis.exposed import exposed
from ..analysis.facts import Facts, Path
from ..analysis.plan import Plan
from ..analysis.renewed import set_before
from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Push,
    Stmt,
    Store,
    Swap,
    View,
    While,
    block_at,
    blocks,
    uses,
    walk,
)
from ..rules.expressions import np_name
from .records import Tapes
from .reversal.assignments import reverse_assignment
from .reversal.calls import reverse_call
from .reversal.contributions import give
from .reversal.gradients import Gradients
from .reversal.loops import reverse_branch, reverse_loop
from .reversal.memory import reverse_list, reverse_store, reverse_swap
from .reversal.sweep import Sweep
from .reversal.values import rebuild, restore
from .shadows import zeros


class Backward:
    """Collects the backward sweep; one instance for one program."""

    def __init__(self, facts: Facts, plan: Plan, tapes: Tapes) -> None:
        self.facts = facts
        self.recursive = facts.program.recursive
        self.exposed: dict[Path, set[str]] = {}
        counted = Counter(n for s in walk(facts.program.body) for n in uses(s))
        views = {s.target for s in walk(facts.program.body) if isinstance(s, View | Alias)}
        mirrored = frozenset(n for n in views if facts.is_paired(n))
        state = {n: "owned" for n in facts.active if facts.is_dynamic(n)}
        self.sweep = Sweep(facts, plan, tapes, Gradients(facts, mirrored, state), counted)

    # The whole sweep and its results

    def program(self, value: Expr) -> list[Stmt]:
        """The backward sweep from the gradient of the result."""
        self.seed(value)
        self.block(self.facts.program.body[:-1], ())
        return self.sweep.gradients.out

    def suffix(self, value: Expr, fused: tuple[int, ...]) -> list[Stmt]:
        """The sweep from the gradient of the result to the first of the loops that are fused."""
        self.seed(value)
        body = self.facts.program.body[:-1]
        self.sweep.later = computed_from(self.facts, fused[0])
        for k in reversed([k for k in range(fused[0], len(body)) if k not in fused]):
            self.sweep.line = body[k].line
            self.statement(body[k], (k,))
        self.sweep.later = set()
        return self.flushed()

    def seed(self, value: Expr) -> None:
        """The gradient of the result: 1 for a number, an argument (the caller's) for an array."""
        if isinstance(value, ast.Tuple):
            for part in value.elts:
                self.seed(part)
        if not isinstance(value, ast.Name) or value.id not in self.facts.active:
            return
        if self.facts.is_array(value.id):
            self.sweep.gradients.state[value.id] = "shared"
            return
        if self.recursive:
            self.sweep.gradients.state[value.id] = "owned"
            return
        self.sweep.emit(Assign(self.facts.gradient(value.id), ast.Constant(1.0)))
        self.sweep.gradients.state[value.id] = "owned"

    def round(self, stmt: For, position: int) -> tuple[list[Stmt], list[Stmt]]:
        """What a loop that is fused needs before it, and the reversal of one round."""
        rebuild(self.sweep, (position,))
        body, touched = self.nested(stmt.body, (position, 0))
        for name in sorted(touched):
            self.sweep.gradients.own(name)
        return self.flushed(), body

    def prefix(self, position: int) -> list[Stmt]:
        """The sweep over what comes before a loop that is fused, and what waited for it."""
        for waiting in self.sweep.waiting:
            give(self.sweep, *waiting)
        self.block(self.facts.program.body[:position], ())
        return self.flushed()

    def flushed(self) -> list[Stmt]:
        """The statements emitted so far, which are then forgotten."""
        done, self.sweep.gradients.out = self.sweep.gradients.out, []
        return done

    def results(self, structure: dict[str, Any], tupled: bool) -> tuple[Expr, list[Stmt]]:
        """The gradients that are returned, and the statements they need."""
        self.sweep.gradients.out = []
        seen: set[str] = set()

        def gradient(parts: Any) -> Expr:
            """The gradient of a parameter, or of a part of one, in its form."""
            if isinstance(parts, str):
                return self.result(parts, seen)
            return ast.Tuple([gradient(p) for p in parts], ast.Load())

        found = [gradient(parts) for parts in structure.values()]
        bare = len(found) == 1 and not tupled
        whole: Expr = found[0] if bare else ast.Tuple(found, ast.Load())
        return whole, self.sweep.gradients.out

    def result(self, name: str, seen: set[str]) -> Expr:
        """One gradient, as a fresh value of the argument's dtype."""
        kind = self.facts.program.types[name]
        if name not in self.sweep.gradients.state:
            self.sweep.emit(zeros(self.facts, name))
        gradient: Expr = ast.Name(self.facts.gradient(name), ast.Load())
        single = kind == types.float32 or kind == types.Array(types.float32, 0, "C")
        if isinstance(kind, types.Array) and not single:
            if kind.dtype != types.float64:
                return ast.Call(np_name("astype"), [gradient, np_name(str(kind.dtype))], [])
            if self.sweep.gradients.state.get(name) == "shared":
                return ast.Call(np_name("copy"), [gradient], [])
        elif single:  # an array without axes has the gradient of a number
            return ast.Call(np_name("float32"), [gradient], [])
        return gradient

    # Blocks and compound statements

    def block(self, body: Block, path: Path) -> None:
        """Reverse a block."""
        for position in reversed(range(len(body))):
            stmt = body[position]
            self.sweep.line = stmt.line
            self.statement(stmt, (*path, position))

    def nested(self, body: Block, path: Path) -> tuple[list[Stmt], set[str]]:
        """A block of its own in reverse, and the outer gradients that it touches.

        Every outer gradient counts as owned at its start and is owned at its end.
        """
        sweep, saved = self.sweep, (self.sweep.gradients, self.sweep.guards)
        outer = {n for n in self.facts.active if not self.is_local(n, path)}
        born = {n for n in outer if self.is_born(n, path)}
        carried = {n for n in self.facts.active if self.facts.is_dynamic(n)}
        known = sweep.gradients.state
        state = dict.fromkeys(sorted((outer - born) | carried), "owned")
        state |= {n: how for n, how in known.items() if n in born}
        outer -= born - known.keys()
        sweep.gradients, sweep.guards = sweep.gradients.within(path, state), dict(sweep.guards)
        self.block(body, path)
        touched = self.sweep.gradients.touched & outer
        for name in sorted(touched):
            if name in self.sweep.gradients.state or not self.is_born(name, path):
                self.sweep.gradients.own(name)
        found = sweep.gradients.out
        sweep.gradients, sweep.guards = saved
        sweep.gradients.touched |= touched
        return found, touched

    def is_local(self, name: str, path: Path) -> bool:
        """Whether a name lives inside one run of a block: its gradient starts at zero there."""
        home = self.facts.home.get(name, ())
        return home[: len(path)] == path and name not in self.carried(path)

    def is_born(self, name: str, path: Path) -> bool:
        """Whether a name has no value before a block of a recursive function."""
        return self.recursive and not set_before(self.facts, name, path)

    def carried(self, path: Path) -> set[str]:
        """Names that a block may read before it sets them: carried from round to round."""
        if path not in self.exposed:
            self.exposed[path] = exposed(block_at(self.facts.program.body, path))
        return self.exposed[path]

    def statement(self, stmt: Stmt, here: Path) -> None:
        """Reverse one statement."""
        match stmt:
            case If() | For() | While():
                rebuild(self.sweep, here)
                if self.facts.is_alive(stmt) or self.sweep.records_inside(here):
                    self.compound(stmt, here)
                restore(self.sweep, stmt, here)
            case Assign() | View() | Alias():
                reverse_assignment(self.sweep, stmt, here)
            case Store() | Increment():
                rebuild(self.sweep, here)
                if stmt.target in self.facts.active:
                    reverse_store(self.sweep, stmt, here)
                else:
                    restore(self.sweep, stmt, here)
            case Swap():
                rebuild(self.sweep, here)
                reverse_swap(self.sweep, stmt)
            case Call():
                reverse_call(self.sweep, stmt, here)
            case Push() | Pop():
                rebuild(self.sweep, here)
                if here not in self.sweep.plan.resized:
                    restore(self.sweep, stmt, here)
                else:
                    reverse_list(self.sweep, stmt, here)
            case _:
                rebuild(self.sweep, here)

    def compound(self, stmt: If | For | While, here: Path) -> None:
        """Reverse a branch or a loop."""
        parts = [self.nested(b, (*here, which)) for which, b in enumerate(blocks(stmt))]
        if not any(body for body, _ in parts):
            return
        for name in sorted(set().union(*(touched for _, touched in parts))):
            if name not in self.sweep.gradients.state or not self.is_born(name, (*here, 0)):
                self.sweep.gradients.own(name)
        bodies = [tuple(body) for body, _ in parts]
        if isinstance(stmt, If):
            reverse_branch(self.sweep, stmt, bodies[0], bodies[1])
        else:
            reverse_loop(self.sweep, stmt, bodies[0], here)
