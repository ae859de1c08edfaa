"""Coverage: loops that overwrite the whole of an array.

In: the ``Facts`` of a Program. Out: for each of its statements, the memory cells of which no
element survives it.

Such a statement ends the life of what the array held before: once its elements are recorded as
they are overwritten, later writes have nothing of it left to record.

Invariant: a cell is covered only if its memory has one name, and extents that are equal, as
texts, to the numbers of rounds.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..program import Assign, Block, Expr, For, Stmt, Store, binds, bound, names, walk
from ..syntax import elements_of
from .facts import Facts

Bounds = Mapping[str, str]
"""The counters of a nest of loops, and the numbers of their rounds."""


@dataclass(frozen=True)
class Known:
    """Names whose value is the same wherever they are read.

    Attributes
    ----------
    definitions : mapping
        What names that are bound once, outside of any condition or loop, are bound to.
    fixed : frozenset of str
        Parameters that are never bound again, and captured numbers.
    """

    definitions: Mapping[str, Expr]
    fixed: frozenset[str]


def coverage(facts: Facts) -> Mapping[int, set[str]]:
    """The cells that each loop and store (by its ``id``) overwrites from end to end."""
    known = known_names(facts)
    members = Counter(facts.classes.values())
    return {
        id(s): covered(facts, s, known, members)
        for s in walk(facts.program.body)
        if isinstance(s, For | Store)
    }


def known_names(facts: Facts) -> Known:
    """The names of a Program that never change."""
    program, counts = facts.program, facts.counts
    single = {
        s.target: s.value for s in program.body if isinstance(s, Assign) and counts[s.target] == 1
    }
    fixed = {p for p in program.params if counts[p] == 1} | set(program.constants)
    return Known(single, frozenset(fixed))


def covered(facts: Facts, stmt: Stmt, known: Known, members: Mapping[str, int]) -> set[str]:
    """The cells that a loop or a store overwrites from end to end."""
    found = set()
    inside = bound((stmt,))
    for store, bounds in stores((stmt,), {}, known):
        name = store.target
        root = facts.classes.get(name, name)
        if members[root] <= 1 and name not in inside and not facts.is_dynamic(name):
            if is_whole(facts, store, bounds, known):
                found.add(f"mem:{root}")
    return found


def stores(body: Block, bounds: Bounds, known: Known) -> Iterator[tuple[Store, Bounds]]:
    """Stores that run in every round of the loops around them."""
    for stmt in body:
        match stmt:
            case Store():
                yield stmt, bounds
            case For(counter=c, start=start, stop=stop, step=step, body=inner, exit=None):
                rebound = any(c in binds(s) for s in walk(inner))
                if ast.unparse(start) == "0" and ast.unparse(step) == "1" and not rebound:
                    yield from stores(inner, {**bounds, c: extent(stop, known)}, known)


def is_whole(facts: Facts, store: Store, bounds: Bounds, known: Known) -> bool:
    """Whether the subscripts of a store run over the whole array."""
    if not facts.is_array(store.target) or not all(bounds.values()):
        return False
    index = store.index
    parts = elements_of(index)
    used: set[str] = set()
    for axis, part in enumerate(parts):
        match part:
            case ast.Slice(lower=None, upper=None, step=None):
                continue
            case ast.Name(id=c) if c in bounds and c not in used:
                used.add(c)
                if bounds[c] != length(store.target, axis, known):
                    return False
            case _:
                return False
    return used == bounds.keys()


ALLOCATIONS = frozenset({"np.zeros", "np.empty", "np.ones", "np.full"})
LIKE = frozenset({"np.zeros_like", "np.empty_like", "np.ones_like", "np.full_like"})


def length(array: str, axis: int, known: Known) -> str:
    """The extent of an array along an axis as a text, empty where it is not known."""
    match known.definitions.get(array):
        case ast.Call(func=func, args=[shape, *_]) if ast.unparse(func) in ALLOCATIONS:
            parts = elements_of(shape)
            return extent(parts[axis], known) if axis < len(parts) else ""
        case ast.Call(func=func, args=[ast.Name(id=like), *_]) if ast.unparse(func) in LIKE | {
            "np.copy"
        }:
            return length(like, axis, known)
    single = array in known.fixed or array in known.definitions
    return f"{array}.shape[{axis}]" if single else ""


def extent(expr: Expr, known: Known) -> str:
    """An integer expression as a text, definitions put in; empty where it may change."""
    match expr:
        case ast.Name(id=name) if name in known.definitions:
            return extent(known.definitions[name], known)
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=array)]):
            return length(array, 0, known)
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=array), attr="shape"),
            slice=ast.Constant(value=int() as axis),
        ) if axis >= 0:
            return length(array, axis, known)
    return ast.unparse(expr) if names(expr) <= known.fixed else ""
