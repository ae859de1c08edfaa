"""Rounds of cheap arithmetic are run again from the state that they began with.

In: a flat, typed gradient Program. Out: the same, where a loop that records more than its state
records its state, once a round; the backward sweep puts the state of a round back and runs the
round again, with the records of that round alone, before it reverses it.

Invariant: the same numbers. The state is what a round may read before it has set it: numbers that
are carried on, arrays that are not overwritten from end to end first. What the backward sweep reads
after the reversal it has put back itself.
"""

from __future__ import annotations

from ...program import For, Program
from .pairs import paired
from .rewriting import Rewriting
from .state import is_plain, state_of


def checkpointed(program: Program) -> Program:
    """The program with states recorded in place of what follows from them."""
    loops = [s for s in program.body if isinstance(s, For) and is_plain(s)]
    for loop in loops:
        position = next((k for k, s in enumerate(program.body) if s is loop), None)
        pair = None if position is None else paired(program, position)
        if pair is not None and (state := state_of(program, pair)) is not None:
            program = Rewriting(program, pair, state).program()
    return program
