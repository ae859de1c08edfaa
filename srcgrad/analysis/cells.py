"""Cells: what the reversal of a statement reads, and what the statement overwrites.

In: the ``Facts`` of a Program and one of its statements. Out: sets of cells: names, and
``mem:`` with an alias class for the contents of written arrays.

Invariant: what a reversal reads of a name is in ``reads`` under the name and, where an array's
contents are read and are written somewhere, under its memory.
"""

from __future__ import annotations

from ..program import (
    Alias,
    Assign,
    Call,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Push,
    Stmt,
    Store,
    View,
    While,
    binds,
    blocks,
    names,
    uses,
    walk,
)
from .elements import own_axis
from .facts import Facts
from .freshness import unread_stores
from .partial import contents
from .tables import table_stores

Cell = str


class Cells:
    """The cells of one program.

    What was found for a statement is remembered, and with it the statement: no other may get its
    number.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.unread = unread_stores(facts) | table_stores(facts)
        self._reads: dict[int, tuple[Stmt, frozenset[Cell]]] = {}
        self._own: dict[int, tuple[For, frozenset[Cell]]] = {}

    def of(self, read: set[str], mentioned: set[str]) -> set[Cell]:
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
        return self.of(contents(expr), names(expr))

    def reads(self, stmt: Stmt) -> set[Cell]:
        """What the reversal of a statement reads (its blocks not counted)."""
        if id(stmt) not in self._reads:
            self._reads[id(stmt)] = stmt, frozenset(self._found(stmt))
        return set(self._reads[id(stmt)][1])

    def _found(self, stmt: Stmt) -> set[Cell]:
        """The same, looked for."""
        facts = self.facts
        found: set[Cell] = set()
        match stmt:
            case Assign(target=t) | View(target=t) | Alias(target=t):
                if isinstance(stmt, View | Alias) and facts.is_paired(t):
                    return set()
                for p in facts.partials[id(stmt)]:
                    gradients = {facts.gradient(t)}
                    found |= self.of(p.reads - gradients, p.mentions - gradients)
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
            case Push(tape=t, value=v):
                found |= {t} | {n for n in names(v) if facts.is_array(n)}
            case Pop(target=str(t), tape=tape):
                found |= {t, tape} | (self.memory(t) if facts.is_array(t) else set())
            case If(test=test):
                found |= self.of_expression(test)
            case For(start=a, stop=b, step=c):
                for bound in (a, b, c):
                    found |= self.of_expression(bound)
                found |= {rounds_name(stmt)} if stmt.exit else set()
            case While():
                found.add(rounds_name(stmt))
        return found

    def own_elements(self, loop: For) -> frozenset[Cell]:
        """Cells of which each round of a loop uses elements of its own."""
        if id(loop) not in self._own:
            inside = list(walk(loop.body))
            classes = self.facts.classes
            used = {n for s in inside for n in (*uses(s), *binds(s)) if self.facts.is_array(n)}
            roots = [classes.get(n, n) for n in used]
            found = frozenset(
                f"mem:{classes.get(n, n)}"
                for n in used
                if roots.count(classes.get(n, n)) == 1 and own_axis(loop.counter, n, inside)
            )
            self._own[id(loop)] = loop, found
        return self._own[id(loop)][1]

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
                found |= {n for n in inner.changed if self.facts.is_list(n)}
        return found

    def kept(self, stmt: Stmt) -> set[Cell]:
        """Memory that a statement writes to, of which nothing that it overwrites was ever read."""
        if id(stmt) not in self.unread:
            return set()
        assert isinstance(stmt, Store | Increment)
        return self.memory(stmt.target)

    def disturbs(self, stmt: Stmt) -> set[Cell]:
        """What something that was read before a statement reads otherwise after it."""
        found: set[Cell] = set()
        for inner in walk((stmt,)):
            found |= set(binds(inner)) if blocks(inner) else self.changes(inner) - self.kept(inner)
        return found


def rounds_name(stmt: For | While) -> str:
    """The variable that counts the rounds of a loop with exits (see ``prepare``)."""
    last = stmt.body[-1] if stmt.body else None
    assert isinstance(last, Assign) and last.comment == ROUNDS, "loop without a count of rounds"
    return last.target


ROUNDS = "rounds"
"""Marks the statement that counts rounds."""
