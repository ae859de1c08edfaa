"""Recording: how the backward sweep gets each value that it reads.

In: the ``Facts`` of a Program. Out: a ``Plan``: which values are recorded before they are
overwritten, and which are rebuilt (replayed, or taken from a record made after their
definition) at what point of the backward sweep. Every other value is still there.

Invariant: when the backward sweep reverses a statement, every value that the reversal reads is
what it was when the statement ran. The walk of ADJOINT's rule: a cell is *needed* once a
statement's reversal reads it; a statement that overwrites a needed cell records it first.
A value whose whole life is inside one round of a loop (*private*) is instead rebuilt at the
last statement that needs it.

Cells are names, and ``mem:`` with an alias class for the contents of written arrays.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from numba import types

from ..errors import Complaint, UnsupportedError
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
    Swap,
    View,
    While,
    binds,
    blocks,
    exposed,
    expressions,
    names,
    uses,
    walk,
)
from .accumulations import fusable
from .coverage import coverage
from .elements import own_axis
from .facts import Facts, Path
from .freshness import unread_stores
from .partial import contents

Cell = str

Covered = Mapping[int, set[Cell]]
"""What a statement (by its ``id``) overwrites from end to end."""


@dataclass(frozen=True)
class Rebuild:
    """A value that is brought back in the backward sweep."""

    name: str
    how: Literal["replay", "record"]
    stmt: Stmt


@dataclass
class Plan:
    """What is recorded and rebuilt, by the path of the statement.

    Attributes
    ----------
    before : dict
        Cells whose old values are recorded before the statement runs.
    after : dict
        Names whose values are recorded after the statement.
    rebuild : dict
        What is rebuilt just before the statement is reversed, in this order.
    cost : float
        An estimate of the size of the tape.
    fused : tuple of int
        The positions of loops whose rounds are reversed as soon as they have run.
    invalid : set
        Alias classes whose shadows cannot be rebuilt: they have to be carried.
    undone : set
        Statements that are undone instead of recording what they overwrite.
    """

    before: dict[Path, set[Cell]] = field(default_factory=dict)
    after: dict[Path, list[str]] = field(default_factory=dict)
    rebuild: dict[Path, list[Rebuild]] = field(default_factory=dict)
    cost: float = 0.0
    fused: tuple[int, ...] = ()
    invalid: set[str] = field(default_factory=set)
    undone: set[Path] = field(default_factory=set)


def recording(facts: Facts, everything: bool = False, fuse: bool = True) -> Plan:
    """The cheaper of two plans: loads from arrays that are written later, replayed or recorded.

    Parameters
    ----------
    facts : Facts
        Of a Program.
    everything : bool
        Whether nothing is replayed.
    fuse : bool
        Whether a loop that only adds up is swept forward and backward in one pass.
    """
    fused = fusable(facts) if fuse else ()
    whole = coverage(facts)
    if everything:
        return _settled(facts, whole, False, False, fused)
    plans = [_settled(facts, whole, True, reload, fused) for reload in (True, False)]
    return min(plans, key=lambda p: p.cost)


def _settled(
    facts: Facts, covered: Covered, replay: bool, reload: bool, fused: tuple[int, ...]
) -> Plan:
    """A plan in which a branch or loop that has something to restore is itself reversed."""
    reversed_too: set[Path] = set()
    while True:
        plan = _Planner(facts, covered, replay, reload, fused, reversed_too).plan()
        inside = [p for p, cells in plan.before.items() if cells]
        more = {p[:k] for p in inside for k in range(1, len(p), 2)} - reversed_too
        if not more:
            return plan
        reversed_too |= more


CHEAP_CALLS = frozenset({"abs", "min", "max", "float", "int", "len", "round", "bool"})


class _Planner:
    """Two walks over the program: rebuilds from the inside out, then what is needed, in order."""

    def __init__(
        self,
        facts: Facts,
        covered: Covered,
        replay: bool,
        reload: bool,
        fused: tuple[int, ...],
        reversed_too: set[Path],
    ) -> None:
        self.facts = facts
        self.fused = {(position,) for position in fused}
        self.reversed_too = reversed_too
        self.replay = replay
        self.reload = reload
        self.result = Plan(fused=fused)
        self.extra: dict[Path, set[Cell]] = {}
        self.private: dict[Path, set[Cell]] = {}
        self.anyway: set[Cell] = set()
        self.loop_writes: set[Cell] = set()
        self.covered = covered
        self.unread = unread_stores(facts)

    def plan(self) -> Plan:
        """The plan."""
        program = self.facts.program
        body, recursive = program.body, program.recursive
        for stmt in walk(body):
            if self.facts.is_alive(stmt):
                self.anyway |= self.reads(stmt)
        if recursive:  # a call is like a round of a loop: it has values of its own
            self.loop_writes = set().union(*map(self.changes, body))
        self.block_needs(body, (), recursive)
        start = {n for n in self.facts.wrt if self.facts.is_dynamic(n)}
        if recursive:  # the caller may need what its arrays held
            start = set().union(*map(self.memory, program.params))
        self.walk_block(body, (), start, int(recursive))
        return self.result

    # What a statement's reversal reads and what the statement writes

    def cells(self, read: set[str], mentioned: set[str]) -> set[Cell]:
        """Cells for names whose contents are read, and names that are only mentioned."""
        found: set[Cell] = set()
        constants = self.facts.program.constants
        for name in mentioned | read:
            if name in constants:
                continue
            found.add(name)
            if name in read:
                found |= self.memory(name)
        return found

    def memory(self, name: str) -> set[Cell]:
        """The memory cell of a name, where it is written at all."""
        root = self.facts.classes.get(name, name)
        return {f"mem:{root}"} if root in self.facts.written else set()

    def of_expression(self, expr: Expr) -> set[Cell]:
        """Cells that evaluating an expression reads."""
        return self.cells(contents(expr), names(expr))

    def reads(self, stmt: Stmt) -> set[Cell]:
        """What the reversal of a statement reads (its blocks not counted)."""
        facts = self.facts
        found: set[Cell] = set()
        match stmt:
            case Assign(target=t) | View(target=t) | Alias(target=t):
                if isinstance(stmt, View | Alias) and facts.is_paired(t):
                    return set()
                for p in facts.partials[id(stmt)]:
                    gradients = {facts.gradient(t)}
                    found |= self.cells(p.reads - gradients, p.mentions - gradients)
                    if facts.is_paired(p.operand) or facts.is_list(p.operand):
                        found.add(p.operand)
                    if self.needs_shape(stmt, t, p.operand, "spread" if p.index else p.shape):
                        found.add(p.operand)
                if facts.is_paired(t) and t in facts.active:
                    found.add(t)
            case Store(target=t, index=i) | Increment(target=t, index=i):
                found |= {t} | (self.of_expression(i) if i is not None else set())
                found |= {n for n in names(stmt.value) if facts.is_paired(n) or facts.is_array(n)}
            case Call(value=v):
                found |= self.of_expression(v)
                for target in binds(stmt):
                    if facts.is_array(target):
                        found |= {target} | self.memory(target)
            case Push(tape=t) | Pop(tape=t) if facts.is_list_of_arrays(t):
                return set()
            case Push(tape=t):
                found.add(t)
            case Pop(target=str(t), tape=tape):
                found |= {t, tape}
            case If(test=test):
                found |= self.of_expression(test)
            case For(start=a, stop=b, step=c):
                for bound in (a, b, c):
                    found |= self.of_expression(bound)
                found |= {rounds_name(stmt)} if stmt.exit else set()
            case While():
                found.add(rounds_name(stmt))
        return found

    def needs_shape(self, stmt: Stmt, target: str, operand: str, shape: str) -> bool:
        """Whether giving to an operand reads the operand's shape."""
        facts = self.facts
        if not facts.is_array(operand) or facts.known_shape(operand) is not None:
            return False
        if shape == "spread":
            return True
        if shape == "exact" or not facts.is_array(target):
            return False
        return not facts.keeps_shape(stmt, operand)

    def writes(self, stmt: Stmt) -> set[Cell]:
        """What a statement overwrites, with everything in its blocks."""
        found: set[Cell] = set(binds(stmt))
        match stmt:
            case Store(target=t) | Increment(target=t):
                if not (isinstance(stmt, Increment) and stmt.index is None):
                    found |= self.memory(t)
                else:
                    found = self.memory(t) or found
        for block in blocks(stmt):
            for inner in block:
                found |= self.writes(inner)
        return found

    def changes(self, stmt: Stmt) -> set[Cell]:
        """What reads otherwise after a statement: what it writes, and lists that it resizes."""
        found = self.writes(stmt)
        for inner in walk((stmt,)):
            if isinstance(inner, Push | Pop):
                found |= self.memory(inner.tape) | {inner.tape}
            if isinstance(inner, Call):
                found |= set().union(*map(self.memory, inner.changed))
        return found

    # First walk: privates

    def block_needs(self, body: Block, path: Path, in_loop: bool) -> set[Cell]:
        """What reversing a block reads from outside it; decides the block's rebuilds."""
        outermost = not in_loop
        needs: list[set[Cell]] = []
        for position, stmt in enumerate(body):
            here = (*path, position)
            is_loop = isinstance(stmt, For | While) and here not in self.fused
            if is_loop and outermost:
                self.loop_writes = self.changes(stmt)
            alive = self.facts.is_alive(stmt) or here in self.reversed_too
            found = self.reads(stmt) if alive else set()
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
        positions = {
            name: [k for k, s in enumerate(body) if name in self.defined(s)] for name in privates
        }
        for name in sorted(privates, key=lambda n: (positions[n][:1], n), reverse=True):
            if name.startswith("mem:") or not positions[name]:
                continue
            where = positions[name]
            wanted = [k for k, n in enumerate(needs) if name in n]
            if not wanted:
                continue
            last = max(max(wanted), where[-1])
            stmt = body[where[0]]
            single = len(where) == 1 and name in binds(stmt) and not blocks(stmt)
            operands = self.replay_operands(name, stmt, needs) if single else None
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
            if valid and operands is not None and self.worthwhile(stmt, free, body):
                self.add(at, Rebuild(name, "replay", stmt), operands, needs[last])
            else:
                if self.facts.is_paired(name) and not self.facts.is_dynamic(name):
                    if not isinstance(stmt, Assign | Call):
                        self.result.invalid.add(self.facts.classes[name])
                # Calls share the tapes: what comes back before a call goes there after it.
                recorded = last if self.facts.program.recursive else where[-1]
                self.result.after.setdefault((*path, recorded), []).append(name)
                self.result.cost += 100.0 ** self.depth(path)
                self.add(at, Rebuild(name, "record", stmt), set(), needs[last])

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
        local -= counters
        if not in_loop:
            return {n for n in local if n not in facts.program.constants}
        private: set[Cell] = local - exposed(body)
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

    def replay_operands(self, name: str, stmt: Stmt, needs: list[set[Cell]]) -> set[Cell] | None:
        """What replaying a definition reads; None where it cannot be replayed."""
        facts = self.facts
        match stmt:
            case Alias(source=s):
                return {s}
            case View(source=s, value=v):
                shape = names(v) - {s}
                return {s} | self.cells(shape, shape)
            case Assign(value=v) if facts.is_array(name):
                wanted = set().union(*needs)
                fresh = isinstance(v, ast.Call) and ast.unparse(v.func) in (
                    "np.empty",
                    "np.zeros",
                )
                mirrored = facts.is_paired(name) and not facts.is_dynamic(name)
                if fresh and mirrored and not self.memory(name) & wanted:
                    return self.of_expression(v)
                return self.of_expression(v) if self.is_light(name, v) else None
            case Assign() if facts.is_list(name):
                return None  # what was appended to it would be missing
            case Assign(value=v):
                return self.of_expression(v)
        return None

    def is_light(self, name: str, value: Expr) -> bool:
        """Whether an array that nothing writes to is one arithmetic operation on each element."""
        if self.facts.classes.get(name, name) in self.facts.written:
            return False
        match value:
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()) | ast.UnaryOp(op=ast.USub()):
                return True
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=2)):
                return True
        return False

    def untouched(self, body: Block, operands: set[Cell], start: int, last: int) -> bool:
        """Whether operands keep their values from a definition to where it is replayed."""
        between = list(body[start + 1 : last])
        shaped = isinstance(body[last], Store | Increment)  # an array is there before it is undone
        if last > start and (blocks(body[last]) or shaped):
            between.append(body[last])
        return not any(self.changes(s) & operands for s in between)

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
        return free and (is_cheap(stmt.value) or self.is_computed(stmt.value, body))

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

    # Second walk: what is needed, in the order of execution

    def walk_block(self, body: Block, path: Path, needed: set[Cell], depth: int) -> set[Cell]:
        """Needed cells after a block, from those needed before it."""
        private = self.private.get(path, set())
        needed = needed - private
        for position, stmt in enumerate(body):
            needed = self.walk_statement(stmt, (*path, position), needed, depth)
        return needed - private

    def walk_statement(self, stmt: Stmt, here: Path, needed: set[Cell], depth: int) -> set[Cell]:
        """Needed cells after a statement; notes what it has to record."""
        alive = self.facts.is_alive(stmt) or here in self.reversed_too
        own = (self.reads(stmt) if alive else set()) | self.extra.get(here, set())
        match stmt:
            case If(body=body, orelse=orelse):
                yes = self.walk_block(body, (*here, 0), needed, depth)
                no = self.walk_block(orelse, (*here, 1), needed, depth)
                return yes | no | own
            case For() | While():
                return self.walk_loop(stmt, here, needed, depth) | own
            case Swap(targets=ts, sources=ss):
                moved = dict(zip(ss, ts, strict=True))
                return {moved.get(c, c) for c in needed}
        if isinstance(stmt, Call) and not alive and self.changes(stmt) & needed - set(binds(stmt)):
            self.refuse_change(stmt)
        overwritten = self.writes(stmt)
        after: set[Cell] = set()
        target = binds(stmt)
        if isinstance(stmt, Assign | View | Alias | Pop | Call) and target:
            if target[0] not in uses(stmt) and target[0] in own:
                own = own - {target[0]}
                after = {target[0]}
        kept = self.memory(stmt.target) if id(stmt) in self.unread else set()  # type: ignore[attr-defined]
        lost = (overwritten - kept) & (needed | own)
        if lost and is_step(stmt, self.facts.program):
            after |= overwritten
            self.result.before[here] = lost
            self.result.undone.add(here)
        else:
            self.record(here, lost, depth)
        gone = {c for c in overwritten if not c.startswith("mem:")}
        gone |= self.covered.get(id(stmt), set()) - own
        return (needed - gone) | (own - gone) | after

    def walk_loop(self, stmt: For | While, here: Path, needed: set[Cell], depth: int) -> set[Cell]:
        """A loop, to the fixpoint of what is needed at its head."""
        if isinstance(stmt, For):
            self.record(here, needed & {stmt.counter}, depth)
            needed = needed - {stmt.counter}
        if here in self.fused:
            self.walk_block(stmt.body, (*here, 0), needed, depth)
            return needed
        gone = self.covered.get(id(stmt), set())
        found = self.walk_rounds(stmt, here, needed, depth)
        if not gone & found:
            return found
        return found - (gone - self.walk_rounds(stmt, here, needed - gone, depth))

    def walk_rounds(
        self, stmt: For | While, here: Path, needed: set[Cell], depth: int
    ) -> set[Cell]:
        """The rounds of a loop, to the fixpoint of what is needed at its head.

        Elements that belong to one round are not overwritten by a later one.
        """
        own = self.own_elements(stmt) if isinstance(stmt, For) else set()
        while True:
            end = self.walk_block(stmt.body, (*here, 0), needed, depth + 1)
            if isinstance(stmt, For):
                end = end - {stmt.counter}
            if end - own <= needed:
                return needed | end
            needed = needed | (end - own)

    def own_elements(self, stmt: For) -> set[Cell]:
        """Cells of which each round of a loop uses elements of its own."""
        inside = list(walk(stmt.body))
        classes = self.facts.classes
        used = {n for s in inside for n in (*uses(s), *binds(s)) if self.facts.is_array(n)}
        roots = [classes.get(n, n) for n in used]
        return {
            f"mem:{classes.get(n, n)}"
            for n in used
            if roots.count(classes.get(n, n)) == 1 and own_axis(stmt.counter, n, inside)
        }

    def refuse_change(self, stmt: Call) -> None:
        """Refuse a call that nothing reverses: what it overwrites is needed."""
        reason = f"`{stmt.function}` changes `{stmt.changed[0]}`, which the backward pass needs"
        raise UnsupportedError(Complaint(None, reason, "give it a copy"))

    def record(self, here: Path, cells: set[Cell], depth: int) -> None:
        """Note that cells are recorded before a statement."""
        known = self.result.before.setdefault(here, set())
        self.result.cost += len(cells - known) * 100.0**depth
        known |= cells


