"""Renaming: statements with other names, and expressions for some of them.

In: a block. Out: the same with names replaced, those that statements bind as well.

Invariant: what is replaced by an expression is bound nowhere in the block.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from ...program import Block, Check, Expr, Stmt, blocks, with_blocks
from ...rules.registry import instantiate


def renamed(body: Block, new: Mapping[str, str], values: Mapping[str, Expr] | None = None) -> Block:
    """A block with other names, and expressions in the place of names."""
    variables: dict[str, Expr] = {n: ast.Name(t, ast.Load()) for n, t in new.items()}
    found = {**variables, **(values or {})}
    return tuple(statement(s, new, found) for s in body)


def statement(stmt: Stmt, new: Mapping[str, str], found: Mapping[str, Expr]) -> Stmt:
    """A statement with other names."""
    changes: dict[str, Any] = {}
    for part in fields(stmt):
        value = getattr(stmt, part.name)
        if isinstance(value, ast.expr):
            changes[part.name] = instantiate(value, found)
        elif part.name in ("target", "source", "counter", "exit", "tape"):
            changes[part.name] = new.get(value, value)
        elif part.name in ("targets", "sources", "changed"):
            changes[part.name] = tuple(new.get(n, n) for n in value)
    if isinstance(stmt, Check):
        changes["node"] = instantiate(stmt.node, found)  # type: ignore[arg-type]
    inner = tuple(tuple(statement(s, new, found) for s in b) for b in blocks(stmt))
    changed = replace(stmt, **changes)
    return with_blocks(changed, inner)
