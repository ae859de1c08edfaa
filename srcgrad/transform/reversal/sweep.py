"""Sweep: what the reversal of every kind of statement works on.

In: ``Facts``, ``Plan`` and the tapes. Out: statements, by ``emit``.

Invariant: ``gradients`` and ``guards`` are those of the block that is reversed; the walk
(``backward``) puts others in their place for a block inside it, and then these back.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field

from ...analysis.facts import Facts, Path
from ...analysis.partial import Partial
from ...analysis.plan import Plan
from ...errors import Complaint, UnsupportedError
from ...program import Block, Expr, Stmt, blocks
from ...rules.expressions import np_name
from ..records import Tapes
from .gradients import Gradients


@dataclass(frozen=True)
class Guard:
    """Where a value is used at all: where a condition holds, or where it does not."""

    condition: ast.Name
    taken: bool

    def around(self, value: Expr) -> Expr:
        """The value where it counts, 0 elsewhere."""
        zero = ast.Constant(0)
        branches: list[Expr] = [value, zero] if self.taken else [zero, value]
        return ast.Call(np_name("where"), [self.condition, *branches], [])


@dataclass
class Sweep:
    """One backward sweep, at the point that it has reached.

    Attributes
    ----------
    facts, plan, tapes
        What the analyses found, and where values are recorded.
    gradients : Gradients
        How gradients are kept, and the statements so far.
    uses : Counter
        How often each name is used.
    guards : dict
        Where the values that feed a branch of ``np.where`` are used.
    line : int
        The line of the statement that is reversed.
    later : set of str
        What loops that are swept in one pass, and the lines after them, have yet to compute.
    waiting : list
        What is given to values from before these loops once they have run: each contribution with
        its target and statement.
    """

    facts: Facts
    plan: Plan
    tapes: Tapes
    gradients: Gradients
    uses: Counter[str]
    guards: dict[str, Guard] = field(default_factory=dict)
    line: int = 0
    later: set[str] = field(default_factory=set)
    waiting: list[tuple[Partial, str, Stmt]] = field(default_factory=list)

    def emit(self, stmt: Stmt) -> None:
        """Append a statement."""
        self.gradients.emit(stmt)

    def records_inside(self, here: Path) -> bool:
        """Whether something inside a statement restores what an earlier reversal needs."""
        found = {p for p, cells in self.plan.before.items() if cells} | self.plan.resized
        return any(len(p) > len(here) and p[: len(here)] == here for p in found)

    def around(self, path: Path) -> list[Stmt]:
        """The statements around a path."""
        found: list[Stmt] = []
        body: Block = self.facts.program.body
        for depth in range(0, len(path) - 1, 2):
            found.append(body[path[depth]])
            body = blocks(body[path[depth]])[path[depth + 1]]
        return found

    def refuse(self, what: str) -> None:
        """Raise for something that the backward sweep does not know."""
        reason = f"{what} cannot be differentiated yet"
        raise UnsupportedError(Complaint(None, f"line {self.line}: {reason}", "write the loop"))
