"""Asides: what a function does beside its computation.

In: a ``Source``. Out: the same without ``with np.errstate(...)`` around statements, which stay, and
without clock readings that only messages use.

Invariant: what is computed stays the same. A ``with`` that makes NumPy raise, and a clock reading
that anything else depends on, are left for a later refusal.
"""

from __future__ import annotations

import ast
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

CLOCKS = (time.time, time.perf_counter, time.process_time, time.monotonic)
"""Functions that say how late it is."""

LEVELS = ("debug", "info", "warning", "error", "critical", "exception", "log")
"""Functions, and methods of loggers, that write a message."""

Resolve = Callable[[ast.expr], Any]
"""What an expression means outside of the function, if anything."""


def without_asides(tree: ast.FunctionDef, resolve: Callable[[str], Any]) -> ast.FunctionDef:
    """The function without what is beside its computation.

    Parameters
    ----------
    tree : ast.FunctionDef
        The function.
    resolve : callable
        What a free name means.
    """
    local = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not is_read(n)}
    local |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}

    def meaning(node: ast.expr) -> Any:
        if isinstance(node, ast.Attribute):
            return getattr(meaning(node.value), node.attr, None)
        return resolve(node.id) if isinstance(node, ast.Name) and node.id not in local else None

    calls = [n for n in ast.walk(tree) if isinstance(n, ast.With | ast.Call)]
    if not any(isinstance(n, ast.With) or is_clock(n, meaning) for n in calls):
        return tree
    new = ast.fix_missing_locations(_Quiet(meaning).visit(deepcopy(tree)))
    timed = timings(new, meaning)
    made: ast.FunctionDef = _Without(timed).visit(new) if timed else new
    return made


def is_read(node: ast.Name) -> bool:
    """Whether a name is read here."""
    return isinstance(node.ctx, ast.Load)


def is_clock(node: ast.AST, meaning: Resolve) -> bool:
    """Whether a node is a call that reads a clock."""
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return False
    value = meaning(node.func)
    return any(value is f for f in CLOCKS)


def is_message(value: Any) -> bool:
    """Whether a function writes a message."""
    if value is print or value is warnings.warn or value is warnings.simplefilter:
        return True
    owner = getattr(value, "__self__", None)
    if isinstance(owner, logging.Logger):
        return value.__name__ in LEVELS
    return any(value is getattr(logging, level) for level in LEVELS)


class _Quiet(ast.NodeTransformer):
    """Replaces ``with np.errstate(...)`` by its statements."""

    def __init__(self, meaning: Resolve) -> None:
        self.meaning = meaning

    def visit_With(self, node: ast.With) -> ast.With | list[ast.stmt]:
        """The statements of a ``with`` that changes no values."""
        self.generic_visit(node)
        return node.body if all(map(self.is_quiet, node.items)) else node

    def is_quiet(self, item: ast.withitem) -> bool:
        """Whether a context has to do with warnings only."""
        call = item.context_expr
        if item.optional_vars is not None or not isinstance(call, ast.Call) or call.args:
            return False
        value = self.meaning(call.func)
        if value is np.errstate:
            modes = [k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)]
            return len(modes) == len(call.keywords) and set(modes) <= {"ignore", "warn"}
        return value is warnings.catch_warnings and not call.keywords


def timings(tree: ast.FunctionDef, meaning: Resolve) -> set[str]:
    """Names that hold times, and that nothing but messages and other such names read."""
    found: set[str] = set()
    given = list(assignments(tree))
    while True:
        more = {name for name, value in given if reads_clock(value, found, meaning)}
        if more <= found:
            break
        found |= more
    found -= {name for name, value in given if not reads_clock(value, found, meaning)}
    while True:
        read = {n.id for n in computed(tree, found, meaning) if isinstance(n, ast.Name)}
        if not read & found:
            return found
        found -= read


def assignments(tree: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Every ``name = value``; for names that are bound otherwise, a value of no kind."""
    own = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                own.add(id(target))
                yield name, value
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not is_read(node) and id(node) not in own:
            yield node.id, ast.Constant(0)


def reads_clock(value: ast.expr, timed: set[str], meaning: Resolve) -> bool:
    """Whether a value is a time: a clock reading, or a difference of times."""
    match value:
        case ast.Call():
            return is_clock(value, meaning)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return reads_clock(left, timed, meaning) and reads_clock(right, timed, meaning)
        case ast.Name(id=name):
            return name in timed
    return False


def computed(node: ast.AST, timed: set[str], meaning: Resolve) -> Iterator[ast.AST]:
    """What is read other than in messages and for the times themselves."""
    match node:
        case ast.Expr(value=ast.Call(func=func)) if is_message(meaning(func)):
            return
        case ast.Assign(targets=[ast.Name(id=name)]) if name in timed:
            return
    if not isinstance(node, ast.Name) or is_read(node):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from computed(child, timed, meaning)


class _Without(ast.NodeTransformer):
    """Leaves assignments of some names out."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        """Nothing in place of a time."""
        match node.targets:
            case [ast.Name(id=name)] if name in self.names:
                return ast.copy_location(ast.Pass(), node)
        return node
