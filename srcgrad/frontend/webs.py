"""Webs: one name for each variable that Python's assignments keep apart.

In: a Program whose names may be bound several times, for things of different types. Out: a
Program where definitions that never reach a common use have names of their own (``x``,
``x_1``), so that each name has one type and straight-line reassignment overwrites nothing.

Invariant: every use reads what it read before. Counters of loops keep their one name,
and a name that may be unset where it is read starts as nan (a number) or is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..naming import free_name
from ..program import (
    Assign,
    Block,
    Check,
    For,
    If,
    Program,
    Stmt,
    Swap,
    Update,
    While,
    binds,
    blocks,
    uses,
    with_blocks,
)
from ..rules.expressions import literal
from ..type_text import no_elements

Path = tuple[int, ...]
Definition = tuple[Path, str]
UNSET: Path = (-2,)
PARAMETER: Path = (-1,)
Reaching = dict[str, frozenset[Path]]
NOWHERE: Reaching = {}
"""What reaches a place that nothing reaches: the one after a ``raise``."""


@dataclass
class Flow:
    """Reaching definitions, found by walking the structured program."""

    kinds: Mapping[Definition, types.Type] = field(default_factory=dict)
    used: dict[Definition, frozenset[Path]] = field(default_factory=dict)
    order: dict[Definition, None] = field(default_factory=dict)
    in_place: set[Path] = field(default_factory=set)
    kept: set[Definition] = field(default_factory=set)
    late: dict[Path, set[str]] = field(default_factory=dict)

    def leaves(self, name: str, reaching: Collection[Path], here: Path) -> bool:
        """Whether a loop that runs for certain is the first to set a name that is read after it."""
        loops = [p for p, found in self.late.items() if name in found and here[: len(p)] != p]
        return any(path[: len(p)] == p for p in loops for path in reaching)

    def block(self, body: Block, env: Reaching, path: Path) -> Reaching:
        """The definitions that reach the end of a block."""
        for position, stmt in enumerate(body):
            env = self.statement(stmt, env, (*path, position))
            if env is NOWHERE:
                break
        return env

    def statement(self, stmt: Stmt, env: Reaching, here: Path) -> Reaching:
        """The definitions that reach the end of a statement."""
        if isinstance(stmt, If):
            self.read(stmt, env, here)
            yes = self.block(stmt.body, env, (*here, 0))
            return merge(yes, self.block(stmt.orelse, env, (*here, 1)))
        if isinstance(stmt, For | While):
            return self.loop(stmt, env, here)
        self.read(stmt, env, here)
        if isinstance(stmt, Check) and isinstance(stmt.node, ast.Raise):
            return NOWHERE
        return self.define(stmt, env, here)

    def loop(self, stmt: For | While, env: Reaching, here: Path) -> Reaching:
        """A loop, to the fixpoint of what reaches its head."""
        if isinstance(stmt, For):
            self.read(replace(stmt, exit=None), env, here)
        head = env
        while True:
            if isinstance(stmt, While):
                self.read(stmt, head, here)
                start = head
            else:
                start = self.define(stmt, head, here)
            end = self.block(stmt.body, start, (*here, 0))
            if isinstance(stmt, For) and stmt.exit and end is not NOWHERE:
                self.note(stmt.exit, end, here)
            grown = merge(head, end)
            if grown == head:
                if not runs(stmt) or end is NOWHERE:
                    return head
                self.late[here] = {n for n in end if UNSET in env.get(n, {UNSET})}
                return {**head, **{n: end[n] for n in self.late[here]}}
            head = grown

    def read(self, stmt: Stmt, env: Reaching, here: Path) -> None:
        """Note what reaches the uses of a statement."""
        for name in uses(stmt):
            self.note(name, env, here)

    def note(self, name: str, env: Reaching, here: Path) -> None:
        """Note what reaches one use."""
        known = self.used.get((here, name), frozenset())
        self.used[here, name] = known | env.get(name, frozenset({UNSET}))

    def define(self, stmt: Stmt, env: Reaching, here: Path) -> Reaching:
        """The statement's own definitions replace what reached it."""
        if self.changes(stmt, env, here):
            return env
        if isinstance(stmt, Swap):
            self.kept |= {(here, name) for name in stmt.targets}
        for name in binds(stmt):
            self.order.setdefault((here, name))
            env = {**env, name: frozenset({here})}
        return env

    def changes(self, stmt: Stmt, env: Reaching, here: Path) -> bool:
        """Whether a statement changes an array in place: ``x += array`` binds a number anew."""
        self.in_place.discard(here)
        if not isinstance(stmt, Update):
            return False
        before = [self.kinds.get((path, stmt.target)) for path in env.get(stmt.target, ())]
        after = self.kinds.get((here, stmt.target))
        if not isinstance(after, types.Array) or any(isinstance(k, types.Number) for k in before):
            return False
        self.in_place.add(here)
        return True


