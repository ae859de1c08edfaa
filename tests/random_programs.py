"""Random functions as source text: mutation, aliases, views, loops, exits, helpers, all mixed.

In: a source of choices (a seed, or what hypothesis draws, so that failures shrink). Out: the
text of a module with the function ``primal(a, b, m, x, y)``, and that function.

Invariant: every name is bound before it is read, every subscript is in range, every loop ends,
no comparison is a tie, and the values of the samples stay moderate in most programs.
"""

from __future__ import annotations

import linecache
import random
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from random_expressions import Choices, Scope
from random_statements import Made, Statements

HEADER = Path(__file__).with_name("random_helpers.py").read_text() + "\n\n"


class Writer(Statements):
    """Writes one program."""

    def block(self, scope: Scope, longest: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.choices.integer(1, longest)):
            new, scope = self.statement(scope)
            lines += new
        return lines

    def statement(self, scope: Scope) -> Made:
        makers = [
            self.assign, self.assign, self.augment, self.store, self.store, self.increment,
            self.slice_store, self.whole_store, self.rebind, self.alias, self.alias, self.swap,
            self.call, self.call, self.scatter, self.unpack, self.two, self.matrix,
            self.whole_number, self.reshaped,
        ]  # fmt: skip
        if scope.depth == 0:
            makers += [self.function]
        if scope.depth < 3:
            makers += [self.branch, self.branch, self.loop, self.loop, self.while_loop]
            makers += [self.rows, self.moving_range, self.fill, self.fill, self.collect]
        if scope.depth > 0:
            makers += [self.leave, self.leave]
        return self.choices.of(makers)(scope)

    def nested(self, scope: Scope, longest: int = 4, **changes: Any) -> list[str]:
        inner = replace(scope, depth=scope.depth + 1, **changes)
        return ["    " + line for line in self.block(inner, longest)]

    def branch(self, scope: Scope) -> Made:
        lines = [f"if {self.test(scope)}:", *self.nested(scope)]
        if self.choices.chance(30):
            lines += [f"elif {self.test(scope)}:", *self.nested(scope, 3)]
        if self.choices.chance(50):
            lines += ["else:", *self.nested(scope, 3)]
        return lines, scope

    def otherwise(self, scope: Scope) -> list[str]:
        """The ``else`` of a loop, perhaps: its exits are those of the loop around."""
        return ["else:", *self.nested(scope, 2)] if self.choices.chance(20) else []

    def loop(self, scope: Scope) -> Made:
        k, v, w = self.new("k"), self.new("v"), self.new("v")
        u = self.choices.of(scope.arrays)
        head, counters, numbers = self.choices.of([
            (f"for {k} in range({self.choices.integer(0, 3)}):", (k,), ()),
            (f"for {k} in range({self.choices.integer(1, 3)}, -1, -1):", (k,), ()),
            (f"for {k} in range(0, 4, {self.choices.integer(1, 3)}):", (k,), ()),
            (f"for {v} in {u}:", (), (v,)),
            (f"for {v} in {u}[::-1]:", (), (v,)),
            (f"for {k}, {v} in enumerate({u}[1:]):", (k,), (v,)),
            (f"for {v}, {w} in zip({u}, {self.view(scope)}):", (), (v, w)),
            (f"for {k}, ({v}, {w}) in enumerate(zip({u}, b)):", (k,), (v, w)),
            (f"for {k} in range(int(abs({self.atom(scope)})) % 3):", (k,), ()),
            (f"for {k} in range(3, int(abs({self.atom(scope)})) % 3, -2):", (k,), ()),
            (f"for {k} in reversed(range({self.choices.integer(1, 3)})):", (k,), ()),
        ])  # fmt: skip
        body = self.nested(
            scope, 5, in_loop=True,
            counters=scope.counters + counters, numbers=scope.numbers + numbers,
        )  # fmt: skip
        return [head, *body, *self.otherwise(scope)], scope

    def rows(self, scope: Scope) -> Made:
        """The rows of a matrix one after another, written through."""
        m, r = self.choices.of(scope.matrices), self.new("r")
        body = self.nested(scope, 4, in_loop=True, arrays=(*scope.arrays, r))
        return [f"for {r} in {m}:", *body, *self.otherwise(scope)], scope

    def moving_range(self, scope: Scope) -> Made:
        """A loop over a number that changes in it; its variable is assigned to, and read later."""
        k, n = self.new("k"), self.new("n")
        ways = [f"range({n})", f"range({n} - 1, -1, -1)", f"range({n}, 4)"]
        lines = [f"{k}, {n} = 1, {self.choices.integer(0, 3)}"]
        lines += [f"for {k} in {self.choices.of(ways)}:", f"    {n} = ({n} + {k}) % 3"]
        lines += self.nested(scope, 3, in_loop=True, counters=(*scope.counters, k, n))
        if self.choices.chance(50):
            lines.append(f"    {k} = ({k} + {n}) % 4")
        lines += self.otherwise(scope)
        return lines, replace(scope, counters=(*scope.counters, k, n))

    def while_loop(self, scope: Scope) -> Made:
        w = self.new("w")
        test = self.choices.of([f"{w} < 2", f"{w} < 3 and {self.test(scope)}"])
        body = self.nested(scope, 4, in_loop=True, counters=(*scope.counters, w))
        step = [f"    {w} += 1"]
        if self.choices.chance(30):
            step.append(f"    x, y = y, {self.number(scope)}")
        return [f"{w} = 0", f"while {test}:", *step, *body, *self.otherwise(scope)], scope

    def fill(self, scope: Scope) -> Made:
        """A new array that a loop fills, and perhaps takes the place of another."""
        k, name = self.new("k"), self.new("u")
        made = self.choices.of(["np.zeros(4)", "np.empty(4)", "np.empty_like(a)"])
        inner = replace(scope, counters=(*scope.counters, k))
        lines = [f"{name} = {made}", f"for {k} in range(4):"]
        lines.append(f"    {name}[{k}] = {self.number(inner)}")
        if self.choices.chance(30):
            lines.append(f"    {name}[{k}] += 0.5 * {name}[{k} - 1]" if "zeros" in made else "")
        if self.choices.chance(60):
            lines.append(f"{self.choices.of(scope.arrays)} = {name}")
        return [x for x in lines if x], replace(scope, arrays=(*scope.arrays, name))

    def collect(self, scope: Scope) -> Made:
        """A list that a loop fills."""
        k, name = self.new("k"), self.new("h")
        inner = replace(scope, counters=(*scope.counters, k))
        lines = [f"{name} = [{self.atom(scope)}]", f"for {k} in range(3):"]
        if self.choices.chance(30):
            j = self.new("j")
            lines += [f"    for {j} in range(len({name})):"]
            lines += [f"        {name}[{j}] = {self.atom(inner)} + 0.3 * {name}[{j}] * x"]
            lines += [f"        x = 0.5 * {name}[{j}]"]
        lines.append(f"    {name}.append({self.number(inner)})")
        use = self.choices.of([f"sum({name}) * 0.3", f"{name}[-1]", f"{name}[1] * {name}[2] * 0.5"])
        target, scope = self.target(scope)
        return [*lines, f"{target} = {use}"], scope

    def leave(self, scope: Scope) -> Made:
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
