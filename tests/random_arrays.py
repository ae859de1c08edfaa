"""Random functions of whole arrays: operands that broadcast, views, updates in place, reductions.

In: a source of choices. Out: the text of a module with ``primal(A, B, C, v, w, s)``, for arrays of
shapes (n, m), (n, 1), (1, m), (m,), (n,) and a number.

Invariant: shapes fit for every n and m, 1 included; no comparison is a tie.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from random_programs import Choices

Shape = tuple[str, ...]

PARAMETERS: dict[str, Shape] = {
    "A": ("n", "m"), "B": ("n", "1"), "C": ("1", "m"), "v": ("m",), "w": ("n",), "s": (),
}  # fmt: skip
ELEMENTWISE = [
    "0.5 * {}", "-{}", "{} ** 2", "np.tanh({})", "np.sin({})", "np.exp(-{} ** 2)",
    "1.0 / (2.0 + {} ** 2)",
]  # fmt: skip


def arguments(n: int, m: int) -> tuple[np.ndarray | float, ...]:
    """Arguments of these extents."""
    rng = np.random.default_rng(n + 10 * m)
    shapes = [(n, m), (n, 1), (1, m), (m,), (n,)]
    return (*(rng.uniform(-0.4, 0.8, shape) for shape in shapes), 0.37)


def common(a: Shape, b: Shape) -> Shape | None:
    """The shape that two broadcast to, for all extents."""
    rank = max(len(a), len(b))
    pairs = zip(("1",) * (rank - len(a)) + a, ("1",) * (rank - len(b)) + b, strict=True)
    found = [x if y in (x, "1") else y if x == "1" else "" for x, y in pairs]
    return None if "" in found else tuple(found)


def views(shape: Shape) -> list[tuple[str, Shape]]:
    """Parts of a matrix, and their shapes."""
    n, m = shape
    return [
        ("{}.T", (m, n)), ("{}[0]", (m,)), ("{}[:, 0]", (n,)), ("{}[::-1]", shape),
        ("{}[:, 0:1]", (n, "1")), ("{}[0:1]", ("1", m)), ("{}[:, ::-1]", shape),
    ]  # fmt: skip


@dataclass
class Writer:
    """Writes one program; ``shapes`` are those of the names that are bound."""

    choices: Choices
    shapes: dict[str, Shape] = field(default_factory=lambda: dict(PARAMETERS))
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def name(self, rank: int | None = None) -> str:
        """A name of this rank."""
        return self.choices.of(
            [n for n, s in self.shapes.items() if rank is None or len(s) == rank]
        )

    def fresh(self) -> str:
        """A new name."""
        self.count += 1
        return f"t{self.count}"

    def value(self, depth: int) -> tuple[str, Shape]:
        """An expression, and its shape."""
        kind = self.choices.integer(1, 20) if depth else 1
        if kind <= 5:
            name = self.name()
            return name, self.shapes[name]
        a, shape = self.value(depth - 1)
        if kind <= 8:
            return f"({self.choices.of(ELEMENTWISE).format(a)})", shape
        if kind <= 10 and len(shape) == 2:
            return self.reduced(a, shape)
        if kind == 11 and shape:
            new = shape[::-1] if len(shape) == 2 else (*shape, "1")
            return (f"({a}).T" if len(shape) == 2 else f"({a})[:, None]"), new
        b, other = self.value(depth - 1)
        if kind <= 13 and shape and other and shape[-1] == other[0]:
            if len(shape) == 2 or len(other) == 1:
                return f"({a} @ {b})", shape[:-1] + other[1:]
        both = common(shape, other)
        if both is None:
            return a, shape
        if kind == 14:
            return f"np.where({a} > 0.31, {a}, {b})", both
        return f"({a} {self.choices.of(['+', '-', '*'])} {b})", both

    def reduced(self, a: str, shape: Shape) -> tuple[str, Shape]:
        """A sum or a mean of a matrix."""
        function, axis = self.choices.of(["np.sum", "np.mean"]), self.choices.integer(-1, 1)
        if axis < 0:
            return f"{function}({a})", ()
        if self.choices.chance(50):
            kept = tuple("1" if k == axis else e for k, e in enumerate(shape))
            return f"{function}({a}, axis={axis}, keepdims=True)", kept
        return f"{function}({a}, axis={axis})", (shape[1 - axis],)

    def statement(self, depth: int) -> None:
        """One statement."""
        indent, kind = "    " * depth, self.choices.integer(1, 20)
        if kind <= 9:
            text, shape = self.value(3)
            again = [n for n, s in self.shapes.items() if s == shape]
            name = self.choices.of(again) if again and self.choices.chance(20) else self.fresh()
            self.lines.append(f"{indent}{name} = {text}")
            self.shapes[name] = shape
        elif kind <= 14:
            self.update(indent, *self.place())
        elif kind <= 17:
            name = self.name(2)
            form, shape = self.choices.of(views(self.shapes[name]))
            part = self.fresh()
            self.lines.append(f"{indent}{part} = {form.format(name)}")
            self.shapes[part] = shape
        elif depth < 3:
            known = dict(self.shapes)
            header = ["for _ in range(2):", "if s > 0.1:", "if s > 5.0:"]
            self.lines.append(f"{indent}{self.choices.of(header)}")
            for _ in range(self.choices.integer(1, 3)):
                self.statement(depth + 1)
            self.lines.append(f"{indent}    pass")
            self.shapes = known

    def place(self) -> tuple[str, Shape]:
        """An array, or a part of one, that can be written to."""
        name = self.name(self.choices.integer(1, 2))
        shape = self.shapes[name]
        if len(shape) == 1:
            return f"{name}[:]", shape
        return self.choices.of(
            [(f"{name}[:]", shape), (f"{name}[0]", shape[1:]), (f"{name}[:, 0]", shape[:1])]
        )

    def update(self, indent: str, place: str, shape: Shape) -> None:
        """A write of what fits."""
        text, other = self.value(2)
        if common(shape, other) == shape:
            operator = self.choices.of(["=", "+=", "-=", "*="])
            self.lines.append(f"{indent}{place} {operator} {text}")


def program_text(choices: Choices) -> str:
    """The text of a module."""
    writer = Writer(choices)
    for _ in range(choices.integer(3, 9)):
        writer.statement(1)
    chosen = sorted({writer.name() for _ in range(4)})
    result = " + ".join(f"0.1 * np.sum({n} * {n})" for n in chosen)
    body = "\n".join([*writer.lines, f"    return {result}"])
    return f"import numpy as np\n\n\ndef primal({', '.join(PARAMETERS)}):\n{body}\n"
