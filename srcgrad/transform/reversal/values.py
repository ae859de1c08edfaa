"""Values: what the reversal of a statement reads is brought back.

In: a statement and its path. Out: the statements that rebuild values (``Plan.rebuild``), and
those that put back what the statement overwrote (``Plan.before``).

Invariant: after ``rebuild`` every value that the reversal reads is what it was when the
statement ran; after ``restore`` every value is what it was before the statement. Tapes are shared:
what was recorded after the statement is taken before what was recorded ahead of it.
"""

from __future__ import annotations

import ast

from ...analysis.facts import Path
from ...analysis.plan import Rebuild
from ...program import Assign, For, Increment, Stmt, Store, While
from ..shadows import mirror
from .sweep import Sweep


def rebuild(sweep: Sweep, here: Path, how: tuple[str, ...] = ("record", "replay")) -> None:
    """Bring back the values that are rebuilt at a statement."""
    for found in sweep.plan.rebuild.get(here, ()):
        if found.how in how:
            rebuild_one(sweep, found, here)


def rebuild_one(sweep: Sweep, found: Rebuild, here: Path) -> None:
    """Replay one definition, or take its value from its record."""
    facts = sweep.facts
    if found.how == "record":
        path = next(p for p, n in sweep.tapes.after if n == found.name)
        own, shadow = sweep.tapes.after[path, found.name]
        if shadow is not None:
            sweep.emit(shadow.take(facts.gradient(found.name)))
        sweep.emit(own.take(found.name))
        return
    in_loop = any(isinstance(s, For | While) for s in sweep.around(here))
    if in_loop or sweep.facts.program.recursive:
        sweep.emit(found.stmt)
    if found.name in facts.active and facts.is_paired(found.name):
        source = getattr(found.stmt, "source", None)
        if source is not None:
            if not facts.is_dynamic(found.name):
                sweep.gradients.own(source)
            for stmt in mirror(facts, found.stmt):
                sweep.emit(stmt)
            sweep.gradients.state[found.name] = "owned"


def restore(sweep: Sweep, stmt: Stmt, here: Path) -> None:
    """Put back the old values that a statement overwrote."""
    for cell in sorted(sweep.plan.before.get(here, ()), reverse=True):
        own, shadow = sweep.tapes.before[here, cell]
        if not cell.startswith("mem:"):
            if shadow is not None:
                sweep.emit(shadow.take(sweep.facts.gradient(cell)))
            sweep.emit(own.take(cell))
            continue
        assert isinstance(stmt, Store | Increment)
        index = stmt.index if stmt.index is not None else ast.Slice()
        taken = own.take(stmt.target)
        if isinstance(taken, Assign):
            sweep.emit(Store(stmt.target, index, taken.value))
        else:
            name = sweep.tapes.fresh("old")
            sweep.emit(own.take(name))
            sweep.emit(Store(stmt.target, index, ast.Name(name, ast.Load())))
