"""Recording: how the backward sweep gets each value that it reads.

In: the ``Facts`` of a Program. Out: a ``Plan``: which values are recorded before they are
overwritten, and which are rebuilt (replayed, or taken from a record made after their
definition) at what point of the backward sweep. Every other value is still there.

Invariant: when the backward sweep reverses a statement, every value that the reversal reads is
what it was when the statement ran. The walk of ADJOINT's rule: a cell is *needed* once a
statement's reversal reads it; a statement that overwrites a needed cell records it first.
A value whose whole life is inside one round of a loop (*private*) is instead rebuilt at the
last statement that needs it.

The first walk is ``rebuilding``, the second ``needed``; both speak of ``cells``.
"""

from __future__ import annotations

from .accumulations import fusable
from .cells import Cells
from .coverage import coverage
from .facts import Facts, Path
from .needed import Covered, Needed
from .plan import Plan
from .rebuilding import Rebuilding


def recording(facts: Facts, everything: bool = False, fuse: bool = True) -> Plan:
    """The cheaper of two plans: loads from arrays that are written later, replayed or recorded.

    Parameters
    ----------
    facts : Facts
        Of a Program.
    everything : bool
        Whether nothing is replayed.
    fuse : bool
        Whether a loop that only adds up is swept forward and backward in one pass.
    """
    fused = fusable(facts) if fuse else ()
    whole = coverage(facts)
    cells = Cells(facts)
    if everything:
        return _settled(cells, whole, False, False, fused)
    plans = [_settled(cells, whole, True, reload, fused) for reload in (True, False)]
    return min(plans, key=lambda p: p.cost)


def _settled(
    cells: Cells, covered: Covered, replay: bool, reload: bool, fused: tuple[int, ...]
) -> Plan:
    """A plan in which what has something to restore is itself reversed, and what it is in."""
    reversed_too: set[Path] = set()
    while True:
        plan = Plan(fused=fused)
        rebuilt = Rebuilding(cells, plan, replay, reload, reversed_too)
        rebuilt.decide()
        Needed(rebuilt, covered).decide()
        inside = {p for p, found in plan.before.items() if found} | plan.resized
        more = {p[:k] for p in inside for k in range(1, len(p), 2)} | plan.resized
        more |= {p for p in plan.before if any(c.startswith("mem:") for c in plan.before[p])}
        more -= reversed_too
        if not more:
            return plan
        reversed_too |= more
