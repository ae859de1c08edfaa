"""Facts: what the stages after inference need to know of a Program, in one plain value.

In: a typed Program and ``wrt``. Out: ``Facts``: partials, activity, alias classes, and for
each class of arrays how its gradient is kept.

Invariant: facts describe exactly this Program; a changed Program needs new ones.

Three ways to keep the gradient of an array name:

* a *value*: nothing writes to the memory, the gradient is bound and added to like a number's;
* a *shadow* (paired, static): the memory is written, or viewed in loops, or passed to a
  recursive function; the gradient is an array of the same shape, views of the array have views
  of the shadow, made in the backward sweep;
* a *carried shadow* (paired, dynamic): names are rebound among arrays that are written
  (buffers that are swapped), or arrays are kept in a list; array and shadow are created,
  rebound, appended, popped and restored together.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from numba import types

from ..errors import Place
from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    For,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    Swap,
    View,
    While,
    binding_counts,
    binds,
    blocks,
    uses,
    walk,
)
from ..rules.listed import is_list_of_arrays
from .activity import active_names
from .aliasing import alias_classes, passed_lists, written_classes
from .derivatives import gradient_names, partials
from .partial import Partial, is_differentiable
from .shapes import shapes

Path = tuple[int, ...]


@dataclass(frozen=True)
class Facts:
    """See the module's docstring. ``partials`` are those with an active operand and target."""

    program: Program
    wrt: tuple[str, ...]
    gradient: Callable[[str], str]
    partials: Mapping[int, tuple[Partial, ...]]
    active: set[str]
    classes: Mapping[str, str]
    written: set[str]
    paired: set[str]
    dynamic: set[str]
    counts: Mapping[str, int]
    home: Mapping[str, Path]
    symbols: Mapping[str, tuple[str, ...]]
    results: Mapping[int, tuple[str, ...] | None]
    stale: Mapping[int, set[str]]
    steady: set[str]
    passed: set[str]

    def is_paired(self, name: str) -> bool:
        """Whether the name's array has a shadow."""
        return self.classes.get(name, name) in self.paired

    def is_dynamic(self, name: str) -> bool:
        """Whether the shadow is carried through the forward sweep."""
        return self.classes.get(name, name) in self.dynamic

    def is_array(self, name: str) -> bool:
        """Whether the name is an array's."""
        return isinstance(self.program.types.get(name), types.Array)

    def is_floating(self, name: str) -> bool:
        """Whether the name is that of a floating-point number or of an array of such."""
        kind = self.program.types.get(name)
        return not isinstance(kind, types.List) and is_differentiable(kind)

    def is_list(self, name: str) -> bool:
        """Whether the name is a list's."""
        return isinstance(self.program.types.get(name), types.List)

    def is_list_of_arrays(self, name: str) -> bool:
        """Whether the name is that of a list of arrays, which has a list of shadows."""
        return name not in self.passed and is_list_of_arrays(self.program.types.get(name))

    def known_shape(self, name: str) -> ast.expr | None:
        """The shape of an array from parameters that are never rebound, if it is known so."""
        extents = []
        for symbol in self.symbols.get(name, ("",)):
            root = symbol.partition(".")[0]
            stable = root in self.program.params and self.counts[root] == 1
            if not (stable or symbol.isdigit()):
                return None
            extents.append(ast.parse(symbol, mode="eval").body)
        return ast.Tuple(extents, ast.Load())

    def keeps_shape(self, stmt: Stmt, operand: str) -> bool:
        """Whether an assignment's value has the extents of one of its operands, for certain."""
        known = self.results.get(id(stmt))
        fresh = operand not in self.stale[id(stmt)]
        return fresh and known is not None and known == self.symbols.get(operand)

    def same_shape(self, stmt: Stmt, a: str, b: str) -> bool:
        """Whether two arrays have the same extents where a statement runs, for certain."""
        fresh = self.stale[id(stmt)].isdisjoint({a, b})
        return fresh and self.symbols.get(a) == self.symbols.get(b)

    def is_alive(self, stmt: Stmt) -> bool:
        """Whether the backward sweep has something to do for a statement."""
        match stmt:
            case Store(target=t) | Increment(target=t) | Push(tape=t) | Pop(tape=t):
                return t in self.active
            case Assign(target=t) | View(target=t) | Alias(target=t):
                return t in self.active
            case Swap(targets=ts):
                return any(t in self.active for t in ts)
            case Call(changed=changed):
                return any(t in self.active for t in (*binds(stmt), *changed))
        return any(self.is_alive(s) for b in blocks(stmt) for s in b)


