"""Plan: what is recorded and what is rebuilt, and where.

In: what ``recording`` decides. Out: the ``Plan`` that the sweeps are written by.

Invariant: paths are those of the primal's statements; what is rebuilt at one path is rebuilt in
the order of its list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..program import Stmt
from .cells import Cell
from .facts import Path


@dataclass(frozen=True)
class Rebuild:
    """A value that is brought back in the backward sweep.

    "undo": an append is undone, and what comes off the list is the value.
    """

    name: str
    how: Literal["replay", "record", "undo"]
    stmt: Stmt


@dataclass
class Plan:
    """What is recorded and rebuilt, by the path of the statement.

    Attributes
    ----------
    before : dict
        Cells whose old values are recorded before the statement runs.
    after : dict
        Names whose values are recorded after the statement.
    rebuild : dict
        What is rebuilt just before the statement is reversed, in this order.
    cost : float
        An estimate of the size of the tape.
    fused : tuple of int
        The positions of loops whose rounds are reversed as soon as they have run.
    invalid : set
        Alias classes whose shadows cannot be rebuilt: they have to be carried.
    undone : set
        Statements that are undone instead of recording what they overwrite.
    resized : set
        Appends to and pops from lists of numbers, and calls, that are undone.
    """

    before: dict[Path, set[Cell]] = field(default_factory=dict)
    after: dict[Path, list[str]] = field(default_factory=dict)
    rebuild: dict[Path, list[Rebuild]] = field(default_factory=dict)
    cost: float = 0.0
    fused: tuple[int, ...] = ()
    invalid: set[str] = field(default_factory=set)
    undone: set[Path] = field(default_factory=set)
    resized: set[Path] = field(default_factory=set)
