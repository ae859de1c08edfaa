"""Late shadows: gradients of arrays that a loop makes anew are made by its reversal.

In: a flat, typed gradient Program. Out: the same, where a loop whose rounds end with ``h = new``
does not make ``grad_new`` in each round, and keep it on a list until the backward sweep: there,
``grad_new`` is what ``grad_h`` was, and ``grad_h`` begins with zeros.

Invariant: the same numbers. In the forward sweep the shadows only change names, as their arrays
do, and nothing else refers to them; so it is known which name has the shadow that a name had in
the round before, and a shadow that no name has any more is zero until the backward sweep meets it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from numba import types

from ...program import (
    Alias,
    Assign,
    Block,
    For,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    binds,
    mentions,
    uses,
    walk,
)
from ...rules.expressions import dotted
from .pull import call, variable


def late_shadows(program: Program) -> Program:
    """The program with shadows that the backward sweep makes itself."""
    for first, loop in enumerate(program.body):
        if not isinstance(loop, For) or not any(isinstance(s, Push) for s in loop.body):
            continue
        for second, other in enumerate(program.body[first + 1 :], first + 1):
            if isinstance(other, For) and any(isinstance(s, Pop) for s in other.body):
                rounds = Rounds(program, first, second)
                if (moves := rounds.moves()) is not None:
                    return late_shadows(program.with_body(rounds.body(moves)))
    return program


@dataclass(frozen=True)
class Moves:
    """Where shadows come from in a round of the backward sweep.

    Attributes
    ----------
    tapes : dict
        The list that each shadow is on.
    source : dict
        The name that a shadow has after a round, for the one that it has in it.
    new : dict
        Names whose shadows no name has after the round, and their arrays.
    """

    tapes: dict[str, str]
    source: dict[str, str]
    new: dict[str, str]


class Rounds:
    """Two loops at the top of a program, of which the second may reverse the first."""

    def __init__(self, program: Program, first: int, second: int) -> None:
        loop, other = program.body[first], program.body[second]
        assert isinstance(loop, For) and isinstance(other, For)
        self.program, self.first, self.second = program, first, second
        self.forward, self.backward = loop.body, other.body
        self.before = program.body[:first]
        self.between = program.body[first + 1 : second]

    def moves(self) -> Moves | None:
        """How the shadows move; None where they cannot be left to the backward sweep."""
        taken = [k for k, s in enumerate(self.backward) if isinstance(s, Pop)]
        group = self.backward[taken[0] : taken[-1] + 1]
        if not all(isinstance(s, Pop) for s in group):
            return None
        tapes = {s.target: s.tape for s in group if isinstance(s, Pop) and s.target}
        while lost := [n for n, t in tapes.items() if not self.is_shadow(n, t, tapes)]:
            tapes = {n: t for n, t in tapes.items() if n not in lost}
        made = {n for n in tapes if self.maker(n, self.forward)}
        early = self.backward[: taken[0]]
        if not made or any(mentions(s, n) for n in made for s in (*self.between, *early)):
            return None
        return self.traced(tapes, made, {s.target for s in group if isinstance(s, Pop)})

    def maker(self, name: str, body: Block) -> str | None:
        """The array of which a name is made the shadow in a block, as the first thing there."""
        found = next((s for s in body if mentions(s, name)), None)
        return None if found is None else zeros_like(found)

    def is_shadow(self, name: str, tape: str, shadows: dict[str, str]) -> bool:
        """Whether a name is a shadow that nothing has to do with before it is taken back."""
        if not isinstance(self.program.types.get(name), types.Array):
            return False
        top = {id(s) for s in self.forward}
        inside = [s for s in walk(self.forward) if name in uses(s) or name in binds(s)]
        if not all(id(s) in top and is_move(s, shadows) for s in inside):
            return False
        pushes = [s for s in inside if isinstance(s, Push)]
        kept = [s for s in walk(self.program.body) if tape in uses(s) or tape in binds(s)]
        if len(pushes) != 1 or len(kept) != 3 or pushes[0] not in kept:
            return False
        initial = [s for s in self.before if mentions(s, name)]
        if self.maker(name, self.forward):
            sound = not initial and sum(zeros_like(s) is not None for s in inside) == 1
        else:
            carried = not any(zeros_like(s) for s in inside)
            sound = carried and len(initial) == 1 and zeros_like(initial[0]) is not None
        rest = [s for s in walk(self.between) if not leaves(s, name)]
        back = [s for s in walk(self.backward) if not leaves(s, name)]
        return sound and not rest and [type(s) for s in back] == [Pop]

    def traced(self, tapes: dict[str, str], made: set[str], taken: set[str | None]) -> Moves | None:
        """The moves, from what each name has in a round of the forward sweep."""
        arrays = {n: self.maker(n, self.forward if n in made else self.before) for n in tapes}
        carried = [n for n in tapes if n not in made]
        has = {n: n for n in carried}
        for stmt in self.forward:
            match stmt:
                case Assign(target=name) if name in made:
                    has[name] = name
                case Alias(target=name, source=source) if name in tapes and source in has:
                    has[name] = has[source]
                case Alias(target=name) if name in tapes:
                    return None
                case Push(value=ast.Name(id=name)) if name in tapes and has.get(name) != name:
                    return None
        holder = {has[n]: n for n in carried}
        new = {n: a for n, a in arrays.items() if n not in holder and a is not None}
        if len(holder) < len(carried) or made & new.keys() or not set(new.values()) <= taken:
            return None
        steps = {n: a for n, a in arrays.items() if a is not None}
        fits = self.in_step(steps, made) and in_turn(holder) is not None
        return Moves(tapes, holder, new) if fits else None

    def in_step(self, arrays: dict[str, str], made: set[str]) -> bool:
        """Whether the arrays change names as their shadows do."""
        own = {n: a for n, a in arrays.items() if n not in made}
        for name, array in own.items():
            start = next(k for k, s in enumerate(self.before) if mentions(s, name))
            if any(array in binds(s) for s in walk(self.before[start + 1 :])):
                return False
        if len(set(arrays.values())) < len(arrays):
            return False
        shadows = [
            (s.target, s.source)
            for s in self.forward
            if isinstance(s, Alias) and s.target in arrays
        ]
        moved = [s for s in walk(self.forward) if set(binds(s)) & set(own.values())]
        steps = [(s.target, s.source) if isinstance(s, Alias) else None for s in moved]
        once = all(
            sum(array in binds(s) for s in walk(self.forward)) == 1
            for name, array in arrays.items()
            if name in made
        )
        return once and steps == [(arrays[t], arrays[s]) for t, s in shadows]

    def body(self, moves: Moves) -> Iterator[Stmt]:
        """The program's body anew."""
        gone = {*moves.tapes.values(), *moves.new}
        fresh = [Assign(n, call("np.zeros_like", variable(a))) for n, a in moves.new.items()]
        for position, stmt in enumerate(self.program.body):
            if position < self.first and set(binds(stmt)) & gone:
                continue
            if position == self.first:
                kept = tuple(s for s in self.forward if not is_move(s, moves.tapes))
                yield replace(stmt, body=kept)  # type: ignore[call-arg]
                yield from fresh
            elif position == self.second:
                yield replace(stmt, body=tuple(self.reversed(moves, fresh)))  # type: ignore[call-arg]
            else:
                yield stmt

    def reversed(self, moves: Moves, fresh: list[Assign]) -> Iterator[Stmt]:
        """The backward round anew."""
        taken = [k for k, s in enumerate(self.backward) if isinstance(s, Pop)]
        for position, stmt in enumerate(self.backward):
            if position == taken[0]:
                yield from in_turn(moves.source) or ()
            if not (isinstance(stmt, Pop) and stmt.target in moves.tapes):
                yield stmt
            if position == taken[-1]:
                yield from fresh


