"""Exposed: names that statements may read before they are set, and names that they surely set.

In: a block. Out: sets of names.

Invariant: a loop may have no rounds, and a branch may not be taken.
"""

from __future__ import annotations

from ..program import Block, For, If, Stmt, While, binds, blocks, uses


def exposed(body: Block) -> set[str]:
    """Names that a block may read before it has set them."""
    found: set[str] = set()

    def visit(block: Block, before: set[str]) -> set[str]:
        assigned = set(before)
        for stmt in block:
            reads = uses(stmt) - ({stmt.exit} if isinstance(stmt, For) else set())
            found.update(reads - assigned)
            match stmt:
                case If(body=yes, orelse=no):
                    assigned = visit(yes, assigned) & visit(no, assigned)
                case For(counter=c, body=inner):
                    end = visit(inner, assigned | {c})
                    if stmt.exit and stmt.exit not in end:
                        found.add(stmt.exit)
                case While(body=inner):
                    visit(inner, assigned)
                case _:
                    assigned.update(binds(stmt))
        return assigned

    visit(body, set())
    return found


def exposed_after(body: Block) -> list[set[str]]:
    """For each statement, what ``exposed`` finds in those after it; found from the end."""
    found: list[set[str]] = []
    later: set[str] = set()
    for stmt in reversed(body):
        found.append(later)
        later = exposed((stmt,)) | (later - surely_bound(stmt))
    return found[::-1]


def surely_bound(stmt: Stmt) -> set[str]:
    """Names that a statement binds whatever happens: a loop may have no rounds."""
    if isinstance(stmt, If):
        yes, no = (set().union(*map(surely_bound, b)) for b in blocks(stmt))
        return yes & no
    return set() if isinstance(stmt, For | While) else set(binds(stmt))
