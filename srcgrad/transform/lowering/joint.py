"""Joint: arrays that the rounds of a loop leave on a list are parts of one array.

In: a Program at level "loops". Out: the same, where a list that a loop, or a nest of them, fills
and the nest that reverses it empties is an array whose first subscripts are the rounds' numbers.

Invariant: the same elements. Each round of the first nest makes an array and appends it, each round
of the second takes one back; the extents are the same in all rounds and not negative; both use
the array an element at a time, and nothing else uses it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numba import types

from ...analysis.least import sizes
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Stmt,
    Store,
    While,
    binds,
    block_at,
    blocks,
    bound,
    expressions,
    names,
    times_bound,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.expressions import np_name
from ...syntax import elements_of
from ..tapes import backward_range, round_of, trip_count
from .contraction import Path, Use, changed, mentions
from .effects import memory_classes
from .lanes import allocated, read_names
from .workspaces import is_size


def joint(program: Program) -> Program:
    """The program with arrays for lists of arrays."""
    tapes = [s.tape for s in walk(program.body) if isinstance(s, Push)]
    for name in dict.fromkeys(tapes):
        if found := stacked(program, name):
            program = joined(program, found)
    return program


@dataclass(frozen=True)
class Stack:
    """A list, the arrays on it, and the loops that fill and empty it.

    Attributes
    ----------
    tape, array : str
    home : tuple of int
        The block in which the list is made and the two nests of loops are.
    made, forward, backward : int
        Their places there.
    inner : tuple of tuple of int
        The innermost blocks of the two nests.
    rounds : tuple of Expr
        The numbers of the rounds.
    shape, dtype : tuple of Expr
        Of the one array.
    """

    tape: str
    array: str
    home: Path
    made: int
    forward: int
    backward: int
    inner: tuple[Path, Path]
    rounds: tuple[Expr, ...]
    shape: tuple[Expr, ...]
    dtype: tuple[Expr, ...]


def stacked(program: Program, tape: str) -> Stack | None:
    """What is known of a list of arrays that may become one array; None for any other."""
    every = mentions(program.body)
    match sorted(every[tape], key=lambda use: use.path):
        case [
            Use(Assign(value=ast.List(elts=[])), (*home_, made)),
            Use(Push(value=ast.Name(id=array)), (*first, _)),
            Use(Pop(target=target), (*second, _)),
        ] if target == array and array in every:
            home, inner = tuple(home_), (tuple(first), tuple(second))
        case _:
            return None
    found = sorted(every[array], key=lambda use: use.path)
    allocation = allocated(found[0].stmt)
    nests = [nest(program.body, home, end) for end in inner]
    if allocation is None or found[0].home != inner[0] or not all(map(reverses, *nests)):
        return None
    if not nests[0] or len(nests[0]) != len(nests[1]):
        return None
    extents, dtype = allocation
    rounds, trips = (tuple(f(loop) for loop in nests[0]) for f in (round_of, trip_count))
    forward, backward = (end[len(home)] for end in inner)
    stack = Stack(
        tape, array, home, made, forward, backward, inner, rounds, (*trips, *extents), tuple(dtype)
    )
    ends = [e for loop in nests[0] for e in (loop.start, loop.stop)]
    between = bound(block_at(program.body, home)[made + 1 : backward + 1])
    fixed = not set().union(*map(names, [*stack.shape, *stack.dtype, *ends])) & between
    least = sizes(program)
    fits = fixed and all(is_size(e, least) for e in stack.shape)
    return stack if fits and is_apart(program, stack, found) else None


def nest(body: Block, home: Path, end: Path) -> list[For]:
    """The loops from one block to another inside it; none if there is anything else between."""
    if end[: len(home)] != home:
        return []
    steps = range(len(home), len(end), 2)
    found = [block_at(body, end[:k])[end[k]] for k in steps]
    loops = [s for s in found if isinstance(s, For)]
    return loops if len(loops) == len(found) else []


def reverses(forward: For, backward: For) -> bool:
    """Whether a loop runs through the rounds of another in reverse."""
    back = backward_range(forward)
    own = (backward.start, backward.stop, backward.step)
    return (
        back is not None
        and list(map(ast.unparse, back)) == list(map(ast.unparse, own))
        and forward.counter == backward.counter
        and not forward.exit
        and not backward.exit
        and forward.counter not in bound(forward.body) | bound(backward.body)
    )


def is_of_round(index: Expr, loop: For) -> bool:
    """Whether a subscript is the counter of a loop, or the number of the round."""
    return ast.unparse(index) in (loop.counter, ast.unparse(round_of(loop)))


def is_apart(program: Program, stack: Stack, found: list[Use]) -> bool:
    """Whether the arrays are made, used and taken back in the two loops, an element at a time."""
    classes, name = memory_classes(program), stack.array
    group = {n for n, c in classes.items() if c == classes.get(name, name)}
    bindings = times_bound(program.body)
    if not group <= {name, stack.tape} or bindings[name] != 2:
        return False
    taken = next(u for u in found if isinstance(u.stmt, Pop))
    if any(u.inside(stack.inner[1]) and u.path < taken.path for u in found):
        return False
    return all(
        any(u.inside(home) for home in stack.inner) and by_elements(u.stmt, name, program.types)
        for u in found[1:]
    )


def by_elements(stmt: Stmt, name: str, kinds: Mapping[str, Any]) -> bool:
    """Whether a statement uses an array only an element at a time, or takes it from the list."""
    match stmt:
        case Push(value=ast.Name(id=pushed)) if pushed == name:
            return True
        case Pop(target=target):
            return target == name
        case Store(target=target, index=index) | Increment(target=target, index=index):
            if target == name and not is_element(index, name, kinds):
                return False
        case Assign() | If() | For() | While():
            pass
        case _:
            return False
    return all(reads_elements(e, name, kinds) for e in expressions(stmt))


def reads_elements(expr: ast.AST, name: str, kinds: Mapping[str, Any]) -> bool:
    """Whether an expression reads an array only an element at a time."""
    match expr:
        case ast.Subscript(value=ast.Name(id=found), slice=index) if found == name:
            return is_element(index, name, kinds)
        case ast.Name(id=found):
            return found != name
    return all(reads_elements(child, name, kinds) for child in ast.iter_child_nodes(expr))


def is_element(index: Expr | None, name: str, kinds: Mapping[str, Any]) -> bool:
    """Whether a subscript is of one element: made of integers, one for each axis."""
    if index is None:
        return False
    parts = elements_of(index)
    whole = any(isinstance(n, ast.Slice) for n in ast.walk(index))
    integers = all(isinstance(kinds.get(n), types.Integer) for n in read_names(index))
    return len(parts) == kinds[name].ndim and integers and not whole


def joined(program: Program, stack: Stack) -> Program:
    """The program with one array for a list of arrays."""
    kind = program.types[stack.array]
    wider = types.Array(kind.dtype, kind.ndim + len(stack.rounds), "C")

    def change(body: Block) -> Block:
        new = list(body)
        shape = ast.Tuple(list(stack.shape), ast.Load())
        empty = np_name("empty")
        make = ast.Call(empty, [shape, *stack.dtype], [])
        new[stack.made] = Assign(stack.tape, make, line=body[stack.made].line)
        for k in (stack.forward, stack.backward):
            (inner,) = blocks(body[k])
            new[k] = with_blocks(body[k], (elements(inner, stack),))
        return tuple(new)

    body = changed(program.body, stack.home, change)
    return program.with_body(body, types={**program.types, stack.tape: wider})


def elements(body: Block, stack: Stack) -> Block:
    """A block with the elements of a list's arrays as elements of one array."""
    result: list[Stmt] = []
    for stmt in body:
        if isinstance(stmt, Pop | Push) and stmt.tape == stack.tape:
            continue
        if allocated(stmt) is not None and stack.array in binds(stmt):
            continue
        new = with_expressions(stmt, lambda e: at_round(e, stack))
        if isinstance(new, Store | Increment) and new.target == stack.array and new.index:
            new = replace(new, target=stack.tape, index=with_rounds(new.index, stack))
        inner = tuple(elements(b, stack) for b in blocks(new))
        result.append(with_blocks(new, inner))
    return tuple(result)


def at_round(expr: Any, stack: Stack) -> Any:
    """An expression with the elements of a list's arrays as elements of one array."""
    if isinstance(expr, list):
        return [at_round(e, stack) for e in expr]
    if not isinstance(expr, ast.AST):
        return expr
    fields = {k: at_round(v, stack) for k, v in ast.iter_fields(expr)}
    new = type(expr)(**fields)
    match new:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if name == stack.array:
            array = ast.Name(stack.tape, ast.Load())
            return ast.Subscript(array, with_rounds(index, stack), ast.Load())
    return new


def with_rounds(index: Expr, stack: Stack) -> Expr:
    """A subscript with the numbers of the rounds before it."""
    parts = elements_of(index)
    return ast.Tuple([*stack.rounds, *parts], ast.Load())
