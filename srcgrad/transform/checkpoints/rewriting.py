"""Rewriting: the two loops of a pair, with states recorded in place of what follows from them.

In: a flat, typed gradient Program, a ``Pair``, the names of the state. Out: the Program with the
loops anew: the forward one records the state of each round; the backward one puts it back and runs
the round again, under names of its own, with tapes for one round.

Invariant: before a round is reversed, all that its reversal reads is as it was after the round.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ...program import (
    Assign,
    Block,
    Comment,
    Expr,
    For,
    Program,
    Stmt,
    Store,
    View,
    binds,
    blocks,
    bound,
    names,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...returned import fresh_name
from ...rules.registry import instantiate
from ..lowering.effects import memory_classes
from .copies import Copy, copies
from .pairs import Pair, first_subscript, is_element, without_first, without_tapes
from .state import is_number, is_write


class Rewriting:
    """Writes the two loops anew."""

    def __init__(self, program: Program, pair: Pair, state: tuple[str, ...]) -> None:
        self.old = program
        self.pair = pair
        self.state = state
        self.kinds: dict[str, Any] = dict(program.types)
        self.states = {name: self.fresh(f"state_{name}") for name in state}
        loop = program.body[pair.forward]
        assert isinstance(loop, For)
        self.loop = loop
        self.classes = memory_classes(program)
        self.copies, self.end = self.still_there()
        private = bound(loop.body) - set(state)
        self.again = {name: self.fresh(f"{name}_again") for name in sorted(private)}
        for name, new in self.again.items():
            self.kinds[new] = self.kinds.get(name)

    def fresh(self, wish: str) -> str:
        """A free name, which is then taken."""
        program = replace(self.old, types=self.kinds)
        name = fresh_name(wish, program)
        self.kinds[name] = None
        return name

    def program(self) -> Program:
        """The program with the two loops, and the tapes of one round."""
        extent: Expr | None = None
        body: list[Stmt] = []
        for position, stmt in enumerate(self.old.body):
            if isinstance(stmt, Assign) and stmt.target in self.pair.tapes:
                extent = first_extent(stmt)
                body += [] if stmt.target in self.copies else self.made_smaller(stmt)
            elif position == self.pair.forward:
                assert extent is not None
                body += [*self.made_states(extent), self.forward()]
            elif position == self.pair.backward:
                body.append(self.backward(stmt))
            else:
                body.append(stmt)
        return self.old.with_body(body, types=self.kinds)

    def made_smaller(self, stmt: Assign) -> list[Stmt]:
        """The tape of one round; a number needs none."""
        call = stmt.value
        assert isinstance(call, ast.Call)
        kind = self.kinds[stmt.target]
        if kind.ndim == 1:
            self.kinds[stmt.target] = kind.dtype
            return []
        self.kinds[stmt.target] = types.Array(kind.dtype, kind.ndim - 1, "C")
        shape = without_first(call.args[0])
        assert shape is not None
        return [replace(stmt, value=ast.Call(call.func, [shape, *call.args[1:]], call.keywords))]

    def made_states(self, extent: Expr) -> list[Stmt]:
        """The tapes of the states."""
        found: list[Stmt] = []
        for name, tape in self.states.items():
            kind = self.kinds[name]
            rank, dtype = getattr(kind, "ndim", 0), getattr(kind, "dtype", kind)
            text = [f"{name}.shape[{axis}]" for axis in range(rank)]
            sizes = [extent, *(ast.parse(t, mode="eval").body for t in text)]
            shape = ast.Tuple(sizes, ast.Load()) if rank else extent
            element = "bool_" if dtype == types.boolean else str(dtype)
            made = ast.parse(f"np.empty(0, np.{element})", mode="eval").body
            assert isinstance(made, ast.Call)
            self.kinds[tape] = types.Array(dtype, rank + 1, "C")
            found.append(Assign(tape, ast.Call(made.func, [shape, made.args[1]], [])))
        return found

    def forward(self) -> Stmt:
        """The loop that records its states."""
        saved = [
            Store(tape, self.pair.round, ast.Name(name, ast.Load()), comment="the state")
            for name, tape in self.states.items()
        ]
        return replace(self.loop, body=(*saved, *without_tapes(self.loop.body, self.pair.tapes)))

    def backward(self, stmt: Stmt) -> Stmt:
        """The reversal: the state comes back, the round runs again, and is reversed."""
        assert isinstance(stmt, For)
        back: list[Stmt] = [Comment("The round again, from the state that it began with")]
        for name, tape in self.states.items():
            held = ast.Subscript(ast.Name(tape, ast.Load()), self.pair.round, ast.Load())
            if is_number(self.old, name):
                back.append(Assign(name, held))
                continue
            row = self.fresh(f"{tape}_row")
            kind = self.kinds[name]
            self.kinds[row] = types.Array(kind.dtype, kind.ndim, "C")
            back.append(View(row, tape, held))
            back.append(Store(name, ast.Constant(...), ast.Name(row, ast.Load())))
        kept = tuple(without_tapes(self.loop.body[: self.end], tuple(self.copies)))
        again = self.renamed(self.smaller(kept))
        return replace(stmt, body=(*back, *again, *self.smaller(stmt.body)))

    def still_there(self) -> tuple[dict[str, Copy], int]:
        """The tapes that are not needed, and where a round may end that is run again."""
        found = copies(self.old, self.pair, self.classes)
        while True:
            end = self.wanted(found)
            lost = {t for t, c in found.items() if any(k < end for k in c.after)}
            if not lost:
                return found, end
            found = {t: c for t, c in found.items() if t not in lost}

    def wanted(self, found: Mapping[str, Copy]) -> int:
        """Where a round ends without what comes last and nobody records or looks at again."""
        reversal = self.old.body[self.pair.backward]
        assert isinstance(reversal, For)
        seen = set().union(*({*uses(s), *binds(s)} for s in walk(reversal.body)))
        groups = {self.classes.get(n, n) for n in seen} | (set(self.pair.tapes) - set(found))
        needed = set().union(*(c.before for c in found.values()))
        end = len(self.loop.body)
        while end and end - 1 not in needed:
            inside = list(walk((self.loop.body[end - 1],)))
            touched = {self.classes.get(s.target, s.target) for s in inside if is_write(s)}  # type: ignore[attr-defined]
            if touched & groups - set(found) or bound(tuple(inside)) & seen & set(self.state):
                break
            end -= 1
        return end

    def smaller(self, body: Block) -> Block:
        """A block with the tapes of one round."""
        found: list[Stmt] = []
        for stmt in body:
            stmt = with_blocks(stmt, tuple(map(self.smaller, blocks(stmt))))
            stmt = with_expressions(stmt, self.shortened)
            if isinstance(stmt, Store) and stmt.target in self.pair.tapes:
                rest = without_first(stmt.index)
                stmt = (
                    Assign(stmt.target, stmt.value) if rest is None else replace(stmt, index=rest)
                )
            found.append(stmt)
        return tuple(found)

    def shortened(self, value: Expr) -> Expr:
        """An expression with the tapes of one round."""
        if not names(value) & set(self.pair.tapes):
            return value
        copied = ast.parse(ast.unparse(value), mode="eval").body
        held = {t: self.again_of(c) for t, c in self.copies.items()}
        shorter: Expr = Shortening(self.pair.tapes, held).visit(copied)
        return shorter

    def again_of(self, copy: Copy) -> Expr:
        """The element of an array that a tape is a copy of, in the round that has run again."""
        name = self.again.get(copy.source, copy.source)
        return ast.Subscript(ast.Name(name, ast.Load()), copy.element.slice, ast.Load())

    def renamed(self, body: Block) -> Block:
        """A block with the round's own names new."""
        given = {old: ast.Name(new, ast.Load()) for old, new in self.again.items()}
        found = []
        for stmt in body:
            stmt = with_blocks(stmt, tuple(map(self.renamed, blocks(stmt))))
            stmt = with_expressions(stmt, lambda e: instantiate(e, given))
            changes: dict[str, Any] = {}
            for key in ("target", "counter", "source"):
                if (name := getattr(stmt, key, None)) in self.again:
                    changes[key] = self.again[name]
            found.append(replace(stmt, **changes) if changes else stmt)
        return tuple(found)


def first_extent(stmt: Assign) -> Expr:
    """The number of rounds that a tape is made for."""
    assert isinstance(stmt.value, ast.Call)
    return first_subscript(stmt.value.args[0])


class Shortening(ast.NodeTransformer):
    """``tape[k, i]`` becomes ``tape[i]``, or what it is a copy of; ``tape[k]`` becomes ``tape``."""

    def __init__(self, tapes: tuple[str, ...], held: Mapping[str, Expr]) -> None:
        self.tapes = tapes
        self.held = held

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        """An element of a tape, or anything else."""
        self.generic_visit(node)
        tape = next((t for t in self.tapes if is_element(node, t)), None)
        if tape is None or tape in self.held:
            return node if tape is None else self.held[tape]
        rest = without_first(node.slice)
        return node.value if rest is None else ast.Subscript(node.value, rest, ast.Load())
