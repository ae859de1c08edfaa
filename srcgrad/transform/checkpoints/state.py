"""State: what a round begins with, and whether it can be run again from that.

In: a flat, typed gradient Program and a ``Pair``. Out: the names of the state, None where the
round cannot be run again, or where that is no gain.

Invariant: a round that begins with its state does what it did: all else that it reads is set in
the round first, or is unchanged from the loop to the end of its reversal.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from numba import types

from ...analysis.coverage import Known, extent, length
from ...analysis.exposed import exposed
from ...program import (
    Assign,
    Block,
    Comment,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    View,
    binds,
    blocks,
    bound,
    expressions,
    times_bound,
    uses,
    walk,
)
from ...rules.expressions import dotted
from ..lowering.effects import memory_classes
from ..lowering.lanes import read_names
from ..reversal.memory import is_whole
from .overwritten import overwritten_first
from .pairs import Pair

GAIN = 2.0
"""How many times smaller than the records the state has to be."""

LEAST = 100.0
"""What a round has to record at least, a number being 1 and a number in a loop 100."""

CHEAP = frozenset({"abs", "float", "int", "len", "max", "min", "math.fabs", "np.abs", "range"})
"""Calls that cost no more than recording."""

PLAIN = (Assign, View, Store, Increment, If, For, Comment)


def is_plain(loop: For) -> bool:
    """Whether a loop has no exits, and its rounds are cheap arithmetic."""
    for stmt in walk((loop,)):
        if not isinstance(stmt, PLAIN) or (isinstance(stmt, For) and stmt.exit):
            return False
        calls = [n for e in expressions(stmt) for n in ast.walk(e) if isinstance(n, ast.Call)]
        if any(dotted(n.func) not in CHEAP for n in calls):
            return False
        powers = [n for e in expressions(stmt) for n in ast.walk(e) if isinstance(n, ast.Pow)]
        if powers:
            return False
    return True


def state_of(program: Program, pair: Pair) -> tuple[str, ...] | None:
    """The names whose values a round begins with; None where it is not to be run again."""
    loop, other = program.body[pair.forward], program.body[pair.backward]
    assert isinstance(loop, For) and isinstance(other, For)
    classes = memory_classes(program)
    carried = exposed(loop.body) & bound(loop.body)
    arrays = written_arrays(program, loop, pair.tapes, classes)
    if loop.counter in bound(loop.body) or not all(is_number(program, n) for n in carried):
        return None
    if arrays is None or is_changed(program, pair, arrays, classes):
        return None
    if lost_later(program, pair, {*carried, *arrays}, classes):
        return None
    known, restored = known_names(program), stores_of(other, classes)
    kept = [
        a
        for a in arrays
        if classes.get(a, a) in restored or not overwritten_first(program, loop.body, a, known)
    ]
    state = (*sorted(carried), *kept)
    spanned = all(spans(program, loop.body, a, known) for a in kept)
    return state if spanned and gains(program, pair, state) else None


def written_arrays(
    program: Program, loop: For, tapes: tuple[str, ...], classes: Mapping[str, str]
) -> list[str] | None:
    """The arrays from outside that a round writes to; None where one has several names."""
    local = bound((loop,))
    targets = {s.target for s in walk(loop.body) if is_write(s)} - set(tapes)  # type: ignore[attr-defined]
    found = []
    for group in sorted({classes.get(t, t) for t in targets}):
        members = {n for n in program.types if classes.get(n, n) == group} | ({group} - {""})
        outside = [n for n in members if n not in local and n in program.types]
        if not outside:
            continue
        if len(outside) != 1 or not isinstance(program.types[outside[0]], types.Array):
            return None
        if bindings(program, outside[0]) != 1:
            return None
        found.append(outside[0])
    return found


def bindings(program: Program, name: str) -> int:
    """How often a name is bound, as a parameter included."""
    return (name in program.params) + sum(name in binds(s) for s in walk(program.body))


def is_changed(program: Program, pair: Pair, arrays: list[str], classes: Mapping[str, str]) -> bool:
    """Whether what a round reads from outside changes before the end of the reversal."""
    loop = program.body[pair.forward]
    since = program.body[pair.forward + 1 : pair.backward + 1]
    free = set().union(*map(uses, walk((loop,)))) - bound((loop,)) - set(pair.tapes)
    written = {classes.get(s.target, s.target) for s in walk(since) if is_write(s)}  # type: ignore[attr-defined]
    groups = {classes.get(n, n) for n in free} - {classes.get(a, a) for a in arrays}
    return bool(free & bound(since) or groups & written)


def is_write(stmt: Stmt) -> bool:
    """Whether a statement writes to memory."""
    return isinstance(stmt, Store) or (isinstance(stmt, Increment) and stmt.index is not None)


def is_number(program: Program, name: str) -> bool:
    """Whether a name is a number's."""
    return isinstance(program.types.get(name), types.Number | types.Boolean)


