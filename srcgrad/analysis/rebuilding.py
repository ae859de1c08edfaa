"""Rebuilding: how values whose life is inside one round of a loop come back.

In: the ``Cells`` of a Program, and what may be replayed. Out: ``Plan.rebuild``, ``Plan.after``
and ``Plan.invalid``; for each block its private cells, and for each statement what the rebuilds
before its reversal read.

Invariant: a private value is rebuilt at the last statement of its block that needs it, after
everything that its definition reads; blocks are decided from the inside out.
"""

from __future__ import annotations

import ast

from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Expr,
    For,
    Increment,
    Pop,
    Push,
    Stmt,
    Store,
    View,
    While,
    binds,
    blocks,
    expressions,
    names,
    uses,
    walk,
)
from .cells import Cell, Cells
from .exposed import exposed
from .facts import Path
from .partial import contents
from .plan import Plan, Rebuild

CHEAP_FUNCTIONS = frozenset(
    {"math.fabs", "math.sqrt", "np.abs", "np.sign", "np.sqrt", "np.float32"}
)
CHEAP_CALLS = frozenset({"abs", "min", "max", "float", "int", "len", "round", "bool"})
MOVED_OUT = frozenset(
    f"{module}.{name}" for module in ("math", "np") for name in ("sqrt", "exp", "log", "sin", "cos")
)
"""Functions that LLVM knows, and calls once, before a loop, where the operand stays the same."""


