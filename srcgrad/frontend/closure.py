"""Closure: a primal that calls gradients, as one that does not.

In: a ``Source`` and the types of its parameters. Out: an ``Inlined`` in which the listing of each
gradient that is called stands in place of the call.

Invariant: what srcgrad emits is in the language that it accepts, so a listing is inlined like any
helper. It depends on types, which are known once the program around it is typed: so the program
is inlined with calls that only have a type, typed, and inlined again with the listings.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numba
from numba import types

from ..errors import Complaint, UnsupportedError
from ..execution import execute
from ..rules import registry
from .inline import Inlined, inline
from .inlining.body import LISTING
from .inlining.gradients import Expansion
from .inlining.user_calls import OutlinedFoundError
from .normalise import normalise
from .numba_types import numba_types
from .parse import Source, parse
from .stubs import typed_stub


def inline_closed(
    source: Source,
    kinds: Mapping[str, types.Type],
    outlined: Mapping[Any, str],
    stub: Callable[[str, Any], Any],
) -> Inlined:
    """Inline a function, gradients that it calls included.

    Parameters
    ----------
    source, kinds, outlined
        As for ``inline``.
    stub : callable
        Gives a function that Numba can type for a recursive function and its name.

    Raises
    ------
    UnsupportedError
        Where it calls what srcgrad does not know.
    """
    first = inline(source, kinds, (), outlined)
    if not first.gradients:
        return first
    stubs = {name: stub(name, function) for name, function in first.routines.items()}
    return inline(source, kinds, expansions(first, tuple(kinds.values()), stubs), outlined)


def inline_untyped(source: Source) -> Inlined:
    """Inline a function whatever the types are, for what it and all that it calls capture."""
    outlined: dict[Any, str] = {}
    while True:
        try:
            found = inline(source, outlined=outlined)
            plain = [f for f in outlined if getattr(f, "__gate__", None) is None]
            others = [inline(parse(f), outlined=outlined) for f in plain]
        except OutlinedFoundError as error:
            outlined[error.function] = error.function.__name__
            continue
        captured = found.captured + tuple(c for other in others for c in other.captured)
        return replace(found, captured=captured)


def expansions(
    inlined: Inlined, argument_types: tuple[types.Type, ...], routines: Mapping[str, Any]
) -> tuple[Expansion, ...]:
    """The listing of each gradient that is called, for the types of the arguments there."""
    seen: dict[str, tuple[types.Type, ...]] = {}
    stubs = {name: _stub(name, g, seen) for name, g in inlined.gradients.items()}
    every = (*argument_types, *map(numba.typeof, inlined.arrays.values()))
    numba_types(normalise(inlined), every, inlined.places, {**routines, **stubs})
    found = []
    for name, gradient in inlined.gradients.items():
        if name not in seen:
            reason = f"the gradient of `{gradient.__name__}` is called where nothing runs"
            raise UnsupportedError(Complaint(None, reason, "leave the call out"))
        effective = gradient.effective(seen[name])
        derived = gradient.derived(effective)
        pairs = zip(seen[name], effective, strict=True)
        as_float = tuple(isinstance(e, types.Float) and not _is_float(k) for k, e in pairs)
        listing = _source(derived.flat, derived.name, tuple(derived.gates.items()))
        found.append(Expansion(listing, as_float))
    return tuple(found)


def _is_float(kind: types.Type) -> bool:
    return isinstance(kind, types.Float)


def _stub(name: str, gradient: Any, seen: dict[str, tuple[types.Type, ...]]) -> Any:
    """A function without a body whose type is that of a gradient's result."""

    def typed(*operands: types.Type) -> types.Type:
        seen[name] = tuple(map(types.unliteral, operands))
        result: types.Type = gradient.derived(gradient.effective(seen[name])).result
        return result

    return typed_stub(name, len(gradient.signature.parameters), typed)


_numbers = itertools.count()


@cache
def _source(text: str, name: str, gates: tuple[tuple[str, Any], ...]) -> Source:
    """The listing as a helper, once; functions that it carries are those of the rules.

    Those without a derivative rule are helpers themselves: their source is in the listing.
    The user's gates are the functions that they are outside.
    """
    filename = f"{LISTING}{next(_numbers)} of {name}>"
    scope: dict[str, Any] = {"__name__": name}
    execute(text, filename, scope)
    for known in list(scope):
        if registry.has_derivative(known):
            scope[known] = registry.helper(known) or scope[known]
    scope |= gates
    module = ast.parse(text)
    tree = next(n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == name)
    if isinstance(tree.body[0], ast.Expr):
        tree.body = tree.body[1:]
    return Source(scope[name], tree, filename, tuple(text.splitlines(True)), generated=True)
