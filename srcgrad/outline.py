"""Outline: what has to be known of a function before its gradient can be called.

In: a primal. Out: an ``Outline``: which captured values to compare at each call, which captured
arrays to pass, whether arguments may be written to. It comes from the disk where the function's
fingerprint is known there, else from its source.

Invariant: a recalled outline is the one that the source would give; a fingerprint that misses
anything that the source looks up is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from .backend import cache
from .errors import UndefinedError
from .fingerprint import LIBRARIES, Fingerprint, fingerprint, look_up
from .meanings import MISSING, plain_function, resolve, space

Watch = tuple[Mapping[str, Any], str, Any]
"""A namespace, a name in it, and what the name meant when the gradient was derived."""

Lookup = tuple[FunctionType, str, Any]
"""A function, a free name in it (dotted), and what it means."""


@dataclass(frozen=True)
class Outline:
    """What calls of a gradient have to look at.

    Attributes
    ----------
    digest : str or None
        All that the gradient depends on; None where not all of it is known.
    watched : tuple of Watch
        Captured values that may be rebound.
    arrays : tuple of numpy.ndarray
        Captured arrays, in the order in which the gradient takes them.
    written : mapping of str to int
        Parameters that may be written to, and captured arrays: ``captured0_``, ...; arrays that
        have no more than so many axes are not.
    """

    digest: str | None
    watched: tuple[Watch, ...]
    arrays: tuple[np.ndarray, ...]
    written: Mapping[str, int]


def outline(primal: Any, tolerant: bool = False) -> Outline | None:
    """The outline of a function as it is now.

    None, if ``tolerant``, where a name that it uses is not defined yet.

    Raises
    ------
    SrcgradError
        What cannot be differentiated.
    """
    mark = fingerprint(plain_function(primal))
    key = cache.digest_of("outline", mark.digest)
    record = cache.recall(key) if mark.complete else None
    if record == {} and tolerant:
        return None
    if record:
        return _recalled(mark, record)
    try:
        found, record = _examined(primal, mark)
    except UndefinedError:
        if mark.undefined:
            cache.remember(key, {})
        if tolerant:
            return None
        raise
    if found.digest is not None:
        cache.remember(key, record)
    return found


def _examined(primal: Any, mark: Fingerprint) -> tuple[Outline, dict[str, Any]]:
    """The outline that a function's source gives, and what to remember of it."""
    from .frontend.closure import inline_untyped  # costs much: only where needed
    from .frontend.may_write import written
    from .frontend.parse import parameter_names, parse

    inlined = inline_untyped(parse(primal))
    captured = [(source.function, name, value) for source, name, value in inlined.captured]
    names = [mark.reference(function, name) for function, name, _ in captured]
    arrays = [_reference_to(a, mark, captured) for a in inlined.arrays.values()]
    params = (*parameter_names(inlined.tree.args), *inlined.arrays)
    anything = _routines_write(inlined.routines.values())
    changed = dict.fromkeys(params, 0) if anything else written(inlined.tree, params)
    position = {name: k for k, name in enumerate(inlined.arrays)}
    writes = {f"captured{position[n]}_" if n in position else n: k for n, k in changed.items()}
    known = mark.complete and None not in names and None not in arrays
    digest = mark.digest if known and fingerprint(mark.functions[0]) == mark else None
    found = Outline(digest, watched(captured), tuple(inlined.arrays.values()), writes)
    return found, {"captured": names, "arrays": arrays, "written": writes}


def _reference_to(
    array: np.ndarray, mark: Fingerprint, captured: Iterable[Lookup]
) -> tuple[int, str] | None:
    """Where a captured array was found."""
    places = (mark.reference(f, name) for f, name, value in captured if value is array)
    return next(places, None)


def _recalled(mark: Fingerprint, record: Mapping[str, Any]) -> Outline:
    """The outline that was remembered, for the functions at hand."""

    def found(reference: tuple[int, str]) -> Lookup:
        position, name = reference
        function = mark.functions[position]
        return function, name, look_up(function, name)[1]

    arrays = tuple(found(r)[2] for r in record["arrays"])
    return Outline(mark.digest, watched(map(found, record["captured"])), arrays, record["written"])


class AttributeSpace(dict[str, Any]):
    """An object's attributes, looked up like a namespace."""

    def __init__(self, owner: Any) -> None:
        super().__init__()
        self.owner = owner

    def get(self, name: str, default: Any = None) -> Any:
        """What the attribute is now."""
        return getattr(self.owner, name, default)

    def __getitem__(self, name: str) -> Any:
        return getattr(self.owner, name, MISSING)


class ContentsSpace(dict[str, Any]):
    """What a list or dict from outside has, looked up like a name that is bound to it."""

    def __init__(self, owner: Any) -> None:
        super().__init__()
        self.owner = owner
        self.known = contents(owner)

    def get(self, name: str, default: Any = None) -> Any:
        """What it had at first, if it has that still."""
        return self.owner if contents(self.owner) == self.known else default

    def __getitem__(self, name: str) -> Any:
        return self.get(name, MISSING)


def contents(value: Any) -> Any:
    """What tells a list or dict from one that has changed."""
    match value:
        case list() | tuple():
            return (type(value), *map(contents, value))
        case dict():
            return tuple((k, contents(v)) for k, v in value.items())
        case np.ndarray():
            return id(value)
    return type(value), repr(value)


def watched(captured: Iterable[Lookup]) -> tuple[Watch, ...]:
    """Where captured values can be looked up again quickly, those of libraries left out."""
    found: dict[tuple[int, str], Watch] = {}
    for function, name, value in captured:
        *path, last = name.split(".")
        if is_library(value) and last == getattr(value, "__name__", None):
            continue
        place: Mapping[str, Any] | None
        if path:
            owner: Any = resolve(function, path[0])
            for attribute in path[1:]:
                owner = getattr(owner, attribute, MISSING)
            place = AttributeSpace(owner)
        else:
            owner = place = space(function, last)
        if place is not None and place.get(last, MISSING) is value:
            found[id(owner), last] = (place, last, value)
        if isinstance(value, list | dict):
            found[id(value), "contents"] = (ContentsSpace(value), "contents", value)
    return tuple(found.values())


def is_library(value: Any) -> bool:
    """Whether a captured function belongs to a library: under its own name nobody rebinds it."""
    module = str(getattr(value, "__module__", None) or "")
    return isinstance(value, np.ufunc) or module.partition(".")[0] in LIBRARIES


def _routines_write(functions: Iterable[Any]) -> bool:
    """Whether recursive functions, or those that they call, may write to an array."""
    from .frontend.closure import inline_untyped
    from .frontend.may_write import written
    from .frontend.parse import parameter_names, parse

    todo, seen = list(functions), set()
    while todo:
        function = todo.pop()
        if function in seen or hasattr(function, "__gate__"):
            continue
        seen.add(function)
        inlined = inline_untyped(parse(function))
        if written(inlined.tree, parameter_names(inlined.tree.args)):
            return True
        todo += inlined.routines.values()
    return False