def runs(loop: For | While) -> bool:
    """Whether a loop has one round at least, for certain."""
    if isinstance(loop, While):
        return False
    bounds = [literal(b) for b in (loop.start, loop.stop, loop.step)]
    return all(type(b) is int for b in bounds) and bounds[2] != 0 and bool(range(*bounds))


def merge(a: Reaching, b: Reaching) -> Reaching:
    """What reaches a join."""
    if a is NOWHERE or b is NOWHERE:
        return b if a is NOWHERE else a
    unset = frozenset({UNSET})
    return {n: a.get(n, unset) | b.get(n, unset) for n in a.keys() | b.keys()}


def split_webs(
    program: Program,
    defined: Mapping[Definition, types.Type],
    known: Mapping[str, types.Type],
    places: Mapping[int, Place],
) -> Program:
    """Rename so that each web of definitions has its own name.

    Raises
    ------
    UnsupportedError
        Where a name is read that nothing can have set.
    """
    kinds = {**defined, **{(PARAMETER, name): kind for name, kind in known.items()}}
    flow = Flow(kinds)
    fixed = set(program.params) | set(program.constants)
    start = {n: frozenset({PARAMETER}) for n in fixed}
    flow.block(program.body, start, ())
    lines = {path: stmt.line for path, stmt in with_paths(program.body)}
    unset: set[Definition] = set()
    late: set[Definition] = set()
    parent: dict[Definition, Definition] = {}

    def find(d: Definition) -> Definition:
        while parent.setdefault(d, d) != d:
            d = parent[d]
        return d

    for (here, name), reaching in flow.used.items():
        if name in ("float", "int", "bool"):
            continue
        real = sorted(p for p in reaching if p != UNSET)
        if not real:
            reason = f"`{name}` is read here, but nothing has set it"
            raise UnsupportedError(Complaint(places.get(lines.get(here, 0)), reason))
        for other in real[1:]:
            parent[find((other, name))] = find((real[0], name))
        if (here, name) in flow.kept:
            parent[find((here, name))] = find((real[0], name))
        if UNSET in reaching:
            unset.add((real[0], name))
        elif flow.leaves(name, real, here):
            late.add((real[0], name))
    counters = {path for path, stmt in with_paths(program.body) if isinstance(stmt, For)}
    final = web_names(flow, find, fixed, counters)

    def rename(name: str, paths: frozenset[Path] | None) -> str:
        if not paths:
            return name
        real = [p for p in paths if p != UNSET]
        return final.get(find((real[0], name)), name) if real else name

    body = renamed(program.body, (), flow, rename)
    initial, others = (
        {s.target: s for s in (initialise(d, rename, find, defined, places, lines) for d in found)}
        for found in (sorted(unset), sorted(late))
    )
    body = (*(s for n, s in others.items() if n not in initial), *body)
    return guarded(program.with_body(body), initial, flow)


def guarded(program: Program, initial: Mapping[str, Assign], flow: Flow) -> Program:
    """Reads of names that may be unset raise at run time, as in Python."""
    if not initial:
        return program
    flags = {name: f"{name}_is_set" for name in initial}
    start: list[Stmt] = []
    for name, stmt in initial.items():
        start += [Assign(flags[name], ast.Constant(False)), stmt]

    def block(body: Block) -> Block:
        done: list[Stmt] = []
        for stmt in body:
            if not isinstance(stmt, For):
                done += [check(flags[n], n, stmt.line) for n in sorted(uses(stmt)) if n in flags]
            bound = [n for n in binds(stmt) if n in flags]
            now = [Assign(flags[n], ast.Constant(True), line=stmt.line) for n in bound]
            inner = [block(b) for b in blocks(stmt)]
            if isinstance(stmt, For) and now:
                inner[0] = (*now, *inner[0])
                now = []
            done += [with_blocks(stmt, tuple(inner)), *now]
        return tuple(done)

    return program.with_body((*start, *block(program.body)))


def check(flag: str, name: str, line: int) -> Stmt:
    """``if not y_is_set: raise UnboundLocalError``."""
    text = f"if not {flag}:\n    raise UnboundLocalError('{name} is not set')"
    return Check(ast.parse(text).body[0], line=line)


