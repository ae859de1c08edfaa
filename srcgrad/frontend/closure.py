"""Closure: a primal that calls gradients, as one that does not.

In: a ``Source`` and the types of its parameters. Out: an ``Inlined`` in which the listing of each
gradient that is called stands in place of the call.

Invariant: what srcgrad emits is in the language that it accepts, so a listing is inlined like any
helper. It depends on types, which are known once the program around it is typed: so the program
is inlined with calls that only have a type, typed, and inlined again with the listings.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numba
from numba import types
from numba.extending import type_callable

from ..errors import Complaint, UnsupportedError
from ..rules import registry
from .inline import Inlined, inline
from .inlining.gradients import Expansion
from .normalise import normalise
from .numba_types import numba_types
from .parse import Source


def inline_closed(source: Source, kinds: Mapping[str, types.Type]) -> Inlined:
    """Inline a function, gradients that it calls included.

    Raises
    ------
    UnsupportedError
        Where it calls what srcgrad does not know.
    """
    first = inline(source, kinds)
    if not first.gradients:
        return first
    return inline(source, kinds, expansions(first, tuple(kinds.values())))


def expansions(inlined: Inlined, argument_types: tuple[types.Type, ...]) -> tuple[Expansion, ...]:
    """The listing of each gradient that is called, for the types of the arguments there."""
    seen: dict[str, tuple[types.Type, ...]] = {}
    stubs = {name: _stub(name, g, seen) for name, g in inlined.gradients.items()}
    every = (*argument_types, *map(numba.typeof, inlined.arrays.values()))
    numba_types(normalise(inlined), every, inlined.places, stubs)
    found = []
    for name, gradient in inlined.gradients.items():
        if name not in seen:
            reason = f"the gradient of `{gradient.__name__}` is called where nothing runs"
            raise UnsupportedError(Complaint(None, reason, "leave the call out"))
        effective = gradient.effective(seen[name])
        derived = gradient.derived(effective)
        pairs = zip(seen[name], effective, strict=True)
        as_float = tuple(isinstance(e, types.Float) and not _is_float(k) for k, e in pairs)
        found.append(Expansion(_source(derived.flat, derived.name), as_float))
    return tuple(found)


def _is_float(kind: types.Type) -> bool:
    return isinstance(kind, types.Float)


def _stub(name: str, gradient: Any, seen: dict[str, tuple[types.Type, ...]]) -> Any:
    """A function without a body whose type is that of a gradient's result."""
    params = ", ".join(f"p{k}" for k in range(len(gradient.signature.parameters)))
    scope: dict[str, Any] = {}
    exec(f"def {name}({params}): raise NotImplementedError", scope)
    stub = scope[name]

    def typed(*operands: types.Type) -> types.Type:
        seen[name] = tuple(map(types.unliteral, operands))
        result: types.Type = gradient.derived(gradient.effective(seen[name])).result
        return result

    def generic(_: Any) -> Any:
        scope = {"typed": typed}
        exec(f"def typer({params}): return typed({params})", scope)
        return scope["typer"]

    type_callable(stub)(generic)
    return stub


def _source(text: str, name: str) -> Source:
    """The listing as a helper; functions that it carries are those of the rules."""
    filename = f"<listing of {name}>"
    scope: dict[str, Any] = {"__name__": name}
    exec(compile(text, filename, "exec"), scope)
    for known in list(scope):
        scope[known] = registry.helper(known) or scope[known]
    module = ast.parse(text)
    tree = next(n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == name)
    if isinstance(tree.body[0], ast.Expr):
        tree.body = tree.body[1:]
    return Source(scope[name], tree, filename, tuple(text.splitlines(True)), generated=True)
