"""Lower: the array statements of a gradient become loops, fused, as one would write by hand.

In: a flat, typed Program. Out: the Program that is compiled, at level "loops". No NumPy
expression on arrays remains except allocations, views, matrix products and linear algebra;
what has no loop form stays, in the words that Numba knows.

Invariant: the same values as the flat program, up to the rounding of sums.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ..program import Assign, Block, For, Program, binds, blocks, walk, with_blocks
from .checkpoints.rounds import checkpointed
from .lowering.apart import apart
from .lowering.chosen_round import chosen_rounds
from .lowering.contraction import contract, localise
from .lowering.extremes import extremes
from .lowering.first_sums import first_sums
from .lowering.fusion import fuse
from .lowering.held import held
from .lowering.in_place import in_place
from .lowering.joint import joint
from .lowering.lane_loops import in_lanes
from .lowering.last_round import last_rounds
from .lowering.late_shadows import late_shadows
from .lowering.liveness import sunk, unread
from .lowering.loops import Loops, loops
from .lowering.one_name import one_name
from .lowering.one_place import one_place
from .lowering.products_in_memory import products_in_memory
from .lowering.remade import remade
from .lowering.repeated import without_repeated
from .lowering.rolling import rolling
from .lowering.routed import routed
from .lowering.rows import rows
from .lowering.shapes import Extent
from .lowering.skipped import skipped
from .lowering.straight import equal_extents, guarded
from .lowering.subscripts import unsigned
from .lowering.supported import supported
from .lowering.through_views import through_views
from .lowering.triangles import triangles
from .lowering.unread_tapes import without_unread_tapes
from .lowering.vectorise import vectorised
from .lowering.workspaces import in_workspaces


def versions(
    program: Program, vectormath: bool = True, lanes: bool = True, later: bool = False
) -> list[Program]:
    """The program for operands that are not broadcast at run time, and the one for any.

    Parameters
    ----------
    program : Program
        Flat and typed.
    vectormath, lanes : bool
        As for ``lower``.
    later : bool
        Whether the second is left for later: the first raises where it would be called.

    Returns
    -------
    list of Program
        One where they would be the same, or where the second is left.
    """
    equal = equal_extents(apart(program))
    if not equal:
        return [lower(program, vectormath, lanes=lanes)]
    name = f"{program.name}_broadcast"
    straight = lower(program, vectormath, lanes=lanes, equal=equal)
    if later:
        return [guarded(straight, equal, "")]
    other = lower(replace(program, name=name), vectormath, lanes=lanes)
    return [guarded(straight, equal, name), other]


def lower(
    program: Program,
    vectormath: bool = True,
    cast: bool = True,
    lanes: bool = True,
    workspaces: bool = True,
    reuse: bool = True,
    checkpoints: bool = True,
    compact: bool = True,
    reclaim: bool = True,
    routes: bool = True,
    numbers: bool = True,
    in_memory: bool = True,
    equal: Mapping[Extent, Extent] = MappingProxyType({}),
) -> Program:
    """The program as loops.

    Parameters
    ----------
    program : Program
        Flat and typed.
    vectormath : bool
        Whether loops call mathematical functions that LLVM vectorises.
    lanes : bool
        Whether independent rounds of a loop run side by side, and of those of which one alone has
        a gradient the others are left out.
    cast : bool
        Whether subscripts that cannot be negative are cast to unsigned integers.
    workspaces : bool
        Whether what the rounds of a loop would allocate is allocated before it.
    reuse : bool
        Whether calls whose values are in numbers already are replaced by these.
    checkpoints : bool
        Whether cheap rounds are run again in the backward sweep rather than recorded.
    compact : bool
        Whether arrays that are only passed on go: zeros that are added to, second names, shadows
        that the backward sweep can make itself, what is recorded for its shape, all but a row, or
        a few, of what a loop uses up row by row.
    reclaim : bool
        Whether what a loop makes takes the memory of what it uses up, element by element.
    routes : bool
        Whether rounds that hand on a gradient of zero are left out.
    numbers : bool
        Whether elements that a loop comes back to in the next round are held in numbers.
    in_memory : bool
        Whether matrix products are written into arrays that are made for them.
    equal : mapping of extent to extent
        Extents of parameters, each with the one that it is known to equal.
    """
    program = late_shadows(program) if compact else program
    program = apart(checkpointed(program) if checkpoints else program)
    found = loops(program, equal=equal)
    fused = fused_loops(found, compact)
    if once := computed_twice(program, fused, found):
        found = loops(program, once, equal)
        fused = fused_loops(found, compact)
    finished = fused.with_body(shortened(sunk(fused.body)))
    finished = supported(finished, triangles(program))
    finished = without_repeated(finished) if reuse else finished
    finished = joint(finished) if workspaces else finished
    finished = through_views(unread(finished, found.counters)) if lanes else finished
    if routes and lanes:
        finished = unread(chosen_rounds(last_rounds(finished)), found.counters)
    finished = in_place(finished) if reclaim else finished
    finished = one_place(finished) if routes else finished
    finished = extremes(in_lanes(finished, checkpoints)) if lanes else finished
    finished = in_workspaces(finished) if workspaces else finished
    finished = vectorised(finished) if vectormath else finished
    finished = routed(finished) if routes else finished
    finished = held(finished) if numbers else finished
    finished = rolling(finished) if compact else finished
    finished = unsigned(finished) if cast else finished
    finished = skipped(finished) if routes else finished
    return products_in_memory(finished) if in_memory else finished


def fused_loops(found: Loops, compact: bool) -> Program:
    """Loops fused, temporaries gone."""
    program, counters = found.program, found.counters
    if compact:
        read = without_unread_tapes(unread(program, counters))
        program = first_sums(one_name(read), counters)
    fused = contract(fuse(contract(program, counters), counters), counters)
    if compact:
        fused = contract(rows(fused, counters), counters)
        if (again := remade(fused, counters)) is not fused:
            fused = contract(fuse(again, counters), counters)
            fused = contract(rows(fused, counters), counters)
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