def stores_of(loop: For, classes: Mapping[str, str]) -> set[str]:
    """The memory that a loop writes to."""
    return {classes.get(s.target, s.target) for s in walk(loop.body) if is_write(s)}  # type: ignore[attr-defined]


def lost_later(program: Program, pair: Pair, touched: set[str], classes: Mapping[str, str]) -> bool:
    """Whether what a round changes is read after the reversal, which does not put it back."""
    other, after = program.body[pair.backward], program.body[pair.backward + 1 :]
    read = set().union(*(read_names(e) for s in walk(after) for e in expressions(s)))
    written = {s.target for s in walk(after) if is_write(s)}  # type: ignore[attr-defined]
    groups = {classes.get(n, n) for n in read | written}
    back = bound((other,)) | stores_of(other, classes)  # type: ignore[arg-type]
    return any(classes.get(n, n) in groups and not {n, classes.get(n, n)} & back for n in touched)


def gains(program: Program, pair: Pair, state: tuple[str, ...]) -> bool:
    """Whether the state of a round is much smaller than what the round records."""

    def size(name: str, less: int) -> float:
        return 100.0 ** (getattr(program.types[name], "ndim", 0) - less)

    recorded = sum(size(t, 1) for t in pair.tapes)
    return recorded >= GAIN * sum(size(n, 0) for n in state) and recorded >= LEAST


def spans(program: Program, body: Block, array: str, known: Known) -> bool:
    """Whether a round works through the whole of an array anyway: copying it costs no more.

    It has a statement for the whole array, or loops that run over each of its axes, but for some
    elements at the ends.
    """
    sizes = [length(array, axis, known) for axis in range(program.types[array].ndim)]

    def visit(body: Block, around: tuple[str, ...]) -> bool:
        for stmt in body:
            if isinstance(stmt, Store) and stmt.target == array and is_whole(stmt.index):
                return True
            inner = around
            if isinstance(stmt, For):
                inner = (*around, most_rounds(stmt, known))
                if all(s and s in inner for s in sizes):
                    return True
            if any(visit(b, inner) for b in blocks(stmt)):
                return True
        return False

    return visit(body, ())


def most_rounds(loop: For, known: Known) -> str:
    """The end of a loop's range as a text, less a number at most; empty where it is not known."""
    stop = loop.stop
    if isinstance(stop, ast.BinOp) and isinstance(stop.op, ast.Sub):
        stop = stop.left if isinstance(stop.right, ast.Constant) else stop
    plain = isinstance(loop.start, ast.Constant) and isinstance(loop.step, ast.Constant)
    return extent(stop, known) if plain and loop.step.value == 1 else ""  # type: ignore[attr-defined]


def known_names(program: Program) -> Known:
    """Names that are bound once, at the top, and parameters that never are."""
    counts = times_bound(program.body)
    single = {
        s.target: s.value for s in program.body if isinstance(s, Assign) and counts[s.target] == 1
    }
    fixed = {p for p in program.params if not counts[p]} | set(program.constants)
    return Known(single, frozenset(fixed))
