"""Random simple statements: assignments, stores, rebinding, aliases, swaps, calls.

In: a source of choices and a scope. Out: the lines of a statement, and the scope after it.

Invariant: arrays keep their sizes, except for those that only ``reshaped`` names.
"""

from __future__ import annotations

from dataclasses import replace

from random_expressions import Expressions, Scope

Made = tuple[list[str], Scope]

SLICES = {"[:]": 4, "[::-1]": 4, "[1:]": 3, "[:-1]": 3, "[:0:-1]": 3, "[::2]": 2, "[1:3]": 2}


class Statements(Expressions):
    """Writes statements without control flow."""

    def new(self, letter: str) -> str:
        return f"{letter}{next(self.fresh)}"

    def target(self, scope: Scope) -> tuple[str, Scope]:
        if self.choices.chance(50):
            return self.choices.of(scope.numbers), scope
        name = self.new("t")
        return name, replace(scope, numbers=(*scope.numbers, name))

    def assign(self, scope: Scope) -> Made:
        value = self.number(scope)
        name, scope = self.target(scope)
        return [f"{name} = {value}"], scope

    def augment(self, scope: Scope) -> Made:
        operator = self.choices.of(["+=", "-=", "*="])
        return [f"{self.choices.of(scope.numbers)} {operator} {self.atom(scope)}"], scope

    def whole_number(self, scope: Scope) -> Made:
        """A number that is an integer until something else is assigned to it."""
        name = self.new("n")
        return [f"{name} = {self.choices.integer(0, 3)}"], replace(
            scope, numbers=(*scope.numbers, name)
        )

    def store(self, scope: Scope) -> Made:
        return [f"{self.element(scope)} = {self.number(scope)}"], scope

    def increment(self, scope: Scope) -> Made:
        operator = self.choices.of(["+=", "-=", "*="])
        return [f"{self.element(scope)} {operator} {self.atom(scope)}"], scope

    def slice_store(self, scope: Scope) -> Made:
        target = self.choices.of(list(SLICES))
        source = self.choices.of([s for s in SLICES if SLICES[s] == SLICES[target]])
        u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
        line = self.choices.of([
            f"{u}{target} = {v}{source}",
            f"{u}{target} = {self.atom(scope)}",
            f"{u}{target} = np.sin({v}{source}) * 0.9",
            f"{u}{target} += 0.5 * {v}{source}",
            f"{u}{target} += {v}{source}",
            f"{u}{target} -= {u}{source}",
            f"{u}{target} *= {v}{source}",
            f"{u}{target} = {u}{target} * {v}{source} + {self.atom(scope)}",
        ])  # fmt: skip
        return [line], scope

    def whole_store(self, scope: Scope) -> Made:
        u, m = self.choices.of(scope.arrays), self.choices.of(scope.matrices)
        line = self.choices.of([
            f"{u} += {self.array(scope)}",
            f"{u} *= {self.atom(scope)}",
            f"{u} -= 0.3 * {self.choices.of(scope.arrays)}",
            f"{u}[:] = {self.array(scope)}",
            f"{u}.fill({self.atom(scope)})",
            f"{m} += 0.2 * {u}",
            f"{m}[:, 1] = {u}[1:]",
            f"{m}[{self.row(scope)}] = {self.array(scope)}",
            f"{m}[1:] += 0.5 * {m}[:-1]",
            f"{m}[:, 1:3] *= {m}[:, ::-1][:, 1:3]",
        ])  # fmt: skip
        return [line], scope

    def rebind(self, scope: Scope) -> Made:
        value = self.choices.of([self.array(scope), f"{self.choices.of(scope.arrays)}.copy()"])
        return self.bind_array(scope, value)

    def alias(self, scope: Scope) -> Made:
        value = self.view(scope)
        if self.choices.chance(20):
            u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
            value = f"{u} if {self.test(scope)} else {v}"
        return self.bind_array(scope, value)

    def bind_array(self, scope: Scope, value: str) -> Made:
        if self.choices.chance(50):
            return [f"{self.choices.of(scope.arrays)} = {value}"], scope
        name = self.new("u")
        return [f"{name} = {value}"], replace(scope, arrays=(*scope.arrays, name))

    def two(self, scope: Scope) -> Made:
        """A view of two elements, written through or bound anew."""
        value = self.view_of_two(scope)
        if scope.pairs and self.choices.chance(60):
            w = self.choices.of(scope.pairs)
            line = self.choices.of([
                f"{w} = {value}", f"{w} *= {self.atom(scope)}", f"{w} += 0.5 * {value}",
                f"{w}[:] = {w}[::-1]", f"{self.choices.of(scope.arrays)}[1:3] = {w}",
                f"scale({w}, {self.atom(scope)})", f"flip({w})", f"trade({w}, {value})",
            ])  # fmt: skip
            return [line], scope
        name = self.new("w")
        return [f"{name} = {value}"], replace(scope, pairs=(*scope.pairs, name))

    def matrix(self, scope: Scope) -> Made:
        """Another view of a matrix, or its rows exchanged."""
        m, i, j = self.choices.of(scope.matrices), self.row(scope), self.row(scope)
        name = self.new("m")
        more = replace(scope, matrices=(*scope.matrices, name))
        return self.choices.of(
            [
                ([f"{name} = {m}[::-1]"], more),
                ([f"{name} = {m}[:, ::-1]"], more),
                ([f"{name} = {m}.T[::-1].T"], more),
                ([f"{name} = {m}.copy()"], more),
                ([f"{m}[[{i}, {j}]] = {m}[[{j}, {i}]]"], scope),
                ([f"{m}[{i}], {m}[{j}] = {m}[{j}].copy(), {m}[{i}].copy()"], scope),
                ([f"{m}[{i}], {m}[{j}] = {m}[{j}], {m}[{i}]"], scope),
                ([f"{m} = 0.9 * {m}"], scope),
            ]
        )

    def swap(self, scope: Scope) -> Made:
        u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
        i, j = self.index(scope), self.index(scope)
        name = self.new("u")
        more = replace(scope, arrays=(*scope.arrays, name))
        return self.choices.of(
            [
                ([f"{u}, {v} = {v}, {u}" if u != v else f"{u} = {v}"], scope),
                ([f"x, y = y, {self.number(scope)}"], scope),
                ([f"{u}[{i}], {v}[{j}] = {v}[{j}], {u}[{i}]"], scope),
                ([f"{name}, {u} = halves({v})"], more),
                ([f"{name} = {u} = {self.array(scope)}"], more),
            ]
        )

    def call(self, scope: Scope) -> Made:
        u, p = self.choices.of([*scope.arrays, f"m[{self.row(scope)}]"]), self.atom(scope)
        v = self.view(scope)
        line = self.choices.of(
            [
                f"scale({u}, {p})",
                f"scale({self.view_of_two(scope)}, {p})",
                f"x = put({v}, {self.index(scope)}, {p})",
                f"y = y * put({u}, {self.index(scope)}, {p}) + {u}[1]",
                f"{self.choices.of(scope.arrays)} = smooth({u}, {v})",
                f"flip({v})",
                f"trade({u}, {v})",
                f"y = nudge({v}, {p})",
                f"x += climb({v}, {p}) * 0.5",
                f"run_down({v}, 2)",
                f"{self.choices.of(scope.arrays)} = grown({v})",
            ]
        )
        return [line], scope

    def scatter(self, scope: Scope) -> Made:
        u, v = self.choices.of(scope.arrays), self.choices.of(scope.arrays)
        test = f"{v} > {self.constant()}7"
        name = self.new("j")
        line = self.choices.of(
            [
                f"{u}[IDX] = {v}",
                f"{u}[IDX] += {v} * 0.5",
                f"{u}[IDX] *= {v}",
                f"{u}[{test}] = {self.atom(scope)}",
                f"{u}[{test}] *= 0.7",
                f"{u}[{test}] += 0.5 * {u}[{test}]",
                f"{u}[{test}] = ({self.array(scope)})[{test}]",
                f"m[m > {self.constant()}7] *= 0.8",
                f"{name} = np.argsort({v}); {u}[{name}[1:]] -= 0.3 * {u}[{name}[:-1]]",
                f"{name} = IDX.copy(); {name}[0] = {self.choices.integer(0, 3)}; "
                f"{u}[{name}] = {v}[{name}[::-1]]",
            ]
        )
        return line.split("; "), scope

    def unpack(self, scope: Scope) -> Made:
        p, q = self.atom(scope), self.number(scope)
        return [self.choices.of([f"x, y = pair({p}, {q})", f"y, x = {p} * 0.9, {q}"])], scope

    def reshaped(self, scope: Scope) -> Made:
        """A name bound to arrays of other sizes, the first of them a view."""
        name, p = self.new("r"), self.atom(scope)
        lines = [f"{name} = {self.view(scope)}", f"{name}[1] *= {p}"]
        lines += [f"{name} = {name}[{self.choices.of(['1:', ':-1', '::-1'])}]"]
        lines += [f"{name}[0] += {self.atom(scope)}", f"{name} = {name}[:2]", f"{name} *= {p}"]
        if self.choices.chance(40):
            lines = self.shrunk(scope, name, p)
        return lines, replace(scope, pairs=(*scope.pairs, name))

    def shrunk(self, scope: Scope, name: str, p: str) -> list[str]:
        """A name bound, round by round, to a smaller array that is computed from its last one."""
        part = self.new("s")
        step = self.choices.of([
            [f"    {name} = {name}[1:] * {p}"],
            [f"    {name} = 0.6 * {name}[:-1] + 0.4 * {name}[1:]"],
            [f"    {part} = {name}[:0:-1]", f"    {name} = np.sin({part}) * {p}"],
            [f"    {part} = {name}[:-1]", f"    {name} = {part} - {name}[-1] * {p}"],
            [f"    {part} = {name}[1:]", f"    {name} = {part}", f"    {name} = {name} * {p}"],
        ])  # fmt: skip
        rounds = self.choices.of([f"for {self.new('k')} in range(2):", f"while len({name}) > 2:"])
        lines = [f"{name} = {self.view(scope)}", rounds, *step]
        if self.choices.chance(50):
            lines += [f"    x += 0.1 * np.sum({name} * {name}) * {self.atom(scope)}"]
        return lines

    def function(self, scope: Scope) -> Made:
        """A function that reads names of the program as they are when it is called."""
        name, p, u = self.new("f"), self.choices.of(scope.numbers), self.element(scope)
        more = replace(scope, functions=(*scope.functions, name))
        lines = self.choices.of([
            [f"{name} = lambda q: q * {p} + {u}"],
            [f"{name} = lambda q, c={p}: c * q - {u}"],
            [f"def {name}(q):", f"    return {u} * q + 0.5 * {p}"],
            [f"def {name}(q):", f"    if q > {self.constant()}1:", f"        return q * {p}",
             "    inner = lambda s: s * q", f"    return inner({u})"],
        ])  # fmt: skip
        return lines, more
