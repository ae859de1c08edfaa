"""Fixed lists: a list of numbers that never grows or shrinks is an array.

In: an untyped Program in which lists are displays, ``[a, b]``, and repetitions, ``[x] * n``. Out:
the same with a call of ``displayed`` or ``repeated`` for each list that keeps its length
(``awaiting``); and, once types are known, with what that is for its elements (``settled``): an
array of numbers, a tuple of arrays of several ranks, else the list that it was.

Invariant: a list that something is appended to, or popped from, under any of its names, stays a
list; so does one that a function which stays a call is given, or returns.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from numba import types

from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Expr,
    Increment,
    Pop,
    Program,
    Push,
    Return,
    Stmt,
    Store,
    Swap,
    Update,
    View,
    binds,
    blocks,
    expressions,
    names,
    uses,
    walk,
    with_blocks,
)
from ..rules.calls import call_of
from ..rules.expressions import np_name
from ..rules.listed import DISPLAYED, JOINED_LISTS, LISTED, REPEATED
from .numba_types import Typing


class Kin:
    """Names that may be one list, and what their elements may be."""

    def __init__(self, program: Program) -> None:
        self.parents: dict[str, str] = {}
        self.elements: dict[str, str] = {}
        self.lists: set[str] = set()
        self.calls = set(program.routines)
        for stmt in walk(program.body):
            self.note(stmt)
            if isinstance(stmt, Assign) and makes_list(stmt.value):
                self.lists.add(stmt.target)

    def root(self, name: str) -> str:
        """The name that stands for all that may be the same list."""
        while (parent := self.parents.get(name, name)) != name:
            name = parent
        return name

    def element(self, name: str) -> str:
        """The name that stands for the elements of a list."""
        name = self.root(name)
        return self.elements.setdefault(name, f"{name}[]")

    def join(self, a: str, b: str) -> None:
        """Two names may be one list; then so may their elements."""
        a, b = self.root(a), self.root(b)
        if a == b:
            return
        self.parents[b] = a
        if (held := self.elements.pop(b, None)) is not None:
            self.join(self.elements.setdefault(a, held), held)

    def holds(self, name: str, value: Expr) -> None:
        """A value becomes an element of a list, or is one that is taken from it."""
        if isinstance(value, ast.Name):
            self.join(self.element(name), value.id)

    def is_list(self, *names: str) -> bool:
        """Whether all of these may be lists."""
        return all(self.root(n) in map(self.root, self.lists) for n in names)

    def note(self, stmt: Stmt) -> None:
        """What one statement says."""
        match stmt:
            case Assign(target=t, value=ast.Name(id=s)) | Alias(target=t, source=s):
                self.join(t, s)
            case Assign(
                target=t,
                value=ast.Call(func=ast.Name(id=how), args=[ast.Name(id=a), ast.Name(id=b)]),
            ) if how == JOINED_LISTS:
                self.join(t, a)
                self.join(t, b)
            case Swap(targets=ts, sources=ss):
                for t, s in zip(ts, ss, strict=True):
                    self.join(t, s)
            case (
                Assign(target=t, value=ast.Subscript(value=ast.Name(id=s), slice=index))
                | View(target=t, source=s, value=ast.Subscript(slice=index))
            ):
                if isinstance(index, ast.Slice):
                    self.join(t, s)
                else:
                    self.holds(s, ast.Name(t))
            case Store(target=t, value=v) | Push(tape=t, value=v):
                self.holds(t, v)
            case Pop(target=str(t), tape=s):
                self.holds(s, ast.Name(t))
            case Assign(target=t, value=ast.Tuple(elts=elts) | ast.List(elts=elts)):
                for e in elts:
                    self.holds(t, e)
            case Assign(target=t, value=ast.Call(func=ast.Name(id=how), args=[items, *_])) if (
                how == LISTED and isinstance(items, ast.Name)
            ):
                self.holds(items.id, ast.Name(self.element(t)))


def makes_list(value: Expr) -> bool:
    """Whether an expression is a list: a display, a repetition or a comprehension."""
    match value:
        case ast.List() | ast.BinOp(left=ast.List()):
            return True
        case ast.Call(func=ast.Name(id=how)):
            return how == LISTED
    return False


def awaiting(program: Program) -> Program:
    """The program with a call for each list that keeps its length."""
    kin = Kin(program)
    shown = every_display(program)
    resized = resized_roots(program, kin, shown)
    beside = rows_beside(kin, shown)
    calls = {
        id(first): shown_call(elements(first, pushed), beside.get(kin.root(first.target), []))
        for first, pushed in shown
        if kin.root(first.target) not in resized
    }
    gone = {id(s) for first, pushed in shown if id(first) in calls for s in pushed}

    def block(body: Block) -> Block:
        return tuple(new for s in body if id(s) not in gone for new in statement(s))

    def statement(stmt: Stmt) -> list[Stmt]:
        match stmt:
            case Assign() if id(stmt) in calls:
                return [replace(stmt, value=calls[id(stmt)])]
            case Assign(value=ast.List(elts=elts)) if elts:
                return as_list(stmt, DISPLAYED, [stmt.value])
            case Assign(target=t, value=ast.BinOp(left=ast.List(elts=[e]), right=count)) if (
                kin.root(t) not in resized and not is_empty(count)
            ):
                return [replace(stmt, value=call_of(REPEATED, e, count))]
        return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]

    return program.with_body(block(program.body))


def is_empty(count: Expr) -> bool:
    """Whether a repetition has no elements: it says the type of a list."""
    return isinstance(count, ast.Constant) and count.value == 0


def rows_beside(kin: Kin, shown: list[tuple[Assign, list[Push]]]) -> dict[str, list[Expr]]:
    """What the displays have, together, that may be elements of one list."""
    held = {kin.root(element) for element in kin.elements.values()}
    found: dict[str, list[Expr]] = {}
    for first, pushed in shown:
        if (root := kin.root(first.target)) in held:
            found.setdefault(root, []).extend(elements(first, pushed))
    return found


def shown_call(parts: list[Expr], beside: list[Expr]) -> Expr:
    """What stands for ``[a, b]``; no elements are as good as no zeros."""
    if parts:
        return call_of(DISPLAYED, ast.List(parts, ast.Load()))
    whole = beside and all(isinstance(e, ast.Constant) and type(e.value) is int for e in beside)
    return call_of(REPEATED, ast.Constant(0 if whole else 0.0), ast.Constant(0))


def growing(program: Program) -> set[str]:
    """Names of lists that grow or shrink under some name, which stay lists."""
    kin = Kin(program)
    resized = resized_roots(program, kin, every_display(program))
    every = {n for s in walk(program.body) for n in uses(s) | set(binds(s))}
    return {n for n in every if kin.root(n) in resized}


def every_display(program: Program) -> list[tuple[Assign, list[Push]]]:
    """The displays of all blocks."""
    return [run for body in every_block(program.body) for run in displays(body)]


def resized_roots(program: Program, kin: Kin, shown: list[tuple[Assign, list[Push]]]) -> set[str]:
    """The lists that grow or shrink other than by their own displays, or are handed on."""
    own = {id(s) for _, pushed in shown for s in pushed}
    return {kin.root(n) for s in walk(program.body) if id(s) not in own for n in given(s, kin)}


def every_block(body: Block) -> Iterator[Block]:
    """A block and those inside it."""
    yield body
    for stmt in body:
        for inner in blocks(stmt):
            yield from every_block(inner)


def displays(body: Block) -> Iterator[tuple[Assign, list[Push]]]:
    """The displays of a block: ``h = []`` and what is appended to it at once."""
    for k, stmt in enumerate(body):
        if not isinstance(stmt, Assign) or not isinstance(stmt.value, ast.List):
            continue
        pushed: list[Push] = []
        for later in body[k + 1 :]:
            if not isinstance(later, Push) or later.tape != stmt.target:
                break
            if stmt.target in names(later.value):
                break
            pushed.append(later)
        yield stmt, pushed


def elements(first: Assign, pushed: list[Push]) -> list[Expr]:
    """What a display has."""
    assert isinstance(first.value, ast.List)
    return [*first.value.elts, *(s.value for s in pushed)]


def given(stmt: Stmt, kin: Kin) -> set[str]:
    """Lists that a statement makes longer or shorter, or hands to a function or the caller."""
    match stmt:
        case Push(tape=t) | Pop(tape=t):
            return {t}
        case Return(value=v) | Call(value=v):
            return names(v)
        case Update(target=t, op=ast.Add(), value=ast.Name(id=v)) if kin.is_list(t, v):
            return {t, v}
    found: set[str] = set()
    for expr in expressions(stmt):
        for node in ast.walk(expr):
            match node:
                case ast.Call(func=ast.Name(id=name), args=args) if name in kin.calls:
                    found |= {a.id for a in args if isinstance(a, ast.Name)}
    return found


def settled(program: Program, typing: Typing) -> Program:
    """The program in which each list that keeps its length is what its elements make it."""
    kinds = {n: kind for (_, n), kind in typing.defined.items()}
    floats = stored_floats(program, kinds)
    changed = False

    def block(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> list[Stmt]:
        nonlocal changed
        match stmt:
            case Assign(target=t, value=ast.Call(func=ast.Name(id=how), args=args)) if how in (
                DISPLAYED,
                REPEATED,
                JOINED_LISTS,
            ):
                changed = True
                if how == JOINED_LISTS:
                    return [replace(stmt, value=joined(args, kinds.get(t)))]
                if isinstance(kinds.get(t), types.BaseTuple):
                    return [replace(stmt, value=ast.Tuple(displayed(args), ast.Load()))]
                if not isinstance(kinds.get(t), types.Array):
                    return as_list(stmt, how, args)
                if kinds[t].ndim > 1:
                    return [replace(stmt, value=as_rows(args[0], kinds))]
                return [replace(stmt, value=as_array(how, args, kinds[t].dtype, t in floats))]
        return [with_blocks(stmt, tuple(map(block, blocks(stmt))))]

    body = block(program.body)
    return program.with_body(body) if changed else program


def displayed(args: list[Expr]) -> list[Expr]:
    """The elements of a display."""
    assert isinstance(args[0], ast.List)
    return args[0].elts


def joined(args: list[Expr], kind: types.Type | None) -> Expr:
    """``h + g`` of two lists."""
    if isinstance(kind, types.Array):
        return call_of("np.concatenate", ast.Tuple(args, ast.Load()))
    return ast.BinOp(args[0], ast.Add(), args[1])


def as_list(stmt: Assign, how: str, args: list[Expr]) -> list[Stmt]:
    """The list as it was written."""
    if how == REPEATED:
        value = ast.BinOp(ast.List([args[0]], ast.Load()), ast.Mult(), args[1])
        return [replace(stmt, value=value)]
    assert isinstance(args[0], ast.List)
    parts = [Push(stmt.target, e, line=stmt.line) for e in args[0].elts]
    return [replace(stmt, value=ast.List([], ast.Load())), *parts]


def as_rows(display: Expr, kinds: Mapping[str, Any]) -> Expr:
    """The array of a list of tuples of numbers."""
    assert isinstance(display, ast.List)
    rows: list[Expr] = []
    for e in display.elts:
        assert isinstance(e, ast.Name)
        places = range(len(kinds[e.id].types))
        parts = [ast.Subscript(e, ast.Constant(k), ast.Load()) for k in places]
        rows.append(ast.List(list[Expr](parts), ast.Load()))
    return call_of("np.array", ast.List(rows, ast.Load()))


def as_array(how: str, args: list[Expr], dtype: types.Type, floats: bool) -> Expr:
    """The array of a list's numbers, of floats where some are stored later."""
    name = "float64" if floats else {"bool": "bool_"}.get(str(dtype), str(dtype))
    wanted = [ast.keyword("dtype", np_name(name))]
    if how == DISPLAYED:
        made = call_of("np.array", args[0])
        assert isinstance(made, ast.Call)
        return ast.Call(made.func, made.args, wanted if floats else [])
    value, count = args
    if not isinstance(count, ast.Constant):
        count = ast.Call(ast.Name("max", ast.Load()), [count, ast.Constant(0)], [])
    match value:
        case ast.Constant(value=0 | 0.0):
            made = call_of("np.zeros", count)
        case _:
            made = call_of("np.full", count, value)
    assert isinstance(made, ast.Call)
    plain = name == "float64" and ast.unparse(made.func) == "np.zeros"
    return ast.Call(made.func, made.args, [] if plain else wanted)


