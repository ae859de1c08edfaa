"""Pair: the two sweeps of a recursive function as two functions that share tapes.

In: the ``Facts`` and the ``Plan`` of a recursive function. Out: its ``Pair``: the forward
function computes what the function does and appends to the tapes; the backward function takes
the gradient of the result, and takes from the tapes.

Invariant: a call of the backward function takes from the tapes exactly what the call of the
forward function that it reverses has appended, if those between them are reversed before; and
what was changed in an array argument is put back. It adds to the gradients of array
arguments in place and returns those of numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from numba import types

from ..analysis.facts import Facts
from ..analysis.partial import is_differentiable
from ..analysis.plan import Plan
from ..errors import Complaint, UnsupportedError
from ..frontend.inlining.body import backward_of, forward_of
from ..frontend.webs import rename_statement
from ..naming import free_name
from ..program import (
    Alias,
    Assign,
    Block,
    Increment,
    Program,
    Return,
    Stmt,
    binds,
    blocks,
    walk,
    with_blocks,
)
from ..syntax import elements_of
from .adjoint import Forward
from .backward import Backward
from .records import Tapes
from .simplify import simplify


@dataclass(frozen=True)
class Pair:
    """The two functions, and the tapes that they use."""

    forward: Program
    backward: Program
    tapes: frozenset[str]


def pair(facts: Facts, plan: Plan, reserved: Collection[str], known: dict[types.Type, str]) -> Pair:
    """The forward and the backward function.

    Parameters
    ----------
    facts, plan
        What the analyses found.
    reserved : collection of str
        Names that mean something else in the listing: no tape is called so.
    known : dict
        The tapes of the listing by the types of what is on them; more are added.
    """
    program = facts.program
    refuse_carried(facts)
    tapes = Tapes(facts, plan, reserved, known)
    swept = Forward(facts, plan, tapes)
    last = program.body[-1]
    assert isinstance(last, Return)
    forward = program.with_body(
        (*swept.block(program.body[:-1], ()), last), name=forward_of(program.name), types={}
    )
    backward = backward_function(facts, Backward(facts, plan, tapes), last.value)
    used = frozenset(t.name for pair in tapes.every() for t in pair if t is not None and t.is_list)
    kept = {*program.types, *used}
    return Pair(simplify(forward, kept), simplify(backward, backward.params), used)


def backward_function(facts: Facts, backward: Backward, result: ast.expr) -> Program:
    """The backward function: its parameters are those of the function, then gradients."""
    program = facts.program
    active = [p for p in program.params if p in facts.wrt]
    arrays = [p for p in active if facts.is_array(p) or facts.is_list(p)]
    given: dict[str, str] = {}
    for name in arrays:
        paired = facts.is_paired(name) or (facts.is_list(name) and name in facts.active)
        given[name] = (
            facts.gradient(name) if paired else backward.sweep.tapes.fresh(f"slope_{name}")
        )
        if paired and name in facts.active:
            backward.sweep.gradients.state[name] = "owned"
    params = [*program.params, *given.values()]
    for part in elements_of(result):
        if isinstance(part, ast.Name) and is_differentiable(program.types.get(part.id)):
            params.append(facts.gradient(part.id))
        elif is_differentiable_constant(part):
            params.append(backward.sweep.tapes.fresh("grad_value"))
    body = backward.program(result)
    for name, gradient in given.items():
        if gradient != facts.gradient(name) and name in backward.sweep.gradients.state:
            value = ast.Name(facts.gradient(name), ast.Load())
            body.append(Increment(gradient, ast.Slice(), value))
    numbers: dict[str, tuple[str, ...] | str] = {p: p for p in active if p not in arrays}
    returned: ast.expr = ast.Constant(None)
    if numbers:
        returned, more = backward.results(numbers, False)
        body += more
    return program.with_body(
        (*body, Return(returned)), name=backward_of(program.name), params=tuple(params), types={}
    )


def is_differentiable_constant(result: ast.expr) -> bool:
    """Whether a floating-point constant is returned."""
    return isinstance(result, ast.Constant) and isinstance(result.value, float)


def refuse_carried(facts: Facts) -> None:
    """Refuse an argument that is written to under a name that stands for several arrays.

    Raises
    ------
    UnsupportedError
        With the argument.
    """
    for name in facts.program.params:
        if facts.is_array(name) and facts.is_dynamic(name):
            function = facts.program.name
            reason = f"the recursive function `{function}` changes its argument `{name}`, or what "
            reason += "it is bound to later, under a name that stands for several arrays"
            raise UnsupportedError(Complaint(None, reason, "give each array its own name"))


def own_parameters(program: Program) -> Program:
    """The program with no parameter bound again: it has another name from the start.

    ``a += v`` of an array is ``a[:] += v``, which binds nothing.
    """
    program = program.with_body(in_place(program.body, program.types))
    again = [p for p in program.params if any(p in binds(s) for s in walk(program.body))]
    if not again:
        return program
    taken = {*program.types, *program.constants}
    new = {name: free_name(name, taken) for name in again}
    kinds = {**program.types, **{n: program.types[p] for p, n in new.items()}}
    first = [bound_to(n, p, kinds) for p, n in new.items()]

    def block(body: Block) -> Block:
        return tuple(map(statement, body))

    def statement(stmt: Stmt) -> Stmt:
        return rename_statement(with_blocks(stmt, tuple(map(block, blocks(stmt)))), new, new)

    return program.with_body((*first, *block(program.body)), types=kinds)


def in_place(body: Block, kinds: Mapping[str, types.Type]) -> Block:
    """A block that updates whole arrays by a subscript."""
    done = []
    for stmt in body:
        match stmt:
            case Increment(target=t, index=None) if isinstance(kinds.get(t), types.Array):
                stmt = replace(stmt, index=ast.Slice())
        done.append(with_blocks(stmt, tuple(in_place(b, kinds) for b in blocks(stmt))))
    return tuple(done)


def bound_to(name: str, source: str, kinds: Mapping[str, types.Type]) -> Stmt:
    """``name = source``."""
    if isinstance(kinds[source], types.Array):
        return Alias(name, source)
    return Assign(name, ast.Name(source, ast.Load()))
