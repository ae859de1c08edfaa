"""Naming: the names in a piece of syntax, and new ones that no part of a function has.

In: syntax; a wish, and the names taken. Out: names; a new name, taken from then on, or a supply.

Invariant: the names follow from those taken and the order of the calls alone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator


def names_in(tree: ast.AST) -> set[str]:
    """Every name that is read or bound somewhere in a piece of syntax, functions' too."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def stored_in(tree: ast.AST) -> set[str]:
    """Every name that an assignment or a loop binds somewhere in a piece of syntax."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def taken_in(tree: ast.AST) -> set[str]:
    """The names and the parameters in a piece of syntax: no new name may be one of them."""
    return names_in(tree) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


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
