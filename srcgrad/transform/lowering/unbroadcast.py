"""Unbroadcast: a gradient is summed over the axes along which an operand was broadcast.

In: a pull, and the extents of the operand. Out: the pull of the sums. Where it is not known
whether an axis was broadcast at all, the sum is put off: the pull is *partial*, its elements
have yet to be summed along those axes (``narrow`` says to what extents). Sums and multiples
of partial pulls are partial, so that a test at run time is needed once, where the value itself
is: ``settle``.

Invariant: axes that are known to be equal cost nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from ...program import Alias, Expr, If
from .nests import allocate, compute, nest, storing
from .pull import Body, Index, Pull, array
from .reductions import REDUCTIONS, accumulate, reduced
from .scope import Scope
from .shapes import Extents, spelled
from .windows import same


def unbroadcast(scope: Scope, pull: Pull, extents: Extents, target: str) -> Pull:
    """The sum of a pull over the axes that an operand of these extents lacks, or has as 1."""
    extra = pull.rank - len(extents)
    if extra < 0:
        return pull
    own = pull.extents[extra:]
    pairs = zip(own, extents, strict=True)
    extents = tuple(have if same(scope, have, want) else want for have, want in pairs)
    ones = [k for k, want in enumerate(extents) if want == 1 and own[k] != 1]
    wanted = tuple(1 if have == 1 else want for have, want in zip(own, extents, strict=True))
    settled = all(have == want or want == 1 for have, want in zip(own, wanted, strict=True))
    how = REDUCTIONS["np.any" if pull.dtype.kind == "b" else "np.sum"]
    if extra:
        last = "" if ones else target
        pull = reduced(scope, bare(pull), how, range(extra), pull.dtype, target=last)
    if ones:
        pull = reduced(scope, bare(pull), how, ones, pull.dtype, keepdims=True, target=target)
    if settled and not pull.narrow:
        return pull
    return replace(pull, narrow=wanted)


def bare(pull: Pull) -> Pull:
    """The elements of a partial pull, as they are."""
    return replace(pull, narrow=())


def settle(scope: Scope, pull: Pull) -> Pull:
    """The sums of a partial pull themselves."""
    if not pull.narrow:
        return pull
    if scope.partial.get(pull.name) == (pull.extents, pull.narrow):
        settle_name(scope, pull.name)
        return array(scope, pull.name)
    name = compute(scope, bare(pull))
    scope.put_off(name, pull.extents, pull.narrow)
    settle_name(scope, name)
    return array(scope, name)


def settle_name(scope: Scope, name: str) -> None:
    """Sum an array along the axes whose extents turn out to differ."""
    extents, narrow = scope.partial.pop(name)
    scope.shapes.unspeakable.discard(name)
    tests: list[Expr] = [
        ast.Compare(spelled(have), [ast.NotEq()], [spelled(want)])
        for have, want in zip(extents, narrow, strict=True)
        if have != want
    ]
    if not tests:
        return
    test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)
    whole = replace(array(scope, name), extents=extents, narrow=())
    comment, scope.comment = scope.comment, f"{name} was broadcast"
    how = REDUCTIONS["np.any" if whole.dtype.kind == "b" else "np.sum"]
    total = scope.derived(name, "sum", scope.types[name].copy(layout="C"))

    def inner(index: Index, body: Body) -> None:
        place = tuple(
            i if have == want else ast.BinOp(i, ast.Mod(), spelled(want))
            for i, have, want in zip(index, extents, narrow, strict=True)
        )
        accumulate(scope, how, total, place, whole.at(index, body), body, whole.dtype)

    zero = Pull(narrow, whole.dtype, lambda index, body: how.start(whole.dtype))
    with scope.collecting() as sums:
        allocate(scope, total, narrow, whole.dtype)
        scope.emit(*nest(scope, narrow, storing(total, zero)), *nest(scope, extents, inner))
        scope.emit(Alias(name, total, line=scope.line))
    scope.comment = comment
    scope.emit(If(test, tuple(sums), line=scope.line))
    scope.shapes.arrays[name] = narrow
    scope.shapes.arrays.pop(total, None)


def linear(scope: Scope, operation: ast.AST | str, pulls: Sequence[Pull]) -> list[Pull] | None:
    """Operands of an operation that partial sums pass through unsummed; None: it is not so."""
    partial = [p for p in pulls if p.narrow]
    first = partial[0]
    if any(p.extents != first.extents or p.narrow != first.narrow for p in partial):
        return None
    others = [p for p in pulls if not p.narrow]
    if any(not within(p.extents, first.narrow) for p in others):
        return None
    one = len(partial) == 1
    match operation:
        case ast.Mult() if one:
            return list(pulls)
        case ast.Div() if one and pulls[0].narrow:
            return list(pulls)
        case ast.Add() | ast.Sub() if not others:
            return list(pulls)
        case ast.USub() | ast.UAdd() | "np.copy":
            return list(pulls)
        case "np.where" if not pulls[0].narrow and all(p.narrow or p.zero for p in pulls[1:]):
            return list(pulls)
    return None


def within(extents: Extents, narrow: Extents) -> bool:
    """Whether a shape broadcasts into another without widening it."""
    own = narrow[len(narrow) - len(extents) :]
    return len(extents) <= len(narrow) and all(
        have in (1, want) for have, want in zip(extents, own, strict=True)
    )
