"""A corpus of numeric Python functions, each with sample arguments.

The functions are written the way people write them; nothing in them knows srcgrad. ``CASES``
lists them all.
"""

from programs import (
    aliases,
    array_lists,
    arrays,
    branches,
    calls,
    classics,
    copies,
    coverage,
    evaluation,
    everyday,
    exits,
    factorisations,
    gated,
    guards,
    indices,
    iterators,
    lists,
    loops,
    mutation,
    outside,
    pairs,
    pieces,
    plain_lists,
    rebinding,
    recursion,
    recursion_in_place,
    recursion_shared,
    scalars,
    simulations,
    traps,
    tuples,
)
from programs.case import CASES, Case

__all__ = ["CASES", "Case"]
_MODULES = (
    aliases, array_lists, arrays, branches, calls, classics, copies, coverage, evaluation,
    everyday, exits, factorisations, gated, guards, indices, iterators, lists, loops, mutation,
    outside, pairs, pieces, plain_lists, rebinding, recursion, recursion_in_place,
    recursion_shared, scalars, simulations, traps, tuples,
)  # fmt: skip
