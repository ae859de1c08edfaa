"""Prepare: a typed Program in the form that the backward sweep can reverse.

In: a typed Program. Out: the same with tests that their own branches would change bound to a
name first, with loops that end early counting their rounds, with no statement whose rule
reads both its old target and its new one, with no call of a recursive function that
overwrites a value, and with one name for an array that needs no other.

Invariant: the program computes what it did; new names have types.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from numba import types

from ..analysis.aliasing import alias_classes
from ..analysis.cells import ROUNDS
from ..analysis.derivatives import rank
from ..analysis.exposed import exposed
from ..analysis.partial import contents
from ..naming import numbered_name
from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    While,
    binds,
    blocks,
    bound,
    names,
    times_bound,
    uses,
    walk,
    with_blocks,
)
from ..rules import registry


def prepare(program: Program) -> Program:
    """The program, ready to be reversed."""
    kinds = dict(program.types)
    taken = set(kinds) | set(program.constants)
    classes = alias_classes(program)
    counts = times_bound(program.body)
    loops = [s for s in walk(program.body) if isinstance(s, For | While)]
    carried = {n for loop in loops for n in exposed(loop.body) | _left(loop, program)}

    def fresh(stem: str, kind: types.Type) -> str:
        name = numbered_name(stem, taken)
        kinds[name] = kind
        return name

    def block(body: Block) -> Block:
        return tuple(new for s in body for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        stmt = with_blocks(stmt, tuple(map(block, blocks(stmt))))
        if isinstance(stmt, For) and (resized := _resized(stmt)):
            first, stmt = _with_bounds(stmt, resized, fresh)
            return [*first, *changed(stmt)]
        return changed(stmt)

    def changed(stmt: Stmt) -> list[Stmt]:
        match stmt:
            case If(test=test) if _spoiled(stmt, classes):
                flag = fresh("test", types.boolean)
                name = ast.Name(flag, ast.Load())
                return [Assign(flag, test, line=stmt.line), replace(stmt, test=name)]
            case While() | For(exit=str()):
                return _counted(stmt, fresh)
            case Call(targets=ts, value=v):
                again = [t for t in ts if t in names(v) or counts[t] > 1 or t in carried]
                new = {t: fresh("new", kinds[t]) for t in again}
                called = replace(stmt, targets=tuple(new.get(t, t) for t in ts))
                return [called, *(named(t, new[t], kinds[t], stmt.line) for t in again)]
            case Pop(target=None, tape=tape):
                return [replace(stmt, target=fresh("dropped", kinds[tape].dtype))]
            case Assign(target=t, value=v) if t in names(v) and (
                _reads_result(v, kinds) or _is_gate(v, program)
            ):
                before = fresh("new", kinds[t])
                return [Assign(before, v, line=stmt.line), named(t, before, kinds[t], stmt.line)]
        return [stmt]

    return program.with_body(block(_named(program)), types=kinds)


def named(target: str, source: str, kind: types.Type, line: int) -> Stmt:
    """``target = source``."""
    if isinstance(kind, types.Array):
        return Alias(target, source, line=line)
    return Assign(target, ast.Name(source, ast.Load()), line=line)


def _named(program: Program) -> Block:
    """The body without second names of what has no other use: ``s0 = np.zeros(n); y = s0``."""
    body = program.body
    defined = times_bound(body)
    used = Counter(n for s in walk(body) for n in uses(s))
    makers = {s.target for s in body if isinstance(s, Assign)}
    new = {
        s.source: s.target
        for s in body
        if isinstance(s, Alias)
        and s.source in makers
        and s.target not in program.params
        and defined[s.source] == defined[s.target] == used[s.source] == 1
    }
    return tuple(
        replace(s, target=new[s.target]) if isinstance(s, Assign) and s.target in new else s
        for s in body
        if not (isinstance(s, Alias) and s.source in new)
    )


def _left(loop: For | While, program: Program) -> set[str]:
    """Names that a loop binds and that are read outside of it."""
    inside = {id(s) for s in walk((loop,))}
    read = {n for s in walk(program.body) if id(s) not in inside for n in uses(s)}
    return bound(loop.body) & read


def _resized(loop: For) -> set[str]:
    """Lists whose lengths a loop may change."""
    found = {s.tape for s in walk(loop.body) if isinstance(s, Push | Pop)}
    return found | {n for s in walk(loop.body) if isinstance(s, Call) for n in s.changed}


def _with_bounds(
    loop: For, lists: set[str], fresh: Callable[[str, types.Type], str]
) -> tuple[list[Stmt], For]:
    """Bounds that read these lists as names, and the loop that has them."""
    found: list[Stmt] = []
    bounds = {}
    for field in ("start", "stop", "step"):
        value = getattr(loop, field)
        if names(value) & lists:
            bounds[field] = ast.Name(fresh(field, types.int64), ast.Load())
            found.append(Assign(bounds[field].id, value, line=loop.line))
    return found, replace(loop, **bounds)  # type: ignore[arg-type]


def _spoiled(stmt: If, classes: dict[str, str]) -> bool:
    """Whether a branch may change what its test reads."""
    changed: set[str] = set()
    memory: set[str] = set()
    for inner in walk(stmt.body + stmt.orelse):
        changed |= set(binds(inner))
        if isinstance(inner, Store | Increment):
            memory.add(classes.get(inner.target, inner.target))
        if isinstance(inner, Push | Pop):
            changed.add(inner.tape)
        if isinstance(inner, Call):
            memory |= {classes.get(n, n) for n in inner.changed}
    read = {classes.get(n, n) for n in contents(stmt.test)}
    return bool(names(stmt.test) & changed or read & memory)


def _counted(stmt: While | For, fresh: Callable[[str, types.Type], str]) -> list[Stmt]:
    """A loop with a variable that counts its rounds."""
    count = fresh("rounds", types.int64)
    name = ast.Name(count, ast.Load())
    more: Expr = ast.BinOp(name, ast.Add(), ast.Constant(1))
    step = Assign(count, more, line=stmt.line, comment=ROUNDS)
    return [
        Assign(count, ast.Constant(0), line=stmt.line),
        with_blocks(stmt, ((*stmt.body, step),)),
    ]


def _is_gate(value: Expr, program: Program) -> bool:
    """Whether an operation is a gate of the user's."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) in program.gates


def _reads_result(value: Expr, kinds: dict[str, types.Type]) -> bool:
    """Whether the operation's rule reads its own result, or the result's shape."""
    found = registry.match(value, lambda e: rank(e, kinds))
    return found is not None and any("z" in names(p.value) for p in found.rule.pulls)
