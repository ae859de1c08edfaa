"""Naming: names that no part of a function has.

In: a wish, and the names taken. Out: a new name, which is taken from then on; or a supply of such.

Invariant: the names follow from those taken and the order of the calls alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


def free_name(wish: str, taken: set[str]) -> str:
    """The wish, or the first of ``wish_1``, ``wish_2``, ... that is not taken."""
    name, number = wish, 0
    while name in taken:
        number += 1
        name = f"{wish}_{number}"
    taken.add(name)
    return name


def numbered_name(stem: str, taken: set[str]) -> str:
    """The first of ``stem0``, ``stem1``, ... that is not taken."""
    name = fresh_names(stem, taken)()
    taken.add(name)
    return name


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
    """A supply of new names by stem, numbered."""
    return lambda stem: numbered_name(stem, taken)
