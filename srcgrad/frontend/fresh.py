"""Fresh names: supplies of names that no part of a function has.

In: the names taken. Out: a function that gives one new name at each call.

Invariant: the names follow from those taken and the order of the calls alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


def fresh_names(prefix: str, taken: set[str]) -> Callable[[], str]:
    """A supply of ``prefix0, prefix1, ...`` that avoids the names taken."""

    def supply() -> Iterator[str]:
        number = 0
        while True:
            if (name := f"{prefix}{number}") not in taken:
                yield name
            number += 1

    return supply().__next__


def fresh_stems(taken: set[str]) -> Callable[[str], str]:
    """A supply of new names by stem, numbered; each is taken from then on."""

    def fresh(stem: str) -> str:
        name = fresh_names(stem, taken)()
        taken.add(name)
        return name

    return fresh