def initialise(
    definition: Definition,
    rename: Callable[[str, frozenset[Path] | None], str],
    find: Callable[[Definition], Definition],
    defined: Mapping[Definition, types.Type],
    places: Mapping[int, Place],
    lines: Mapping[Path, int],
) -> Assign:
    """The statement that gives a name which may be unset its first value."""
    path, name = definition
    root = find(definition)
    kinds = [t for d, t in defined.items() if d[1] == name and find(d) == root]
    target = rename(name, frozenset({path}))
    if kinds and all(isinstance(t, types.Float) for t in kinds):
        nan = ast.Attribute(ast.Name("math", ast.Load()), "nan", ast.Load())
        return Assign(target, nan, comment="unless it is set below")
    if kinds and all(isinstance(t, types.Boolean) for t in kinds):
        return Assign(target, ast.Constant(False))
    if kinds and all(isinstance(t, types.Integer | types.Float) for t in kinds):
        return Assign(target, ast.Constant(0), comment="unless it is set below")
    if kinds and all(isinstance(t, types.Array) for t in kinds):
        if len({(t.dtype, t.ndim) for t in kinds}) == 1:
            return Assign(target, no_elements(kinds[0]), comment="unless it is set below")
    reason = f"`{name}` may be unset where it is read (a branch or a loop of no rounds skips it)"
    place = places.get(lines.get(path, 0))
    raise UnsupportedError(Complaint(place, reason, f"set `{name}` before the branch or loop"))


def with_paths(body: Block, path: Path = ()) -> list[tuple[Path, Stmt]]:
    """Every statement with its path."""
    found: list[tuple[Path, Stmt]] = []
    for position, stmt in enumerate(body):
        here = (*path, position)
        found.append((here, stmt))
        for which, inner in enumerate(blocks(stmt)):
            found += with_paths(inner, (*here, which))
    return found


def web_names(
    flow: Flow,
    find: Callable[[Definition], Definition],
    fixed: set[str],
    counters: set[Path],
) -> dict[Definition, str]:
    """A name for each web: the user's for the first, numbered ones for the others."""
    webs: dict[str, dict[Definition, list[Definition]]] = {}
    for name in fixed:
        webs[name] = {find((PARAMETER, name)): [(PARAMETER, name)]}
    for definition in flow.order:
        group = webs.setdefault(definition[1], {})
        group.setdefault(find(definition), []).append(definition)
    taken = set(webs)
    final: dict[Definition, str] = {}
    for name, group in webs.items():
        places = {path for members in group.values() for path, _ in members}
        if len(group) == 1 or places <= counters:
            continue
        for root in list(group)[1:]:
            final[root] = free_name(name, taken)
    return final


def renamed(
    body: Block,
    path: Path,
    flow: Flow,
    rename: Callable[[str, frozenset[Path] | None], str],
) -> Block:
    """The block with every use and every definition under its web's name."""
    done: list[Stmt] = []
    for position, stmt in enumerate(body):
        here = (*path, position)
        reads = {n: rename(n, flow.used.get((here, n))) for n in uses(stmt)}
        writes = reads if here in flow.in_place else {}
        writes = writes or {n: rename(n, frozenset({here})) for n in binds(stmt)}
        inner = tuple(
            renamed(b, (*here, which), flow, rename) for which, b in enumerate(blocks(stmt))
        )
        if isinstance(stmt, Update) and here not in flow.in_place:
            old = ast.Name(stmt.target, ast.Load())
            value = ast.BinOp(old, stmt.op, stmt.value)
            stmt = Assign(stmt.target, value, line=stmt.line)
        done.append(with_blocks(rename_statement(stmt, reads, writes), inner))
    return tuple(done)


def rename_statement(stmt: Stmt, reads: Mapping[str, str], writes: Mapping[str, str]) -> Stmt:
    """A statement with its uses and its definitions renamed (its blocks untouched)."""
    changes: dict[str, Any] = {}
    for name, value in vars(stmt).items():
        if isinstance(value, ast.AST) and not isinstance(value, ast.operator):
            changes[name] = substitute(
                value, {o: ast.Name(n, ast.Load()) for o, n in reads.items()}
            )
        elif name in ("source", "tape", "exit") and isinstance(value, str):
            changes[name] = reads.get(value, value)
        elif name in ("sources", "changed"):
            changes[name] = tuple(reads.get(v, v) for v in value)
        elif name == "targets":
            changes[name] = tuple(writes.get(v, v) for v in value)
        elif name in ("target", "counter") and isinstance(value, str):
            changes[name] = writes.get(value, reads.get(value, value))
    return replace(stmt, **changes)


def substitute(expr: Any, mapping: Mapping[str, ast.expr]) -> Any:
    """The expression with names replaced; callees stay; shared parts are never changed."""
    match expr:
        case ast.Name(id=name):
            return mapping.get(name, expr)
        case ast.Call(func=func, args=args, keywords=keywords):
            return ast.Call(
                func,
                [substitute(a, mapping) for a in args],
                [ast.keyword(k.arg, substitute(k.value, mapping)) for k in keywords],
            )
        case ast.AST():
            fields = {
                name: [substitute(v, mapping) for v in value]
                if isinstance(value, list)
                else substitute(value, mapping)
                for name, value in ast.iter_fields(expr)
            }
            new = type(expr)(**fields)
            return ast.copy_location(new, expr) if isinstance(expr, ast.stmt) else new
    return expr