def stored_floats(program: Program, kinds: Mapping[str, Any]) -> set[str]:
    """Names of lists of whole numbers into which floats are stored, sooner or later."""
    kin = Kin(program)
    found: set[str] = set()
    while True:
        before = len(found)
        for stmt in walk(program.body):
            match stmt:
                case Store(target=t, value=v) | Increment(target=t, index=ast.expr(), value=v):
                    if is_float(v, kinds, found):
                        found |= {n for n in kinds if kin.root(n) == kin.root(t)}
                case Assign(target=t, value=v) if is_number(kinds.get(t)):
                    if takes(v, found):
                        found.add(t)
        if len(found) == before:
            return found


def is_float(value: Expr, kinds: Mapping[str, Any], found: set[str]) -> bool:
    """Whether a value that is stored is a float, or will be one."""
    match value:
        case ast.Constant(value=float()):
            return True
        case ast.Name(id=name):
            kind = kinds.get(name)
            return name in found or isinstance(getattr(kind, "dtype", kind), types.Float)
        case ast.Attribute() | ast.UnaryOp():
            return True
    return False


def is_number(kind: object) -> bool:
    """Whether a type is that of a whole number."""
    return isinstance(kind, types.Integer)


def takes(value: Expr, found: set[str]) -> bool:
    """Whether an expression computes with an element of what becomes an array of floats."""
    match value:
        case ast.Compare():
            return False
        case ast.Call(func=ast.Name(id="int" | "len" | "bool")):
            return False
        case ast.Subscript(value=ast.Name(id=name)):
            return name in found
        case ast.Name(id=name):
            return name in found
    return any(takes(n, found) for n in ast.iter_child_nodes(value) if isinstance(n, ast.expr))
