"""Numbers: small arrays of constant extents become numbers.

In: a typed primal. Out: the same function with a number for each element of such arrays
(``as_numbers``), and what it takes for granted of its parameters' extents.

An array becomes numbers if its extents are constants, at most ``MOST`` elements in all, if all that
is done to it is known element by element, and if nobody can tell whether a second name of it is a
copy (``sharing``). Short loops over its elements are written out. The gradient of what comes out
has no arrays to allocate, to record and to add up in: it is made of numbers, as people write it who
write ``x, y, z`` for a point.

Invariant: the same values, where the parameters have the extents that are taken for granted.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import types

from ...naming import free_name
from ...program import (
    Alias,
    Assign,
    Block,
    Check,
    Expr,
    For,
    If,
    Increment,
    Program,
    Return,
    Stmt,
    Store,
    Swap,
    View,
    While,
    binds,
    blocks,
    bound,
    names,
    taken_names,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.expressions import MISSING, dotted, literal, np_name
from .assumed import MOST, assumed_extents
from .elements import Atoms, Elements, NotSmall, array_of, element, times
from .extents import Extents
from .renaming import renamed
from .sharing import copyable, written
from .unrolled import unrolled

LARGEST = 1500
"""Statements that a primal may have with numbers for its arrays: more take long to compile."""


@dataclass(frozen=True)
class Numbers:
    """A primal with numbers.

    Attributes
    ----------
    program : Program
    assumed : mapping of str to int
        Extents of parameters, as text, that are taken for granted.
    count : int
        How many arrays became numbers that are not parameters.
    """

    program: Program
    assumed: Mapping[str, int]
    count: int = 0


def as_numbers(program: Program) -> Numbers | None:
    """The primal with numbers for small arrays; None where it has none."""
    rebound = bound(program.body)
    best: Numbers | None = None
    for guess in (False, True):
        assumed = assumed_extents(with_own_names(program, rebound), guess)
        own = with_own_names(program, rebound | whole_of(program, assumed))
        found = converted(own, assumed)
        if found is not None and (best is None or found.count > best.count):
            best = found
    return best


def whole_of(program: Program, assumed: Mapping[str, str]) -> set[str]:
    """The parameters all of whose extents are taken for granted."""
    ranks = {p: getattr(program.types.get(p), "ndim", 0) for p in program.params}
    return {
        p for p, n in ranks.items() if n and all(f"{p}.shape[{k}]" in assumed for k in range(n))
    }


def with_own_names(program: Program, chosen: set[str]) -> Program:
    """The program with a second name for each of these parameters that is an array."""
    taken = taken_names(program)
    kinds = dict(program.types)
    arrays = [p for p in program.params if p in chosen and isinstance(kinds.get(p), types.Array)]
    new = {p: free_name(f"{p}_here", taken) for p in arrays}
    kinds.update({new[p]: kinds[p] for p in arrays})
    body = (*(Alias(new[p], p) for p in arrays), *renamed(program.body, new))
    return program.with_body(body, types=kinds)


def converted(program: Program, assumed: Mapping[str, str]) -> Numbers | None:
    """The program with numbers; None where no array becomes any, or it would be too long."""
    extents = Extents(program, assumed)
    small = {n for n, s in extents.shapes.items() if 0 < np.prod(s) <= MOST}
    if not small:
        return None
    longer = unrolled(program, small, extents.elements.integer)
    extents = Extents(longer, assumed) if longer is not program else extents
    small = {n for n, s in extents.shapes.items() if 0 < np.prod(s) <= MOST} & copyable(longer)
    while small:
        writer = Writer(longer, extents, small)
        body = writer.block(longer.body)
        if not writer.kept:
            if len(list(walk(body))) > LARGEST:
                return None
            given = {extent: int(size) for extent, size in assumed.items()}
            params = set(program.params)
            own = {s.target for s in program.body if isinstance(s, Alias) and s.source in params}
            count = len(small - own)
            return Numbers(longer.with_body(body, types=writer.kinds), given, count)
        small -= writer.kept
    return None


class Writer:
    """Writes the statements of a program with numbers for small arrays.

    ``kept`` are the arrays that have to stay arrays.
    """

    def __init__(self, program: Program, extents: Extents, small: set[str]) -> None:
        self.program = program
        self.kinds: dict[str, Any] = dict(program.types)
        self.taken = taken_names(program)
        self.extents = extents
        self.kept: set[str] = set()
        self.numbers = {n: self.named(n, extents.shapes[n]) for n in sorted(small)}
        self.out: list[Stmt] = []
        self.kind: Any = types.float64
        self.line = 0
        self.depth = 0
        self.elements = Elements(program.types, self.known, extents.of, self.name, extents.integers)

    def named(self, name: str, shape: Sequence[int]) -> Atoms:
        """Names for the elements of an array."""
        found: list[Expr] = []
        for place in np.ndindex(*shape):
            text = free_name("_".join([name, *map(str, place)]), self.taken)
            self.kinds[text] = self.kinds[name].dtype
            found.append(ast.Name(text, ast.Load()))
        return array_of(found).reshape(shape)

    def known(self, name: str) -> Atoms:
        """The elements of an array: numbers, or subscripts of one that stays."""
        if name in self.numbers:
            return self.numbers[name]
        shape = self.extents.of(name)
        if None in shape or int(np.prod(shape)) > MOST:  # type: ignore[arg-type]
            raise NotSmall
        places = np.ndindex(*shape)  # type: ignore[arg-type]
        found = [element(name, [ast.Constant(k) for k in place]) for place in places]
        return array_of(found).reshape(shape)  # type: ignore[arg-type]

    def name(self, expr: Expr) -> Expr:
        """A new number for the value of an operation."""
        text = free_name("e", self.taken)
        self.kinds[text] = self.kind
        self.out.append(Assign(text, expr, line=self.line))
        return ast.Name(text, ast.Load())

    def block(self, body: Block) -> Block:
        """A block with numbers."""
        outer, self.out = self.out, []
        for stmt in body:
            self.statement(stmt)
        result, self.out = tuple(self.out), outer
        return result

    def statement(self, stmt: Stmt) -> None:
        """Append the new form of a statement; arrays that have none are kept."""
        self.line = stmt.line
        touched = (uses(stmt) | set(binds(stmt))) & self.numbers.keys()
        start = len(self.out)
        try:
            if not touched:
                self.compound(stmt)
                return
            self.rewrite(stmt)
            if any(uses(s) & self.numbers.keys() for s in self.out[start:]):
                raise NotSmall
        except NotSmall:
            del self.out[start:]
            self.with_arrays(stmt, touched)

    def with_arrays(self, stmt: Stmt, touched: frozenset[str]) -> None:
        """A statement that takes arrays as a whole: outside of loops they are made for it."""
        if self.depth or touched & {*written(stmt), *binds(stmt)} or blocks(stmt):
            self.kept |= touched
            self.out.append(with_blocks(stmt, tuple(map(self.block, blocks(stmt)))))
            return
        made = {n: free_name(f"{n}_whole", self.taken) for n in sorted(touched)}
        for name, text in made.items():
            self.kinds[text] = self.kinds[name]
            call = ast.Call(np_name("array"), [display(self.numbers[name])], [])
            self.out.append(Assign(text, call, line=self.line))
        self.out += renamed((stmt,), made)

    def rewrite(self, stmt: Stmt) -> None:
        """A statement that has to do with small arrays."""
        match stmt:
            case Assign(target=t, value=v) | View(target=t, value=v):
                self.assign(t, v, stmt)
            case Alias(target=t, source=s):
                self.assign(t, ast.Name(s, ast.Load()), stmt)
            case Store(target=t, index=i, value=v):
                self.store(t, i, v, lambda place, value: value)
            case Increment(target=t, index=i, value=v, negative=negative):
                op = ast.Sub() if negative else ast.Add()
                whole = i if i is not None else ast.Constant(...)
                self.store(t, whole, v, lambda place, value: ast.BinOp(place, op, value))
            case Swap(targets=targets, sources=sources):
                self.swap(targets, sources)
            case If() | For() | While() | Return() | Check():
                new = with_expressions(stmt, self.substituted)
                if isinstance(stmt, Check):
                    new = replace(stmt, node=Substitution(self).visit(deepcopy(stmt.node)))
                self.compound(new)
            case _:
                raise NotSmall

    def compound(self, stmt: Stmt) -> None:
        """A statement with blocks; a test that is decided goes."""
        match stmt:
            case If(test=test, body=yes, orelse=no) if (known := decided(test)) is not None:
                self.out += self.block(yes if known else no)
            case _:
                self.depth += isinstance(stmt, For | While)
                self.out.append(with_blocks(stmt, tuple(map(self.block, blocks(stmt)))))
                self.depth -= isinstance(stmt, For | While)

    def substituted(self, expr: Expr) -> Expr:
        """An expression with numbers for elements, and constants for extents."""
        new: Expr = Substitution(self).visit(deepcopy(expr))
        if names(new) & self.numbers.keys():
            raise NotSmall
        return new

    def assign(self, target: str, value: Expr, stmt: Stmt) -> None:
        """``z = value``."""
        self.kind = getattr(self.kinds[target], "dtype", self.kinds[target])
        if self.kind == types.boolean and not is_truth(value):
            raise NotSmall  # `True + True` is 2 as a number
        if target in self.numbers:
            self.put(self.numbers[target], self.elements.of(value))
            return
        if isinstance(self.kinds.get(target), types.Array):
            raise NotSmall
        match value:
            case ast.Call(func=func, args=[x], keywords=[]) if dotted(func) == "np.linalg.norm":
                self.norm(target, self.elements.atoms(x))
                return
        if has_arrays(value, self.kinds):
            found = self.elements.of(value)
            if found.shape:
                raise NotSmall
            self.out.append(Assign(target, found.item(), line=self.line))
        else:
            assert isinstance(stmt, Assign)
            self.out.append(replace(stmt, value=self.substituted(value)))

    def norm(self, target: str, x: Atoms) -> None:
        """``np.linalg.norm``, whose gradient is 0 where it is 0."""
        squares = [times(e, e) for e in x.flat]
        square = self.elements.atom(self.elements.added(squares))
        root = ast.Call(
            ast.Attribute(ast.Name("math", ast.Load()), "sqrt", ast.Load()), [square], []
        )
        zero = ast.Constant(0.0)
        self.out.append(
            If(
                ast.Compare(square, [ast.NotEq()], [zero]),
                (Assign(target, root, line=self.line),),
                (Assign(target, zero, line=self.line),),
                line=self.line,
            )
        )

    def put(self, places: Atoms, values: Atoms) -> None:
        """Numbers get values, all at once."""
        try:
            values = np.broadcast_to(values, places.shape)
        except ValueError as error:
            raise NotSmall from error
        targets = [p.id for p in places.flat]
        found = [self.fitted(v) for v in values.flat]
        for k in range(len(found)):
            later = set().union(*map(names, found[k + 1 :]))
            if targets[k] in later:  # what is read later is held first
                found = [self.name(v) if names(v) & set(targets) else v for v in found]
                break
        for target, value in zip(targets, found, strict=True):
            if not (isinstance(value, ast.Name) and value.id == target):
                self.out.append(Assign(target, value, line=self.line))

    def fitted(self, value: Expr) -> Expr:
        """A value as an array of these numbers holds it."""
        number = literal(value)
        if number is not MISSING and isinstance(self.kind, types.Float) and type(number) is int:
            return self.constant(float(number))
        if isinstance(value, ast.Name):
            held = self.kinds.get(value.id)
            if held != self.kind and isinstance(self.kind, types.Float):
                return ast.BinOp(value, ast.Mult(), ast.Constant(1.0))
            if held != self.kind:
                raise NotSmall
        return value

    def constant(self, number: float) -> Expr:
        """A constant, signed or not."""
        plain = ast.Constant(abs(number))
        return ast.UnaryOp(ast.USub(), plain) if number < 0 else plain

    def store(self, target: str, index: Expr, value: Expr, change: Any) -> None:
        """``a[index] = value`` and ``a[index] += value``."""
        self.kind = self.kinds[target].dtype if hasattr(self.kinds[target], "dtype") else None
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        if target not in self.numbers:
            self.store_out(target, parts, value, change)
            return
        places = [self.elements.place(p) for p in parts]
        if any(p is None for p in places):
            raise NotSmall
        region = self.numbers[target][tuple(p for (p,) in places)]  # type: ignore[misc]
        region = np.asarray(region, object)
        values = self.elements.of(value)
        wide = np.broadcast_to(values, region.shape)
        plain = change(None, None) is None
        if not plain:
            wide = np.vectorize(self.elements.atom, [object])(wide)
        found = [change(p, v) for p, v in zip(region.flat, wide.flat, strict=True)]
        self.put(region, array_of(found).reshape(region.shape))

    def store_out(self, target: str, parts: list[Expr], value: Expr, change: Any) -> None:
        """Elements of an array that stays get small values."""
        region = self.elements.loaded(target, parts, self.extents.of(target))
        values = np.broadcast_to(self.elements.atoms(value), region.shape)
        held = [self.fitted(v) for v in values.flat]
        for place, v in zip(region.flat, held, strict=True):
            made = change(place, v)
            assert isinstance(place, ast.Subscript)
            if isinstance(made, ast.BinOp) and made.left is place:
                negative = isinstance(made.op, ast.Sub)
                self.out.append(Increment(target, place.slice, v, negative, line=self.line))
            else:
                self.out.append(Store(target, place.slice, v, line=self.line))

    def swap(self, targets: Sequence[str], sources: Sequence[str]) -> None:
        """Arrays change places, element by element."""
        if not {*targets} <= self.numbers.keys():
            raise NotSmall
        every = zip(*(self.numbers[t].flat for t in targets), strict=True)
        given = zip(*(self.numbers[s].flat for s in sources), strict=True)
        for to, start in zip(every, given, strict=True):
            self.out.append(
                Swap(tuple(t.id for t in to), tuple(s.id for s in start), line=self.line)
            )


class Substitution(ast.NodeTransformer):
    """Elements of small arrays become numbers, their extents constants."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        """``a[0]`` and ``a.shape[0]``."""
        if (size := self.writer.elements.integer(node)) is not None:
            return ast.Constant(size)
        match node.value:
            case ast.Name(id=name) if name in self.writer.numbers:
                found = self.writer.elements.part(name, node.slice)
                if found.shape:
                    raise NotSmall
                return found[()]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """``len(a)``."""
        if (size := self.writer.elements.integer(node)) is not None:
            return ast.Constant(size)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """``a.size``."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="size") if name in self.writer.numbers:
                return ast.Constant(self.writer.numbers[name].size)
        return self.generic_visit(node)


