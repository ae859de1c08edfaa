"""Least: numbers that integers are not below, and the loops that never count below zero.

In: a Program. Out: ``sizes``, names that are extents; ``lowest``, what an expression cannot be
below; ``natural_loops``.

Invariant: what is not proved is not claimed: an integer parameter may be negative. A subscript
below zero counts from the end, so two rounds of a loop that is not natural may use one element.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from ..program import Assign, Block, Expr, For, Program, binding_counts, blocks, bound, walk

Least = Mapping[str, int]


def natural_loops(program: Program) -> frozenset[int]:
    """The loops, by ``id``, whose counter is never negative."""
    extents = sizes(program)  # bound once: they stay what they are
    return frozenset(natural(program.body, extents, extents.keys()))


def natural(body: Block, least: Least, fixed: Collection[str]) -> Iterator[int]:
    """The loops of a block, where some names are known not to be below a number."""
    for stmt in body:
        lost = bound((stmt,)) - set(fixed)
        known = {n: v for n, v in least.items() if n not in lost}
        inner = known
        if isinstance(stmt, For) and stmt.counter not in bound(stmt.body):
            first = lowest_round(stmt, least)
            inner = known if first is None else {**known, stmt.counter: first}
            if first is not None and first >= 0:
                yield id(stmt)
        for block in blocks(stmt):
            yield from natural(block, inner, fixed)
        least = known


def lowest_round(loop: For, least: Least) -> int | None:
    """A number that a loop's counter cannot be below."""
    step = step_of(loop)
    if step > 0:
        return lowest(loop.start, least)
    stop = lowest(loop.stop, least) if step else None
    return None if stop is None else stop + 1


def sizes(program: Program) -> dict[str, int]:
    """Names that are an array's extent or a bound in it, and nothing else: at least 0."""
    counts = binding_counts(program)
    return {
        s.target: 0
        for s in walk(program.body)
        if isinstance(s, Assign)
        and counts[s.target] == 1
        and not isinstance(s.value, ast.Constant)
        and lowest(s.value, {}) == 0
    }


def step_of(loop: For) -> int:
    """The step of a loop; 0 where it is not known."""
    match loop.step:
        case ast.Constant(value=int() as step):
            return step
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as step)):
            return -step
    return 0


def lowest(expr: Expr, least: Mapping[str, int]) -> int | None:
    """A number that an integer expression cannot be below; None: none is known."""
    if least and isinstance(expr, ast.Name | ast.BinOp):
        known = least.get(ast.unparse(expr))
        if known is not None or isinstance(expr, ast.Name):
            return known
    match expr:
        case ast.Constant(value=int() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
        case ast.Subscript(value=ast.Attribute(attr="shape")) | ast.Call(func=ast.Name(id="len")):
            return 0
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            a, b = lowest(left, least), lowest(right, least)
            return None if a is None or b is None else a + b
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int() as taken)):
            a = lowest(left, least)
            return None if a is None else a - taken
        case ast.Call(func=ast.Name(id="max" | "min" as how), args=args):
            return lowest_of(how, [lowest(a, least) for a in args])
        case ast.IfExp(
            test=ast.Compare(left=left, ops=[ast.GtE()], comparators=[ast.Constant(value=0)]),
            body=body,
            orelse=orelse,
        ):
            sure = {**least, ast.unparse(left): 0}
            return lowest_of("min", [lowest(body, sure), lowest(orelse, least)])
    return None


def lowest_of(how: str, values: list[int | None]) -> int | None:
    """A number that the maximum, or the minimum, of some integers cannot be below."""
    known = [v for v in values if v is not None]
    if how == "max":
        return max(known, default=None)
    return min(known) if len(known) == len(values) else None