def rounds_name(stmt: For | While) -> str:
    """The variable that counts the rounds of a loop with exits (see ``prepare``)."""
    last = stmt.body[-1] if stmt.body else None
    assert isinstance(last, Assign) and last.comment == ROUNDS, "loop without a count of rounds"
    return last.target


ROUNDS = "rounds"
"""Marks the statement that counts rounds."""


def is_step(stmt: Stmt, program: Program) -> bool:
    """Whether a statement is ``p = p + 1``, of an integer: taking the number off undoes it."""
    match stmt:
        case Assign(
            target=t,
            value=ast.BinOp(
                left=ast.Name(id=s), op=ast.Add() | ast.Sub(), right=ast.Constant(value=int())
            ),
        ) if s == t:
            return isinstance(program.types.get(t), types.Integer)
    return False


def is_cheap(value: Expr) -> bool:
    """Whether computing a number again costs no more than recording it."""
    match value:
        case ast.BinOp(op=ast.Pow()):
            return isinstance(value.right, ast.Constant) and value.right.value in (1, 2, 3)
        case ast.Call(func=ast.Name(id=name)):
            return name in CHEAP_CALLS
        case ast.Call(func=func):
            return ast.unparse(func) in ("math.fabs", "np.abs", "np.sign", "np.float32")
    return True