def display(elements: Atoms) -> Expr:
    """Elements as nested lists."""
    if not elements.ndim:
        return elements.item()
    return ast.List([display(np.asarray(row, object)) for row in elements], ast.Load())


def has_arrays(expr: Expr, kinds: Mapping[str, Any]) -> bool:
    """Whether an expression takes an array as a whole."""
    match expr:
        case ast.Subscript(value=ast.Name()) | ast.Attribute(value=ast.Name()):
            return False
        case ast.Call(func=ast.Name(id="len")):
            return False
        case ast.Name(id=name):
            return isinstance(kinds.get(name), types.Array)
    return any(has_arrays(e, kinds) for e in ast.iter_child_nodes(expr) if isinstance(e, ast.expr))


def is_truth(value: Expr) -> bool:
    """Whether the elements of a value of bools are bools as numbers, too."""
    match value:
        case ast.BinOp(op=op):
            return isinstance(op, ast.BitAnd | ast.BitOr | ast.BitXor)
        case ast.UnaryOp(op=op):
            return isinstance(op, ast.Not)
    return True


def decided(test: Expr) -> bool | None:
    """The value of a test of constants; None for any other test."""
    plain = (ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp,
             ast.operator, ast.unaryop, ast.boolop, ast.cmpop)  # fmt: skip
    if not all(isinstance(n, plain) for n in ast.walk(test)):
        return None
    tree = ast.fix_missing_locations(ast.Expression(deepcopy(test)))
    return bool(eval(compile(tree, "", "eval"), {"__builtins__": {}}))
