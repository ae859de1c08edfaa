"""Own names: a round that stands by itself binds names that nothing else binds.

In: a block that was a round of a loop, how often each name is bound in the loop and in the whole
program. Out: the block with new names for what is bound elsewhere too.

Invariant: the same values. Lanes take a name to vary everywhere or nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...analysis.exposed import exposed
from ...naming import free_name
from ...program import Block, bound
from .contraction import renamed


def with_own_names(
    inside: Block,
    own: Mapping[str, int],
    counts: Mapping[str, int],
    kinds: dict[str, Any],
    taken: set[str],
) -> Block:
    """The block; ``own``: bindings in the loop, ``counts``: everywhere; new names get types."""
    for name in sorted(bound(inside)):
        if own[name] < counts[name] and name not in exposed(inside):
            new = free_name(name, taken)
            kinds[new] = kinds[name]
            inside = renamed(inside, name, new)
    return inside
