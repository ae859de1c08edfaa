"""SSA: Numba's pass that gives each definition of a variable a name, going over less of the code.

In: a function in Numba's form, in which variables are bound several times. Out: the same, each
bound once.

Numba takes one variable after the other, and for each goes over all statements of the function,
twice. Here it goes over those that mention the variable: the time is that of all mentions, not of
variables times statements, a fifth of what typing a long function takes.

Invariant: what Numba's own pass gives, name for name; with a Numba whose pass is not known here
(``late.KNOWN``) it is Numba's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from numba.core import ir, ssa
from numba.core.analysis import compute_cfg_from_blocks
from numba.core.compiler_machinery import register_pass
from numba.core.ir_utils import build_definitions
from numba.core.postproc import PostProcessor
from numba.core.untyped_passes import ReconstructSSA

from .late import KNOWN

Blocks = Mapping[int, ir.Block]
Places = dict[str, dict[int, list[int]]]
"""Where each variable is mentioned: for blocks, by their labels, the statements' numbers.

Each time that of the last one as well: Numba looks for statements among all but the last.
"""


@register_pass(mutates_CFG=False, analysis_only=False)  # type: ignore[untyped-decorator]
class QuickSSA(ReconstructSSA):  # type: ignore[misc]
    """Numba's reconstruction of SSA form, by mentions."""

    _name = "srcgrad_ssa"

    def run_pass(self, state: Any) -> bool:
        """Rename; true, as something may have changed."""
        if not KNOWN:
            return bool(super().run_pass(state))
        state.func_ir.blocks = single_definitions(state.func_ir.blocks)
        self._patch_locals(state)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        PostProcessor(state.func_ir).run(emit_dels=False)
        return True


def single_definitions(blocks: Blocks) -> dict[int, ir.Block]:
    """The blocks where each variable is bound once: new ones, of the old statements and new."""
    cfg = compute_cfg_from_blocks(blocks)
    frontiers = ssa._iterated_domfronts(cfg)
    places, cache = mentions(blocks), ssa._CacheListVars()
    bodies = {label: list(block.body) for label, block in blocks.items()}
    joins: dict[int, list[ir.Stmt]] = {label: [] for label in blocks}
    for name in ssa._find_defs_violators(blocks, cfg):
        part = {label: like(blocks[label]) for label in places[name]}
        for label, numbers in places[name].items():
            part[label].body = [bodies[label][k] for k in numbers]
        part, defined = ssa._fresh_vars(part, name)
        for label in ssa._compute_phi_locations(frontiers, defined) - part.keys():
            part[label] = like(blocks[label])
        part = ssa._fix_ssa_vars(part, name, defined, cfg, frontiers, cache)
        for label, block in part.items():
            numbers = places[name].get(label, [])
            first = len(block.body) - len(numbers)
            joins[label][:0] = block.body[:first]
            for k, stmt in zip(numbers, block.body[first:], strict=True):
                bodies[label][k] = stmt
    found = {label: like(block) for label, block in blocks.items()}
    for label, block in found.items():
        block.body = joins[label] + bodies[label]
    return found


def like(block: ir.Block) -> ir.Block:
    """An empty block where a block is."""
    return ir.Block(scope=block.scope, loc=block.loc)


def mentions(blocks: Blocks) -> Places:
    """Where each variable is bound or used."""
    found: Places = defaultdict(dict)
    for label, block in blocks.items():
        for k, stmt in enumerate(block.body):
            used = {variable.name for variable in stmt.list_vars()}
            if isinstance(stmt, ir.Assign):
                used.add(stmt.target.name)
            for name in used:
                found[name].setdefault(label, []).append(k)
    for places in found.values():
        for label, numbers in places.items():
            last = len(blocks[label].body) - 1
            numbers += [last] if numbers[-1] != last else []
    return found
