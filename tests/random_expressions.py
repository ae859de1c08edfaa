"""Random expressions: numbers, arrays, views and tests over the names of a scope.

In: a source of choices and a scope. Out: the text of an expression.

Invariant: every name is bound before it is read, every subscript is in range, no comparison is
a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Choices:
    """Where decisions come from: ``integer(low, high)``, both included."""

    integer: Callable[[int, int], int]

    def of(self, options: Sequence[T]) -> T:
        """One of several; earlier ones are simpler."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        """True in about so many cases of a hundred."""
        return self.integer(1, 100) > 100 - percent


@dataclass(frozen=True)
class Scope:
    """What may be read and written at a place in the program.

    ``arrays`` have four elements, ``pairs`` two, ``matrices`` are 3 by 4, ``counters`` are
    integers from 0 to 3, ``functions`` take a number and return one.
    """

    numbers: tuple[str, ...] = ("x", "y")
    arrays: tuple[str, ...] = ("a", "b")
    pairs: tuple[str, ...] = ()
    matrices: tuple[str, ...] = ("m",)
    counters: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    in_loop: bool = False
    depth: int = 0


@dataclass
class Expressions:
    """Writes expressions; ``fresh`` numbers new names."""

    choices: Choices
    fresh: count = field(default_factory=lambda: count(1))

    def constant(self) -> str:
        return f"{0.2 + 0.137 * self.choices.integer(0, 9):.3f}"

    def index(self, scope: Scope) -> str:
        plain = ["0", "1", "3", "-1"]
        moving = [f"({k} + {self.choices.integer(0, 3)}) % 4" for k in scope.counters]
        return self.choices.of([*plain, *scope.counters, *moving, *moving])

    def row(self, scope: Scope) -> str:
        """The number of a row of a matrix."""
        moving = [f"({k} + {self.choices.integer(0, 2)}) % 3" for k in scope.counters]
        return self.choices.of(["0", "1", "2", "-1", *moving])

    def element(self, scope: Scope) -> str:
        """An element, to be read or written."""
        places = [f"{self.choices.of(scope.arrays)}[{self.index(scope)}]"] * 3
        places += [f"{self.choices.of(scope.matrices)}[{self.row(scope)}, {self.index(scope)}]"]
        places += [f"{p}[{self.choices.of(['0', '1', '-1'])}]" for p in scope.pairs]
        return self.choices.of(places)

    def atom(self, scope: Scope) -> str:
        kind = self.choices.integer(0, 5)
        if kind < 3:
            return self.choices.of(scope.numbers)
        return self.element(scope) if kind < 5 else self.constant()

    def number(self, scope: Scope) -> str:
        p, q, array = self.atom(scope), self.atom(scope), self.choices.of(scope.arrays)
        return self.choices.of([
            p,
            f"{p} + {q}",
            f"{p} * {q}",
            f"{p} - 0.7 * {q}",
            f"math.sin({p})",
            f"{p} * {p} * 0.5",
            f"{p} / (1.5 + {q} * {q})",
            f"math.exp(-{p} * {p}) * {q}",
            f"np.tanh({p}) + {q}",
            f"({p} if {q} > {self.constant()}1 else 0.5 * {q})",
            f"max({p}, {q} + 0.0171)",
            f"min({p}, 0.5 * {q} - 0.0173, {self.constant()}7)",
            f"abs({p} - 2.0173) * {q}",
            f"np.sum({array}) * 0.25",
            f"np.sum({array} * {self.choices.of(scope.arrays)}) * 0.3",
            f"({p} or {q})",
            f"({q} > {self.constant()}1 and {p} or 0.7 * {q})",
            f"sum([v * {p} for v in {array}])",
            f"sum(v * {p} for v in {array} if v > {self.constant()}9)",
            f"np.max({array}) * {p}",
            f"np.dot({array}, m[1]) * 0.3",
            f"np.sum(m[m > {self.constant()}3]) * 0.1",
            self.call_of(scope, p, q, array),
            self.call_of(scope, p, q, array),
            self.call_of(scope, p, q, array),
        ])  # fmt: skip

    def call_of(self, scope: Scope, p: str, q: str, array: str) -> str:
        """The result of a helper or of a function defined in the program."""
        return self.choices.of([
            f"mix({p}, {q})",
            f"energy({array}) + {p}",
            f"down({p}, {self.choices.integer(0, 3)})",
            f"pair({p}, {q})[0] * 0.5",
            f"first_above({array}, {self.constant()}3)",
            f"search({array}, {self.view(scope)}, {p})",
            f"fold({self.view(scope)}, {self.choices.integer(0, 2)})",
            *(f"{f}({p})" for f in scope.functions),
            *(f"{f}({p}) * {q}" for f in scope.functions),
        ])  # fmt: skip

    def array(self, scope: Scope) -> str:
        u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
        p = self.atom(scope)
        return self.choices.of([
            f"{u} * {v}",
            f"0.6 * {u} + 0.5 * {v}",
            f"np.sin({u})",
            f"{u} * {p} * 0.8",
            f"{u} - {p}",
            f"{u}[::-1] * 0.9",
            f"np.where({u} > {self.constant()}1, {u}, 0.3 * {v})",
            f"np.where({u} > 0.1173, np.log({u}), 0.5 * {v})",
            f"{u}[IDX] * 0.9",
            f"m @ {u} @ m * 0.2",
            f"np.zeros(4) + {p}",
            f"np.maximum({u}, 0.3137) * {v}",
            f"np.full(4, {p}) * {u}",
            f"np.array([{p}, {u}[2], {p} * 0.5, {v}[0]])",
            f"np.concatenate(({u}[2:], {v}[:2]))",
            f"np.array([w * {p} for w in {u}])",
            f"np.cumsum({u}) * 0.4",
            f"np.sort({u}) + 0.2 * {v}",
            f"{u}[np.argsort({v})]",
            f"grown({u}, shift={p})",
            f"halves({u})[1]",
        ])  # fmt: skip

    def view(self, scope: Scope) -> str:
        u, m = self.choices.of(scope.arrays), self.choices.of(scope.matrices)
        row = self.row(scope)
        return self.choices.of([
            u, f"{u}[::-1]", f"{u}[:]", f"{m}[{row}]", f"{m}[{row}, ::-1]", f"{m}.T[:, {row}]",
            f"{u}[0:4]", f"{m}[::-1][{row}]", f"np.asarray({u})", f"halves({u})[0]",
        ])  # fmt: skip

    def view_of_two(self, scope: Scope) -> str:
        """A view of two elements."""
        u, m = self.choices.of(scope.arrays), self.choices.of(scope.matrices)
        views = [f"{u}[1:3]", f"{u}[::2]", f"{u}[::-2]", f"{u}[2:]", f"{u}[::-1][:2]"]
        views += [f"{m}[1:, {self.index(scope)}]", f"{u}[1:][1:]"]
        views += [f"{w}[::-1]" for w in scope.pairs]
        views += [f"{u}[{k} % 2:{k} % 2 + 2]" for k in scope.counters]
        return self.choices.of([*views, *scope.pairs])

    def test(self, scope: Scope) -> str:
        left, right = self.atom(scope), self.atom(scope)
        simple = f"{left} > {right} + 0.0{self.choices.integer(11, 19)}7"
        other = f"{self.atom(scope)} < {self.constant()}3"
        chained = f"-0.{self.choices.integer(11, 19)}7 < {left} < {self.constant()}1"
        parity = [f"{k} % 2 == 0" for k in scope.counters]
        return self.choices.of([
            simple, other, chained, f"{simple} and {other}", f"not ({simple} or {other})", *parity,
        ])  # fmt: skip
