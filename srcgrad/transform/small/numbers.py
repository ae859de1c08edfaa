"""Numbers: small arrays of constant extents become numbers.

In: a typed primal. Out: the same function with a number for each element of such arrays
(``as_numbers``), and what it takes for granted of its parameters' extents.

An array becomes numbers if its extents are constants, at most ``MOST`` elements in all, if all that
is done to it is known element by element, and if nobody can tell whether a second name of it is a
copy (``sharing``). Short loops over its elements are written out. The gradient of what comes out
has no arrays to allocate, to record and to add up in: it is made of numbers, as people write it who
write ``x, y, z`` for a point.

Invariant: the same values, where the parameters have the extents that are taken for granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numba import types

from ...naming import free_name
from ...program import (
    Alias,
    Program,
    bound,
    taken_names,
    walk,
)
from .assumed import MOST, assumed_extents
from .extents import Extents
from .renaming import renamed
from .sharing import copyable
from .unrolled import unrolled
from .writer import Writer

LARGEST = 1500
"""Statements that a primal may have with numbers for its arrays: more take long to compile."""


@dataclass(frozen=True)
class Numbers:
    """A primal with numbers.

    Attributes
    ----------
    program : Program
    assumed : mapping of str to int
        Extents of parameters, as text, that are taken for granted.
    count : int
        How many arrays became numbers that are not parameters.
    """

    program: Program
    assumed: Mapping[str, int]
    count: int = 0


def as_numbers(program: Program) -> Numbers | None:
    """The primal with numbers for small arrays; None where it has none."""
    rebound = bound(program.body)
    best: Numbers | None = None
    for guess in (False, True):
        assumed = assumed_extents(with_own_names(program, rebound), guess)
        own = with_own_names(program, rebound | whole_of(program, assumed))
        found = converted(own, assumed)
        if found is not None and (best is None or found.count > best.count):
            best = found
    return best


def whole_of(program: Program, assumed: Mapping[str, str]) -> set[str]:
    """The parameters all of whose extents are taken for granted."""
    ranks = {p: getattr(program.types.get(p), "ndim", 0) for p in program.params}
    return {
        p for p, n in ranks.items() if n and all(f"{p}.shape[{k}]" in assumed for k in range(n))
    }


def with_own_names(program: Program, chosen: set[str]) -> Program:
    """The program with a second name for each of these parameters that is an array."""
    taken = taken_names(program)
    kinds = dict(program.types)
    arrays = [p for p in program.params if p in chosen and isinstance(kinds.get(p), types.Array)]
    new = {p: free_name(f"{p}_here", taken) for p in arrays}
    kinds.update({new[p]: kinds[p] for p in arrays})
    body = (*(Alias(new[p], p) for p in arrays), *renamed(program.body, new))
    return program.with_body(body, types=kinds)


def converted(program: Program, assumed: Mapping[str, str]) -> Numbers | None:
    """The program with numbers; None where only parameters become any, or it would be too long."""
    extents = Extents(program, assumed)
    small = {n for n, s in extents.shapes.items() if 0 < np.prod(s) <= MOST}
    if not small:
        return None
    longer = unrolled(program, small, extents.elements.integer)
    extents = Extents(longer, assumed) if longer is not program else extents
    small = {n for n, s in extents.shapes.items() if 0 < np.prod(s) <= MOST} & copyable(longer)
    while small:
        writer = Writer(longer, extents, small)
        body = writer.block(longer.body)
        if not writer.kept:
            if len(list(walk(body))) > LARGEST:
                return None
            given = {extent: int(size) for extent, size in assumed.items()}
            params = set(program.params)
            own = {s.target for s in program.body if isinstance(s, Alias) and s.source in params}
            if not (count := len(small - own)):
                return None
            return Numbers(longer.with_body(body, types=writer.kinds), given, count)
        small -= writer.kept
    return None
