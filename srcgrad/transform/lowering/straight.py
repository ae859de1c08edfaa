"""Straight: a gradient has a version for operands that are not broadcast at run time.

In: the extents that operands were broadcast from, as ``loops`` met them. Out: those of the
parameters that are equal where nothing is broadcast (``equal_extents``), and the program that
tests this first and calls the other version, or raises, where it does not hold (``guarded``).

Invariant: the test reads the shapes of parameters only, before anything is computed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from ...errors import BROADCAST
from ...program import Check, Expr, If, Program, Return, Stmt
from .loops import loops, own
from .shapes import Extent, spelled


def equal_extents(program: Program) -> Mapping[Extent, Extent]:
    """For each extent of a parameter that is broadcast with others, the one they all equal.

    Where nothing is broadcast at run time there are none. What is known to be equal tells the
    shapes of more arrays: hence several looks.
    """
    equal: Mapping[Extent, Extent] = {}
    while own(program):
        found = loops(program, equal=equal)
        if not (more := joined(program, found.met, equal)):
            return equal
        equal = joined(program, found.fitted, more) or more
    return equal


def joined(
    program: Program, pairs: Iterable[tuple[Extent, Extent]], equal: Mapping[Extent, Extent]
) -> Mapping[Extent, Extent]:
    """More extents that are equal, with those known before; nothing where no pair adds to them."""
    known = {e for extents in own(program).values() for e in extents}
    group = dict(equal)

    def root(extent: Extent) -> Extent:
        while extent in group:
            extent = group[extent]
        return extent

    for pair in pairs:
        first, second = map(root, pair)
        if all(e in known or isinstance(e, int) for e in pair) and first != second:
            keep, drop = (second, first) if isinstance(second, int) else (first, second)
            if not isinstance(drop, int):
                group[drop] = keep
    return {extent: root(extent) for extent in group} if len(group) > len(equal) else {}


def guarded(program: Program, equal: Mapping[Extent, Extent], other: str) -> Program:
    """The program, after a test that its parameters are not broadcast.

    Where they are it calls the other version, or raises where that has no name yet.
    """
    tests: list[Expr] = [
        ast.Compare(spelled(extent), [ast.NotEq()], [spelled(kept)])
        for extent, kept in equal.items()
    ]
    test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)
    params: list[Expr] = [ast.Name(p, ast.Load()) for p in program.params]
    call = ast.Call(ast.Name(other, ast.Load()), params, [])
    error = ast.parse(f"raise ValueError({BROADCAST!r})").body[0]
    way: Stmt = Return(call) if other else Check(error)
    return program.with_body((If(test, (way,)), *program.body))
