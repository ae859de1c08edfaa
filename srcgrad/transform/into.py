"""Into: gradients are written into arrays that the caller passes as ``out``.

In: a typed gradient Program at either level, the type of what it returns and that of ``out``.
Out: the same with a parameter ``out``, which has the form of the gradients: an array for each that
is to be written into, None for one that is made as usual.

Invariant: the same numbers. A gradient that the program allocates, under a name that shares its
memory with no other, is computed in the caller's array; any other one is copied into it at the
end. An array of another shape is an error before anything is written; so is one that may share
memory with another array of ``out``, or with an argument that may be read after it was written to.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from numba import types

from ..errors import ArgumentError
from ..program import (
    Assign,
    Block,
    Check,
    Comment,
    Expr,
    If,
    Increment,
    Program,
    Return,
    Stmt,
    Store,
    any_of,
    binds,
    expressions,
    walk,
)
from ..returned import fresh_name
from .lowering.contraction import unshared
from .lowering.effects import memory_classes
from .lowering.lanes import read_names
from .lowering.pull import variable

ABSENT = (types.NoneType, types.Omitted)
"""The types of None in ``out``."""

Likes = Expr | tuple[Expr, ...]
"""The argument that a gradient belongs to; several for a tuple of gradients."""

MADE = {"np.empty": False, "np.empty_like": False, "np.zeros": True, "np.zeros_like": True}
"""Allocations, and whether they are of zeros."""


@dataclass(frozen=True)
class Buffer:
    """An array of the caller's.

    Attributes
    ----------
    name : str
        What the program calls it.
    given : Expr
        Where it is in ``out``.
    like : Expr
        The argument whose shape it has.
    """

    name: str
    given: Expr
    like: Expr


def into(
    program: Program,
    kind: types.Type,
    out: types.Type,
    chosen: str | Sequence[str],
    with_value: bool,
) -> Program:
    """The program with its gradients in the caller's arrays.

    Parameters
    ----------
    program : Program
        A gradient.
    kind : numba.types.Type
        The type of what it returns.
    out : numba.types.Type
        The type of the parameter.
    chosen : str or sequence of str
        The parameters that it differentiates by; one alone where the gradient is no tuple of them.
    with_value : bool
        Whether the value is returned as well.

    Raises
    ------
    ArgumentError
        Where ``out`` has another form, or arrays of other types, than the gradients.
    """
    last = program.body[-1]
    assert isinstance(last, Return)
    parameter = fresh_name("out", program)
    place = len(program.params) - len(program.hidden)
    params = (*program.params[:place], parameter, *program.params[place:])
    program = program.with_body(program.body, params=params)
    filler = Filler(program)
    likes: Likes = variable(chosen) if isinstance(chosen, str) else tuple(map(variable, chosen))
    returned = last.value
    if with_value:
        assert isinstance(returned, ast.Tuple)
        value, gradients = returned.elts
        whole = filler.filled(gradients, kind.types[1], out, variable(parameter), likes)
        returned = ast.Tuple([value, whole], ast.Load())
    else:
        returned = filler.filled(returned, kind, out, variable(parameter), likes)
    body = [*filler.body, *filler.copies]
    body = [*opening(program, filler.buffers, read_late(program, body, filler.buffers)), *body]
    return program.with_body((*body, Return(returned, line=last.line)))


class Filler:
    """What becomes of a program's allocations, and the copies at its end."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.body: Block = program.body[:-1]
        self.alone = unshared(program)
        self.buffers: list[Buffer] = []
        self.copies: list[Stmt] = []

    def filled(
        self, value: Expr, kind: types.Type, out: types.Type, given: Expr, likes: Likes
    ) -> Expr:
        """What is returned in place of gradients: the caller's arrays where there are any."""
        if isinstance(out, ABSENT):
            return value
        if isinstance(kind, types.BaseTuple):
            return self.tuple_of(value, kind, out, given, likes)
        assert not isinstance(likes, tuple)
        check_buffer(kind, out, ast.unparse(likes))
        if isinstance(value, ast.Name) and self.takes(value.id):
            name = value.id
        else:
            name = self.fresh(likes)
            self.copies.append(Store(name, ast.Constant(...), value))
        self.buffers.append(Buffer(name, given, likes))
        return ast.Name(name, ast.Load())

    def tuple_of(
        self, value: Expr, kind: types.BaseTuple, out: types.Type, given: Expr, likes: Likes
    ) -> Expr:
        """A tuple of gradients: of several parameters, or of the parts of one."""
        assert isinstance(value, ast.Tuple)
        if not isinstance(out, types.BaseTuple) or len(out.types) != len(kind.types):
            reason = f"`out` is {described(out)} where the gradients are {described(kind)}"
            raise ArgumentError(f"{reason}: pass an array, or None, for each")
        if not isinstance(likes, tuple):
            likes = tuple(part(likes, k) for k in range(len(kind.types)))
        found = []
        for k, (v, t, o) in enumerate(zip(value.elts, kind.types, out.types, strict=True)):
            found.append(self.filled(v, t, o, part(given, k), likes[k]))
        return ast.Tuple(found, ast.Load())

    def takes(self, name: str) -> bool:
        """Whether a gradient can be computed in the caller's array; then its allocation goes."""
        if name not in self.alone or any(b.name == name for b in self.buffers):
            return False
        for k, stmt in enumerate(self.body):
            if name not in binds(stmt):
                continue
            zeroed = allocation(stmt)
            if zeroed is None:
                return False
            new = [Store(name, ast.Constant(...), ast.Constant(0.0))] if zeroed else []
            self.body = (*self.body[:k], *new, *self.body[k + 1 :])
            return True
        return False

    def fresh(self, like: Expr) -> str:
        """A name for an array of the caller's."""
        words = [n.id for n in ast.walk(like) if isinstance(n, ast.Name)]
        return fresh_name(f"out_{words[0]}", self.program, (b.name for b in self.buffers))


