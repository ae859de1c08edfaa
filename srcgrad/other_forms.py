"""Other forms: the gradient of another form of the primal, which is compiled in its place.

In: a typed primal, and what makes the gradient of one. Out: ``InRows`` or ``OfNumbers``, which say
what is compiled, given the gradient of the primal as it is; None where it has no other form.

Invariant: the listing is that of the primal as it is. What is compiled computes the same; where it
takes something for granted that does not hold, the gradient of the primal as it is runs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from .errors import SrcgradError
from .program import For, Program, walk
from .transform.lower import versions
from .transform.lowering.straight import guarded
from .transform.row_form import row_form
from .transform.small.numbers import as_numbers


@dataclass(frozen=True)
class InRows:
    """The gradient of a primal in row form.

    Attributes
    ----------
    program : Program
        That gradient.
    counter : str
        The counter of the loop over rows: if lanes take it, this is what is compiled.
    """

    program: Program
    counter: str

    def as_loops(self, usual: Program, vectormath: bool, lanes: bool, later: bool) -> list[Program]:
        """What is compiled, and what it calls, given the gradient of the primal as it is."""
        rows = versions(self.program, vectormath, lanes, later)
        if any(isinstance(s, For) and s.counter == self.counter for s in walk(rows[0].body)):
            return versions(usual, vectormath, lanes, later)
        return rows

    def alone(self, usual: Program) -> Program:
        """What is compiled where there is to be one version."""
        return usual


@dataclass(frozen=True)
class OfNumbers:
    """The gradient of a primal with numbers for small arrays.

    Attributes
    ----------
    program : Program
        That gradient.
    assumed : mapping of str to int
        Extents of parameters, as text, that are taken for granted.
    """

    program: Program
    assumed: Mapping[str, int]

    def as_loops(self, usual: Program, vectormath: bool, lanes: bool, later: bool) -> list[Program]:
        """What is compiled, and what it calls, given the gradient of the primal as it is."""
        main, *broadcast = versions(self.program, vectormath, lanes, later)
        if not self.assumed:
            return [main, *broadcast]
        if later:
            return [guarded(main, dict(self.assumed.items()), ""), *broadcast]
        other = replace(usual, name=f"{usual.name}_any")
        tested = guarded(main, dict(self.assumed.items()), other.name)
        return [tested, *broadcast, *versions(other, vectormath, lanes)]

    def alone(self, usual: Program) -> Program:
        """What is compiled where there is to be one version."""
        return usual if self.assumed else self.program


Form = InRows | OfNumbers


def other_form(
    primal: Program,
    gradient_of: Callable[[Program], Program],
    typed: Callable[[Program], Program],
    rows: bool,
    small: bool,
) -> Form | None:
    """The form of a primal that is compiled in its place.

    Parameters
    ----------
    primal : Program
        Typed.
    gradient_of : callable
        Makes the gradient of a typed primal.
    typed : callable
        Types a primal.
    rows, small : bool
        Whether row form, and numbers, are looked for: not where something is called by name.
    """
    with contextlib.suppress(SrcgradError):  # functions that only arrays have, or only numbers
        if rows and (in_rows := row_form(primal)) is not None:
            return InRows(gradient_of(typed(in_rows.program)), in_rows.counter)
        if small and (numbers := as_numbers(primal)) is not None:
            return OfNumbers(gradient_of(numbers.program), numbers.assumed)
    return None
