"""Random functions as source text: mutation, aliases, views, loops, exits, helpers, all mixed.

In: a source of choices (a seed, or what hypothesis draws, so that failures shrink). Out: the
text of a module with the function ``primal(a, b, m, x, y)``, and that function.

Invariant: every name is bound before it is read, every subscript is in range, every loop ends,
no comparison is a tie, and the values of the samples stay moderate in most programs.
"""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

HEADER = """\
import math
import numpy as np

IDX = np.array([2, 0, 2, 1])


def scale(u, c):
    for k in range(len(u)):
        u[k] *= c


def mix(p, q):
    if p > q + 0.0413:
        return p * q
    return math.sin(p) - 0.5 * q


def energy(u):
    total = 0.0
    for v in u:
        if v > 1.2371:
            continue
        total += v * v * 0.3
    return total


def put(u, k, value):
    old = u[k]
    u[k] = value
    return old


def smooth(u, v):
    u[1:] += 0.25 * v[:-1]
    return u


def pair(p, q):
    if p > 0.6113:
        return q * p, p
    return p + q, 0.5


def down(p, n):
    if n <= 0:
        return p
    return math.sin(down(p * 0.9, n - 1)) + 0.3 * p


"""

SLICES = {"[:]": 4, "[::-1]": 4, "[1:]": 3, "[:-1]": 3, "[::2]": 2, "[1:3]": 2}


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
    """What may be read and written at a place in the program."""

    numbers: tuple[str, ...] = ("x", "y")
    arrays: tuple[str, ...] = ("a", "b")
    counters: tuple[str, ...] = ()
    in_loop: bool = False
    depth: int = 0