def in_turn(source: dict[str, str]) -> list[Stmt] | None:
    """Names that get what others have, each before its own goes elsewhere; None for a circle."""
    left = {n: s for n, s in source.items() if s != n}
    result: list[Stmt] = []
    while left:
        free = next((n for n in left if n not in left.values()), None)
        if free is None:
            return None
        result.append(Alias(free, left.pop(free)))
    return result


def is_move(stmt: Stmt, shadows: dict[str, str]) -> bool:
    """Whether a statement makes a shadow, records it, or names it."""
    match stmt:
        case Push(tape=tape, value=ast.Name(id=name)):
            return shadows.get(name) == tape
        case Alias(target=target, source=source):
            return target in shadows and source in shadows
        case Assign(target=target):
            return target in shadows and zeros_like(stmt) is not None
    return False


def leaves(stmt: Stmt, name: str) -> bool:
    """Whether a name has the same array after a statement, and the array no other name."""
    match stmt:
        case Store() | Increment() | Assign():
            return isinstance(stmt, Increment) or name not in binds(stmt)
    return name not in uses(stmt) and name not in binds(stmt)


def zeros_like(stmt: Stmt) -> str | None:
    """The array in ``grad_x = np.zeros_like(x)``."""
    match stmt:
        case Assign(value=ast.Call(func=func, args=[ast.Name(id=array)], keywords=[])):
            return array if dotted(func) == "np.zeros_like" else None
    return None
