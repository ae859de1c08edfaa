"""Versions: loops with sin, cos and tan are there twice, for arguments of usual size and for any.

In: an innermost loop with independent rounds. Out: statements that count the arguments of sin
and cos in it that are beyond ``LIMIT``. Where there are none, both are arithmetic that LLVM
vectorises; else the loop calls the library.

Invariant: what is computed before the loop is what each of its rounds computes, from values that
the loop does not change.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Stmt,
    Store,
    binds,
    bound,
    exposed,
    expressions,
    names,
    walk,
)
from ...rules.expressions import dotted
from ...vectormath.circular import LIMIT

CIRCULAR = frozenset({"math.sin", "math.cos", "math.tan"})
"""Functions that are arithmetic up to ``LIMIT`` only."""


def counting(
    loop: For, far: str, classes: Mapping[str, str], replaceable: Callable[[ast.Call], bool]
) -> Block:
    """Statements that count, in ``far``, arguments beyond the limit; none where it cannot be."""
    every = [c for s in walk(loop.body) for e in expressions(s) for c in circular(e)]
    calls = [c for c in every if replaceable(c)]
    if not calls:
        return ()
    steps: dict[str, Assign] = {}
    carried = exposed(loop.body) & bound(loop.body)
    if not all(collect(names(c.args[0]), loop, carried, steps) for c in calls):
        return ()
    sure = [c for s in loop.body for e in expressions(s) for c in circular(e, True)]
    given = [*(c.args[0] for c in calls), *(s.value for s in steps.values())]
    if len(sure) < len(every) or any(c for e in given for c in circular(e)):
        return ()
    if reads_changes(given, loop, classes):
        return ()
    counts = {ast.unparse(c.args[0]): beyond(far, c.args[0]) for c in calls}
    body = (*(s for s in loop.body if s in steps.values()), *counts.values())
    start = Assign(far, ast.Constant(0), line=loop.line)
    return start, replace(loop, body=body, comment="arguments of sin, cos, tan beyond the limit")


def circular(expr: ast.AST, sure: bool = False) -> Iterator[ast.Call]:
    """The calls of sin, cos and tan in an expression; ``sure``: those that are always evaluated."""
    if sure and isinstance(expr, ast.IfExp | ast.BoolOp):
        return
    if isinstance(expr, ast.Call) and dotted(expr.func) in CIRCULAR:
        yield expr
    for child in ast.iter_child_nodes(expr):
        yield from circular(child, sure)


def collect(wanted: set[str], loop: For, carried: set[str], steps: dict[str, Assign]) -> bool:
    """Gather the assignments that give names their values; False where they are not so simple."""
    for name in sorted(wanted - set(steps)):
        match [s for s in walk(loop.body) if name in binds(s)]:
            case []:
                continue
            case [Assign() as only] if name not in carried and any(s is only for s in loop.body):
                steps[name] = only
                if not collect(names(only.value), loop, carried, steps):
                    return False
            case _:
                return False
    return True


def reads_changes(given: list[Expr], loop: For, classes: Mapping[str, str]) -> bool:
    """Whether expressions read memory that the loop changes."""
    stored = {s.target for s in walk(loop.body) if isinstance(s, Store | Increment)}
    changed = {classes.get(n, n) for n in stored}
    return any(classes.get(n, n) in changed for e in given for n in names(e))


def beyond(far: str, argument: Expr) -> Stmt:
    """``far += abs(argument) > LIMIT``."""
    size = ast.Call(ast.Name("abs", ast.Load()), [argument], [])
    return Increment(far, None, ast.Compare(size, [ast.Gt()], [ast.Constant(LIMIT)]))