@dataclass
class Writer:
    """Writes one program; ``fresh`` numbers its new names."""

    choices: Choices
    fresh: count = field(default_factory=lambda: count(1))

    # --- expressions ---------------------------------------------------------------------

    def constant(self) -> str:
        return f"{0.2 + 0.137 * self.choices.integer(0, 9):.3f}"

    def index(self, scope: Scope) -> str:
        plain = ["0", "1", "3", "-1"]
        moving = [f"({k} + {self.choices.integer(0, 3)}) % 4" for k in scope.counters]
        return self.choices.of([*plain, *scope.counters, *moving, *moving])

    def atom(self, scope: Scope) -> str:
        kind = self.choices.integer(0, 5)
        if kind < 3:
            return self.choices.of(scope.numbers)
        if kind < 5:
            return f"{self.choices.of(scope.arrays)}[{self.index(scope)}]"
        return self.constant()

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
            f"abs({p} - 2.0173) * {q}",
            f"np.sum({array}) * 0.25",
            f"np.sum({array} * {self.choices.of(scope.arrays)}) * 0.3",
            f"mix({p}, {q})",
            f"energy({array}) + {p}",
            f"down({p}, {self.choices.integer(0, 3)})",
            f"m[{self.choices.integer(0, 2)}, {self.index(scope)}] * {p}",
            f"sum([v * {p} for v in {array}])",
            f"np.dot({array}, m[1]) * 0.3",
            f"({p} or {q})",
            f"({q} > {self.constant()}1 and {p} or 0.7 * {q})",
            f"np.sum(m[m > {self.constant()}3]) * 0.1",
            f"pair({p}, {q})[0] * 0.5",
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
            f"{u}[IDX] * 0.9",
            f"m @ {u} @ m * 0.2",
            f"np.zeros(4) + {p}",
            f"np.maximum({u}, 0.3137) * {v}",
            f"np.full(4, {p}) * {u}",
            f"np.array([{p}, {u}[2], {p} * 0.5, {v}[0]])",
            f"np.concatenate(({u}[2:], {v}[:2]))",
            f"np.array([w * {p} for w in {u}])",
            f"np.cumsum({u}) * 0.4",
        ])  # fmt: skip

    def view(self, scope: Scope) -> str:
        u = self.choices.of(scope.arrays)
        row = self.choices.integer(0, 2)
        return self.choices.of([
            u, f"{u}[::-1]", f"{u}[:]", f"m[{row}]", f"m[{row}, ::-1]", f"m.T[:, {row}]",
            f"{u}[0:4]",
        ])  # fmt: skip

    def test(self, scope: Scope) -> str:
        left, right = self.atom(scope), self.atom(scope)
        simple = f"{left} > {right} + 0.0{self.choices.integer(11, 19)}7"
        other = f"{self.atom(scope)} < {self.constant()}3"
        parity = [f"{k} % 2 == 0" for k in scope.counters]
        return self.choices.of([
            simple, other, f"{simple} and {other}", f"not ({simple} or {other})", *parity
        ])  # fmt: skip

    # --- statements ----------------------------------------------------------------------

    def block(self, scope: Scope, longest: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.choices.integer(1, longest)):
            new, scope = self.statement(scope)
            lines += new
        return lines

    def statement(self, scope: Scope) -> tuple[list[str], Scope]:
        makers = [
            self.assign, self.assign, self.augment, self.store, self.store, self.increment,
            self.slice_store, self.whole_store, self.rebind, self.alias, self.alias, self.swap,
            self.call, self.scatter, self.unpack,
        ]  # fmt: skip
        if scope.depth < 3:
            makers += [self.branch, self.branch, self.loop, self.loop, self.while_loop]
            makers += [self.fill, self.fill, self.collect]
        if scope.depth > 0:
            makers += [self.leave]
        return self.choices.of(makers)(scope)

    def target(self, scope: Scope) -> tuple[str, Scope]:
        if self.choices.chance(50):
            return self.choices.of(scope.numbers), scope
        name = f"t{next(self.fresh)}"
        return name, replace(scope, numbers=(*scope.numbers, name))

    def assign(self, scope: Scope) -> tuple[list[str], Scope]:
        value = self.number(scope)
        name, scope = self.target(scope)
        return [f"{name} = {value}"], scope

    def augment(self, scope: Scope) -> tuple[list[str], Scope]:
        operator = self.choices.of(["+=", "-=", "*="])
        return [f"{self.choices.of(scope.numbers)} {operator} {self.atom(scope)}"], scope

    def store(self, scope: Scope) -> tuple[list[str], Scope]:
        where = f"{self.choices.of([*scope.arrays, 'm[1]'])}[{self.index(scope)}]"
        return [f"{where} = {self.number(scope)}"], scope

    def increment(self, scope: Scope) -> tuple[list[str], Scope]:
        where = f"{self.choices.of(scope.arrays)}[{self.index(scope)}]"
        operator = self.choices.of(["+=", "-=", "*="])
        return [f"{where} {operator} {self.atom(scope)}"], scope

    def slice_store(self, scope: Scope) -> tuple[list[str], Scope]:
        target = self.choices.of(list(SLICES))
        source = self.choices.of([s for s in SLICES if SLICES[s] == SLICES[target]])
        u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
        line = self.choices.of([
            f"{u}{target} = {v}{source}",
            f"{u}{target} = {self.atom(scope)}",
            f"{u}{target} = np.sin({v}{source}) * 0.9",
            f"{u}{target} += 0.5 * {v}{source}",
            f"{u}{target} += {v}{source}",
            f"{u}{target} *= {v}{source}",
            f"{u}{target} = {u}{target} * {v}{source} + {self.atom(scope)}",
        ])  # fmt: skip
        return [line], scope

    def whole_store(self, scope: Scope) -> tuple[list[str], Scope]:
        u = self.choices.of(scope.arrays)
        line = self.choices.of([
            f"{u} += {self.array(scope)}",
            f"{u} *= {self.atom(scope)}",
            f"{u} -= 0.3 * {self.choices.of(scope.arrays)}",
            f"{u}[:] = {self.array(scope)}",
            f"{u}.fill({self.atom(scope)})",
            f"m += 0.2 * {u}",
            f"m[:, 1] = {u}[1:]",
            f"m[{self.choices.integer(0, 2)}] = {self.array(scope)}",
        ])  # fmt: skip
        return [line], scope

    def rebind(self, scope: Scope) -> tuple[list[str], Scope]:
        value = self.choices.of([self.array(scope), f"{self.choices.of(scope.arrays)}.copy()"])
        return self.bind_array(scope, value)

    def alias(self, scope: Scope) -> tuple[list[str], Scope]:
        value = self.view(scope)
        if self.choices.chance(20):
            u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
            value = f"{u} if {self.test(scope)} else {v}"
        return self.bind_array(scope, value)

    def bind_array(self, scope: Scope, value: str) -> tuple[list[str], Scope]:
        if self.choices.chance(50):
            return [f"{self.choices.of(scope.arrays)} = {value}"], scope
        name = f"u{next(self.fresh)}"
        return [f"{name} = {value}"], replace(scope, arrays=(*scope.arrays, name))

    def swap(self, scope: Scope) -> tuple[list[str], Scope]:
        u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
        i, j = self.index(scope), self.index(scope)
        line = self.choices.of([
            f"{u}, {v} = {v}, {u}" if u != v else f"{u} = {v}",
            f"x, y = y, {self.number(scope)}",
            f"{u}[{i}], {v}[{j}] = {v}[{j}], {u}[{i}]",
        ])  # fmt: skip
        return [line], scope

    def call(self, scope: Scope) -> tuple[list[str], Scope]:
        u, p = self.choices.of([*scope.arrays, "m[2]"]), self.atom(scope)
        line = self.choices.of([
            f"scale({u}, {p})",
            f"scale({u}[1:3], {p})",
            f"x = put({u}, {self.index(scope)}, {p})",
            f"y = y * put({u}, {self.index(scope)}, {p}) + {u}[1]",
            f"{self.choices.of(scope.arrays)} = smooth({u}, {self.choices.of(scope.arrays)})",
        ])  # fmt: skip
        return [line], scope

    def scatter(self, scope: Scope) -> tuple[list[str], Scope]:
        u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
        mask = f"{u}[{v} > {self.constant()}7]"
        line = self.choices.of([
            f"{u}[IDX] = {v}",
            f"{u}[IDX] += {v} * 0.5",
            f"{mask} = {self.atom(scope)}",
            f"{mask} *= 0.7",
            f"m[m > {self.constant()}7] *= 0.8",
        ])  # fmt: skip
        return [line], scope

    def unpack(self, scope: Scope) -> tuple[list[str], Scope]:
        p, q = self.atom(scope), self.number(scope)
        return [self.choices.of([f"x, y = pair({p}, {q})", f"y, x = {p} * 0.9, {q}"])], scope

    # --- control -------------------------------------------------------------------------

    def nested(self, scope: Scope, longest: int = 4, **changes: Any) -> list[str]:
        inner = replace(scope, depth=scope.depth + 1, **changes)
        return ["    " + line for line in self.block(inner, longest)]

    def branch(self, scope: Scope) -> tuple[list[str], Scope]:
        lines = [f"if {self.test(scope)}:", *self.nested(scope)]
        if self.choices.chance(30):
            lines += [f"elif {self.test(scope)}:", *self.nested(scope, 3)]
        if self.choices.chance(50):
            lines += ["else:", *self.nested(scope, 3)]
        return lines, scope

    def loop(self, scope: Scope) -> tuple[list[str], Scope]:
        k, v = f"k{next(self.fresh)}", f"v{next(self.fresh)}"
        u = self.choices.of(scope.arrays)
        head, counters, numbers = self.choices.of([
            (f"for {k} in range({self.choices.integer(0, 3)}):", (k,), ()),
            (f"for {k} in range({self.choices.integer(1, 3)}, -1, -1):", (k,), ()),
            (f"for {k} in range(0, 4, {self.choices.integer(1, 3)}):", (k,), ()),
            (f"for {v} in {u}:", (), (v,)),
            (f"for {k}, {v} in enumerate({u}[1:]):", (k,), (v,)),
            (f"for {k} in range(int(abs({self.atom(scope)})) % 3):", (k,), ()),
        ])  # fmt: skip
        body = self.nested(
            scope, 5, in_loop=True,
            counters=scope.counters + counters, numbers=scope.numbers + numbers,
        )  # fmt: skip
        tail = ["else:", *self.nested(scope, 2)] if self.choices.chance(10) else []
        return [head, *body, *tail], scope

    def while_loop(self, scope: Scope) -> tuple[list[str], Scope]:
        w = f"w{next(self.fresh)}"
        test = self.choices.of([f"{w} < 2", f"{w} < 3 and {self.test(scope)}"])
        body = self.nested(scope, 4, in_loop=True, counters=(*scope.counters, w))
        step = [f"    {w} += 1"]
        return [f"{w} = 0", f"while {test}:", *step, *body], scope

    def fill(self, scope: Scope) -> tuple[list[str], Scope]:
        """A new array that a loop fills, and perhaps takes the place of another."""
        k, name = f"k{next(self.fresh)}", f"u{next(self.fresh)}"
        made = self.choices.of(["np.zeros(4)", "np.empty(4)", "np.empty_like(a)"])
        inner = replace(scope, counters=(*scope.counters, k))
        lines = [f"{name} = {made}", f"for {k} in range(4):"]
        lines.append(f"    {name}[{k}] = {self.number(inner)}")
        if self.choices.chance(30):
            lines.append(f"    {name}[{k}] += 0.5 * {name}[{k} - 1]" if "zeros" in made else "")
        if self.choices.chance(60):
            lines.append(f"{self.choices.of(scope.arrays)} = {name}")
        return [x for x in lines if x], replace(scope, arrays=(*scope.arrays, name))

    def collect(self, scope: Scope) -> tuple[list[str], Scope]:
        """A list that a loop fills."""
        k, name = f"k{next(self.fresh)}", f"h{next(self.fresh)}"
        inner = replace(scope, counters=(*scope.counters, k))
        lines = [f"{name} = [{self.atom(scope)}]", f"for {k} in range(3):"]
        lines.append(f"    {name}.append({self.number(inner)})")
        use = self.choices.of([f"sum({name}) * 0.3", f"{name}[-1]", f"{name}[1] * {name}[2] * 0.5"])
        target, scope = self.target(scope)
        return [*lines, f"{target} = {use}"], scope

    def leave(self, scope: Scope) -> tuple[list[str], Scope]:
        ways = [f"return {self.number(scope)}"]
        if scope.in_loop:
            ways = ["break", "continue", "break", *ways]
        return [f"if {self.test(scope)}:", f"    {self.choices.of(ways)}"], scope


