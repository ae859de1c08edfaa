"""Loops: the reversal of branches and loops, from that of their blocks.

In: the statement and its reversed blocks. Out: the branch taken, or the rounds of the loop,
the last first.

Invariant: rounds run in the order of the primal only where they are independent.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from ...analysis.accumulations import only_adds
from ...analysis.cells import rounds_name
from ...analysis.facts import Path
from ...program import Assign, Block, For, If, Pop, Push, While, opposite, walk
from ..tapes import backward_range, range_length
from .sweep import Sweep


def reverse_branch(sweep: Sweep, stmt: If, body: Block, orelse: Block) -> None:
    """The branch taken, in reverse."""
    if body:
        sweep.emit(If(stmt.test, body, orelse))
    else:
        sweep.emit(If(opposite(stmt.test), orelse))


def reverse_loop(sweep: Sweep, stmt: For | While, body: Block, here: Path) -> None:
    """The rounds of a loop, the last first; in the same order where they are independent."""
    if isinstance(stmt, For) and is_independent(sweep, stmt, body, here):
        sweep.emit(replace(stmt, body=body))
        return
    one, minus = ast.Constant(1), ast.Constant(-1)
    if isinstance(stmt, For) and not stmt.exit:
        bounds = backward_range(stmt)
        if bounds is not None:
            sweep.emit(For(stmt.counter, *bounds, body))
            return
        counted = range_length(stmt)
    else:
        counted = ast.Name(rounds_name(stmt), ast.Load())
    first = ast.BinOp(counted, ast.Sub(), one)
    if isinstance(stmt, While):
        counter = sweep.tapes.fresh("k")
        sweep.emit(For(counter, ast.Constant(0), counted, one, body))
        return
    if ast.unparse(stmt.start) == "0" and ast.unparse(stmt.step) == "1":
        sweep.emit(For(stmt.counter, first, minus, minus, body))
        return
    counter = sweep.tapes.fresh("k")
    distance = ast.BinOp(ast.Name(counter, ast.Load()), ast.Mult(), stmt.step)
    now = Assign(stmt.counter, ast.BinOp(stmt.start, ast.Add(), distance))
    sweep.emit(For(counter, first, minus, minus, (now, *body)))


def is_independent(sweep: Sweep, stmt: For, body: Block, here: Path) -> bool:
    """Whether no round reads what another leaves, nor the order of what was recorded."""
    ordered = any(isinstance(s, Push | Pop) for s in walk(body)) or sweep.records_inside(here)
    return not ordered and only_adds(sweep.facts, stmt, here)