def facts(
    program: Program,
    wrt: Iterable[str],
    places: Mapping[int, Place],
    dynamic: frozenset[str] = frozenset(),
) -> Facts:
    """Analyse a program.

    Parameters
    ----------
    program : Program
        Typed.
    wrt : iterable of str
        Names of the parameters (or parts of them).
    places : mapping
        For errors.
    dynamic : frozenset of str
        Classes that were found to need carried shadows.
    """
    gradient = gradient_names(program)
    every = {id(s): partials(s, program, gradient, places) for s in walk(program.body)}
    classes = alias_classes(program)
    wrt = tuple(wrt)
    active = active_names(program, wrt, every, classes)
    kept = {key: tuple(p for p in found if p.operand in active) for key, found in every.items()}
    counts = binding_counts(program)
    home = home_blocks(program)
    written = written_classes(program)
    arrays = {n for n, k in program.types.items() if isinstance(k, types.Array)}
    passed = passed_lists(program)
    listed = {n for n, k in program.types.items() if is_list_of_arrays(k)} - passed
    kept_in_lists = {classes.get(n, n) for n in listed}
    lists = {classes.get(n, n) for n, k in program.types.items() if isinstance(k, types.List)}
    lists -= kept_in_lists
    written -= {classes.get(n, n) for n in set(program.types) - arrays} - lists - kept_in_lists
    rebound = _rebound(program, classes, counts, home, arrays)
    viewed = _viewed_in_loops(program.body, False, classes, arrays)
    viewed = {c for c in viewed if c not in rebound and c not in dynamic}
    given = {classes[n] for n in passed_arrays(program) if is_differentiable(program.types[n])}
    given = {c for c in given if c not in rebound and c not in dynamic}
    paired = written | viewed | kept_in_lists | given
    carried = {c for c in written if c in rebound or c in dynamic} | kept_in_lists
    known = shapes(program)
    return Facts(
        program=program,
        wrt=wrt,
        gradient=gradient,
        partials=kept,
        active=active,
        classes=classes,
        written=written,
        paired=paired - lists,
        dynamic=carried - lists,
        counts=counts,
        home=home,
        symbols=known.symbols,
        results=known.results,
        stale=known.stale,
        steady=known.steady,
        passed=passed,
    )


def passed_arrays(program: Program) -> set[str]:
    """Arrays whose gradients a backward function adds to in place."""
    calls = [s for s in walk(program.body) if isinstance(s, Call)]
    found = {n for s in calls for n in uses(s)} | set(program.params if program.recursive else ())
    return {n for n in found if isinstance(program.types.get(n), types.Array)}


def home_blocks(program: Program) -> dict[str, Path]:
    """For each name the innermost block that has all its definitions and uses."""
    home: dict[str, Path] = {n: () for n in program.params}

    def note(name: str, block: Path) -> None:
        known = home.get(name, block)
        length = 0
        while length < min(len(known), len(block)) and known[length] == block[length]:
            length += 1
        home[name] = known[: length - length % 2]

    def visit(body: Block, path: Path) -> None:
        for position, stmt in enumerate(body):
            for name in (*binds(stmt), *uses(stmt)):
                note(name, path)
            for which, inner in enumerate(blocks(stmt)):
                visit(inner, (*path, position, which))

    visit(program.body, ())
    return home


def _rebound(
    program: Program,
    classes: Mapping[str, str],
    counts: Mapping[str, int],
    home: Mapping[str, Path],
    arrays: set[str],
) -> set[str]:
    """Classes in which a name refers to different arrays at different times."""
    found: set[str] = set()
    passed = passed_lists(program)
    for name in arrays:
        if counts[name] > 1:
            found.add(classes[name])

    def visit(body: Block, path: Path, in_loop: bool) -> None:
        for position, stmt in enumerate(body):
            match stmt:
                case Swap(targets=ts):
                    found.update(classes[t] for t in ts)
                case Pop(target=str(t), tape=tape) if tape not in passed:
                    found.add(classes[t])
                case Assign() | Call() | Pop() if in_loop:
                    for t in arrays.intersection(binds(stmt)):
                        members = [n for n, c in classes.items() if c == classes[t]]
                        if any(home[n][: len(home[t])] != home[t] for n in members):
                            found.add(classes[t])
            inner_loop = in_loop or isinstance(stmt, For | While)
            for which, inner in enumerate(blocks(stmt)):
                visit(inner, (*path, position, which), inner_loop)

    visit(program.body, (), False)
    return found


def _viewed_in_loops(
    body: Block, in_loop: bool, classes: Mapping[str, str], arrays: set[str]
) -> set[str]:
    """Classes with a view that is made in a loop."""
    found: set[str] = set()
    for stmt in body:
        if isinstance(stmt, View | Alias) and in_loop and stmt.target in arrays:
            found.add(classes[stmt.target])
        for inner in blocks(stmt):
            found |= _viewed_in_loops(
                inner, in_loop or isinstance(stmt, For | While), classes, arrays
            )
    return found