RESULT = (
    "x + 2.0 * y + np.sum(a * np.array([0.3, 1.1, -0.7, 0.5])) + np.sum(b * b) * 0.5"
    " + np.sum(m * m) * 0.25"
)


def program_text(choices: Choices, longest: int = 12) -> str:
    """The text of a module that defines ``primal``."""
    writer = Writer(choices)
    body = writer.block(Scope(), longest)
    lines = ["def primal(a, b, m, x, y):", *("    " + line for line in body)]
    return HEADER + "\n".join([*lines, f"    return {RESULT}"]) + "\n"


def from_seed(seed: int, longest: int = 12) -> str:
    """The program of a seed."""
    return program_text(Choices(random.Random(seed).randint), longest)


_numbers = count(1)


def define(text: str) -> FunctionType:
    """``primal`` of a module's text; ``inspect`` finds its source, as in a notebook."""
    filename = f"<random program {next(_numbers)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": "random_program"}
    exec(compile(text, filename, "exec"), namespace)
    return namespace["primal"]


def forget(function: FunctionType) -> None:
    """Drop a program's text."""
    linecache.cache.pop(function.__code__.co_filename, None)


def arguments() -> tuple[Any, ...]:
    """What every program is called with."""
    rng = np.random.default_rng(7)
    a, b, m = rng.normal(size=4), rng.normal(size=4), rng.normal(size=(3, 4))
    return a, b, m * 0.7, 0.83, -0.61