class Rebuilding:
    """The walk over the blocks from the inside out.

    Attributes
    ----------
    extra : dict
        By the path of a statement, what the rebuilds before its reversal read.
    private : dict
        By the path of a block, the cells whose life is inside one run of it.
    """

    def __init__(
        self, cells: Cells, plan: Plan, replay: bool, reload: bool, reversed_too: set[Path]
    ) -> None:
        self.facts = cells.facts
        self.cells = cells
        self.fused = {(position,) for position in plan.fused}
        self.reversed_too = reversed_too
        self.replay = replay
        self.reload = reload
        self.result = plan
        self.extra: dict[Path, set[Cell]] = {}
        self.private: dict[Path, set[Cell]] = {}
        self.anyway: set[Cell] = set()
        self.loop_writes: set[Cell] = set()

    def decide(self) -> None:
        """Decide for the whole program."""
        body, recursive = self.facts.program.body, self.facts.program.recursive
        for stmt in walk(body):
            if self.facts.is_alive(stmt):
                self.anyway |= self.cells.reads(stmt)
        if recursive:  # a call is like a round of a loop: it has values of its own
            self.loop_writes = set().union(*map(self.cells.changes, body))
        self.block_needs(body, (), recursive)

    def block_needs(self, body: Block, path: Path, in_loop: bool) -> set[Cell]:
        """What reversing a block reads from outside it; decides the block's rebuilds."""
        outermost = not in_loop
        needs: list[set[Cell]] = []
        for position, stmt in enumerate(body):
            here = (*path, position)
            is_loop = isinstance(stmt, For | While) and here not in self.fused
            if is_loop and outermost:
                self.loop_writes = self.cells.disturbs(stmt)
            alive = self.facts.is_alive(stmt) or here in self.reversed_too
            found = self.cells.reads(stmt) if alive else set()
            for which, inner in enumerate(blocks(stmt)):
                inside = self.block_needs(inner, (*here, which), in_loop or is_loop)
                if isinstance(stmt, For):
                    inside = inside - {stmt.counter}
                found |= inside
            needs.append(found)
        self.rebuilds(body, path, needs, in_loop)
        return set().union(*needs, set()) - self.private.get(path, set())

    def rebuilds(self, body: Block, path: Path, needs: list[set[Cell]], in_loop: bool) -> None:
        """Decide how the private values of a block come back, last defined first."""
        privates = self.privates(body, path, in_loop)
        self.private[path] = privates if in_loop else set()
        positions: dict[str, list[int]] = {name: [] for name in privates}
        for k, stmt in enumerate(body):
            for name in self.defined(stmt) & privates:
                positions[name].append(k)
        for name in sorted(privates, key=lambda n: (positions[n][:1], n), reverse=True):
            if name.startswith("mem:") or not positions[name]:
                continue
            where = positions[name]
            wanted = [k for k, n in enumerate(needs) if name in n]
            if not wanted:
                continue
            last = max(max(wanted), where[-1])
            stmt = body[where[0]]
            here = (*path, where[0])
            single = len(where) == 1 and name in binds(stmt) and not blocks(stmt)
            operands = self.replay_operands(name, stmt, needs, here[0]) if single else None
            valid = operands is not None and self.untouched(body, operands, where[0], last)
            at = (*path, last)
            if not in_loop:
                if self.is_shadow_view(stmt):
                    if valid:
                        self.add(at, Rebuild(name, "replay", stmt), operands or set(), needs[last])
                    else:
                        self.result.invalid.add(self.facts.classes[name])
                continue
            for need in needs:
                need.discard(name)
            free = all(self.is_free(c, privates, needs) for c in operands or ())
            undone = None if self.is_shadow_view(stmt) else self.appended(name, body, last)
            if undone is not None:
                self.add((*path, undone), Rebuild(name, "undo", stmt), set(), needs[undone])
            elif valid and operands is not None and self.worthwhile(stmt, free, body):
                self.add(at, Rebuild(name, "replay", stmt), operands, needs[last])
            else:
                if self.facts.is_paired(name) and not self.facts.is_dynamic(name):
                    if not isinstance(stmt, Assign | Call | Pop):
                        self.result.invalid.add(self.facts.classes[name])
                # Calls share the tapes: what comes back before a call goes there after it.
                recorded = last if self.facts.program.recursive else where[-1]
                self.result.after.setdefault((*path, recorded), []).append(name)
                self.result.cost += 100.0 ** self.depth(path)
                self.add(at, Rebuild(name, "record", stmt), set(), needs[last])

    def appended(self, name: str, body: Block, first: int) -> int | None:
        """Where a value goes on a list of the caller's, after which it is not needed."""
        params = self.facts.program.params if self.facts.program.recursive else ()
        for position, stmt in enumerate(body):
            match stmt:
                case Push(tape=t, value=ast.Name(id=n)) if n == name and t in params:
                    return position if position >= first else None
        return None

    def add(self, at: Path, rebuild: Rebuild, operands: set[Cell], needs: set[Cell]) -> None:
        """Note a rebuild; what it reads is needed there."""
        self.result.rebuild.setdefault(at, []).insert(0, rebuild)
        self.extra.setdefault(at, set()).update(operands)
        needs |= operands

    def defined(self, stmt: Stmt) -> set[str]:
        """Names bound in a statement or its blocks."""
        found = set(binds(stmt))
        for block in blocks(stmt):
            for inner in block:
                found |= self.defined(inner)
        return found

    def privates(self, body: Block, path: Path, in_loop: bool) -> set[Cell]:
        """Cells whose life is inside one run of the block."""
        facts = self.facts
        local = {n for n, home in facts.home.items() if home == path} - set(facts.program.params)
        counters = {s.counter for s in body if isinstance(s, For)}
        if not in_loop:
            return {n for n in local - counters if n not in facts.program.constants}
        bounds = {n for s in body if isinstance(s, For) for e in expressions(s) for n in names(e)}
        set_too = {n for s in body if not isinstance(s, For) for n in binds(s)} - bounds
        private: set[Cell] = local - exposed(body) - (counters - set_too)
        for root in facts.written:
            members = [n for n, c in facts.classes.items() if c == root]
            inside = all(facts.home.get(n, ())[: len(path)] == path for n in members)
            inside = inside and not set(members) & set(facts.program.params)
            owners = [n for n in members if n in private and facts.is_array(n)]
            if inside and owners:
                private.add(f"mem:{root}")
        return private

    def is_shadow_view(self, stmt: Stmt) -> bool:
        """Whether a statement makes a view whose shadow is made in the backward sweep."""
        if not isinstance(stmt, View | Alias):
            return False
        return self.facts.is_paired(stmt.target) and not self.facts.is_dynamic(stmt.target)

    def is_settled(self, name: str, position: int) -> bool:
        """Whether a list of arrays is not changed from a statement of the program on.

        The backward sweep has such a list as it is at the end.
        """
        classes = self.facts.classes
        for stmt in walk(self.facts.program.body[position:]):
            changed = stmt.tape if isinstance(stmt, Push | Pop) else "".join(binds(stmt)[:1])
            if self.facts.is_list_of_arrays(changed) and classes[changed] == classes[name]:
                return False
        return not self.facts.program.recursive

    def replay_operands(
        self, name: str, stmt: Stmt, needs: list[set[Cell]], position: int
    ) -> set[Cell] | None:
        """What replaying a definition reads; None where it cannot be replayed."""
        facts = self.facts
        lists = filter(facts.is_list_of_arrays, uses(stmt))
        if not all(self.is_settled(n, position) for n in lists):
            return None
        match stmt:
            case Alias(source=s):
                return {s}
            case View(source=s, value=v):
                return {s} | self.cells.of(contents(v) - {s}, names(v) - {s})
            case Assign() if facts.is_dynamic(name) and name in facts.active:
                return None  # its shadow would be another one
            case Assign(value=v) if facts.is_array(name):
                wanted = set().union(*needs)
                fresh = isinstance(v, ast.Call) and ast.unparse(v.func) in (
                    "np.empty",
                    "np.zeros",
                )
                mirrored = facts.is_paired(name) and not facts.is_dynamic(name)
                if fresh and mirrored and not self.cells.memory(name) & wanted:
                    return self.cells.of_expression(v)
                return self.cells.of_expression(v) if self.is_light(name, v) else None
            case Assign() if facts.is_list(name):
                return None  # what was appended to it would be missing
            case Assign(value=v):
                return self.cells.of_expression(v)
        return None

    def is_light(self, name: str, value: Expr) -> bool:
        """Whether each element of an array that nothing writes to is one arithmetic operation.

        Or, where an array is rolled, none.
        """
        if self.facts.classes.get(name, name) in self.facts.written:
            return False
        match value:
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()) | ast.UnaryOp(op=ast.USub()):
                return True
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=2)):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="roll")):
                return True
        return False

    def untouched(self, body: Block, operands: set[Cell], start: int, last: int) -> bool:
        """Whether operands keep their values from a definition to where it is replayed."""
        between = list(body[start + 1 : last])
        shaped = isinstance(body[last], Store | Increment | Call)  # read before it is undone
        if last > start and (blocks(body[last]) or shaped):
            between.append(body[last])
        return not any(self.cells.disturbs(s) & operands for s in between)

    def worthwhile(self, stmt: Stmt, free: bool, body: Block) -> bool:
        """Whether replaying is no dearer than recording."""
        if self.is_shadow_view(stmt):
            return True
        if isinstance(stmt, View | Alias):
            return free
        if not self.replay or not isinstance(stmt, Assign):
            return False
        if self.facts.is_array(stmt.target) and isinstance(stmt.value, ast.Call):
            return True
        cheap = is_cheap(stmt.value) or self.is_the_same(stmt)
        return free and (cheap or self.is_computed(stmt.value, body))

    def is_the_same(self, stmt: Assign) -> bool:
        """Whether a number is the same in all rounds, and computed before the loop for that."""
        match stmt.value:
            case ast.Call(func=func, args=[operand], keywords=[]):
                number = not self.facts.is_array(stmt.target)
                known = ast.unparse(func) in MOVED_OUT
                return number and known and not self.cells.of_expression(operand) & self.loop_writes
        return False

    def is_computed(self, value: Expr, body: Block) -> bool:
        """Whether reversing a block computes a value anyway, as that of ``cos(x)`` does sin(x)."""
        return any(
            isinstance(node, ast.Call) and ast.dump(node) == ast.dump(value)
            for stmt in body
            for p in self.facts.partials.get(id(stmt), ())
            for node in ast.walk(p.value)
        )

    def is_free(self, cell: Cell, privates: set[Cell], needs: list[set[Cell]]) -> bool:
        """Whether a cell is there without recording more."""
        if cell.startswith("mem:"):
            return cell not in self.loop_writes or self.reload
        if self.reload and self.facts.is_array(cell):
            return True
        if cell in privates:
            return cell in self.anyway or any(cell in n for n in needs) or self.replayable(cell)
        return cell not in self.loop_writes or cell in self.anyway or self.is_counter(cell)

    def replayable(self, name: str) -> bool:
        """Whether a private value is itself cheap to replay from free ones (roughly)."""
        for stmt in walk(self.facts.program.body):
            if name in binds(stmt) and isinstance(stmt, Assign | View | Alias):
                if self.facts.counts[name] != 1:
                    return False
                if isinstance(stmt, Assign) and not is_cheap(stmt.value):
                    return False
                operands = set().union(*map(names, expressions(stmt)))
                return all(
                    o not in self.loop_writes
                    or self.is_counter(o)
                    or o in self.anyway
                    or (self.reload and self.facts.is_array(o))
                    or self.replayable(o)
                    for o in operands - {name}
                )
        return False

    def is_counter(self, name: str) -> bool:
        """Whether a name counts the rounds of a loop."""
        return any(isinstance(s, For) and s.counter == name for s in walk(self.facts.program.body))

    def depth(self, path: Path) -> int:
        """The number of loops around a block."""
        body, depth = self.facts.program.body, 0
        for position, which in zip(path[::2], path[1::2], strict=False):
            stmt = body[position]
            depth += isinstance(stmt, For | While)
            body = blocks(stmt)[which]
        return depth


def is_cheap(value: Expr) -> bool:
    """Whether computing a number again costs no more than recording it."""
    match value:
        case ast.BinOp(op=ast.Pow()):
            return isinstance(value.right, ast.Constant) and value.right.value in (1, 2, 3)
        case ast.Call(func=ast.Name(id=name)):
            return name in CHEAP_CALLS
        case ast.Call(func=func):
            return ast.unparse(func) in CHEAP_FUNCTIONS
    return True
