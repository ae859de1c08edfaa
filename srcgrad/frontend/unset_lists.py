"""Unset lists: ``[None] * n``, whose elements are set before they are used.

In: an untyped Program, in which ``UNSET_ELEMENT`` stands for the None of such lists. Out: the same
where it is nan, or an array with one nan for each element, by the type of what is stored there.

Invariant: an element that is not set makes what is computed with it nan, where Python raises a
``TypeError``. A list that is also tested for None, or gets anything else, is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from numba import types

from ..errors import Complaint, Place, UnsupportedError
from ..naming import fresh_stems
from ..program import (
    Assign,
    Block,
    Expr,
    For,
    If,
    Program,
    Push,
    Stmt,
    Store,
    While,
    binds,
    blocks,
    expressions,
    names,
    uses,
    walk,
    with_blocks,
)
from ..rules.calls import call_of
from ..rules.listed import REPEATED
from ..type_text import dtype_text
from .first_values import is_first, without
from .fixed import Kin
from .one_pass import types_of
from .optional import UNSET, is_none

UNSET_ELEMENT = ast.Constant(0.0, kind=UNSET)
"""What stands for the None of ``[None] * n``."""


def unset_lists(
    program: Program, argument_types: Sequence[types.Type], places: Mapping[int, Place]
) -> Program:
    """The program with elements of a type for its lists of None.

    Raises
    ------
    UnsupportedError
        Where the elements are tested for None, or are no floats and no arrays.
    """
    made = [s for s in walk(program.body) if isinstance(s, Assign) and is_unset_list(s.value)]
    if not made:
        return program
    kin, lists = Kin(program), [s.target for s in made]
    unclear = any(
        is_none_test(s, kin, lists) or hands_on(s, program, kin, lists) for s in walk(program.body)
    )
    kinds = {} if unclear else stored_kinds(program, made, argument_types, places)
    for stmt in made:
        if not isinstance(kinds.get(stmt.target), types.Float | types.Array):
            reason = "a list of None has no type"
            advice = "start with numbers: `[0.0] * n`"
            raise UnsupportedError(Complaint(places.get(stmt.line), reason, advice))
    taken = {n for s in walk(program.body) for n in (*uses(s), *binds(s))} | set(program.params)
    fresh = fresh_stems(taken)

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> list[Stmt]:
        if stmt not in made:
            return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]
        assert isinstance(stmt, Assign)
        kind, nan = kinds[stmt.target], ast.parse("np.nan", mode="eval").body
        if isinstance(kind, types.Float):
            return [replace(stmt, value=with_element(stmt.value, nan))]
        item = fresh(f"{stmt.target}_item")
        first = Assign(item, one_nan(kind), line=stmt.line)
        pushed = Push(stmt.target, ast.Name(item, ast.Load()), line=stmt.line)
        bounds = ast.Constant(0), count_of(stmt.value), ast.Constant(1)
        start = replace(stmt, value=ast.List([], ast.Load()))
        return [first, start, For(fresh("k"), *bounds, (pushed,), line=stmt.line)]

    return program.with_body(block(program.body))


def is_unset_list(value: Expr) -> bool:
    """Whether an expression is ``[None] * n``."""
    match value:
        case ast.BinOp(left=ast.List(elts=[ast.Constant(kind=kind)])):
            return kind == UNSET
        case ast.Call(func=ast.Name(id=how), args=[ast.Constant(kind=kind), _]):
            return how == REPEATED and kind == UNSET
    return False


def with_element(value: Expr, element: Expr) -> Expr:
    """``[element] * n``."""
    if isinstance(value, ast.Call):
        return call_of(REPEATED, element, value.args[1])
    return ast.BinOp(ast.List([element], ast.Load()), ast.Mult(), count_of(value))


def count_of(value: Expr) -> Expr:
    """The number of elements of ``[None] * n``."""
    if isinstance(value, ast.Call):
        return value.args[1]
    assert isinstance(value, ast.BinOp)
    return value.right


def one_nan(kind: types.Array) -> Expr:
    """An array of a type with nan as its only element."""
    shape = "1" if kind.ndim == 1 else str((1,) * kind.ndim)
    dtype = "" if kind.dtype == types.float64 else f", dtype={dtype_text(kind.dtype)}"
    return ast.parse(f"np.full({shape}, np.nan{dtype})", mode="eval").body


def is_none_test(stmt: Stmt, kin: Kin, lists: Collection[str]) -> bool:
    """Whether a statement may tell an element of such a list that is None from one that is not."""
    read = [n for e in expressions(stmt) for n in ast.walk(e)]
    if any(isinstance(n, ast.Compare) and any(map(is_none, n.comparators)) for n in read):
        return True
    kept = {kin.root(n) for name in lists for n in (name, kin.element(name))}
    return any(kin.root(n) in kept for e in expressions(stmt) for n in truths(e, stmt))


def truths(value: Expr, stmt: Stmt) -> set[str]:
    """The names that stand for values whose truth counts: themselves, or what they hold."""
    match value:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return held_by(operand) or truths(operand, stmt)
        case ast.BoolOp(values=values):
            return set().union(*(held_by(v) or truths(v, stmt) for v in values))
        case ast.Call(func=ast.Name(id="bool"), args=[operand]):
            return held_by(operand)
    return held_by(value) if isinstance(stmt, If | While) else set()


def held_by(value: Expr) -> set[str]:
    """The name that a value is, or that it is an element of."""
    match value:
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            return {name}
    return set()


def hands_on(stmt: Stmt, program: Program, kin: Kin, lists: Collection[str]) -> bool:
    """Whether a statement gives such a list to a function that stays a call."""
    roots = set(map(kin.root, lists))
    calls = (n for e in expressions(stmt) for n in ast.walk(e) if isinstance(n, ast.Call))
    called = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in program.routines]
    return any(kin.root(n) in roots for c in called for n in names(c))


def stored_kinds(
    program: Program,
    made: Sequence[Assign],
    argument_types: Sequence[types.Type],
    places: Mapping[int, Place],
) -> dict[str, types.Type]:
    """The types of the elements of lists, by what is stored in them: a float if Numba is at a loss.

    For this the lists start without elements, and what is stored is appended.
    """
    kin = Kin(program)
    roots = {kin.root(s.target) for s in made}

    def block(body: Block) -> Block:
        return tuple(map(statement, body))

    def statement(stmt: Stmt) -> Stmt:
        match stmt:
            case Assign() if stmt in made:
                return replace(stmt, value=ast.List([], ast.Load()))
            case Store(target=t, value=v) if kin.root(t) in roots:
                return Push(t, v, line=stmt.line)
        return with_blocks(stmt, tuple(map(block, blocks(stmt))))

    bare = program.with_body(block(program.body))
    bare = without(bare, {s.target for s in walk(bare.body) if is_first(s)})
    try:
        typing = types_of(bare, tuple(argument_types), places)
    except UnsupportedError:
        return {s.target: types.float64 for s in made}
    kinds = {name: kind for (_, name), kind in typing.defined.items()}
    return {s.target: getattr(kinds.get(s.target), "dtype", types.none) for s in made}