def part(whole: Expr, k: int) -> Expr:
    """``whole[k]``."""
    return ast.Subscript(whole, ast.Constant(k), ast.Load())


def allocation(stmt: Stmt) -> bool | None:
    """Whether a statement allocates zeros; None where it does not allocate."""
    match stmt:
        case Assign(value=ast.Attribute(value=ast.Call() as call, attr="T")):
            return MADE.get(ast.unparse(call.func))
        case Assign(value=ast.Call(func=func)):
            return MADE.get(ast.unparse(func))
    return None


def opening(program: Program, buffers: Sequence[Buffer], late: bool) -> list[Stmt]:
    """The caller's arrays by name, and what they are refused for."""
    if not buffers:
        return []
    found: list[Stmt] = [Comment("The caller's arrays: gradients are written into them")]
    found += [Assign(b.name, b.given) for b in buffers]
    for b in buffers:
        shapes = [ast.Attribute(e, "shape", ast.Load()) for e in (variable(b.name), b.like)]
        differs = ast.Compare(shapes[0], [ast.NotEq()], [shapes[1]])
        reason = f"out: the gradient of {ast.unparse(b.like)} has another shape"
        found.append(If(differs, (refusal(reason),)))
    mine: list[Expr] = [variable(b.name) for b in buffers]
    pairs = list(itertools.combinations(mine, 2))
    pairs += list(itertools.product(mine, arrays(program))) if late else []
    tests: list[Expr] = [ast.Call(variable("overlap"), list(pair), []) for pair in pairs]
    if tests:
        test = any_of(tests)
        reason = (
            "out: an array shares memory with an argument" if late else "out: arrays share memory"
        )
        found.append(If(test, (refusal(f"out: {reason}"),)))
    return found


def read_late(program: Program, body: Sequence[Stmt], buffers: Sequence[Buffer]) -> bool:
    """Whether an argument may be read after something was written into the caller's arrays.

    A loop that does both counts, whatever the order; a statement of its own reads first.
    """
    classes = memory_classes(program)
    held = {n for n, t in program.types.items() if isinstance(t, types.Array | types.BaseTuple)}
    groups = {classes.get(p, p) for p in program.params if p in held}
    given = {n for n in held if classes.get(n, n) in groups}
    mine = {b.name for b in buffers}
    written = False
    for stmt in body:
        inside = list(walk((stmt,)))
        writes = any(isinstance(s, Store | Increment) and s.target in mine for s in inside)
        reads = any(elements_read(s) & given for s in inside)
        if reads and (written or (writes and len(inside) > 1)):
            return True
        written |= writes
    return False


def elements_read(stmt: Stmt) -> set[str]:
    """Names whose values a statement reads itself; what is allocated like an array does not."""
    if allocation(stmt) is not None:
        return set()
    return set().union(*map(read_names, expressions(stmt)))


def arrays(program: Program) -> list[Expr]:
    """The arrays among a program's arguments, those in tuples included."""

    def inside(expr: Expr, kind: types.Type) -> list[Expr]:
        if isinstance(kind, types.BaseTuple):
            return [e for k, t in enumerate(kind.types) for e in inside(part(expr, k), t)]
        return [expr] if isinstance(kind, types.Array) else []

    kinds = program.types
    return [e for p in program.params if p in kinds for e in inside(variable(p), kinds[p])]


def refusal(reason: str) -> Stmt:
    """``raise ValueError(reason)``."""
    call = ast.Call(variable("ValueError"), [ast.Constant(reason)], [])
    return Check(ast.Raise(call, None))


def check_buffer(kind: types.Type, out: types.Type, name: str) -> None:
    """Refuse what a gradient cannot be written into.

    Raises
    ------
    ArgumentError
        With what would do.
    """
    if not isinstance(kind, types.Array):
        raise ArgumentError(f"`out`: the gradient of `{name}` is a number: pass None for it")
    fits = isinstance(out, types.Array) and (out.ndim, out.dtype) == (kind.ndim, kind.dtype)
    if not fits or not out.mutable:
        wanted = f"an array of {kind.dtype} with {kind.ndim} axes that can be written to"
        got = described(out)
        raise ArgumentError(f"`out`: the gradient of `{name}` needs {wanted}, not {got}")


def described(kind: types.Type) -> str:
    """A type in words."""
    if isinstance(kind, types.BaseTuple):
        return f"a tuple of {len(kind.types)}"
    if isinstance(kind, types.Array):
        constant = "" if kind.mutable else " that is read-only"
        return f"an array of {kind.dtype} with {kind.ndim} axes{constant}"
    return str(kind)
