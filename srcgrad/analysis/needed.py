"""Needed: the cells that the backward sweep needs, in the order of execution.

In: the ``Cells`` of a Program, and the rebuilds that are decided. Out: ``Plan.before`` and
``Plan.undone``: what a statement records, or undoes, because it overwrites a needed cell.

Invariant: a cell is needed from the first statement whose reversal reads it until it is
recorded; at the head of a loop, what is needed is a fixpoint.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from numba import types

from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    For,
    If,
    Pop,
    Program,
    Push,
    Stmt,
    Swap,
    View,
    While,
    binds,
    uses,
)
from .cells import Cell
from .facts import Path
from .least import natural_loops
from .rebuilding import Rebuilding
from .renewed import renewed

Covered = Mapping[int, set[Cell]]
"""What a statement (by its ``id``) overwrites from end to end."""


class Needed:
    """The walk over the statements in the order of execution."""

    def __init__(self, rebuilt: Rebuilding, covered: Covered) -> None:
        self.facts = rebuilt.facts
        self.cells = rebuilt.cells
        self.fused = rebuilt.fused
        self.reversed_too = rebuilt.reversed_too
        self.result = rebuilt.result
        self.extra = rebuilt.extra
        self.private = rebuilt.private
        self.covered = covered
        self.natural = natural_loops(self.facts.program)

    def decide(self) -> None:
        """Decide for the whole program."""
        program = self.facts.program
        start = {n for n in program.params if n in self.facts.wrt and self.facts.is_dynamic(n)}
        if program.recursive:  # the caller may need what its arrays held
            start = set().union(*map(self.cells.memory, program.params))
        self.walk_block(program.body, (), start, int(program.recursive))

    def walk_block(self, body: Block, path: Path, needed: set[Cell], depth: int) -> set[Cell]:
        """Needed cells after a block, from those needed before it."""
        private = self.private.get(path, set())
        needed = (needed - private) | (renewed(self.facts, path) if path else set())
        for position, stmt in enumerate(body):
            needed = self.walk_statement(stmt, (*path, position), needed, depth)
        return needed - private

    def walk_statement(self, stmt: Stmt, here: Path, needed: set[Cell], depth: int) -> set[Cell]:
        """Needed cells after a statement; notes what it has to record."""
        alive = self.facts.is_alive(stmt) or here in self.reversed_too
        own = (self.cells.reads(stmt) if alive else set()) | self.extra.get(here, set())
        match stmt:
            case If(body=body, orelse=orelse):
                yes = self.walk_block(body, (*here, 0), needed, depth)
                no = self.walk_block(orelse, (*here, 1), needed, depth)
                return yes | no | own
            case For() | While():
                return self.walk_loop(stmt, here, needed, depth) | own
            case Swap(targets=ts, sources=ss):
                moved = dict(zip(ss, ts, strict=True))
                return {moved.get(c, c) for c in needed}
        if isinstance(stmt, Call) and not self.facts.is_alive(stmt):
            if self.cells.changes(stmt) & needed - set(binds(stmt)):
                self.result.resized.add(here)
        if isinstance(stmt, Push | Pop) and not self.facts.is_list_of_arrays(stmt.tape):
            if alive or self.cells.changes(stmt) & needed - set(binds(stmt)):
                self.result.resized.add(here)
        overwritten = self.cells.writes(stmt)
        after: set[Cell] = set()
        target = binds(stmt)
        if isinstance(stmt, Assign | View | Alias | Pop | Call) and target:
            after = own.intersection(target) - uses(stmt)
            own = (own - after) | self.extra.get(here, set())  # rebuilt from what was before
            after |= own.intersection(target) & self.results(stmt)
        lost = (overwritten - self.cells.kept(stmt)) & (needed | own)
        if lost and is_step(stmt, self.facts.program):
            after |= overwritten
            self.result.before[here] = lost
            self.result.undone.add(here)
        else:
            self.record(here, lost, depth)
        gone = {c for c in overwritten if not c.startswith("mem:")}
        gone |= self.covered.get(id(stmt), set()) - own
        return (needed - gone) | (own - gone) | after

    def results(self, stmt: Stmt) -> set[Cell]:
        """What reversing a statement reads as it is after it: the shadow of what it makes.

        In ``v = x * v`` the name has another array, and another shadow, before and after.
        """
        made = set(binds(stmt)) if isinstance(stmt, Assign) else set()
        return {n for n in made & self.facts.active if self.facts.is_paired(n)}

    def walk_loop(self, stmt: For | While, here: Path, needed: set[Cell], depth: int) -> set[Cell]:
        """A loop, to the fixpoint of what is needed at its head."""
        if isinstance(stmt, For):
            self.record(here, needed & {stmt.counter}, depth)
            needed = needed - {stmt.counter}
        if here in self.fused:
            self.walk_block(stmt.body, (*here, 0), needed, depth)
            return needed
        gone = self.covered.get(id(stmt), set())
        found = self.walk_rounds(stmt, here, needed, depth)
        if not gone & found:
            return found
        return found - (gone - self.walk_rounds(stmt, here, needed - gone, depth))

    def walk_rounds(
        self, stmt: For | While, here: Path, needed: set[Cell], depth: int
    ) -> set[Cell]:
        """The rounds of a loop, to the fixpoint of what is needed at its head.

        Elements that belong to one round are not overwritten by a later one.
        """
        own: frozenset[Cell] = frozenset()
        if isinstance(stmt, For) and id(stmt) in self.natural:
            own = self.cells.own_elements(stmt)
        while True:
            end = self.walk_block(stmt.body, (*here, 0), needed, depth + 1)
            if isinstance(stmt, For):
                end = end - {stmt.counter}
            if end - own <= needed:
                return needed | end
            needed = needed | (end - own)

    def record(self, here: Path, cells: set[Cell], depth: int) -> None:
        """Note that cells are recorded before a statement."""
        known = self.result.before.setdefault(here, set())
        self.result.cost += len(cells - known) * 100.0**depth
        known |= cells


def is_step(stmt: Stmt, program: Program) -> bool:
    """Whether a statement is ``p = p + 1``, of an integer: taking the number off undoes it."""
    match stmt:
        case Assign(
            target=t,
            value=ast.BinOp(
                left=ast.Name(id=s), op=ast.Add() | ast.Sub(), right=ast.Constant(value=int())
            ),
        ) if s == t:
            return isinstance(program.types.get(t), types.Integer)
    return False
