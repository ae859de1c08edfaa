"""Repeated calls: a sine or an exponential that a number still holds is not computed again.

In: a Program at level "loops". Out: the same, where a call of a mathematical function whose value
is in a number already (``c = math.cos(t)``) is that number: the derivative of a sine needs the
cosine that rotations have computed, and the other way round.

Invariant: the same numbers. The call's operands and the number that has its value are unchanged
from the one to the other: in a block and in the blocks inside it nothing binds them or writes to
their memory; or each of them is bound once in the program, outside of loops, and the operands in
the same block before the number, so that where they are set it is.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from typing import Any

from ...program import (
    Assign,
    Block,
    Call,
    Expr,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    While,
    binding_counts,
    binds,
    blocks,
    expressions,
    names,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.expressions import dotted
from .effects import memory_classes

COSTLY = frozenset(
    f"{module}.{name}"
    for module in ("math", "np")
    for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh")
)
"""Functions of one number that cost more than keeping their values."""

Known = dict[str, str]
"""The text of a call, and the number that has its value."""


def without_repeated(program: Program) -> Program:
    """The program with calls in place of which numbers stand that have their values."""
    if not any(costly_call(s) for s in walk(program.body)):
        return program
    return program.with_body(Reuse(program).block(program.body, {}, False))


def costly_call(stmt: Stmt) -> str | None:
    """The text of the call in ``c = math.cos(t)``."""
    match stmt:
        case Assign(value=ast.Call(func=func, args=[_], keywords=[]) as call) if (
            dotted(func) in COSTLY
        ):
            return ast.unparse(call)
    return None


class Reuse:
    """The calls whose values are known, from statement to statement."""

    def __init__(self, program: Program) -> None:
        self.types = program.types
        self.classes = memory_classes(program)
        self.bindings = binding_counts(program)
        self.lasting: Known = {}

    def block(self, body: Block, known: Known, looped: bool) -> Block:
        """A block; ``known`` is what holds before it, and then after it."""
        result = []
        for k, stmt in enumerate(body):
            if isinstance(stmt, For | While):
                self.forget(known, stmt)
            new = replaced(stmt, known | self.lasting)
            inside = looped or isinstance(stmt, For | While)
            new = with_blocks(new, tuple(self.block(b, dict(known), inside) for b in blocks(stmt)))
            self.forget(known, stmt)
            result.append(new)
            text = costly_call(stmt)
            if text is None or not isinstance(stmt, Assign) or not self.is_number(stmt.target):
                continue
            if stmt.target not in names(stmt.value):
                known.setdefault(text, stmt.target)
            if not looped and self.lasts(stmt, body[:k]):
                self.lasting.setdefault(text, stmt.target)
        return tuple(result)

    def is_number(self, name: str) -> bool:
        """Whether a name is of a number."""
        return not hasattr(self.types.get(name), "ndim")

    def lasts(self, stmt: Assign, before: Block) -> bool:
        """Whether a number has a call's value wherever the operands are set."""
        operands = names(stmt.value)
        here = {n for s in before for n in binds(s)}
        return all(
            self.bindings[n] == 1 and self.is_number(n) for n in {*operands, stmt.target}
        ) and (operands <= here)

    def forget(self, known: Known, stmt: Stmt) -> None:
        """Drop what a statement may change."""
        changed: set[str] = set()
        groups: set[str] = set()
        for s in walk((stmt,)):
            changed |= set(binds(s))
            if isinstance(s, Store | Increment):
                groups.add(self.classes.get(s.target, s.target))
            if isinstance(s, Call):
                groups |= {self.classes.get(n, n) for n in s.changed}
        for text, name in list(known.items()):
            read = {name, *operands(text)}
            if read & changed or {self.classes.get(n, n) for n in read} & groups:
                del known[text]


@functools.lru_cache(maxsize=1024)
def operands(text: str) -> frozenset[str]:
    """The names in a call."""
    return frozenset(names(ast.parse(text, mode="eval").body))


class Replacer(ast.NodeTransformer):
    """Calls become the numbers that have their values."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known

    def visit_Call(self, node: ast.Call) -> Any:
        """A call, or its number."""
        if dotted(node.func) in COSTLY and (name := self.known.get(ast.unparse(node))):
            return ast.Name(name, ast.Load())
        return self.generic_visit(node)


def replaced(stmt: Stmt, known: Mapping[str, str]) -> Stmt:
    """A statement with calls replaced in its own expressions."""
    if not known or isinstance(stmt, If | For | While) or not has_costly(expressions(stmt)):
        return stmt
    replacer = Replacer(known)
    return with_expressions(stmt, lambda e: replacer.visit(copied(e)) if has_costly((e,)) else e)


def has_costly(found: tuple[Expr, ...]) -> bool:
    """Whether there is a costly call in expressions."""
    calls = (n for e in found for n in ast.walk(e) if isinstance(n, ast.Call))
    return any(dotted(n.func) in COSTLY for n in calls)


def copied(expr: Expr) -> Expr:
    """An expression of its own."""
    return ast.parse(ast.unparse(expr), mode="eval").body
