"""Records: the tapes of a plan.

In: ``Facts`` and a ``Plan``. Out: a tape for each recorded value (and for its shadow where
that is carried), the same for both sweeps, and a supply of free names.

Invariant: names that it gives out are used by nothing else in the program.
"""

from __future__ import annotations

from collections.abc import Collection

from numba import types

from ..analysis.facts import Facts, Path
from ..analysis.plan import Plan
from ..errors import Complaint, UnsupportedError
from ..naming import free_name
from ..program import Stmt, binds, block_at, walk
from .shadows import element_type, recorded_type
from .tapes import Tape, tape, tape_name, undoing


class Tapes:
    """The tapes of a plan, made once and shared by both sweeps; and a supply of free names."""

    def __init__(
        self,
        facts: Facts,
        plan: Plan,
        reserved: Collection[str] = (),
        known: dict[types.Type, str] | None = None,
    ) -> None:
        self.facts = facts
        self.fused = plan.fused
        self.kinds = {} if known is None else known
        self.undone = plan.undone
        self.taken = set(facts.program.types) | set(facts.program.constants)
        self.taken |= {facts.gradient(n) for n in facts.program.types} | set(reserved)
        for stmt in walk(facts.program.body):
            self.taken |= set(binds(stmt))
        self.before = {
            (path, cell): self.make(path, cell)
            for path, cells in plan.before.items()
            for cell in sorted(cells)
        }
        self.after = {
            (path, name): self.make(path, name)
            for path, found in plan.after.items()
            for name in found
        }

    def make(self, path: Path, cell: str) -> tuple[Tape, Tape | None]:
        """A tape for a value, and one for its shadow where that is carried."""
        facts = self.facts
        if path in self.undone:
            return undoing(self.statement(path)), None
        if facts.program.recursive:
            return self.make_shared(path, cell)
        if cell.startswith("mem:"):
            stmt = self.statement(path)
            kind = element_type(facts, stmt)
            stem: str = stmt.target  # type: ignore[attr-defined]
            return tape(facts.program, path, stem, kind, self.fresh, self.fused), None
        kind = facts.program.types.get(cell)
        found = tape(facts.program, path, cell, kind, self.fresh, self.fused)
        if facts.is_array(cell) and facts.is_dynamic(cell) and cell in facts.active:
            stem = facts.gradient(cell)
            shadow = tape(facts.program, path, stem, kind, self.fresh, self.fused)
            return found, shadow
        return found, None

    def make_shared(self, path: Path, cell: str) -> tuple[Tape, Tape | None]:
        """Lists that the forward function of a recursive function shares with the backward one."""
        facts = self.facts
        if cell.startswith("mem:"):
            stmt = self.statement(path)
            stem: str = stmt.target  # type: ignore[attr-defined]
            return self.shared(stem, recorded_type(facts, stmt)), None
        found = self.shared(cell, facts.program.types[cell])
        if facts.is_array(cell) and facts.is_dynamic(cell) and cell in facts.active:
            return found, found
        return found, None

    def shared(self, stem: str, kind: types.Type) -> Tape:
        """The list of values of a type: calls return in the order in which tapes are taken from."""
        held = getattr(kind, "dtype", kind)
        if not isinstance(held, types.Number | types.Boolean):
            name = self.facts.program.name
            reason = f"the recursive function `{name}` needs `{stem}` again, which is a {kind}"
            raise UnsupportedError(Complaint(None, reason, "use an array"))
        kind = types.unliteral(kind)
        if kind not in self.kinds:
            self.kinds[kind] = self.fresh(tape_name(kind))
        return Tape(self.kinds[kind], (), None, None, True)

    def every(self) -> list[tuple[Tape, Tape | None]]:
        """All that is recorded."""
        return [*self.before.values(), *self.after.values()]

    def statement(self, path: Path) -> Stmt:
        """The statement at a path."""
        return block_at(self.facts.program.body, path[:-1])[path[-1]]

    def fresh(self, wish: str) -> str:
        """A free name."""
        return free_name(wish, self.taken)
