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

from ...analysis.exposed import exposed
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Stmt,
    Store,
    expressions,
    names,
    times_bound,
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
    steps = steps_to([c.args[0] for c in calls], loop)
    if steps is None:
        return ()
    sure = [c for s in loop.body for e in expressions(s) for c in circular(e, True)]
    given = [*(c.args[0] for c in calls), *(s.value for s in steps.values())]
    if len(sure) < len(every) or any(c for e in given for c in circular(e)):
        return ()
    if reads_changes(given, loop, classes):
        return ()
    counts = {ast.unparse(c.args[0]): beyond(far, c.args[0]) for c in calls}
    chosen = {id(s) for s in steps.values()}
    body = (*(s for s in loop.body if id(s) in chosen), *counts.values())
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


def steps_to(wanted: list[Expr], loop: For) -> dict[str, Assign] | None:
    """The assignments that give names their values; None where they are not so simple."""
    bindings = times_bound(loop.body)
    carried = exposed(loop.body) & set(bindings)
    simple = {
        s.target: s
        for s in loop.body
        if isinstance(s, Assign) and bindings[s.target] == 1 and s.target not in carried
    }
    found: dict[str, Assign] = {}
    pending = [n for e in wanted for n in names(e)]
    while pending:
        name = pending.pop()
        if name in found or not bindings[name]:
            continue
        if name not in simple:
            return None
        found[name] = simple[name]
        pending += names(simple[name].value)
    return found


def reads_changes(given: list[Expr], loop: For, classes: Mapping[str, str]) -> bool:
    """Whether expressions read memory that the loop changes."""
    stored = {s.target for s in walk(loop.body) if isinstance(s, Store | Increment)}
    changed = {classes.get(n, n) for n in stored}
    return any(classes.get(n, n) in changed for e in given for n in names(e))


def beyond(far: str, argument: Expr) -> Stmt:
    """``far += abs(argument) > LIMIT``."""
    size = ast.Call(ast.Name("abs", ast.Load()), [argument], [])
    return Increment(far, None, ast.Compare(size, [ast.Gt()], [ast.Constant(LIMIT)]))
