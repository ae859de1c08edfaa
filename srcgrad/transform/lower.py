"""Lower: the array statements of a gradient become loops, fused, as one would write by hand.

In: a flat, typed Program. Out: the Program that is compiled, at level "loops". No NumPy
expression on arrays remains except allocations, views, matrix products and linear algebra;
what has no loop form stays, in the words that Numba knows.

Invariant: the same values as the flat program, up to the rounding of sums.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from ..program import Assign, Block, For, Program, binds, blocks, walk, with_blocks
from .checkpoints.rounds import checkpointed
from .lowering.apart import apart
from .lowering.contraction import contract, localise
from .lowering.fusion import fuse
from .lowering.joint import joint
from .lowering.lanes import in_lanes
from .lowering.liveness import sunk
from .lowering.loops import Loops, loops
from .lowering.repeated import without_repeated
from .lowering.subscripts import unsigned
from .lowering.supported import supported
from .lowering.vectorise import vectorised
from .lowering.workspaces import in_workspaces


def lower(
    program: Program,
    vectormath: bool = True,
    cast: bool = True,
    lanes: bool = True,
    workspaces: bool = True,
    reuse: bool = True,
    checkpoints: bool = True,
) -> Program:
    """The program as loops.

    Parameters
    ----------
    program : Program
        Flat and typed.
    vectormath : bool
        Whether loops call mathematical functions that LLVM vectorises.
    lanes : bool
        Whether independent rounds of a loop run side by side.
    cast : bool
        Whether subscripts that cannot be negative are cast to unsigned integers.
    workspaces : bool
        Whether what the rounds of a loop would allocate is allocated before it.
    reuse : bool
        Whether calls whose values are in numbers already are replaced by these.
    checkpoints : bool
        Whether cheap rounds are run again in the backward sweep rather than recorded.
    """
    program = apart(checkpointed(program) if checkpoints else program)
    found = loops(program)
    fused = fused_loops(found)
    if once := computed_twice(program, fused, found):
        found = loops(program, once)
        fused = fused_loops(found)
    finished = supported(fused.with_body(shortened(sunk(fused.body))))
    finished = without_repeated(finished) if reuse else finished
    finished = joint(finished) if workspaces else finished
    finished = in_lanes(finished) if lanes else finished
    finished = in_workspaces(finished) if workspaces else finished
    finished = vectorised(finished) if vectormath else finished
    return unsigned(finished) if cast else finished


def fused_loops(found: Loops) -> Program:
    """Loops fused, temporaries gone."""
    counters = found.counters
    lean = contract(found.program, counters)
    fused = contract(fuse(lean, counters), counters)
    return localise(fused, counters)


def computed_twice(flat: Program, fused: Program, found: Loops) -> frozenset[str]:
    """Arrays with costly elements that the fused program computes in two shapes."""
    alive = {n for s in walk(fused.body) for n in binds(s)}
    costly = {
        s.target
        for s in walk(flat.body)
        if isinstance(s, Assign) and any(isinstance(n, ast.Call) for n in ast.walk(s.value))
    }
    return frozenset(n for n, wide in found.twins.items() if {n, wide} <= alive and n in costly)


LONGEST = 90


def shortened(body: Block) -> Block:
    """A block whose comments fit a line: the first and the last statement of a long list."""
    result = []
    for stmt in body:
        new = with_blocks(stmt, tuple(map(shortened, blocks(stmt))))
        parts = new.comment.split("; ")
        if isinstance(new, For) and len(parts) > 2 and len(new.comment) > LONGEST:
            first, last, count = parts[0], parts[-1], len(parts) - 2
            new = replace(new, comment=f"{first}; ... {count} more ...; {last}")
        result.append(new)
    return tuple(result)
