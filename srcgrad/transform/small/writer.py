"""Writer: the statements of a primal with numbers for some of its arrays.

In: a typed primal, the extents of its arrays, and those that are to become numbers. Out: its
statements with a number for each element; the arrays that have to stay (``kept``), since
something is done to them that is not known element by element: what was written is then of no use.

Invariant: the same values; what is assigned at once is computed before any of it is overwritten.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
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
    names,
    taken_names,
    uses,
    with_blocks,
    with_expressions,
)
from ...rules.expressions import MISSING, dotted, literal, np_name
from ...syntax import elements_of
from .assumed import MOST
from .elements import Atoms, Elements, NotSmall, array_of, element, mapped, times
from .extents import Extents
from .renaming import renamed
from .sharing import written


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
        shared = isinstance(stmt, Alias | View)  # memory that may be written to later
        if shared or self.depth or touched & {*written(stmt), *binds(stmt)} or blocks(stmt):
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
            case Store() | Increment():
                self.store(stmt)
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
        self.kind = self.kind_of(target)
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

    def kind_of(self, name: str) -> Any:
        """The type of a number, or of an array's elements; what is never reached has none."""
        if name not in self.kinds:
            raise NotSmall
        return getattr(self.kinds[name], "dtype", self.kinds[name])

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
        values = spread(values, places.shape)
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
        if isinstance(self.kind, types.Float):
            if type(number) is int:
                return self.constant(float(number))
            other = isinstance(value, ast.Name) and self.kinds.get(value.id) != self.kind
            return ast.BinOp(value, ast.Mult(), ast.Constant(1.0)) if other else value
        if isinstance(self.kind, types.Integer) and type(number) is float and number.is_integer():
            return ast.Constant(int(number))  # `np.zeros` of integers
        if isinstance(self.kind, types.Integer) and not is_integral(value, self.kinds):
            raise NotSmall  # an array of integers would cut it off
        if isinstance(value, ast.Name) and self.kinds.get(value.id) != self.kind:
            raise NotSmall
        if self.kind == types.boolean and number is not MISSING and type(number) is not bool:
            raise NotSmall
        return value

    def constant(self, number: float) -> Expr:
        """A constant, signed or not."""
        plain = ast.Constant(abs(number))
        return ast.UnaryOp(ast.USub(), plain) if number < 0 else plain

    def store(self, stmt: Store | Increment) -> None:
        """``a[index] = value`` and ``a[index] += value``."""
        target = stmt.target
        self.kind = self.kind_of(target)
        parts: list[Expr] = [ast.Constant(...)]
        if stmt.index is not None:
            parts = elements_of(stmt.index)
        if target not in self.numbers:
            self.store_out(stmt, parts)
            return
        places = [self.elements.place(p) for p in parts]
        if any(p is None for p in places):
            raise NotSmall
        region = np.asarray(
            self.numbers[target][tuple(p[0] for p in places if p is not None)], object
        )
        values = self.elements.of(stmt.value)
        if isinstance(stmt, Increment):
            op = ast.Sub() if stmt.negative else ast.Add()
            terms = mapped(self.elements.atom, values)
            values = mapped(lambda place, term: ast.BinOp(place, op, term), region, terms)
        self.put(region, values)

    def store_out(self, stmt: Store | Increment, parts: list[Expr]) -> None:
        """Elements of an array that stays get small values."""
        region = self.elements.loaded(stmt.target, parts, self.extents.of(stmt.target))
        values = spread(self.elements.atoms(stmt.value), region.shape)
        held = [self.fitted(v) for v in values.flat]
        for place, value in zip(region.flat, held, strict=True):
            assert isinstance(place, ast.Subscript)
            self.out.append(replace(stmt, index=place.slice, value=value))

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


def is_integral(value: Expr, kinds: Mapping[str, Any]) -> bool:
    """Whether a value of one operation is certainly an integer."""
    match value:
        case ast.Name(id=name):
            return isinstance(kinds.get(name), types.Integer)
        case ast.Subscript(value=ast.Name(id=name)):
            return isinstance(getattr(kinds.get(name), "dtype", None), types.Integer)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return is_integral(operand, kinds)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv() | ast.Mod()):
            return is_integral(value.left, kinds) and is_integral(value.right, kinds)
    return type(literal(value)) is int


def spread(values: Atoms, shape: Sequence[int]) -> Atoms:
    """Values broadcast to a shape."""
    try:
        return np.broadcast_to(values, shape)
    except ValueError as error:
        raise NotSmall from error


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
